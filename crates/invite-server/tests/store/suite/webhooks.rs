//! What backends are told is written together with what happened, and each of it is taken by one.

use std::collections::HashSet;

use invite_server::core::{Delivery, WebhookChange};
use serde_json::{Value, json};

use super::*;

const CRM: &str = "https://crm.example.com/hook";

async fn with_webhook<S: Store>(store: S) -> World<S> {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.invites.add_app("crm", true).await.unwrap();
    world.invites.set_webhook("crm", CRM).await.unwrap();
    world
}

async fn take<S: Store>(world: &World<S>) -> Vec<Delivery> {
    let taken = world.invites.take_deliveries("crm", 100, 30).await;
    let mut taken = taken.unwrap();
    taken.sort_by_key(|one| one.created_at);
    taken
}

fn kinds(deliveries: &[Delivery]) -> Vec<String> {
    let kind = |one: &Delivery| {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        body["type"].as_str().unwrap().to_owned()
    };
    deliveries.iter().map(kind).collect()
}

pub(crate) async fn a_delivery_is_written_with_what_happened<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.invite("alice", "notes", "r", None).await;
    world.invites.add_app("crm", true).await.unwrap();
    assert_eq!(take(&world).await, [], "nobody wanted to be told");
    world.invites.set_webhook("crm", CRM).await.unwrap();
    world.invites.add_app("shop", true).await.unwrap();
    let shop = "https://shop.example.com/";
    world.invites.set_webhook("shop", shop).await.unwrap();

    let mut request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
    (request.max_uses, request.extras) = (Some(1), Some(json!({"deal": "</script>\u{2028}\n"})));
    request.label = Some("A \"label\"".into());
    let alice = actor("alice");
    let made = world.invites.create(Some(&alice), "notes", request).await;
    let (id, key) = {
        let made = made.unwrap();
        (made.id, made.key.unwrap())
    };
    world.time.pass_seconds(1);
    let bob = actor("bob");
    for _ in 0..3 {
        world.invites.accept(Some(&bob), &key, None).await.unwrap();
    }
    let carol = actor("carol");
    let refused = world.invites.accept(Some(&carol), &key, None).await;
    assert_eq!(refused.unwrap_err(), Refusal::Exhausted);
    world.time.pass_seconds(1);
    let target = RemoveTarget::Id(id.clone());
    let removed = world.invites.remove(Some(&alice), Some("notes"), &target);
    removed.await.unwrap();

    assert_eq!(world.invites.waiting("shop").await.unwrap(), 3);
    let taken = take(&world).await;
    assert_eq!(
        kinds(&taken),
        ["invite.created", "invite.used", "invite.removed"]
    );
    let used: Value = serde_json::from_str(&taken[1].body).unwrap();
    let person = |name| json!({"username": name, "provider": "test"});
    assert_eq!(
        used,
        json!({
            "type": "invite.used", "timestamp": "2026-11-21T05:21:09.803Z",
            "data": {
                "invite": id, "resource": "notes", "sequence": 3, "permissions": "r", "user": person("bob"),
                "createdBy": person("alice"), "expiresAt": "2026-11-21T06:21:08.803Z", "uses": 1, "maxUses": 1,
                "label": "A \"label\"", "extras": {"deal": "</script>\u{2028}\n"},
            }
        })
    );
    for one in &taken {
        assert!(!one.body.contains(&key.reveal()[5..]), "a key");
        assert_eq!((one.attempts, one.message.len()), (1, 26));
    }
}

