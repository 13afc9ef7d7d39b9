//! Creates that are sent again, new ends, whole lists of members.

use invite_server::core::{Member, state::RepeatKey};

use super::*;

fn request() -> CreateRequest {
    CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque)
}

pub(crate) async fn a_create_sent_again_makes_no_second_invite<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.member("carol", "notes", "arw").await;
    world.member("alice", "other", "arw").await;
    let repeat = Some(RepeatKey::of(b"key", b"body"));
    let mut running = Vec::new();
    for _ in 0..20 {
        let invites = world.invites.clone();
        running.push(tokio::spawn(async move {
            let alice = actor("alice");
            invites
                .create_once(Some(&alice), "notes", request(), repeat)
                .await
        }));
    }
    let mut made = Vec::new();
    for one in running {
        let invite = one.await.unwrap().unwrap();
        made.push((invite.id, invite.key.unwrap().reveal().to_owned()));
    }
    assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
    for (name, resource) in [("carol", "notes"), ("alice", "other")] {
        let other = world
            .invites
            .create_once(Some(&actor(name)), resource, request(), repeat)
            .await
            .unwrap();
        assert_ne!(other.id, made[0].0, "{name} on {resource}");
    }
    let everyone = ListRequest {
        everyone: true,
        ..ListRequest::default()
    };
    let listed = world
        .invites
        .list(Some(&actor("alice")), "notes", &everyone)
        .await;
    assert_eq!(listed.unwrap().invites.len(), 2);
}

pub(crate) async fn a_key_counts_for_a_day_and_for_one_body<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let create = async |body: &[u8]| {
        let repeat = Some(RepeatKey::of(b"key", body));
        let made = world
            .invites
            .create_once(Some(&actor("alice")), "notes", request(), repeat)
            .await;
        made.map(|invite| invite.id)
    };
    let first = create(b"one").await.unwrap();
    world.time.pass_seconds(24 * 3600 - 1);
    assert_eq!(create(b"one").await.unwrap(), first);
    let refused = create(b"other").await.unwrap_err();
    assert_eq!(refused.field(), Some("Idempotency-Key"));
    world.time.pass_seconds(1);
    let second = create(b"other").await.unwrap();
    assert_ne!(second, first);
    assert_eq!(create(b"other").await.unwrap(), second);
    // Whoever is no admin any more learns nothing by repeating.
    world.member("alice", "notes", "r").await;
    assert_eq!(create(b"other").await.unwrap_err().code(), "not_admin");
}

pub(crate) async fn an_end_is_moved<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", None).await;
    world.time.pass_seconds(3600);
    let key = invite.key.as_ref().unwrap();
    let bob = actor("bob");
    let late = world.invites.accept(Some(&bob), key, None).await;
    assert_eq!(late.unwrap_err(), Refusal::Expired);
    let sent = world
        .invites
        .resend(Some(&actor("alice")), &invite.id, 60)
        .await
        .unwrap();
    assert_eq!(sent.expires_at, world.time.now().plus_seconds(60));
    assert!(sent.key.as_ref() == Some(key), "the same key");
    world.invites.accept(Some(&bob), key, None).await.unwrap();
}

pub(crate) async fn a_list_of_members_is_written_over_the_one_that_was_seen<S: Store>(store: S) {
    let world = World::over(store);
    for (name, letters) in [("alice", "arw"), ("bob", "r"), ("carol", "rw")] {
        world.member(name, "notes", letters).await;
    }
    let alice = actor("alice");
    let (seen, mut members) = world.invites.resource(Some(&alice), "notes").await.unwrap();
    members.retain(|member| member.user.username != "bob");
    members[1].permissions = Permissions::READ;
    members.push(Member {
        user: user("dora"),
        permissions: Permissions::parse("rw").unwrap(),
    });
    let replace = async |version, wanted: &[Member]| {
        let wanted = wanted.to_vec();
        world
            .invites
            .replace_members(Some(&alice), "notes", version, wanted, false)
            .await
    };
    let (after, listed, _) = replace(Some(seen.seen()), &members).await.unwrap();
    assert_eq!(listed, members);
    assert_ne!(after.version, seen.version);
    let stale = replace(Some(seen.seen()), &members).await;
    assert_eq!(stale.unwrap_err(), Refusal::Changed);
    // Nothing to change is no change.
    let (same, ..) = replace(None, &members).await.unwrap();
    assert_eq!(same.version, after.version);
}
