//! Listing.

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