pub(crate) async fn each_delivery_is_taken_by_one<S: Store>(store: S) {
    let world = with_webhook(store).await;
    let invite = world.invite("alice", "notes", "r", None).await;
    world
        .all_accept(invite.key.as_ref().unwrap(), &people(60))
        .await;
    let mut running = Vec::new();
    for _ in 0..4 {
        let invites = world.invites.clone();
        running.push(tokio::spawn(async move {
            let mut all = Vec::new();
            for _ in 0..12 {
                all.extend(invites.take_deliveries("crm", 7, 30).await.unwrap());
            }
            all
        }));
    }
    let mut taken = Vec::new();
    for one in running {
        taken.extend(one.await.unwrap());
    }
    // Copies that look at the same rows at once may leave some for the next look.
    taken.extend(take(&world).await);
    let messages: HashSet<_> = taken.iter().map(|one| one.message.clone()).collect();
    assert_eq!((messages.len(), taken.len()), (61, 61));
    assert_eq!(take(&world).await, []);
    world.time.pass_seconds(30);
    let again = take(&world).await;
    assert_eq!(again.len(), 61, "whoever had them has not said anything");
    assert!(again.iter().all(|one| one.attempts == 2));
}

pub(crate) async fn what_becomes_of_deliveries<S: Store>(store: S) {
    let world = with_webhook(store).await;
    for _ in 0..3 {
        world.invite("alice", "notes", "r", None).await;
    }
    let invites = &world.invites;
    let taken = take(&world).await;
    let at = world.time.now();
    let change = |change| invites.change_webhook(change);
    let message = |number: usize| taken[number].message.clone();
    change(WebhookChange::Delivered {
        message: message(0),
    })
    .await
    .unwrap();
    let later = WebhookChange::TryLater {
        message: message(1),
        app: "crm".into(),
        due_at: at.plus_seconds(5),
        trouble: "it answered 500".into(),
        at,
    };
    change(later.clone()).await.unwrap();
    let given_up = WebhookChange::GiveUp {
        message: message(2),
        app: "crm".into(),
        trouble: "no answer".into(),
        at: at.plus_seconds(1),
    };
    // Whoever comes late with it counts nothing twice.
    change(given_up.clone()).await.unwrap();
    change(given_up).await.unwrap();
    let webhook = invites.webhooks().await.unwrap().remove(0);
    assert_eq!((webhook.failed, webhook.url.as_str()), (1, CRM));
    assert_eq!(
        webhook.trouble,
        Some(("no answer".into(), at.plus_seconds(1)))
    );
    assert_eq!(take(&world).await, []);
    world.time.pass_seconds(5);
    let due = take(&world).await;
    assert_eq!((due.len(), due[0].attempts), (1, 2));
    assert_eq!(due[0].message, message(1));

    // A new address gets what waits, at once; the old one being gone means nothing then.
    let old = webhook.id;
    invites.set_webhook("crm", CRM).await.unwrap();
    let disable = |id| WebhookChange::Disable {
        app: "crm".into(),
        id,
        at,
    };
    change(disable(old)).await.unwrap();
    assert_eq!(take(&world).await.len(), 1);
    let new = invites.webhooks().await.unwrap().remove(0);
    assert_eq!((new.failed, new.disabled_at), (0, None));
    change(disable(new.id)).await.unwrap();
    let gone = invites.webhooks().await.unwrap().remove(0);
    assert_eq!((gone.failed, gone.disabled_at), (1, Some(at)));
    world.invite("alice", "notes", "r", None).await;
    assert_eq!(invites.waiting("crm").await.unwrap(), 0, "nobody is there");

    invites.set_webhook("crm", CRM).await.unwrap();
    world.invite("alice", "notes", "r", None).await;
    change(WebhookChange::Sweep).await.unwrap();
    assert_eq!(invites.waiting("crm").await.unwrap(), 1);
    invites.remove_app("crm").await.unwrap();
    assert_eq!(invites.waiting("crm").await.unwrap(), 0);
    assert_eq!(invites.webhooks().await.unwrap(), []);
    change(later).await.unwrap();
}

pub(crate) async fn webhooks_that_cannot_be<S: Store>(store: S) {
    let world = with_webhook(store).await;
    let invites = &world.invites;
    let refused = invites.set_webhook("ghost", CRM).await.unwrap_err();
    assert_eq!(refused, Refusal::NotFound);
    let refused = invites.set_webhook("crm", "http://crm.example.com/").await;
    assert_eq!(refused.unwrap_err().field(), Some("url"));
    let one = invites.webhooks().await.unwrap().remove(0);
    let (secret, again) = (invites.webhook_secret(&one), invites.webhook_secret(&one));
    let text = secret.unwrap().reveal();
    assert_eq!(text, again.unwrap().reveal());
    let new = invites.set_webhook("crm", CRM).await.unwrap();
    assert_ne!(new.reveal(), text, "each is another's");
    invites.remove_webhook("crm").await.unwrap();
    assert_eq!(invites.remove_webhook("crm").await, Err(Refusal::NotFound));
}

