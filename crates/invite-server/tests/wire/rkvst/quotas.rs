//! As much as there may be: counted once for all wires, refused by each in its own words.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, World, send};
use crate::post::Post;
use crate::support::Person;

async fn create(person: &Person, resource: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/resources/{resource}/invites");
    send(person.request(Method::POST, &path).json(body)).await
}

/// A problem document: its status, its code and what to do.
fn refused(answer: &Answer) -> (u16, &str, &str) {
    let text = |name: &str| answer.body[name].as_str().unwrap();
    (answer.status, text("code"), text("detail"))
}

#[tokio::test]
async fn each_wire_refuses_more_live_invites_in_its_own_words() {
    let world = World::start(&["--quota-invites", "2"]).await;
    let alice = world.server.person("alice").await;
    let mut socket = alice.socket().await;
    let key = socket.create("notes", "r", 60).await;
    assert_eq!(create(&alice, "notes", &json!({})).await.status, 201);
    let full = create(&alice, "notes", &json!({})).await;
    let (status, code, detail) = refused(&full);
    assert_eq!((status, code), (429, "limit_reached"));
    assert!(detail.contains("2 live invites to notes"), "{detail}");
    assert!(detail.contains("Remove some"), "{detail}");
    let options = json!({ "permissions": "r", "maxAge": 60 });
    let frame = json!({ "wa": "createInvite", "d": "notes", "options": options });
    let reply = socket.call(frame).await;
    assert_eq!(reply["error"], detail, "{reply}");
    // What is removed makes room.
    let removed = json!({ "wa": "removeInvite", "d": "notes", "options": { "key": key } });
    assert_eq!(socket.call(removed).await["reply"]["deletedCount"], 1);
    socket.create("notes", "r", 60).await;

    let crm = &world.crm;
    let first = crm.invite("eve@example.com").await;
    crm.invite("bob@example.com").await;
    let body = json!({ "email": "dan@example.com" });
    let full = crm.post(&body).await;
    assert_eq!(full.refused(), (429, 8));
    let message = full.body["message"].as_str().unwrap();
    assert!(message.contains("Remove some"), "{message}");
    let path = format!("/archivist/iam/v1/{first}");
    let deleted = send(crm.request(Method::DELETE, &path)).await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    crm.invite("dan@example.com").await;
}

#[tokio::test]
async fn mails_to_one_address_count_together_whoever_asks_on_whichever_wire() {
    let mut post = Post::open().await;
    let smtp = ["--smtp", &post.url, "--mail-from", "invites@example.org"];
    let world = World::start(&[&smtp[..], &["--quota-mails", "2"]].concat()).await;
    let (alice, bob) = (
        world.server.person("alice").await,
        world.server.person("bob").await,
    );
    world.crm.invite("carol@example.com").await;
    let body = json!({ "email": "CAROL@example.com", "send": true });
    let made = create(&alice, "notes", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    for (answer, code) in [
        (create(&bob, "recipes", &body).await, "limit_reached"),
        (create(&alice, "notes", &body).await, "limit_reached"),
    ] {
        let (status, refused, detail) = refused(&answer);
        assert_eq!((status, refused), (429, code));
        assert!(detail.contains("try again in"), "{detail}");
    }
    let full = world
        .crm
        .post(&json!({ "email": "carol@example.com" }))
        .await;
    assert_eq!(full.refused(), (429, 8));
    let id = made.body["id"].as_str().unwrap();
    let path = format!("/api/v1/invites/{id}/resend");
    let again = send(alice.request(Method::POST, &path).json(&json!({}))).await;
    assert_eq!(again.body["code"], "limit_reached", "{again:?}");
    // Others are mailed, and nothing is that was refused.
    let body = json!({ "email": "dan@example.com", "send": true });
    assert_eq!(create(&bob, "recipes", &body).await.status, 201);
    let mut to = Vec::new();
    for _ in 0..3 {
        to.push(post.next().await.to);
    }
    to.sort();
    assert_eq!(to.pop().as_deref(), Some("dan@example.com"));
    assert!(
        to.iter()
            .all(|to| to.eq_ignore_ascii_case("carol@example.com")),
        "{to:?}"
    );
    let (_, output) = world.server.stop();
    assert!(post.is_empty(), "{output}");
}

/// What makes and mails nothing costs nothing: neither of what there may be, nor of how often one may.
#[tokio::test]
async fn what_is_sent_again_costs_nothing() {
    let mut post = Post::open().await;
    let smtp = ["--smtp", &post.url, "--mail-from", "invites@example.org"];
    let few = [
        "--quota-invites",
        "1",
        "--quota-mails",
        "1",
        "--limit-mails",
        "1",
    ];
    let world = World::start(&[&smtp[..], &few].concat()).await;
    let alice = world.server.person("alice").await;
    let repeated = || {
        let path = "/api/v1/resources/notes/invites";
        let request = alice.request(Method::POST, path);
        let request = request.header("idempotency-key", "once");
        send(request.json(&json!({ "email": "bob@example.com", "send": true })))
    };
    let first = repeated().await;
    assert_eq!(first.status, 201, "{first:?}");
    for _ in 0..5 {
        let again = repeated().await;
        // What became of its mail meanwhile stands there.
        let rest = |body: &Value| {
            let mut body = body.clone();
            body.as_object_mut().unwrap().remove("mail");
            body
        };
        assert_eq!(again.status, 201);
        assert_eq!(rest(&again.body), rest(&first.body));
    }
    assert_eq!(post.next().await.to, "bob@example.com");
    // An invite that nobody was mailed has nothing to do with mails.
    let roadmap = create(&alice, "roadmap", &json!({})).await;
    let path = format!(
        "/api/v1/invites/{}/resend",
        roadmap.body["id"].as_str().unwrap()
    );
    for _ in 0..3 {
        let resent = send(alice.request(Method::POST, &path).json(&json!({}))).await;
        assert_eq!(resent.status, 200, "{resent:?}");
    }
    let path = format!(
        "/api/v1/invites/{}/resend",
        first.body["id"].as_str().unwrap()
    );
    let resent = send(alice.request(Method::POST, &path).json(&json!({}))).await;
    assert_eq!(resent.body["code"], "rate_limited", "{resent:?}");
}

#[tokio::test]
async fn nobody_creates_more_resources_than_there_may_be() {
    let world = World::start(&["--quota-resources", "2"]).await;
    let alice = world.server.person("alice").await;
    let bob = world.server.person("bob").await;
    let put = |person: &Person, name: &str| {
        let path = format!("/api/v1/resources/{name}");
        send(person.request(Method::PUT, &path).json(&json!({})))
    };
    // The sample resources are hers already.
    let full = put(&alice, "third").await;
    let (status, code, detail) = refused(&full);
    assert_eq!((status, code), (429, "limit_reached"));
    assert!(detail.contains("Delete one"), "{detail}");
    assert_eq!(put(&bob, "third").await.status, 201);
    // Whoever may create none learns nothing of names.
    for name in ["third", "api", "fourth"] {
        assert_eq!(put(&alice, name).await.body["code"], "limit_reached");
    }
}
