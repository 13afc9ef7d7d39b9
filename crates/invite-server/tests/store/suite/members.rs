//! Who has access: one by one, page by page, and what is left open behind whoever goes.

use std::fmt::Debug;

use invite_server::core::{
    Accounts, Claimed, EventKind, Links, Member, MemberList, MembersRequest, Sessions, Subject,
};

use super::*;

fn known(name: &str, shown: &str, email: Option<&str>) -> Change {
    Change::KnowPerson {
        user: User {
            display_name: Some(shown.into()),
            ..user(name)
        },
        subject: Subject {
            iss: "https://login.example".into(),
            sub: name.into(),
        },
        email: email.map(str::to_owned),
    }
}

pub(crate) async fn one_member_is_looked_up<S: Store>(store: S) {
    let world = World::over(store.clone());
    let invites = &world.invites;
    world.member("alice", "notes", "wra").await;
    world.member("bob", "notes", "r").await;
    world.member("bob", "other", "w").await;
    write(&store, vec![known("bob", "Bob B.", None)])
        .await
        .unwrap();
    let bob = User {
        display_name: Some("Bob B.".into()),
        ..user("bob")
    };
    let look = async |asker: &str, resource: &str, who: &str| {
        let found = invites
            .member(Some(&actor(asker)), resource, &user(who))
            .await;
        found.map(|member| member.map(|member| (member.user, member.permissions.as_str())))
    };
    assert_eq!(
        look("alice", "notes", "bob").await,
        Ok(Some((bob.clone(), "r")))
    );
    assert_eq!(look("bob", "notes", "bob").await, Ok(Some((bob, "r"))));
    assert_eq!(
        look("bob", "notes", "alice").await,
        Ok(Some((user("alice"), "wra")))
    );
    assert_eq!(look("bob", "notes", "carol").await, Ok(None));
    // Oneself whoever may ask, and hears the same of what is not there.
    for resource in ["notes", "ghost", "a\0b"] {
        assert_eq!(
            look("carol", resource, "carol").await,
            Ok(None),
            "{resource}"
        );
        let refused = look("carol", resource, "alice").await.unwrap_err();
        assert_eq!(refused.code(), "forbidden", "{resource}");
    }
    let nobody = invites.member(None, "notes", &user("bob")).await;
    assert_eq!(nobody.unwrap_err(), Refusal::NotSignedIn);
    // An app sees what is its own.
    invites.add_app("crm", false).await.unwrap();
    let by_app = actor("alice").by_app("crm");
    let elsewhere = invites.member(Some(&by_app), "notes", &user("bob")).await;
    assert_eq!(elsewhere.unwrap_err().code(), "forbidden");
    invites.grant_app("crm", "notes").await.unwrap();
    for asker in [by_app, actor("alice").by_app("gone")] {
        let found = invites.member(Some(&asker), "notes", &user("bob")).await;
        let its_own = asker.app.as_deref() == Some("crm");
        assert_eq!(
            found.is_ok_and(|found| found.is_some()),
            its_own,
            "{asker:?}"
        );
    }
}

async fn pages<S: Store>(world: &World<S>, page_size: u32, q: Option<&str>) -> Vec<MemberList> {
    let mut request = MembersRequest {
        page_size,
        q: q.map(str::to_owned),
        page: None,
    };
    let mut pages = Vec::new();
    loop {
        let page = world
            .invites
            .list_members(Some(&actor("alice")), "notes", &request)
            .await;
        let page = page.unwrap();
        request.page = page.next_page.clone();
        pages.push(page);
        if request.page.is_none() {
            return pages;
        }
    }
}