pub(crate) async fn an_end_is_told_once<S: Store>(store: S) {
    let world = with_webhook(store.clone()).await;
    for _ in 0..5 {
        world.invite("alice", "notes", "r", None).await;
    }
    let kept = world.invite("alice", "notes", "r", None).await;
    let gone = world.invite("alice", "notes", "r", None).await;
    let alice = actor("alice");
    let target = RemoveTarget::Id(gone.id.clone());
    let removed = world.invites.remove(Some(&alice), Some("notes"), &target);
    removed.await.unwrap();
    take(&world).await;
    assert_eq!(
        world
            .invites
            .end_expired(world.time.now(), 100)
            .await
            .unwrap(),
        0
    );
    world.time.pass_seconds(3600);
    // Several copies find the same, in pieces.
    let mut running = Vec::new();
    for _ in 0..4 {
        let (invites, now) = (world.invites.clone(), world.time.now());
        running.push(tokio::spawn(async move {
            let mut told = 0;
            for _ in 0..4 {
                told += invites.end_expired(now, 2).await.unwrap();
            }
            told
        }));
    }
    let mut told = 0;
    for one in running {
        told += one.await.unwrap();
    }
    assert_eq!(told, 6);
    world
        .invites
        .resend(Some(&alice), &kept.id, 10)
        .await
        .unwrap();
    assert_eq!(
        world
            .invites
            .end_expired(world.time.now(), 100)
            .await
            .unwrap(),
        0
    );
    world.time.pass_seconds(10);
    assert_eq!(
        world
            .invites
            .end_expired(world.time.now(), 100)
            .await
            .unwrap(),
        1
    );

    let deliveries = take(&world).await;
    let ends: Vec<_> = deliveries
        .iter()
        .map(|one| serde_json::from_str::<Value>(&one.body).unwrap())
        .filter(|body| body["type"] == "invite.expired")
        .collect();
    assert_eq!(ends.len(), 7);
    assert!(ends.iter().all(|body| body["data"]["user"].is_null()));
    let events = store.events("notes", 0, 100).await.unwrap();
    let expired = events
        .iter()
        .filter(|one| one.kind.as_str() == "invite.expired");
    assert_eq!(expired.count(), 7);
}

