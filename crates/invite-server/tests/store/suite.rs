//! What every database has to do. A database joins with one line: `store_suite!(name, opener)`, where the opener is an
//! async function that gives a fresh store and whatever has to live as long as it.

use std::collections::HashSet;

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{
        Acceptance, CreateRequest, InviteStatus, ListRequest, Moment, Refusal, RemoveTarget, User,
        rules,
        state::{Change, Decision, InviteName, InviteQuery, KeyHash, Scope, State, StoredInvite},
    },
    store::Store,
};
use serde_json::json;

use crate::world::{World, actor, people, user};

macro_rules! store_suite {
    ($module:ident, $open:path) => {
        mod $module {
            crate::suite::store_suite!(@cases $open:
                a_resource_and_its_members_are_found_again,
                each_change_of_members_moves_the_version,
                an_invite_is_found_again_as_it_was,
                names_to_show_are_kept_up_to_date,
                a_decision_is_written_whole_or_not_at_all,
                a_refusal_writes_nothing,
                what_is_answered_can_be_read,
                listing_pages_through_everything_once,
                listing_by_status,
                concurrent_accepts_lose_nobody,
                concurrent_accepts_spend_no_use_twice,
                one_person_accepting_many_times_spends_one_use,
                removing_while_accepting_keeps_every_promise,
                coming_back_after_removal_is_a_new_use,
                resources_of_one_name_begin_once,
                the_store_says_that_it_is_ready,
            );
        }
    };
    (@cases $open:path: $($case:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let (store, _keep) = $open().await;
                crate::suite::$case(store).await;
            }
        )*
    };
}
pub(crate) use store_suite;

fn stored(id: &str) -> StoredInvite {
    StoredInvite {
        id: id.into(),
        key_hash: KeyHash(std::array::from_fn(|at| {
            id.as_bytes().get(at).copied().unwrap_or(9)
        })),
        kind: KeyKind::Webstrates,
        secret_id: "2026-11".into(),
        resource: "notes".into(),
        permissions: Permissions::parse("wr").unwrap(),
        created_at: Moment(1_000),
        expires_at: Moment(i64::MAX / 2),
        inviter: user("alice"),
        uses: 0,
        max_uses: Some(3),
        message: Some("Hello\n'; DROP TABLE invites; --\u{1F389}".into()),
        title: Some("Team notes".into()),
        extras: Some(json!({"team": [1, 2.5, null, true, "x"]})),
        removed_at: None,
    }
}

async fn write<S: Store>(store: &S, changes: Vec<Change>) -> Result<(), Refusal> {
    store
        .transact(Scope::default(), move |_| {
            Ok(Decision {
                answer: (),
                changes: changes.clone(),
            })
        })
        .await
}

fn add_resource(name: &str) -> Change {
    Change::AddResource {
        resource: name.into(),
        title: Some("Title".into()),
        at: Moment(1),
    }
}

fn set_member(name: &str, letters: &str) -> Change {
    let permissions = Permissions::parse(letters).unwrap_or(Permissions::NONE);
    Change::SetMember {
        resource: "notes".into(),
        user: user(name),
        permissions,
    }
}

async fn look<S: Store>(store: &S, invite: Option<InviteName>, name: &str) -> State {
    let resource = invite.is_none().then(|| "notes".to_owned());
    store
        .look(Scope {
            resource,
            invite,
            user: Some(user(name)),
        })
        .await
        .unwrap()
}

