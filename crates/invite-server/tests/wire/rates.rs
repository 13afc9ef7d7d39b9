//! How often one may call. The numbers are so small that no slow machine gets a call back in time.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Person, Server, command, http};

const CHECK: &str = "/api/v1/invites/check";

async fn status(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let (status, wait) = (
        response.status(),
        response.headers().get("retry-after").cloned(),
    );
    let body: Value = response.json().await.unwrap_or_default();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds: u64 = wait.unwrap().to_str().unwrap().parse().unwrap();
        let milliseconds = body["retryAfter"].as_u64().unwrap();
        assert!((1..=60).contains(&seconds) && milliseconds.div_ceil(1000) == seconds);
        assert_eq!(body["code"], "rate_limited");
        assert!(body["requestId"].is_string(), "{body}");
    }
    (status, body)
}

fn check(person: &Person, key: &str) -> RequestBuilder {
    person
        .request(Method::POST, CHECK)
        .json(&json!({ "key": key }))
}

/// An invite of alice's to her notes.
async fn invite(alice: &Person) -> String {
    let request = alice.request(Method::POST, "/api/v1/resources/notes/invites");
    let answer = request.json(&json!({})).send().await.unwrap();
    let invite: Value = answer.json().await.unwrap();
    invite["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_calls_too_often_waits_and_others_do_not() {
    let server = Server::demo(&["--limit-user", "2"]);
    let (alice, bob) = (server.person("alice").await, server.person("bob").await);
    let me = |person: &Person| status(person.get("/api/v1/me"));
    for _ in 0..2 {
        assert_eq!(me(&alice).await.0, 200);
    }
    assert_eq!(me(&alice).await.0, 429);
    assert_eq!(me(&bob).await.0, 200);
    assert_eq!(me(&server.anonymous()).await.0, 200);
    let page = alice.get("/").send().await.unwrap();
    assert_eq!(page.status(), 429);
    assert!(page.headers().contains_key("retry-after"));
    assert!(page.text().await.unwrap().starts_with("Too many calls."));
    for free in ["/healthz", "/readyz", "/sdk/auto.js", "/site/no.css"] {
        let answer = alice.get(free).send().await.unwrap();
        assert_ne!(answer.status(), 429, "{free}");
    }
}

/// Whom the operator has to talk to, and not a line for each call.
#[tokio::test]
async fn the_log_says_once_who_calls_too_often() {
    let limits = ["--limit-user", "2", "--limit-address", "60"];
    let server = Server::demo(&limits);
    let alice = server.person("alice").await;
    for _ in 0..8 {
        let _ = status(alice.get("/api/v1/me")).await;
    }
    let mut refused = 0;
    for _ in 0..80 {
        let answer = server.anonymous().get("/api/v1/me").send().await.unwrap();
        refused += usize::from(answer.status() == 429);
    }
    assert!(refused > 10, "{refused}");
    let (_, output) = server.stop();
    for line in [
        "a caller is over a limit, and what is more is refused: speak to them, or raise the limit \
         condition=\"over_limit\" place=127.0.0.0/24 cause=user of alice:test times=1",
        "a caller is over a limit, and what is more is refused: speak to them, or raise the limit \
         condition=\"over_limit\" place=127.0.0.0/24 cause=address of nobody in particular times=1",
    ] {
        assert_eq!(output.matches(line).count(), 1, "{line}: {output}");
    }
    assert_eq!(output.matches("is over a limit").count(), 2, "{output}");
}

#[tokio::test]
async fn without_signing_in_little_is_looked_up() {
    let server = Server::demo(&["--limit-signed-out-check", "2"]);
    let alice = server.person("alice").await;
    let key = invite(&alice).await;
    let nobody = server.anonymous();
    for _ in 0..2 {
        assert_eq!(status(check(&nobody, &key)).await.0, 200);
    }
    assert_eq!(status(check(&nobody, &key)).await.0, 429);
    assert_eq!(status(check(&alice, &key)).await.0, 200);
}

/// One address looks up for many people there.
#[tokio::test]
async fn a_backend_looks_up_as_often_as_whom_it_acts_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (database, secret) = (file("invites.db"), file("secret"));
    let files = ["--database", &database, "--secret-file", &secret];
    let server =
        Server::start(&[&["--demo", "--limit-signed-out-check", "2"][..], &files].concat());
    let added =
        command(&[&files[..], &["apps", "add", "crm", "--all-resources"]].concat()).output();
    let app = String::from_utf8(added.unwrap().stdout).unwrap();
    let key = invite(&server.person("alice").await).await;
    let by = |app: &str| {
        let request = http().post(server.at(CHECK)).bearer_auth(app);
        let request = request.header("on-behalf-of", "alice:test");
        status(request.json(&json!({ "key": key })))
    };
    for _ in 0..4 {
        assert_eq!(by(app.trim()).await.0, 200);
    }
    // Whoever only says that they are one is shown nothing.
    assert_eq!(by(&format!("ika_{:064x}", 7)).await.0, 401);
}

