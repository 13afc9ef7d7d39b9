//! What is taken back stays back, whatever the clock says: an invite that seems over lives again once it is right.

use invite_server::core::Invites;

use super::*;
use crate::world::Time;

/// Far beyond the end of any invite, and of what is kept for a while.
const YEAR: i64 = 365 * 86_400;

async fn opened<S: Store>(store: &S, file: &std::path::Path, time: &Time) -> World<S> {
    let invites = Invites::open(store.clone(), file, time.clock()).await;
    World {
        invites: invites.unwrap(),
        time: time.clone(),
    }
}

pub(crate) async fn a_revoked_secret_ends_what_seems_over_while_the_clock_is_wrong<S: Store>(
    store: S,
) {
    let folder = tempfile::tempdir().unwrap();
    let (file, time) = (folder.path().join("secret"), Time::new());
    let world = opened(&store, &file, &time).await;
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", None).await;
    let leaked = world.invites.secrets().active_id();
    time.pass_seconds(YEAR);
    let revoked = Invites::revoke_secret(store.clone(), &file, time.clock(), &leaked).await;
    assert_eq!(revoked.unwrap().ended, 1);
    time.pass_seconds(-YEAR);
    let key = invite.key.as_ref().unwrap();
    let accepted = world.invites.accept(Some(&actor("bob")), key, None).await;
    assert_eq!(accepted, Err(Refusal::Removed));
    // Once more there is nothing to end, nor where its end was told.
    let again = Invites::revoke_secret(store.clone(), &file, time.clock(), &leaked).await;
    assert_eq!(again.unwrap().ended, 0);
}

pub(crate) async fn a_secret_stays_for_what_seems_over_while_the_clock_is_wrong<S: Store>(
    store: S,
) {
    let folder = tempfile::tempdir().unwrap();
    let (file, time) = (folder.path().join("secret"), Time::new());
    let world = opened(&store, &file, &time).await;
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", None).await;
    let first = world.invites.secrets().active_id();
    world.invites.rotate_secrets(&file, true).await.unwrap();
    time.pass_seconds(YEAR);
    let rotated = world.invites.rotate_secrets(&file, true).await.unwrap();
    assert!(!rotated.gone.contains(&first), "{rotated:?}");
    time.pass_seconds(-YEAR);
    world.invites.take_up_secrets(&file).await.unwrap();
    let (alice, all) = (actor("alice"), ListRequest::default());
    let listed = world.invites.list(Some(&alice), "notes", &all).await;
    assert_eq!(listed.unwrap().invites[0].key, invite.key);
}

pub(crate) async fn links_that_seem_over_end_too<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.member("bob", "notes", "r").await;
    let invite = world.invite("alice", "notes", "r", None).await;
    world.time.pass_seconds(YEAR);
    let (alice, bob, none) = (actor("alice"), user("bob"), Permissions::NONE);
    let out = world
        .invites
        .change_member(Some(&alice), "notes", &bob, none, true);
    out.await.unwrap();
    world.time.pass_seconds(-YEAR);
    let key = invite.key.as_ref().unwrap();
    let back = world.invites.accept(Some(&actor("bob")), key, None).await;
    assert_eq!(back, Err(Refusal::Removed));
}
