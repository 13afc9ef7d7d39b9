//! A resource goes with all that hangs on it, and leaves nothing to a later one of its name.

use invite_server::core::{EventKind, state::RepeatKey};

use super::*;

/// More than one transaction takes.
const MANY: usize = 1_100;

fn plain() -> CreateRequest {
    CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque)
}

async fn delete<S: Store>(world: &World<S>, who: &str) -> Result<(), Refusal> {
    let who = actor(who);
    world.invites.delete_resource(Some(&who), "notes").await
}

async fn create<S: Store>(world: &World<S>, who: &str) -> Result<(), Refusal> {
    let who = actor(who);
    let made = world.invites.create_resource(Some(&who), "notes", None);
    made.await.map(|_| ())
}

/// Invites of every sort, members, events, a repeat, deliveries; the keys.
async fn filled<S: Store>(world: &World<S>) -> Vec<invite_key::InviteKey> {
    create(world, "alice").await.unwrap();
    world.invites.add_app("crm", false).await.unwrap();
    world.invites.grant_app("crm", "notes").await.unwrap();
    let address = "https://crm.example.com/hook";
    world.invites.set_webhook("crm", address).await.unwrap();
    let alice = actor("alice");
    let repeat = Some(RepeatKey::of(b"key", b"body"));
    let mut keys = Vec::new();
    for (max_age, max_uses) in [
        (3600, None),
        (3600, Some(1)),
        (1, None),
        (1, None),
        (3600, None),
    ] {
        let mut request = plain();
        (request.max_age, request.max_uses) = (max_age, max_uses);
        let repeat = repeat.filter(|_| keys.is_empty());
        let made = world
            .invites
            .create_once(Some(&alice), "notes", request, repeat);
        keys.push(made.await.unwrap().key.unwrap());
    }
    for (key, who) in keys.iter().zip(["bob", "carol"]) {
        let used = world.invites.accept(Some(&actor(who)), key, None).await;
        used.unwrap();
    }
    world.time.pass_seconds(2);
    // Of one of these it is told that it is over, of the other it is not.
    assert_eq!(world.invites.end_expired(world.time.now(), 1).await, Ok(1));
    let target = RemoveTarget::Key(keys[4].clone());
    let removed = world.invites.remove(Some(&alice), None, &target).await;
    removed.unwrap();
    keys
}

pub(crate) async fn a_deleted_resource_goes_with_all_that_hangs_on_it<S: Store>(store: S) {
    let world = World::over(store.clone());
    let keys = filled(&world).await;
    world.member("alice", "other", "arw").await;
    let kept = world.invite("alice", "other", "r", None).await;
    assert!(world.invites.waiting("crm").await.unwrap() > 0);
    for who in ["bob", "mallory"] {
        assert_eq!(delete(&world, who).await.unwrap_err().code(), "not_admin");
    }
    let before = store.resource("notes").await.unwrap();
    assert!(before.is_some());

    delete(&world, "alice").await.unwrap();
    // As of what never was.
    assert_eq!(
        delete(&world, "alice").await.unwrap_err().code(),
        "not_admin"
    );
    for key in &keys {
        for who in ["alice", "bob", "mallory"] {
            let who = actor(who);
            let accepted = world.invites.accept(Some(&who), key, None).await;
            assert_eq!(accepted, Err(Refusal::InvalidKey));
            let checked = world.invites.check(Some(&who), key, None).await;
            assert_eq!(checked.unwrap_err(), Refusal::InvalidKey);
        }
    }
    let alice = actor("alice");
    let all = ListRequest::default();
    let listed = world.invites.list(Some(&alice), "notes", &all);
    assert_eq!(listed.await.unwrap_err().code(), "not_admin");
    let made = world.invites.create(Some(&alice), "notes", plain()).await;
    assert_eq!(made.unwrap_err().code(), "not_admin");
    let mine = store
        .resources(&user("alice"), None, None, 100)
        .await
        .unwrap();
    let mine: Vec<_> = mine.into_iter().map(|one| one.resource).collect();
    assert_eq!(mine, ["other"]);
    assert!(store.members("notes").await.unwrap().is_empty());
    assert!(
        store
            .progress(vec!["notes".into()])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.events("notes", 0, 100).await.unwrap().is_empty());
    assert_eq!(world.invites.waiting("crm").await, Ok(0));
    let apps = world.invites.apps().await.unwrap();
    assert!(apps[0].resources.is_empty());
    assert!(
        store.going(100).await.unwrap().is_empty(),
        "all of it is gone"
    );
    assert_eq!(
        world.invites.end_expired(world.time.now(), 100).await,
        Ok(0)
    );
    // Others stay.
    let key = kept.key.as_ref().unwrap();
    let used = world.invites.accept(Some(&actor("bob")), key, None).await;
    used.unwrap();
}

