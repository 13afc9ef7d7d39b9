//! As much as there may be, and never more, however many ask at once.

use std::collections::BTreeMap;

use invite_server::core::{Invite, Quotas, state::RepeatKey};
use invite_server::store::{Database, Person, Retention};

use super::*;

const QUOTAS: Quotas = Quotas {
    invites: 10,
    resources: 5,
    mails: 3,
};

fn within<S: Store>(store: S) -> World<S> {
    let world = World::over(store);
    World {
        invites: world.invites.within(QUOTAS),
        ..world
    }
}

fn plain() -> CreateRequest {
    CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque)
}

fn mailed(email: &str) -> CreateRequest {
    let mut request = plain();
    (request.email, request.send) = (Some(email.to_owned()), true);
    request
}

async fn create<S: Store>(world: &World<S>, who: &str) -> Result<Invite, Refusal> {
    let who = actor(who);
    world.invites.create(Some(&who), "notes", plain()).await
}

/// How often each outcome came.
fn outcomes<Answer>(all: Vec<Result<Answer, Refusal>>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for one in all {
        let code = one.as_ref().map_or_else(Refusal::code, |_| "yes");
        *counts.entry(code).or_default() += 1;
    }
    counts
}

async fn at_once<Answer: Send + 'static>(
    all: impl Iterator<Item = impl Future<Output = Result<Answer, Refusal>> + Send + 'static>,
) -> BTreeMap<&'static str, usize> {
    let running: Vec<_> = all.map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.unwrap());
    }
    outcomes(answers)
}

pub(crate) async fn concurrent_creates_overspend_no_quota<S: Store>(store: S) {
    let world = within(store);
    world.member("alice", "notes", "arw").await;
    world.member("carol", "notes", "arw").await;
    let creates = (0..40).map(|_| {
        let invites = world.invites.clone();
        async move {
            invites
                .create(Some(&actor("alice")), "notes", plain())
                .await
        }
    });
    let counts = at_once(creates).await;
    assert_eq!(counts, BTreeMap::from([("yes", 10), ("limit_reached", 30)]));
    let live = ListRequest {
        status: Some(InviteStatus::Pending),
        ..ListRequest::default()
    };
    let alice = actor("alice");
    let count = world.invites.count(Some(&alice), "notes", &live).await;
    assert_eq!(count, Ok(10));
    create(&world, "carol").await.unwrap();
}

pub(crate) async fn only_what_can_be_accepted_counts<S: Store>(store: S) {
    let world = within(store);
    world.member("alice", "notes", "arw").await;
    world.member("alice", "other", "arw").await;
    let alice = actor("alice");
    let full = async || {
        assert_eq!(
            create(&world, "alice").await.unwrap_err().code(),
            "limit_reached"
        )
    };
    let mut once = plain();
    once.max_uses = Some(1);
    let once = world.invites.create(Some(&alice), "notes", once);
    let once = once.await.unwrap();
    let mut made = Vec::new();
    for _ in 1..10 {
        made.push(create(&world, "alice").await.unwrap());
    }
    full().await;
    let elsewhere = world.invites.create(Some(&alice), "other", plain()).await;
    elsewhere.unwrap();

    let key = once.key.as_ref().unwrap();
    let used = world.invites.accept(Some(&actor("bob")), key, None).await;
    used.unwrap();
    create(&world, "alice").await.unwrap();
    full().await;
    let target = RemoveTarget::Id(made.remove(0).id);
    let removed = world.invites.remove(Some(&alice), None, &target).await;
    removed.unwrap();
    create(&world, "alice").await.unwrap();
    full().await;
    // Over, whether that was told or not; and one that lives again takes room again.
    world.time.pass_seconds(3600);
    for _ in 0..10 {
        create(&world, "alice").await.unwrap();
    }
    full().await;
    let resent = world.invites.resend(Some(&alice), &made[0].id, 60).await;
    assert_eq!(resent.unwrap_err().code(), "limit_reached");
}

pub(crate) async fn a_create_sent_again_costs_no_quota<S: Store>(store: S) {
    let world = within(store);
    world.member("alice", "notes", "arw").await;
    let alice = actor("alice");
    let repeat = RepeatKey::of(b"key", b"body");
    let again = async || {
        let request = mailed("bob@example.com");
        let made = world
            .invites
            .create_once(Some(&alice), "notes", request, Some(repeat));
        made.await.map(|invite| invite.id)
    };
    let first = again().await.unwrap();
    for _ in 0..10 {
        assert_eq!(again().await.as_ref(), Ok(&first));
    }
    for _ in 1..10 {
        create(&world, "alice").await.unwrap();
    }
    assert_eq!(
        create(&world, "alice").await.unwrap_err().code(),
        "limit_reached"
    );
    assert_eq!(again().await.as_ref(), Ok(&first));
    assert!(
        world
            .invites
            .is_repeated(&alice, "notes", &repeat)
            .await
            .unwrap()
    );
    assert!(
        !world
            .invites
            .is_repeated(&alice, "other", &repeat)
            .await
            .unwrap()
    );
}