pub(crate) async fn a_resource_and_its_members_are_found_again<S: Store>(store: S) {
    let nothing = look(&store, None, "alice").await;
    assert!(nothing.resource.is_none() && nothing.permissions.is_empty());
    assert_eq!(store.resource("notes").await.unwrap(), None);
    write(
        &store,
        vec![
            add_resource("notes"),
            set_member("zoe", "arw"),
            set_member("bob", "wr"),
        ],
    )
    .await
    .unwrap();
    write(&store, vec![add_resource("other")]).await.unwrap();

    let state = look(&store, None, "bob").await;
    assert_eq!(state.resource.unwrap().title.as_deref(), Some("Title"));
    assert_eq!(
        state.permissions.as_str(),
        "wr",
        "the order of the letters stays"
    );
    let members = store.members("notes").await.unwrap();
    let members: Vec<_> = members
        .iter()
        .map(|member| (member.user.username.as_str(), member.permissions))
        .collect();
    assert_eq!(
        members,
        [
            ("zoe", Permissions::ALL),
            ("bob", Permissions::parse("wr").unwrap())
        ],
        "in the order they came"
    );
    let mine = store.resources(&user("bob")).await.unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!(
        (mine[0].resource.as_str(), mine[0].title.as_deref()),
        ("notes", Some("Title"))
    );
    assert_eq!(
        store
            .resources(&User::new("bob", "elsewhere"))
            .await
            .unwrap(),
        [],
        "providers are told apart"
    );
}

pub(crate) async fn each_change_of_members_moves_the_version<S: Store>(store: S) {
    write(&store, vec![add_resource("notes")]).await.unwrap();
    let mut versions = vec![];
    for change in [
        None,
        Some(("bob", "r")),
        Some(("bob", "rw")),
        Some(("carol", "r")),
        Some(("bob", "")),
    ] {
        if let Some((name, letters)) = change {
            write(&store, vec![set_member(name, letters)])
                .await
                .unwrap();
        }
        versions.push(store.resource("notes").await.unwrap().unwrap().0.version);
    }
    assert_eq!(versions, [0, 1, 2, 3, 4]);
    let members = store.members("notes").await.unwrap();
    assert_eq!(members.len(), 1, "{members:?}");
    assert_eq!(
        write(
            &store,
            vec![Change::SetMember {
                resource: "ghost".into(),
                user: user("bob"),
                permissions: Permissions::READ,
            }]
        )
        .await,
        Err(Refusal::ServerError),
        "nobody is member of nothing"
    );
}

pub(crate) async fn an_invite_is_found_again_as_it_was<S: Store>(store: S) {
    let full = stored("full");
    let bare = StoredInvite {
        kind: KeyKind::Opaque,
        max_uses: None,
        message: None,
        title: None,
        extras: None,
        ..stored("bare")
    };
    let changes = vec![
        add_resource("notes"),
        set_member("alice", "arw"),
        Change::AddInvite(Box::new(full.clone())),
        Change::AddInvite(Box::new(bare.clone())),
    ];
    write(&store, changes).await.unwrap();
    for invite in [full, bare] {
        for name in [
            InviteName::Key(invite.key_hash),
            InviteName::Id(invite.id.clone()),
        ] {
            let state = look(&store, Some(name), "alice").await;
            assert_eq!(state.invite.as_ref(), Some(&invite));
            assert_eq!(state.inviter_permissions.as_str(), "arw");
            assert_eq!(
                state.permissions.as_str(),
                "arw",
                "on the invite's resource"
            );
            assert_eq!(state.resource.unwrap().name, "notes");
        }
    }
    write(
        &store,
        vec![Change::RemoveInvite {
            invite: "full".into(),
            at: Moment(5),
        }],
    )
    .await
    .unwrap();
    let removed = look(&store, Some(InviteName::Id("full".into())), "alice")
        .await
        .invite
        .unwrap();
    assert_eq!(removed.removed_at, Some(Moment(5)));
    assert!(
        look(&store, Some(InviteName::Id("none".into())), "alice")
            .await
            .invite
            .is_none()
    );
    assert!(
        look(&store, Some(InviteName::Key(KeyHash([0; 32]))), "alice")
            .await
            .invite
            .is_none()
    );
}