pub(crate) async fn a_later_resource_of_the_name_has_nothing_of_the_earlier<S: Store>(store: S) {
    let world = World::over(store.clone());
    let world = World {
        invites: world.invites.issuing_as("https://invites.example"),
        ..world
    };
    let keys = filled(&world).await;
    let bob = actor("bob");
    let accepted = world.invites.accept(Some(&bob), &keys[0], None).await;
    let receipt = world.invites.receipt(&bob, &accepted.unwrap()).unwrap();
    let seen = store.resource("notes").await.unwrap().unwrap().0;
    delete(&world, "alice").await.unwrap();
    let redeemed = world.invites.redeem("crm", &receipt).await;
    assert_eq!(redeemed.unwrap_err().code(), "forbidden");
    world.time.pass_seconds(1);
    create(&world, "dora").await.unwrap();
    world.invites.grant_app("crm", "notes").await.unwrap();

    let (resource, members) = store.resource("notes").await.unwrap().unwrap();
    assert_eq!((resource.events, members.len()), (0, 1));
    assert_ne!(resource.seen(), seen.seen());
    for (name, letters) in [("alice", ""), ("bob", ""), ("carol", ""), ("dora", "arw")] {
        assert_eq!(world.letters(name, "notes").await, letters, "{name}");
    }
    let dora = actor("dora");
    for status in [None].into_iter().chain(InviteStatus::ALL.map(Some)) {
        let everyone = ListRequest {
            everyone: true,
            status,
            ..ListRequest::default()
        };
        let listed = world.invites.list(Some(&dora), "notes", &everyone).await;
        assert!(listed.unwrap().invites.is_empty(), "{status:?}");
    }
    for key in &keys {
        let accepted = world.invites.accept(Some(&bob), key, None).await;
        assert_eq!(accepted, Err(Refusal::InvalidKey));
    }
    let redeemed = world.invites.redeem("crm", &receipt).await;
    assert_eq!(redeemed.unwrap_err().field(), Some("receipt"));
    // alice may come back, and her old Idempotency-Key makes a new invite.
    world.member("alice", "notes", "arw").await;
    let (alice, repeat) = (actor("alice"), Some(RepeatKey::of(b"key", b"body")));
    let made = world
        .invites
        .create_once(Some(&alice), "notes", plain(), repeat);
    let made = made.await.unwrap().key.unwrap();
    assert!(!keys.contains(&made));
    let events = store.events("notes", 0, 100).await.unwrap();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| (event.number, event.kind))
        .collect();
    assert_eq!(kinds, [(1, EventKind::Created)]);
    assert_eq!(world.invites.waiting("crm").await, Ok(1));
}

/// Whoever saw the earlier one takes the later one for no other state of it, however much changed in how little time, and
/// whatever the clock says.
pub(crate) async fn a_later_resource_of_the_name_has_another_version<S: Store>(store: S) {
    let world = World::over(store.clone());
    let mut versions = std::collections::HashSet::new();
    for (round, passed) in [0, 0, 1, -3600, 0].into_iter().enumerate() {
        world.time.pass_seconds(passed);
        create(&world, "alice").await.unwrap();
        for letters in ["r", "rw", "r", ""] {
            world.member("bob", "notes", letters).await;
            let (resource, _) = store.resource("notes").await.unwrap().unwrap();
            assert!(versions.insert(resource.seen()), "round {round}");
        }
        delete(&world, "alice").await.unwrap();
    }
}