pub(crate) async fn members_are_paged_in_the_order_they_came<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let names: Vec<String> = (0..23)
        .map(|number| format!("p{:02}", 22 - number))
        .collect();
    for name in &names {
        world.member(name, "notes", "r").await;
        world.member(name, "other", "r").await;
    }
    // A change keeps the place, coming back does not.
    world.member("p22", "notes", "rw").await;
    world.member("p21", "notes", "").await;
    world.member("p21", "notes", "r").await;
    let (seen, _) = world
        .invites
        .resource(Some(&actor("alice")), "notes")
        .await
        .unwrap();
    let mut expected = vec!["alice".to_owned(), "p22".to_owned()];
    expected.extend(names[2..].iter().cloned());
    expected.push("p21".into());
    for page_size in [1, 7, 23, 24, 25, 100] {
        let pages = pages(&world, page_size, None).await;
        assert_eq!(
            pages.len(),
            24_usize.div_ceil(page_size as usize),
            "{page_size}"
        );
        assert!(pages.iter().all(|page| page.version == seen.seen()));
        let listed: Vec<_> = pages
            .into_iter()
            .flat_map(|page| page.members)
            .map(|member| member.user.username)
            .collect();
        assert_eq!(listed, expected, "pages of {page_size}");
    }
    let asked = |request: MembersRequest| {
        let invites = world.invites.clone();
        async move {
            let listed = invites
                .list_members(Some(&actor("alice")), "notes", &request)
                .await;
            listed.unwrap_err().field().map(str::to_owned)
        }
    };
    let plain = MembersRequest::default;
    let odd = |page: &str| MembersRequest {
        page: Some(page.into()),
        ..plain()
    };
    for bad in ["x", "", "AAAA", "__________8"] {
        assert_eq!(
            asked(odd(bad)).await.as_deref(),
            Some("page_token"),
            "{bad}"
        );
    }
    for page_size in [0, 101] {
        let refused = asked(MembersRequest {
            page_size,
            ..plain()
        })
        .await;
        assert_eq!(refused.as_deref(), Some("page_size"));
    }
    for q in ["x".repeat(201), "a\nb".into()] {
        let refused = asked(MembersRequest {
            q: Some(q),
            ..plain()
        })
        .await;
        assert_eq!(refused.as_deref(), Some("q"));
    }
    let stranger = world
        .invites
        .list_members(Some(&actor("mallory")), "notes", &plain())
        .await;
    assert_eq!(stranger.unwrap_err().code(), "forbidden");
}

pub(crate) async fn members_are_looked_for_by_what_they_are_called<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    // More than one page looks through.
    let mut changes: Vec<_> = (0..2_100)
        .map(|n| set_member(&format!("p{n}"), "r"))
        .collect();
    changes.push(known("p7", "Änne Ørsted", None));
    changes.push(known("p2099", "Jürgen ÄNNESEN", None));
    write(&store, changes).await.unwrap();
    let found = pages(&world, 50, Some("änne")).await;
    assert_eq!(found.len(), 3, "a thousand and one at once");
    let names = |pages: &[MemberList]| -> Vec<String> {
        let all = pages.iter().flat_map(|page| &page.members);
        all.map(|member| member.user.username.clone()).collect()
    };
    assert_eq!(names(&found), ["p7", "p2099"]);
    assert!(found[1].members.is_empty() && found[1].next_page.is_some());
    let found = pages(&world, 1, Some("P209")).await;
    let expected: Vec<_> = [209]
        .into_iter()
        .chain(2090..2100)
        .map(|n| format!("p{n}"))
        .collect();
    assert_eq!(names(&found), expected);
    let found = pages(&world, 100, Some("p13:te")).await;
    assert_eq!(names(&found), ["p13"]);
    assert_eq!(names(&pages(&world, 100, Some("nobody")).await), [""; 0]);
}

/// An invite of somebody's, as it is to be.
async fn made<S: Store>(
    world: &World<S>,
    by: &str,
    letters: &str,
    change: impl FnOnce(&mut CreateRequest),
) -> String {
    let mut request =
        CreateRequest::new(Permissions::parse(letters).unwrap(), 3600, KeyKind::Opaque);
    change(&mut request);
    let made = world
        .invites
        .create(Some(&actor(by)), "notes", request)
        .await;
    made.unwrap().id
}

fn ids(links: Option<&Links>) -> Vec<String> {
    let all = links.map_or(&[][..], |links| &links.invites);
    assert!(all.iter().all(|link| link.key.is_none()));
    all.iter().map(|link| link.id.clone()).collect()
}