pub(crate) async fn an_app_is_told_of_what_is_its_own<S: Store>(store: S) {
    let world = World::over(store);
    for resource in ["notes", "deals"] {
        world.member("alice", resource, "arw").await;
    }
    for (app, all) in [("all", true), ("deals", false), ("none", false)] {
        world.invites.add_app(app, all).await.unwrap();
        world.invites.set_webhook(app, CRM).await.unwrap();
    }
    world.invites.grant_app("deals", "deals").await.unwrap();
    world.invite("alice", "notes", "r", None).await;
    world.invite("alice", "deals", "r", None).await;
    world.time.pass_seconds(3600);
    assert_eq!(world.invites.end_expired(world.time.now(), 10).await, Ok(2));
    for (app, expected) in [("all", 4), ("deals", 2), ("none", 0)] {
        let told = world.invites.take_deliveries(app, 100, 30).await.unwrap();
        assert_eq!(told.len(), expected, "{app}");
        let deals = |one: &&Delivery| one.body.contains(r#""resource":"deals""#);
        assert_eq!(told.iter().filter(deals).count(), expected.min(2), "{app}");
    }
    world.invites.revoke_app("deals", "deals").await.unwrap();
    world.invite("alice", "deals", "r", None).await;
    assert_eq!(world.invites.waiting("deals").await.unwrap(), 0);
    // An app goes with all that names it.
    world.invites.grant_app("deals", "notes").await.unwrap();
    world.invites.remove_app("deals").await.unwrap();
    world.invites.add_app("deals", false).await.unwrap();
    assert_eq!(world.invites.apps().await.unwrap()[1].resources, []);
}

/// What each of these apps is told of, now or later, of which resources.
async fn told<S: Store>(world: &World<S>, app: &str) -> Vec<String> {
    world.time.pass_seconds(60);
    let taken = world.invites.take_deliveries(app, 100, 30).await.unwrap();
    let resource = |one: &Delivery| {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        body["data"]["resource"].as_str().unwrap().to_owned()
    };
    let mut resources: Vec<_> = taken.iter().map(resource).collect();
    resources.sort();
    resources
}

pub(crate) async fn what_waits_goes_with_the_right_to_be_told<S: Store>(store: S) {
    let world = World::over(store);
    for resource in ["deals", "gone", "notes"] {
        world.member("alice", resource, "arw").await;
    }
    for (app, all) in [("all", true), ("crm", false), ("shop", false)] {
        world.invites.add_app(app, all).await.unwrap();
        world.invites.set_webhook(app, CRM).await.unwrap();
        for resource in ["deals", "gone", "notes"] {
            world.invites.grant_app(app, resource).await.unwrap();
        }
    }
    for resource in ["deals", "gone", "notes"] {
        world.invite("alice", resource, "r", None).await;
    }
    world.invites.revoke_app("crm", "deals").await.unwrap();
    let alice = actor("alice");
    let deleted = world.invites.delete_resource(Some(&alice), "gone").await;
    deleted.unwrap();
    assert_eq!(world.invites.waiting("crm").await.unwrap(), 1);
    // One that may be told of all loses nothing with what it was given.
    world.invites.revoke_app("all", "deals").await.unwrap();
    // What it was not told then it is not told once it may be again.
    world.invites.grant_app("crm", "deals").await.unwrap();
    for (app, expected) in [
        ("crm", &["notes"][..]),
        ("shop", &["deals", "notes"]),
        ("all", &["deals", "notes"]),
    ] {
        assert_eq!(told(&world, app).await, expected, "{app}");
    }
    let client = world
        .invites
        .add_client("partner", "tenancy", Permissions::READ);
    client.await.unwrap();
    world.member("alice", "tenancy", "arw").await;
    world.invites.set_webhook("partner", CRM).await.unwrap();
    world.invite("alice", "tenancy", "r", None).await;
    for app in ["shop", "partner"] {
        world.invites.remove_app(app).await.unwrap();
        world.invites.add_app(app, true).await.unwrap();
        world.invites.set_webhook(app, CRM).await.unwrap();
        assert!(told(&world, app).await.is_empty(), "{app}");
    }
    world.invite("alice", "deals", "r", None).await;
    for app in ["crm", "shop", "partner", "all"] {
        assert!(
            told(&world, app).await.contains(&"deals".to_owned()),
            "{app}"
        );
    }
}

/// Invites are made while the operator takes the right: whatever is still written then is not sent, and does not stay.
pub(crate) async fn what_was_written_in_the_moment_of_revoking_is_not_sent<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "deals", "arw").await;
    world.invites.add_app("crm", false).await.unwrap();
    world.invites.set_webhook("crm", CRM).await.unwrap();
    for _ in 0..6 {
        world.invites.grant_app("crm", "deals").await.unwrap();
        let mut running = Vec::new();
        for number in 0..24 {
            let invites = world.invites.clone();
            running.push(tokio::spawn(async move {
                if number == 11 {
                    invites.revoke_app("crm", "deals").await.unwrap();
                } else {
                    let request = CreateRequest::new(Permissions::READ, 60, KeyKind::Opaque);
                    let alice = actor("alice");
                    let made = invites.create(Some(&alice), "deals", request).await;
                    made.unwrap();
                }
            }));
        }
        for one in running {
            one.await.unwrap();
        }
        assert!(told(&world, "crm").await.is_empty());
        let sweep = world.invites.change_webhook(WebhookChange::Sweep).await;
        sweep.unwrap();
        assert_eq!(world.invites.waiting("crm").await.unwrap(), 0);
    }
}