pub(crate) async fn names_to_show_are_kept_up_to_date<S: Store>(store: S) {
    let called = |name: Option<&str>| User {
        display_name: name.map(str::to_owned),
        ..user("bob")
    };
    write(&store, vec![add_resource("notes")]).await.unwrap();
    for (given, kept) in [
        (None, None),
        (Some("Bob"), Some("Bob")),
        (None, Some("Bob")),
        (Some("Bobby"), Some("Bobby")),
    ] {
        let change = Change::SetMember {
            resource: "notes".into(),
            user: called(given),
            permissions: Permissions::READ,
        };
        write(&store, vec![change]).await.unwrap();
        assert_eq!(
            store.members("notes").await.unwrap()[0]
                .user
                .display_name
                .as_deref(),
            kept
        );
    }
    let invite = StoredInvite {
        inviter: called(None),
        ..stored("one")
    };
    let used = Change::AddUse {
        invite: "one".into(),
        user: called(None),
        at: Moment(7),
    };
    write(&store, vec![Change::AddInvite(Box::new(invite)), used])
        .await
        .unwrap();
    let found = look(&store, Some(InviteName::Id("one".into())), "bob")
        .await
        .invite
        .unwrap();
    assert_eq!(found.inviter, called(Some("Bobby")));
    assert_eq!(
        store.acceptances("one").await.unwrap(),
        [Acceptance {
            user: called(Some("Bobby")),
            at: Moment(7)
        }]
    );
}

pub(crate) async fn a_decision_is_written_whole_or_not_at_all<S: Store>(store: S) {
    write(
        &store,
        vec![
            add_resource("notes"),
            Change::AddInvite(Box::new(stored("one"))),
        ],
    )
    .await
    .unwrap();
    let broken: Vec<Vec<Change>> = vec![
        vec![set_member("bob", "r"), add_resource("notes")],
        vec![
            set_member("bob", "r"),
            Change::AddInvite(Box::new(stored("one"))),
        ],
        vec![
            set_member("bob", "r"),
            Change::AddUse {
                invite: "none".into(),
                user: user("bob"),
                at: Moment(1),
            },
        ],
        vec![
            set_member("bob", "r"),
            Change::RemoveInvite {
                invite: "none".into(),
                at: Moment(1),
            },
        ],
    ];
    // They run beside good ones, which must not suffer: they may share a commit.
    let mut running = Vec::new();
    for (number, changes) in broken.into_iter().enumerate() {
        for _ in 0..5 {
            let (store, changes) = (store.clone(), changes.clone());
            running.push((
                false,
                tokio::spawn(async move { write(&store, changes).await }),
            ));
        }
        let (store, name) = (store.clone(), format!("carol{number}"));
        running.push((
            true,
            tokio::spawn(async move { write(&store, vec![set_member(&name, "r")]).await }),
        ));
    }
    for (good, one) in running {
        assert_eq!(
            one.await.unwrap(),
            if good {
                Ok(())
            } else {
                Err(Refusal::ServerError)
            }
        );
    }
    let names: HashSet<_> = store
        .members("notes")
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.user.username)
        .collect();
    assert_eq!(
        names,
        (0..4).map(|number| format!("carol{number}")).collect()
    );
    assert_eq!(store.resource("notes").await.unwrap().unwrap().0.version, 4);
}

pub(crate) async fn a_refusal_writes_nothing<S: Store>(store: S) {
    let refused: Result<(), _> = store
        .transact(Scope::default(), |_| Err(Refusal::Exhausted))
        .await;
    assert_eq!(refused, Err(Refusal::Exhausted));
    write(&store, vec![]).await.unwrap();
}

pub(crate) async fn what_is_answered_can_be_read<S: Store>(store: S) {
    write(&store, vec![add_resource("notes")]).await.unwrap();
    for number in 0..100 {
        let name = format!("person{number}");
        write(&store, vec![set_member(&name, "r")]).await.unwrap();
        assert_eq!(
            look(&store, None, &name).await.permissions.as_str(),
            "r",
            "{name}"
        );
    }
}