#[tokio::test]
async fn without_signing_in_nothing_may_be_shown() {
    let server = Server::demo(&["--no-public-check"]);
    let alice = server.person("alice").await;
    let good = invite(&alice).await;
    let unknown = server.anonymous();
    let (status_good, mut good_body) = status(check(&unknown, &good)).await;
    let bad = "0123456789abcdef".repeat(4);
    let (status_bad, mut bad_body) = status(check(&unknown, &bad)).await;
    assert_eq!(
        (status_good, status_bad),
        (404.try_into().unwrap(), 404.try_into().unwrap())
    );
    for body in [&mut good_body, &mut bad_body] {
        body.as_object_mut().unwrap().remove("requestId");
    }
    assert_eq!(good_body, bad_body);
    assert_eq!(status(check(&alice, &good)).await.0, 200);
}

#[tokio::test]
async fn who_guesses_keys_may_try_none_for_a_while() {
    let server = Server::demo(&["--limit-wrong-keys", "2"]);
    let alice = server.person("alice").await;
    let good = invite(&alice).await;
    let wrong = |number: u32| format!("{number:064x}");
    let mallory = server.person("mallory").await;
    for number in 0..3 {
        assert_eq!(status(check(&mallory, &wrong(number))).await.0, 404);
    }
    assert_eq!(status(check(&mallory, &good)).await.0, 429);
    assert_eq!(status(mallory.get("/api/v1/me")).await.0, 200);
    assert_eq!(status(check(&alice, &good)).await.0, 200);
    // Over the socket it is the same person.
    let mut socket = mallory.socket().await;
    let refused = socket.accept("notes", &good).await;
    let words = "Too many calls. Wait a moment and try again.";
    assert_eq!(refused["error"], words, "{refused}");

    let oscar = server.person("oscar").await;
    let mut socket = oscar.socket().await;
    for number in 0..3 {
        let refused = socket.accept("notes", &wrong(number)).await;
        assert_eq!(refused["error"], "Invalid invitation key", "{refused}");
    }
    assert_eq!(socket.accept("notes", &good).await["error"], words);
}

/// Whoever tries names learns which there are: slowly, whether they are taken or free.
#[tokio::test]
async fn who_tries_names_may_try_none_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (database, secret) = (file("invites.db"), file("secret"));
    let files = ["--database", &database, "--secret-file", &secret];
    let server = Server::start(&[&["--demo", "--limit-names", "3"][..], &files].concat());
    let put = |request: RequestBuilder| status(request.json(&json!({})));
    let by = |person: &Person, name: &str| {
        put(person.request(Method::PUT, &format!("/api/v1/resources/{name}")))
    };
    let mallory = server.person("mallory").await;
    // A free name and its deletion cost as much as one that is taken.
    assert_eq!(by(&mallory, "free").await.0, 201);
    let deleted = mallory.request(Method::DELETE, "/api/v1/resources/free");
    assert_eq!(status(deleted).await.0, 200);
    for name in ["notes", "api", "roadmap"] {
        assert_eq!(by(&mallory, name).await.0, 409, "{name}");
    }
    for name in ["recipes", "unheard-of"] {
        assert_eq!(by(&mallory, name).await.0, 429, "{name}");
    }
    assert_eq!(by(&server.person("alice").await, "mine").await.0, 201);
    // What nobody can guess is not counted.
    for _ in 0..5 {
        let made = mallory.request(Method::POST, "/api/v1/resources");
        assert_eq!(put(made).await.0, 201);
    }

    // An app makes what it likes; trying what is others' it is as slow.
    let added = command(&[&files[..], &["apps", "add", "crm"]].concat()).output();
    let app = String::from_utf8(added.unwrap().stdout).unwrap();
    let by_app = |name: String| {
        let request = http().put(server.at(&format!("/api/v1/resources/{name}")));
        let request = request.bearer_auth(app.trim());
        put(request.header("on-behalf-of", "carol:test"))
    };
    for number in 0..8 {
        assert_eq!(by_app(format!("deal-{number}")).await.0, 201);
    }
    for name in ["notes", "mine", "recipes", "api"] {
        assert_eq!(by_app(name.into()).await.0, 409, "{name}");
    }
    assert_eq!(by_app("deal-8".into()).await.0, 429);
}

#[tokio::test]
async fn each_call_over_a_socket_counts() {
    // Opening it is one, too.
    let server = Server::demo(&["--limit-user", "3"]);
    let mut socket = server.person("alice").await.socket().await;
    for _ in 0..2 {
        assert!(socket.list("notes").await.is_empty());
    }
    let reply = socket
        .call(json!({ "wa": "getInvites", "d": "notes" }))
        .await;
    let words = "Too many calls. Wait a moment and try again.";
    assert_eq!(reply["error"], words, "{reply}");
}

#[tokio::test]
async fn an_address_is_the_one_that_a_trusted_proxy_names() {
    for (arguments, counted_apart) in [
        (&["--limit-address", "2"] as &[&str], false),
        (
            &["--limit-address", "2", "--trust-proxy", "127.0.0.0/8"],
            true,
        ),
    ] {
        let server = Server::demo(arguments);
        let from = |address: &str| {
            let request = http().get(server.at("/api/v1/me"));
            status(request.header("x-forwarded-for", format!("203.0.113.9, {address}")))
        };
        for _ in 0..2 {
            assert_eq!(from("198.51.100.1").await.0, 200);
        }
        assert_eq!(from("198.51.100.1").await.0, 429);
        let other = from("198.51.100.2").await.0;
        assert_eq!(other == 200, counted_apart, "{arguments:?}");
    }
}
