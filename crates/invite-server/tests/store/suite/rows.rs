//! What is written is what is read.

use std::collections::HashSet;

use super::*;

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
    let mine = store
        .resources(&user("bob"), None, None, 100)
        .await
        .unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!(
        (mine[0].resource.as_str(), mine[0].title.as_deref()),
        ("notes", Some("Title"))
    );
    assert_eq!(
        store
            .resources(&User::new("bob", "elsewhere"), None, None, 100)
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
    // It begins at the time of creation.
    assert_eq!(versions, [1, 2, 3, 4, 5]);
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
        label: None,
        extras: None,
        email: None,
        issuer: None,
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
    assert_eq!(store.resource("notes").await.unwrap().unwrap().0.version, 5);
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

pub(crate) async fn the_store_says_that_it_is_ready<S: Store>(store: S) {
    store.ready().await.unwrap();
    let query = InviteQuery {
        resource: "notes".into(),
        inviter: None,
        status: None,
        now: Moment(0),
        limit: 10,
        addressed: Addressed::OrNot,
        order: Order::Newest { before: None },
    };
    let asked = Asked::new(Call::List, &actor("bob"), "notes");
    let refused = store.invites(asked, query).await.unwrap_err();
    assert_eq!(refused.code(), "not_admin");
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
            None,
            invite_server::core::Quotas::USUAL,
        )
    };
    assert_eq!(run(), run());
}
