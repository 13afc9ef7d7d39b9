//! Listing.

use invite_server::core::Needle;

use super::*;

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

pub(crate) async fn listing_by_address<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.member("dora", "notes", "arw").await;
    world.invite("alice", "notes", "r", None).await;
    let create = async |by: &str, email: &str| {
        let mut request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
        request.email = Some(email.into());
        let by = actor(by);
        let made = world.invites.create(Some(&by), "notes", request);
        made.await.unwrap().id
    };
    for name in ["carol", "bob", "zoe", "bob", "dan"] {
        create("alice", &format!("{name}@example.com")).await;
    }
    create("dora", "bob@example.com").await;
    let removed = create("alice", "bob@example.com").await;
    let target = RemoveTarget::PendingId(removed);
    let alice = actor("alice");
    world
        .invites
        .remove(Some(&alice), Some("notes"), &target)
        .await
        .unwrap();
    let again = world.invites.remove(Some(&alice), Some("notes"), &target);
    assert_eq!(again.await, Err(Refusal::CannotRemove));

    let bob = || Addressed::To("bob@example.com".into());
    for (addressed, by_address, expected) in [
        (Addressed::ToSomebody, false, "dan bob zoe bob carol"),
        (Addressed::ToSomebody, true, "bob bob carol dan zoe"),
        (Addressed::OrNot, true, "bob bob carol dan zoe"),
        (bob(), false, "bob bob"),
        (bob(), true, "bob bob"),
        (Addressed::To("BOB@example.com".into()), false, ""),
        (Addressed::To("bob@example.org".into()), false, ""),
        (Addressed::To("a\0b".into()), false, ""),
    ] {
        for page_size in [1, 2, 5, 100] {
            let mut request = ListRequest {
                status: Some(InviteStatus::Pending),
                page_size,
                addressed: addressed.clone(),
                by_address,
                ..ListRequest::default()
            };
            let mut names = Vec::new();
            let mut ids = std::collections::BTreeSet::new();
            loop {
                let page = world.invites.list(Some(&alice), "notes", &request).await;
                let page = page.unwrap();
                for invite in page.invites {
                    assert!(ids.insert(invite.id), "twice");
                    let email = invite.email.unwrap();
                    names.push(email.split('@').next().unwrap().to_owned());
                }
                request.page = page.next_page;
                if request.page.is_none() {
                    break;
                }
            }
            assert_eq!(names.join(" "), expected, "{addressed:?} by {page_size}");
            if addressed != Addressed::OrNot {
                let count = world.invites.count(Some(&alice), "notes", &request).await;
                assert_eq!(count, Ok(names.len() as i64));
            }
        }
    }
    let newest = ListRequest {
        page: Some("AAAAAAAAAAFib2I".into()),
        ..ListRequest::default()
    };
    let by_address = ListRequest {
        page: Some("AAAAAAAAAAE".into()),
        by_address: true,
        ..ListRequest::default()
    };
    for request in [newest, by_address] {
        let refused = world.invites.list(Some(&alice), "notes", &request).await;
        assert_eq!(refused.unwrap_err().field(), Some("page_token"));
    }
    let stranger = actor("mallory");
    let all = ListRequest::default();
    let refused = world.invites.count(Some(&stranger), "notes", &all).await;
    assert_eq!(refused.unwrap_err().code(), "not_admin");
}

async fn looked_for<S: Store>(world: &World<S>, q: &str, everyone: bool) -> Vec<String> {
    let request = ListRequest {
        q: Needle::parse(q).unwrap(),
        everyone,
        ..ListRequest::default()
    };
    let alice = actor("alice");
    let listed = world.invites.list(Some(&alice), "notes", &request);
    let listed = listed.await.unwrap();
    assert_eq!(listed.next_page, None);
    let labels = listed
        .invites
        .into_iter()
        .map(|invite| invite.label.unwrap_or_default());
    labels.collect()
}

pub(crate) async fn looking_for_a_label_or_an_address<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.member("carol", "notes", "arw").await;
    for (who, label, email) in [
        ("alice", "Board, spring", Some("Bob@Example.com")),
        ("alice", "BOARD, autumn", None),
        ("alice", "Friends", Some("bob@other.example")),
        ("carol", "Carol's board", Some("dan@example.com")),
    ] {
        let mut request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
        (request.label, request.email) = (Some(label.into()), email.map(str::to_owned));
        request.message = Some("board bob@example.com".into());
        let made = world
            .invites
            .create(Some(&actor(who)), "notes", request)
            .await;
        made.unwrap();
    }
    for (q, everyone, expected) in [
        ("board", false, &["BOARD, autumn", "Board, spring"] as &[_]),
        (
            "board",
            true,
            &["Carol's board", "BOARD, autumn", "Board, spring"],
        ),
        ("bob@", false, &["Friends", "Board, spring"]),
        ("EXAMPLE.com", true, &["Carol's board", "Board, spring"]),
        // Nothing in it is more than itself.
        ("%", false, &[]),
        ("B_ard", false, &[]),
        ("' OR 1", false, &[]),
    ] {
        assert_eq!(looked_for(&world, q, everyone).await, expected, "{q}");
    }
}

pub(crate) async fn what_is_looked_for_among_very_many_comes_page_by_page<S: Store>(store: S) {
    const MANY: u32 = 2_500;
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let all = (0..MANY).map(|number| {
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().zip(number.to_be_bytes()) {
            *place = byte;
        }
        // The newest of all, and the oldest: a thousand and more lie in between.
        let wanted = number < 3 || number == MANY - 1;
        Change::AddInvite(Box::new(StoredInvite {
            id: format!("invite{number}"),
            key_hash: KeyHash(hash),
            label: Some(format!(
                "{} {number}",
                if wanted { "wanted" } else { "other" }
            )),
            ..stored("invite")
        }))
    });
    write(&store, all.collect()).await.unwrap();
    let mut request = ListRequest {
        q: Needle::parse("WANTED").unwrap(),
        page_size: 2,
        ..ListRequest::default()
    };
    let mut pages = Vec::new();
    loop {
        let alice = actor("alice");
        let listed = world.invites.list(Some(&alice), "notes", &request);
        let listed = listed.await.unwrap();
        let labels = listed
            .invites
            .into_iter()
            .map(|invite| invite.label.unwrap());
        pages.push(labels.collect::<Vec<_>>());
        request.page = listed.next_page;
        if request.page.is_none() {
            break;
        }
    }
    let newest = format!("wanted {}", MANY - 1);
    let expected = [
        vec![&*newest],
        vec![],
        vec!["wanted 2", "wanted 1"],
        vec!["wanted 0"],
    ];
    assert_eq!(pages, expected);
}