pub(crate) async fn what_is_in_flight_ends_with_the_resource<S: Store>(store: S) {
    let world = World::over(store.clone());
    for round in 0..8 {
        create(&world, "alice").await.unwrap();
        let invite = world.invite("alice", "notes", "r", None).await;
        let key = invite.key.unwrap();
        let mut running = Vec::new();
        for number in 0..24 {
            let (invites, key) = (world.invites.clone(), key.clone());
            running.push(tokio::spawn(async move {
                match number {
                    7 => {
                        let alice = actor("alice");
                        let deleted = invites.delete_resource(Some(&alice), "notes").await;
                        deleted.unwrap();
                    }
                    number if number % 2 == 0 => {
                        let guest = actor(&format!("guest{number}"));
                        let accepted = invites.accept(Some(&guest), &key, None).await;
                        let code = accepted.map_or_else(|refusal| refusal.code(), |_| "yes");
                        assert!(["yes", "invalid_key"].contains(&code), "{code}");
                    }
                    _ => {
                        let made = invites
                            .create(Some(&actor("alice")), "notes", plain())
                            .await;
                        let code = made.map_or_else(|refusal| refusal.code(), |_| "yes");
                        assert!(["yes", "not_admin"].contains(&code), "{code}");
                    }
                }
            }));
        }
        for one in running {
            one.await.unwrap();
        }
        create(&world, "bob").await.unwrap();
        let (resource, members) = store.resource("notes").await.unwrap().unwrap();
        assert_eq!((resource.events, members.len()), (0, 1), "round {round}");
        let everyone = ListRequest {
            everyone: true,
            ..ListRequest::default()
        };
        let listed = world
            .invites
            .list(Some(&actor("bob")), "notes", &everyone)
            .await;
        assert!(listed.unwrap().invites.is_empty(), "round {round}");
        delete(&world, "bob").await.unwrap();
        world.time.pass_seconds(1);
    }
}

pub(crate) async fn very_much_goes_in_small_transactions<S: Store>(store: S) {
    let world = World::over(store.clone());
    create(&world, "alice").await.unwrap();
    let mut all = Vec::new();
    for number in 0..MANY {
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().zip(number.to_be_bytes()) {
            *place = byte;
        }
        all.push(Change::AddInvite(Box::new(StoredInvite {
            id: format!("invite{number}"),
            key_hash: KeyHash(hash),
            max_uses: None,
            ..stored("invite")
        })));
        all.push(set_member(&format!("guest{number}"), "r"));
    }
    for number in 0..MANY {
        // One that was used very often.
        all.push(Change::AddUse {
            invite: "invite0".into(),
            user: user(&format!("guest{number}")),
            at: Moment(2_000),
        });
    }
    all.push(Change::AddInvite(Box::new(StoredInvite {
        id: "over".into(),
        key_hash: KeyHash([255; 32]),
        expires_at: Moment(2_000),
        ..stored("invite")
    })));
    write(&store, all).await.unwrap();
    // A copy of the server that was killed right after the deletion.
    let deleted = Change::DeleteResource {
        resource: "notes".into(),
        at: world.time.now(),
    };
    write(&store, vec![deleted]).await.unwrap();
    assert_eq!(store.going(100).await.unwrap(), ["notes"]);
    for who in ["alice", "bob"] {
        assert_eq!(
            create(&world, who).await.unwrap_err().code(),
            "already_exists"
        );
        assert_eq!(delete(&world, who).await.unwrap_err().code(), "not_admin");
    }
    let bob = user("bob");
    let set = world.invites.appoint("notes", &bob, Permissions::READ);
    assert_eq!(set.await, Err(Refusal::TryAgain));
    let over = world.invites.end_expired(world.time.now(), 100).await;
    assert_eq!(over, Ok(0), "nobody is told of what is not there");
    let mut rounds = 0;
    while store.clear("notes").await.unwrap() {
        rounds += 1;
    }
    assert!((7..20).contains(&rounds), "{rounds}");
    assert!(store.going(100).await.unwrap().is_empty());
    create(&world, "bob").await.unwrap();

    let deleted = Change::DeleteResource {
        resource: "notes".into(),
        at: world.time.now(),
    };
    write(&store, vec![deleted]).await.unwrap();
    assert_eq!(world.invites.clear_deleted().await, Ok(1));
    assert_eq!(world.invites.clear_deleted().await, Ok(0));
}

pub(crate) async fn a_tenancy_is_not_deleted<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let added = world
        .invites
        .add_client("crm", "notes", Permissions::READ)
        .await;
    added.unwrap();
    let refused = delete(&world, "alice").await.unwrap_err();
    assert_eq!(refused.code(), "forbidden");
    assert!(refused.sentence().contains("apps remove"), "{refused:?}");
    world.invites.remove_app("crm").await.unwrap();
    delete(&world, "alice").await.unwrap();
}