pub(crate) async fn listing_pages_through_everything_once<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.member("carol", "notes", "ar").await;
    let mut made = Vec::new();
    for number in 0..23 {
        let invite = world.invite("alice", "notes", "r", None).await;
        made.push((invite.id, invite.key.unwrap().reveal().to_owned()));
        if number % 5 == 0 {
            world.invite("carol", "notes", "r", None).await;
        }
    }
    made.reverse();
    for page_size in [1, 7, 22, 23, 24, 100] {
        let mut request = ListRequest {
            page_size,
            ..ListRequest::default()
        };
        let mut listed = Vec::new();
        let mut pages = 0;
        loop {
            let page = world
                .invites
                .list(Some(&actor("alice")), "notes", &request)
                .await
                .unwrap();
            assert!(page.invites.len() <= page_size as usize);
            listed.extend(
                page.invites
                    .into_iter()
                    .map(|one| (one.id, one.key.unwrap().reveal().to_owned())),
            );
            pages += 1;
            match page.next_page {
                Some(next) => request.page = Some(next),
                None => break,
            }
        }
        assert_eq!(
            listed, made,
            "newest first, keys derived again; pages of {page_size}"
        );
        assert_eq!(pages, made.len().div_ceil(page_size as usize));
    }
    let everyone = ListRequest {
        everyone: true,
        page_size: 100,
        ..ListRequest::default()
    };
    let all = world
        .invites
        .list(Some(&actor("carol")), "notes", &everyone)
        .await
        .unwrap()
        .invites;
    assert_eq!(all.len(), 28);
    for invite in all {
        assert_eq!(
            invite.key.is_some(),
            invite.created_by.is(&user("carol")),
            "only one's own keys"
        );
    }
    for bad in ["x", "", "AAAA", "__________8"] {
        let request = ListRequest {
            page: Some(bad.into()),
            ..ListRequest::default()
        };
        let refusal = world
            .invites
            .list(Some(&actor("alice")), "notes", &request)
            .await
            .unwrap_err();
        assert_eq!(refusal.field(), Some("page_token"), "{bad}");
    }
}

pub(crate) async fn listing_by_status<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let removed = world.invite("alice", "notes", "r", None).await;
    let target = RemoveTarget::Id(removed.id.clone());
    world
        .invites
        .remove(Some(&actor("alice")), Some("notes"), &target)
        .await
        .unwrap();
    let expired = world.invite("alice", "notes", "r", None).await;
    world.time.pass_seconds(3600);
    let pending = world.invite("alice", "notes", "r", None).await;
    let spent = world.invite("alice", "notes", "r", Some(1)).await;
    world
        .invites
        .accept(Some(&actor("bob")), spent.key.as_ref().unwrap(), None)
        .await
        .unwrap();
    for (status, expected) in [
        (None, vec![&spent.id, &pending.id]),
        (Some(InviteStatus::Pending), vec![&pending.id]),
        (Some(InviteStatus::Accepted), vec![&spent.id]),
        (Some(InviteStatus::Expired), vec![&expired.id]),
        (Some(InviteStatus::Removed), vec![&removed.id]),
    ] {
        let request = ListRequest {
            status,
            ..ListRequest::default()
        };
        let listed = world
            .invites
            .list(Some(&actor("alice")), "notes", &request)
            .await
            .unwrap()
            .invites;
        assert_eq!(
            listed.iter().map(|one| &one.id).collect::<Vec<_>>(),
            expected,
            "{status:?}"
        );
        assert!(status.is_none() || listed.iter().all(|one| Some(one.status) == status));
    }
    let request = ListRequest {
        status: Some(InviteStatus::Accepted),
        ..ListRequest::default()
    };
    let listed = world
        .invites
        .list(Some(&actor("alice")), "notes", &request)
        .await
        .unwrap()
        .invites;
    assert_eq!(
        listed[0].accepted,
        [Acceptance {
            user: user("bob"),
            at: world.time.now()
        }]
    );
}

pub(crate) async fn concurrent_accepts_lose_nobody<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "rw", None).await;
    let names = people(100);
    let answers = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
    assert!(
        answers.iter().all(|answer| *answer == Ok(false)),
        "{answers:?}"
    );
    let members = store.members("notes").await.unwrap();
    assert_eq!(members.len(), 101);
    assert!(
        members
            .iter()
            .skip(1)
            .all(|member| member.permissions.as_str() == "rw")
    );
    let uses = look(&store, Some(InviteName::Id(invite.id)), "alice")
        .await
        .invite
        .unwrap()
        .uses;
    assert_eq!(uses, 100);
}

