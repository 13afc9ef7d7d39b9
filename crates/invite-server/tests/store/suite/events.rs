//! Who takes part; and what happened is numbered without a gap, in the order in which it can be read.

use invite_server::core::EventKind;

use super::*;

pub(crate) async fn events_are_numbered_without_a_gap<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    world.member("alice", "other", "arw").await;
    let invite = world.invite("alice", "notes", "r", None).await;
    world.invite("alice", "other", "r", None).await;
    let key = invite.key.clone().unwrap();
    // Whoever reads on from the last number misses nothing while others write.
    let reader = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            while seen.len() < 41 {
                let after = seen
                    .last()
                    .map_or(0, |event: &invite_server::core::Event| event.number);
                seen.extend(store.events("notes", after, 7).await.unwrap());
            }
            seen
        })
    };
    world.all_accept(&key, &people(40)).await;
    let seen = reader.await.unwrap();
    let numbers: Vec<i64> = seen.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=41).collect::<Vec<_>>());
    assert_eq!(seen[0].kind, EventKind::Created);
    assert!(
        seen[1..]
            .iter()
            .all(|event| event.kind == EventKind::Used && event.invite == invite.id)
    );
    let (resource, _) = store.resource("notes").await.unwrap().unwrap();
    assert_eq!(resource.events, 41);
    assert_eq!(store.events("other", 0, 100).await.unwrap().len(), 1);
    assert_eq!(store.events("ghost", 0, 100).await.unwrap(), []);
}

pub(crate) async fn apps_are_known_by_their_keys<S: Store>(store: S) {
    let world = World::over(store);
    let invites = &world.invites;
    let first = invites.add_app("crm", true).await.unwrap();
    let second = invites.add_app("Shop-2", true).await.unwrap();
    assert_eq!(invites.app(&first).await.unwrap().as_deref(), Some("crm"));
    assert_eq!(
        invites.app(&second).await.unwrap().as_deref(),
        Some("Shop-2")
    );
    assert_eq!(
        invites.add_app("crm", true).await.unwrap_err().field(),
        Some("name")
    );
    for wrong in ["", "a b", "a\0", &"x".repeat(65)] {
        assert_eq!(
            invites.add_app(wrong, true).await.unwrap_err().field(),
            Some("name")
        );
    }
    let names: Vec<_> = invites
        .apps()
        .await
        .unwrap()
        .into_iter()
        .map(|app| app.name)
        .collect();
    assert_eq!(names, ["Shop-2", "crm"], "by bytes");
    invites.remove_app("crm").await.unwrap();
    assert_eq!(invites.app(&first).await.unwrap(), None);
    assert_eq!(invites.remove_app("crm").await, Err(Refusal::NotFound));
}