pub(crate) async fn an_admin_is_told_what_would_let_somebody_in_again<S: Store>(store: S) {
    let world = World::over(store.clone());
    let invites = &world.invites;
    for (name, letters) in [
        ("alice", "arw"),
        ("grace", "arw"),
        ("dora", "ar"),
        ("bob", "arw"),
    ] {
        world.member(name, "notes", letters).await;
    }
    let (alice, bob) = (actor("alice"), user("bob"));
    write(&store, vec![known("bob", "Bob", Some("Bob@Exämple.org"))])
        .await
        .unwrap();
    world.member("alice", "other", "arw").await;
    world.invite("alice", "other", "r", None).await;
    let gone = made(&world, "grace", "r", |_| ()).await;
    let own = made(&world, "bob", "r", |_| ()).await;
    let over = made(&world, "alice", "r", |one| one.max_age = 1).await;
    let removed = made(&world, "alice", "r", |_| ()).await;
    let target = RemoveTarget::Id(removed);
    invites
        .remove(Some(&alice), Some("notes"), &target)
        .await
        .unwrap();
    let spent = world.invite("alice", "notes", "r", Some(1)).await;
    invites
        .accept(Some(&actor("erin")), spent.key.as_ref().unwrap(), None)
        .await
        .unwrap();
    made(&world, "alice", "r", |one| {
        one.email = Some("carol@example.com".into())
    })
    .await;
    // Dora lost the w that it grants.
    world.member("dora", "notes", "arw").await;
    let beyond = made(&world, "dora", "w", |_| ()).await;
    world.member("dora", "notes", "ar").await;
    let many = made(&world, "alice", "r", |one| one.label = Some("Team".into())).await;
    let left = made(&world, "alice", "w", |one| one.max_uses = Some(2)).await;
    let bound = made(&world, "dora", "r", |one| {
        one.email = Some("bob@xn--exmple-cua.org".into());
        one.max_uses = Some(1);
    })
    .await;
    world.member("grace", "notes", "rw").await;
    world.time.pass_seconds(5);

    // To look changes nothing, and is for admins.
    let (him, asked) = invites
        .links_beside(Some(&alice), "notes", &bob)
        .await
        .unwrap();
    assert!(him.is_some_and(|him| him.user.is(&bob)));
    let expected = [bound.clone(), left.clone(), many.clone()];
    assert_eq!(
        ids(asked.as_ref()),
        expected,
        "and not {own} {gone} {over} {beyond}"
    );
    let links = asked.unwrap();
    assert_eq!((links.total, links.ended), (3, false));
    assert_eq!(links.invites[2].label.as_deref(), Some("Team"));
    for (asker, code) in [("erin", "not_admin"), ("mallory", "not_admin")] {
        let refused = invites
            .links_beside(Some(&actor(asker)), "notes", &bob)
            .await;
        assert_eq!(refused.unwrap_err().code(), code, "{asker}");
    }

    // Of letters alone: what would give them back.
    let set = async |letters: &str, end_links| {
        let letters = Permissions::parse(letters).unwrap_or(Permissions::NONE);
        let changed = invites
            .change_member(Some(&alice), "notes", &bob, letters, end_links)
            .await;
        changed.unwrap()
    };
    assert_eq!(ids(set("ar", false).await.links.as_ref()), [left.as_str()]);
    assert!(set("arw", false).await.links.is_none(), "nothing is taken");
    assert!(set("arw", true).await.links.is_none());

    let changed = set("", false).await;
    assert_eq!(changed.member.user.display_name.as_deref(), Some("Bob"));
    assert_eq!(ids(changed.links.as_ref()), expected);
    assert_eq!(world.letters("bob", "notes").await, "");
    let before = store.events("notes", 0, 100).await.unwrap().len();
    // They may be ended of somebody who is out already.
    let changed = set("", true).await;
    let links = changed.links.unwrap();
    assert_eq!((links.total, links.ended), (3, true));
    let told = store.events("notes", before as i64, 100).await.unwrap();
    assert!(
        told.iter()
            .all(|one| one.kind == EventKind::Removed && one.user == user("alice"))
    );
    let ended: Vec<_> = told.into_iter().map(|one| one.invite).collect();
    // What seems over ends with them, and is not told: the clock may be wrong.
    let [one, two, three] = expected;
    assert_eq!(ended, [one, two, three, over]);
    let links = set("", true).await.links.unwrap();
    assert_eq!((links.total, links.ended), (0, false));
    let others = invites
        .list(
            Some(&alice),
            "notes",
            &ListRequest {
                everyone: true,
                ..ListRequest::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(
        others.invites.len(),
        5,
        "{own}, {gone}, {beyond}, carol's and what is spent stay"
    );
}

pub(crate) async fn a_list_tells_and_ends_links_too<S: Store>(store: S) {
    let world = World::over(store.clone());
    let invites = &world.invites;
    for (name, letters) in [
        ("alice", "arw"),
        ("bob", "arw"),
        ("carol", "r"),
        ("dora", "rw"),
    ] {
        world.member(name, "notes", letters).await;
    }
    let addresses = [
        ("bob", "bob@example.com"),
        ("carol", "carol@example.com"),
        ("dora", "dora@example.com"),
    ];
    let known: Vec<_> = addresses
        .iter()
        .map(|(name, address)| known(name, name, Some(address)))
        .collect();
    write(&store, known).await.unwrap();
    let to = |address: &str| {
        let address = address.to_owned();
        move |one: &mut CreateRequest| one.email = Some(address)
    };
    made(&world, "bob", "r", |_| ()).await;
    made(&world, "alice", "r", to("dora@example.com")).await;
    let write_again = made(&world, "alice", "w", to("dora@example.com")).await;
    let carols = made(&world, "alice", "r", to("carol@example.com")).await;
    let member = |name: &str, letters: &str| Member {
        user: user(name),
        permissions: Permissions::parse(letters).unwrap(),
    };
    let replace = async |members: Vec<Member>, end_links| {
        let alice = actor("alice");
        let done = invites
            .replace_members(Some(&alice), "notes", None, members, end_links)
            .await;
        done.map(|(_, members, links)| (members.len(), links))
    };
    let all = vec![
        member("alice", "arw"),
        member("bob", "arw"),
        member("carol", "r"),
        member("dora", "rw"),
    ];
    let (_, links) = replace(all, true).await.unwrap();
    assert!(links.is_none(), "nobody loses anything");
    // Bob and carol go, dora may write no longer. What bob made opens nothing any more.
    let some = vec![member("alice", "arw"), member("dora", "r")];
    let (members, links) = replace(some.clone(), false).await.unwrap();
    assert_eq!(members, 2);
    assert_eq!(ids(links.as_ref()), [carols.as_str(), write_again.as_str()]);
    // As it is already: carol is out, and nobody loses anything by it.
    let (_, links) = replace(some, true).await.unwrap();
    assert!(links.is_none());
    let (_, links) = replace(vec![member("alice", "arw")], true).await.unwrap();
    let links = links.unwrap();
    assert_eq!((links.total, links.ended), (2, true), "dora's two");
}

/// Bob's issuer names an address when he signs in, and none, or another, in the bearers that he uses beside.
pub(crate) async fn an_address_counts_as_long_as_somebody_may_come_with_it<S: Store + Debug>(
    store: S,
) {
    let world = World::over(store.clone());
    let invites = &world.invites;
    let subject = Subject {
        iss: "https://login.example".into(),
        sub: "bob".into(),
    };
    let claimed = |email: Option<&str>| Claimed {
        subject: subject.clone(),
        user: user("bob"),
        email: email.map(str::to_owned),
    };
    let to =
        |address: &'static str| move |one: &mut CreateRequest| one.email = Some(address.into());
    world.member("alice", "notes", "arw").await;
    let alice = actor("alice");
    let told = async || {
        let changed = invites
            .change_member(
                Some(&alice),
                "notes",
                &user("bob"),
                Permissions::NONE,
                false,
            )
            .await;
        ids(changed.unwrap().links.as_ref())
    };
    let first = claimed(Some("bob@example.org"));
    invites.begin_session(first, None, 3600).await.unwrap();
    let link = made(&world, "alice", "r", to("Bob@example.org")).await;
    assert_eq!(told().await, [link.as_str()]);
    invites.recognise(claimed(None)).await.unwrap();
    assert_eq!(told().await, [link.as_str()], "absence erases nothing");
    let second = claimed(Some("bob@example.net"));
    invites.recognise(second).await.unwrap();
    let other = made(&world, "alice", "r", to("bob@example.net")).await;
    assert_eq!(told().await, [other.as_str(), link.as_str()]);

    // So it is for lists.
    world.member("bob", "notes", "r").await;
    let alone = vec![Member {
        user: user("alice"),
        permissions: Permissions::parse("arw").unwrap(),
    }];
    let (_, _, links) = invites
        .replace_members(Some(&alice), "notes", None, alone, false)
        .await
        .unwrap();
    assert_eq!(ids(links.as_ref()), [other.as_str(), link.as_str()]);

    // An address of a session goes with it.
    let all = Sessions::Of(user("bob"));
    invites.end_sessions(all).await.unwrap();
    assert_eq!(told().await, [other.as_str()]);
    let changed = invites
        .change_member(Some(&alice), "notes", &user("bob"), Permissions::NONE, true)
        .await;
    assert_eq!(ids(changed.unwrap().links.as_ref()), [other.as_str()]);
    assert!(told().await.is_empty());
}

pub(crate) async fn more_links_than_end_at_once<S: Store>(store: S) {
    let world = World::over(store.clone());
    let invites = &world.invites;
    world.member("alice", "notes", "arw").await;
    world.member("bob", "notes", "r").await;
    let many = |from: usize, to: usize| -> Vec<Change> {
        let one = |number: usize| {
            let mut link = stored(&format!("invite {number}"));
            link.key_hash.0[..8].copy_from_slice(&number.to_be_bytes());
            link.email = None;
            Change::AddInvite(Box::new(link))
        };
        (from..to).map(one).collect()
    };
    write(&store, many(0, 1_001)).await.unwrap();
    let (alice, bob) = (actor("alice"), user("bob"));
    let none = Permissions::NONE;
    let refused = invites
        .change_member(Some(&alice), "notes", &bob, none, true)
        .await;
    assert_eq!(refused.unwrap_err().code(), "limit_reached");
    assert_eq!(
        world.letters("bob", "notes").await,
        "r",
        "nothing is done by half"
    );
    let target = RemoveTarget::Id("invite 7".into());
    invites
        .remove(Some(&alice), Some("notes"), &target)
        .await
        .unwrap();
    let began = std::time::Instant::now();
    let changed = invites
        .change_member(Some(&alice), "notes", &bob, none, true)
        .await;
    println!("a thousand links end in {:?}", began.elapsed());
    let links = changed.unwrap().links.unwrap();
    assert_eq!(
        (links.total, links.invites.len(), links.ended),
        (1_000, 20, true)
    );
    assert_eq!(links.invites[0].id, "invite 1000", "the newest first");
    let (gone, left) = invites
        .links_beside(Some(&alice), "notes", &bob)
        .await
        .unwrap();
    assert_eq!((gone, left.unwrap().total), (None, 0));
}

pub(crate) async fn of_the_last_two_admins_one_stays<S: Store>(store: S) {
    let world = World::over(store);
    for round in 0..10 {
        let resource = format!("notes{round}");
        for name in ["alice", "bob"] {
            world.member(name, &resource, "arw").await;
        }
        world.member("carol", &resource, "rw").await;
        // Each takes the other out, or themselves, or only the a.
        let calls = match round % 3 {
            0 => [("alice", "bob", ""), ("bob", "alice", "")],
            1 => [("alice", "alice", ""), ("bob", "bob", "")],
            _ => [("alice", "alice", "rw"), ("bob", "bob", "r")],
        };
        let mut running = Vec::new();
        for (asker, who, letters) in calls {
            let (invites, resource) = (world.invites.clone(), resource.clone());
            running.push(tokio::spawn(async move {
                let letters = Permissions::parse(letters).unwrap_or(Permissions::NONE);
                let (asker, who) = (actor(asker), user(who));
                let changed = invites.change_member(Some(&asker), &resource, &who, letters, false);
                changed.await.map(|_| ())
            }));
        }
        let mut answers = Vec::new();
        for one in running {
            answers.push(one.await.unwrap());
        }
        let refused: Vec<_> = answers
            .iter()
            .filter_map(|one| one.as_ref().err())
            .collect();
        let [refused] = refused[..] else {
            panic!("one is refused in round {round}: {answers:?}");
        };
        let expected = if round % 3 == 0 {
            "not_admin"
        } else {
            "last_admin"
        };
        assert_eq!(refused.code(), expected);
        let admins = [
            world.letters("alice", &resource).await,
            world.letters("bob", &resource).await,
        ];
        assert_eq!(
            admins
                .iter()
                .filter(|letters| letters.contains('a'))
                .count(),
            1,
            "{admins:?}"
        );
        // Whoever is no admin may go whenever they like.
        let carol = actor("carol");
        let none = Permissions::NONE;
        let left = world
            .invites
            .change_member(Some(&carol), &resource, &carol.user, none, false)
            .await;
        assert!(
            left.unwrap().links.is_none(),
            "links are no business of hers"
        );
    }
}

/// Whoever accepts holds the invite and waits for its resource; whoever ends it has to take them in the same order.
pub(crate) async fn ending_links_while_they_are_accepted<S: Store>(store: S) {
    let world = World::over(store);
    for round in 0..5 {
        let resource = format!("notes{round}");
        world.member("alice", &resource, "arw").await;
        world.member("bob", &resource, "r").await;
        let first = world.invite("alice", &resource, "r", None).await;
        let second = world.invite("alice", &resource, "r", None).await;
        let ender = {
            let (invites, resource) = (world.invites.clone(), resource.clone());
            tokio::spawn(async move {
                let (alice, bob, none) = (actor("alice"), user("bob"), Permissions::NONE);
                invites
                    .change_member(Some(&alice), &resource, &bob, none, true)
                    .await
            })
        };
        let names: Vec<String> = people(40);
        let (these, those) = names.split_at(20);
        let (these, those) = tokio::join!(
            world.all_accept(first.key.as_ref().unwrap(), these),
            world.all_accept(second.key.as_ref().unwrap(), those),
        );
        let links = ender.await.unwrap().unwrap().links.unwrap();
        assert_eq!((links.total, links.ended), (2, true));
        for (name, answer) in names.iter().zip(these.iter().chain(&those)) {
            let expected = match answer {
                Ok(_) => "r",
                Err(Refusal::Removed) => "",
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(world.letters(name, &resource).await, expected, "{name}");
        }
        assert_eq!(world.letters("bob", &resource).await, "");
    }
}

/// What is told is read while nobody waits for it, and so is whether there is anything to do.
pub(crate) async fn of_many_links_no_more_are_counted_than_tell_that_they_are_many<S: Store>(
    store: S,
) {
    let world = World::over(store.clone());
    let invites = &world.invites;
    for name in ["alice", "carol"] {
        world.member(name, "notes", "arw").await;
    }
    world.member("bob", "notes", "r").await;
    let link = |number: usize, inviter: &str| {
        let mut link = stored(&format!("invite {number}"));
        link.key_hash.0[..8].copy_from_slice(&number.to_be_bytes());
        link.inviter = user(inviter);
        link.email = None;
        Change::AddInvite(Box::new(link))
    };
    // The oldest opens something; of those that are newer, none of the first thousands does.
    let mut all = vec![link(0, "alice")];
    all.extend((1..=2_500).map(|number| link(number, "carol")));
    write(&store, all).await.unwrap();
    let (alice, bob, ghost) = (actor("alice"), user("bob"), user("ghost"));
    let none = Permissions::NONE;
    let told = invites
        .change_member(Some(&alice), "notes", &ghost, none, false)
        .await;
    let links = told.unwrap().links.unwrap();
    assert_eq!(
        (links.total, links.invites.len(), links.ended),
        (101, 20, false)
    );
    let refused = invites
        .change_member(Some(&alice), "notes", &bob, none, true)
        .await;
    assert_eq!(refused.unwrap_err().code(), "limit_reached");
    assert_eq!(world.letters("bob", "notes").await, "r");
    // Hers open nothing once she is no admin.
    world.member("carol", "notes", "rw").await;
    let told = invites
        .change_member(Some(&alice), "notes", &bob, none, true)
        .await;
    let links = told.unwrap().links.unwrap();
    assert_eq!((links.total, links.ended), (1, true));
    assert_eq!(ids(Some(&links)), ["invite 0"]);
    assert_eq!(world.letters("bob", "notes").await, "");
}

pub(crate) async fn a_long_list_is_not_replaced_at_once<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let many = (1..1_000).map(|n| set_member(&format!("p{n}"), "r"));
    write(&store, many.collect()).await.unwrap();
    let member = |name: &str, letters: &str| Member {
        user: user(name),
        permissions: Permissions::parse(letters).unwrap(),
    };
    let replace = async || {
        let (alice, all) = (
            actor("alice"),
            vec![member("alice", "arw"), member("p1", "rw")],
        );
        let replaced = world
            .invites
            .replace_members(Some(&alice), "notes", None, all, false);
        replaced.await.map(|(_, members, _)| members.len())
    };
    write(&store, vec![set_member("one more", "r")])
        .await
        .unwrap();
    let refused = replace().await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached");
    let sentence = refused.sentence();
    assert!(
        sentence.contains("members/{username}:{provider}"),
        "{sentence}"
    );
    assert_eq!(world.letters("p999", "notes").await, "r");
    write(&store, vec![set_member("one more", "")])
        .await
        .unwrap();
    assert_eq!(replace().await, Ok(2));
    assert_eq!(world.letters("p999", "notes").await, "");
}