pub(crate) async fn concurrent_resources_overspend_no_quota<S: Store>(store: S) {
    let world = within(store);
    let creates = (0..20).map(|number| {
        let invites = world.invites.clone();
        async move {
            let (alice, name) = (actor("alice"), format!("notes{number}"));
            invites.create_resource(Some(&alice), &name, None).await
        }
    });
    let counts = at_once(creates).await;
    assert_eq!(counts, BTreeMap::from([("yes", 5), ("limit_reached", 15)]));
    // What others make her a member of is not hers.
    world.member("bob", "theirs", "arw").await;
    for name in ["one", "two", "three", "four", "five"] {
        let made = world
            .invites
            .create_resource(Some(&actor("bob")), name, None)
            .await;
        made.unwrap();
    }
    let refused = world
        .invites
        .create_resource(Some(&actor("bob")), "six", None)
        .await;
    assert_eq!(refused.unwrap_err().code(), "limit_reached");
    let carol = world
        .invites
        .create_resource(Some(&actor("carol")), "six", None)
        .await;
    carol.unwrap();
}

pub(crate) async fn concurrent_mails_to_one_address_overspend_no_quota<S: Store>(store: S) {
    let world = within(store);
    const SPELLINGS: [&str; 3] = ["bob@example.com", "BOB@example.com", "Bob@EXAMPLE.com"];
    for number in 0..20 {
        world
            .member(&format!("person{number}"), &format!("notes{number}"), "arw")
            .await;
    }
    let mails = |email: &'static str| {
        let invites = world.invites.clone();
        (0..20).map(move |number| {
            let invites = invites.clone();
            async move {
                let asker = actor(&format!("person{number}"));
                let email = SPELLINGS[number % 3].replace("bob", email);
                let resource = format!("notes{number}");
                invites
                    .create(Some(&asker), &resource, mailed(&email))
                    .await
            }
        })
    };
    let expected = BTreeMap::from([("yes", 3), ("limit_reached", 17)]);
    assert_eq!(at_once(mails("bob")).await, expected);
    // To somebody who was mailed before, too.
    world.time.pass_seconds(3600);
    assert_eq!(at_once(mails("bob")).await, expected);
    let waiting = world.invites.take_mails(100, 30).await.unwrap();
    assert_eq!(waiting.len(), 6, "and none of the others waits");
}

pub(crate) async fn a_mail_that_is_asked_for_again_counts<S: Store>(store: S) {
    let world = within(store);
    world.member("alice", "notes", "arw").await;
    let alice = actor("alice");
    let request = mailed("bob@example.com");
    let invite = world.invites.create(Some(&alice), "notes", request).await;
    let invite = invite.unwrap();
    let mut unsent = mailed("bob@example.com");
    unsent.send = false;
    let unsent = world.invites.create(Some(&alice), "notes", unsent).await;
    let unsent = unsent.unwrap();
    let resend = async |id: &str| {
        let sent = world.invites.resend(Some(&alice), id, 3600).await;
        sent.map_or_else(|refusal| refusal.code(), |_| "yes")
    };
    for (id, expected) in [
        (&invite.id, "yes"),
        (&invite.id, "yes"),
        (&invite.id, "limit_reached"),
        // Nothing is mailed.
        (&unsent.id, "yes"),
    ] {
        assert_eq!(resend(id).await, expected);
    }
    assert!(world.invites.is_mailed(&invite.id).await.unwrap());
    assert!(!world.invites.is_mailed(&unsent.id).await.unwrap());
    world.time.pass_seconds(3599);
    assert_eq!(resend(&invite.id).await, "limit_reached");
    world.time.pass_seconds(1);
    assert_eq!(resend(&invite.id).await, "yes");
}

/// Nobody's address stays longer than it counts, nor who created what once they are erased.
pub(crate) async fn what_counts_is_forgotten<S: Store + Into<Database>>(store: S) {
    let world = within(store.clone());
    let database: Database = store.into();
    world.member("alice", "notes", "arw").await;
    let alice = actor("alice");
    for email in ["bob@example.com", "carol@example.com"] {
        let made = world
            .invites
            .create(Some(&alice), "notes", mailed(email))
            .await;
        made.unwrap();
    }
    let bob = Person::Email("BOB@example.com".into());
    assert_eq!(database.erase(&bob).await.unwrap().count("recipients"), 1);
    for (seconds, gone) in [(3600, 0), (3601, 1)] {
        let now = world.time.now().plus_seconds(seconds);
        let swept = database.purge(Retention::of(now, 1_000_000)).await.unwrap();
        assert_eq!(swept.count("recipients"), gone, "after {seconds} s");
    }

    for number in 0..5 {
        let name = format!("notes{number}");
        let made = world
            .invites
            .create_resource(Some(&alice), &name, None)
            .await;
        made.unwrap();
    }
    let more = world
        .invites
        .create_resource(Some(&alice), "more", None)
        .await;
    assert_eq!(more.unwrap_err().code(), "limit_reached");
    database.erase(&Person::User(user("alice"))).await.unwrap();
    let more = world
        .invites
        .create_resource(Some(&alice), "more", None)
        .await;
    more.unwrap();
}