pub(crate) async fn concurrent_accepts_spend_no_use_twice<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(10)).await;
    let names = people(100);
    let answers = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
    let taken = answers
        .iter()
        .filter(|answer| **answer == Ok(false))
        .count();
    let refused = answers
        .iter()
        .filter(|answer| **answer == Err(Refusal::Exhausted))
        .count();
    assert_eq!((taken, refused), (10, 90));
    for (name, answer) in names.iter().zip(&answers) {
        assert_eq!(
            world.letters(name, "notes").await,
            if answer.is_ok() { "r" } else { "" },
            "{name}"
        );
    }
    assert_eq!(store.acceptances(&invite.id).await.unwrap().len(), 10);
    let again = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
    assert_eq!(
        again.iter().filter(|answer| **answer == Ok(true)).count(),
        10,
        "those inside get the same answer again"
    );
}

pub(crate) async fn one_person_accepting_many_times_spends_one_use<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(2)).await;
    let answers = world
        .all_accept(invite.key.as_ref().unwrap(), &vec!["bob".to_owned(); 50])
        .await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| **answer == Ok(false))
            .count(),
        1
    );
    assert_eq!(
        answers.iter().filter(|answer| **answer == Ok(true)).count(),
        49
    );
    let carol = world
        .invites
        .accept(Some(&actor("carol")), invite.key.as_ref().unwrap(), None)
        .await;
    assert!(!carol.unwrap().already, "the second use is left");
}

pub(crate) async fn removing_while_accepting_keeps_every_promise<S: Store>(store: S) {
    let world = World::over(store);
    for round in 0..10 {
        let resource = format!("notes{round}");
        world.member("alice", &resource, "arw").await;
        let invite = world.invite("alice", &resource, "r", None).await;
        let names = people(30);
        let remover = {
            let (invites, target) = (
                world.invites.clone(),
                RemoveTarget::Key(invite.key.clone().unwrap()),
            );
            tokio::spawn(async move { invites.remove(Some(&actor("alice")), None, &target).await })
        };
        let answers = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
        remover.await.unwrap().unwrap();
        for (name, answer) in names.iter().zip(&answers) {
            let expected = match answer {
                Ok(_) => "r",
                Err(Refusal::Removed) => "",
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(
                world.letters(name, &resource).await,
                expected,
                "{name} in round {round}"
            );
        }
    }
}

pub(crate) async fn coming_back_after_removal_is_a_new_use<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(2)).await;
    let key = invite.key.as_ref().unwrap();
    let bob = actor("bob");
    for expected in [Ok(false), Ok(false), Err(Refusal::Exhausted)] {
        let answer = world.invites.accept(Some(&bob), key, None).await;
        assert_eq!(answer.map(|accepted| accepted.already), expected);
        world.member("bob", "notes", "").await;
    }
    assert_eq!(store.acceptances(&invite.id).await.unwrap().len(), 2);
}

pub(crate) async fn resources_of_one_name_begin_once<S: Store>(store: S) {
    let world = World::over(store);
    let mut running = Vec::new();
    for name in people(20) {
        let invites = world.invites.clone();
        running.push(tokio::spawn(async move {
            invites
                .create_resource(Some(&actor(&name)), "notes", None)
                .await
        }));
    }
    let mut created = 0;
    for one in running {
        match one.await.unwrap() {
            Ok(permissions) => created += usize::from(permissions == Permissions::ALL),
            Err(refusal) => assert_eq!(refusal.code(), "already_exists"),
        }
    }
    assert_eq!(created, 1);
}

pub(crate) async fn the_store_says_that_it_is_ready<S: Store>(store: S) {
    store.ready().await.unwrap();
    let query = InviteQuery {
        resource: "notes".into(),
        inviter: None,
        status: None,
        now: Moment(0),
        limit: 10,
        before: None,
    };
    assert_eq!(store.invites(query).await.unwrap(), []);
    // The same rule gives the same answer however often it runs: stores that retry depend on it.
    let state = State::default();
    let request = CreateRequest::new(Permissions::READ, 60, KeyKind::Opaque);
    let run = || {
        rules::create(
            &state,
            Some(&actor("bob")),
            "notes",
            &request,
            &stored("one"),
        )
    };
    assert_eq!(run(), run());
}
