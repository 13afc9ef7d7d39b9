//! What was taken back stays back: sessions end on every copy within two seconds, with all that was opened with them; and
//! nobody is taken for another of the same name.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::issuer::now;
use crate::sign_in::{Browser, World, location};
use crate::support::{Person, Server, Socket, closed, command, http};

/// How long a session may count after its end, with some for a machine that is busy.
const SOON: Duration = Duration::from_secs(10);

impl World {
    /// Somebody signs in at this server.
    async fn signed_in(&self, server: &Server, change: impl FnOnce(&mut Value)) -> Browser {
        let mut browser = Browser::default();
        let address = location(&browser.get(&server.at("/auth/oidc/login")).await);
        let back = self.back(&address, change);
        assert_eq!(browser.get(&back).await.status(), 303);
        browser
    }

    /// The issuer says that somebody has signed out.
    async fn tell(&self, server: &Server, change: impl FnOnce(&mut Value)) -> u16 {
        let mut claims = json!({ "iss": self.issuer.url, "aud": "invites", "iat": now(), "exp": now() + 120,
            "jti": format!("{:016x}", fastrand::u64(..)),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        change(&mut claims);
        let header =
            json!({ "alg": self.key.algorithm(), "kid": self.key.id, "typ": "logout+jwt" });
        let token = self.key.token_with(&header, &claims);
        let told = http()
            .post(server.at("/auth/oidc/backchannel-logout"))
            .form(&[("logout_token", token)]);
        told.send().await.unwrap().status().as_u16()
    }

    /// The operator does, and is told this, or that it failed.
    fn sign_out(&self, name: &str) -> Result<String, String> {
        let done = command(&["--database", &self.database(), "people", "sign-out", name]);
        let done = { done }.output().unwrap();
        let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        if done.status.success() {
            Ok(said)
        } else {
            Err(said)
        }
    }
}

impl Browser {
    fn cookie(&self) -> String {
        let (name, value) = &self.cookies[0];
        format!("{name}={value}")
    }

    async fn socket(&self, server: &Server) -> Socket {
        let headers = [("cookie", self.cookie()), ("origin", server.url.clone())];
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Socket::open(&server.url, "/doc/", &headers).await
    }

    /// Waits until the cookie counts no longer.
    async fn until_nobody(&mut self, server: &Server) {
        let began = Instant::now();
        while self.name(server).await != Value::Null {
            assert!(began.elapsed() < SOON, "still somebody");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn post(&self, server: &Server, path: &str) -> u16 {
        let request = http().post(server.at(path)).header("origin", &server.url);
        let answer = self.with_cookies(request).send().await.unwrap();
        answer.status().as_u16()
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_what_it_opened_on_every_copy() {
    let world = World::new().await;
    let (one, two) = (world.server(&[]), world.server(&[]));
    let mut alice = world.signed_in(&one, |_| {}).await;
    let mut elsewhere = world.signed_in(&one, |_| {}).await;
    assert_eq!(alice.name(&two).await, "alice", "known to both");
    let mut sockets = [alice.socket(&one).await, alice.socket(&two).await];
    let mut others = elsewhere.socket(&two).await;
    let token = alice
        .with_cookies(http().post(two.at("/doc/")))
        .header("origin", &two.url);
    let token: Value = token
        .form(&[("token", "600")])
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = token["token"].as_str().unwrap().to_owned();
    let path = format!("/doc/?token={token}");
    let mut lent = Socket::open(&two.url, &path, &[]).await;
    let events = async |server: &Server| {
        let put = alice.with_cookies(http().put(server.at("/api/v1/resources/doc")));
        put.header("origin", &server.url)
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        let stream = http().get(server.at("/api/v1/resources/doc/events"));
        let stream = alice.with_cookies(stream).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        stream
    };
    let (stream, _) = (events(&two).await, events(&one).await);

    // Kept by whoever has seen it.
    let mut kept = Browser {
        cookies: alice.cookies.clone(),
    };
    assert_eq!(alice.post(&one, "/auth/logout").await, 302);
    assert_eq!(
        kept.name(&one).await,
        Value::Null,
        "at once where it happened"
    );
    kept.until_nobody(&two).await;
    for socket in &mut sockets {
        let (code, reason) = closed(&mut socket.stream).await;
        assert_eq!((code, reason.as_str()), (1001, "The session is over."));
    }
    assert_eq!(
        closed(&mut lent.stream).await.0,
        1002,
        "what was lent with it"
    );
    let again = crate::support::connect(&two.url, &path, &[]).await;
    let mut again = again;
    assert_eq!(closed(&mut again).await.0, 1002);
    tokio::time::timeout(SOON, stream.bytes())
        .await
        .expect("the stream ends")
        .unwrap();

    // Whoever else is signed in stays so, and so do their sockets.
    assert_eq!(elsewhere.name(&two).await, "alice");
    assert_eq!(others.list("doc").await, Vec::<Value>::new());
    assert_eq!(
        elsewhere.post(&two, "/api/v1/me/sign-out-everywhere").await,
        200
    );
    elsewhere.until_nobody(&one).await;
    assert_eq!(closed(&mut others.stream).await.0, 1001);
    assert_eq!(
        elsewhere.post(&two, "/api/v1/me/sign-out-everywhere").await,
        401
    );
}

#[tokio::test]
async fn the_operator_and_erasing_end_sessions() {
    let world = World::new().await;
    let server = world.server(&[]);
    let bob = |claims: &mut Value| claims["sub"] = json!("bob");
    world.issuer.desk().userinfo = json!({ "sub": "alice" });
    let mut alice = world.signed_in(&server, |_| {}).await;
    world.issuer.desk().userinfo = json!({ "sub": "bob" });
    let mut others = world.signed_in(&server, bob).await;
    let mut socket = alice.socket(&server).await;
    let said = world.sign_out("alice:oidc").unwrap();
    assert!(said.contains("1 session of alice:oidc has ended"), "{said}");
    alice.until_nobody(&server).await;
    assert_eq!(closed(&mut socket.stream).await.0, 1001);
    assert_eq!(others.name(&server).await, "bob");
    let said = world.sign_out("alice:oidc").unwrap();
    assert!(said.contains("No session of alice:oidc was open"), "{said}");
    for nobody in ["allice:oidc", "alice:oicd", "Alice:oidc"] {
        let said = world.sign_out(nobody).unwrap_err();
        assert!(said.contains("USERNAME:PROVIDER"), "{said}");
        assert!(
            said.contains(&format!("Nobody is known as {nobody}")),
            "{said}"
        );
    }
    assert!(world.sign_out("alice").is_err());

    let erased = command(&[
        "--database",
        &world.database(),
        "erase",
        "--user",
        "bob:oidc",
    ]);
    assert!({ erased }.status().unwrap().success());
    others.until_nobody(&server).await;
}

#[tokio::test]
async fn the_issuer_ends_sessions_by_its_own_word() {
    let world = World::new().await;
    let server = world.server(&[]);
    let of = |sid: &'static str| move |claims: &mut Value| claims["sid"] = json!(sid);
    let mut one = world.signed_in(&server, of("s1")).await;
    let mut two = world.signed_in(&server, of("s2")).await;
    let mut three = world.signed_in(&server, of("s2")).await;
    let mut socket = one.socket(&server).await;
    for (what, change) in [
        ("of others", ("aud", json!("others"))),
        ("of another issuer", ("iss", json!("https://evil.example"))),
        ("out of date", ("exp", json!(now() - 100))),
        ("no event", ("events", json!({}))),
        ("an ID token", ("nonce", json!("n"))),
        ("of nobody", ("sid", Value::Null)),
    ] {
        let told = world.tell(&server, |claims| {
            claims["sid"] = json!("s1");
            claims[change.0] = change.1;
        });
        assert_eq!(told.await, 400, "{what}");
    }
    assert_eq!(one.name(&server).await, "alice");
    assert_eq!(world.tell(&server, of("s1")).await, 200);
    one.until_nobody(&server).await;
    assert_eq!(closed(&mut socket.stream).await.0, 1001);
    assert_eq!(two.name(&server).await, "alice");
    let subject = |claims: &mut Value| claims["sub"] = json!("alice");
    assert_eq!(world.tell(&server, subject).await, 200);
    two.until_nobody(&server).await;
    three.until_nobody(&server).await;
    // What ended is no error, and says nothing of who there is.
    assert_eq!(world.tell(&server, of("s9")).await, 200);
    let logout = world.key.token(&json!({ "iss": world.issuer.url, "aud": "invites", "iat": now(), "exp": now() + 120,
        "sub": "alice", "jti": "1", "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }));
    let me = http().get(server.at("/api/v1/me")).bearer_auth(logout);
    assert_eq!(
        me.send().await.unwrap().status(),
        401,
        "nobody signs in with one"
    );
}

/// The bearer that the test sign-in gives is of the session that began with it.
#[tokio::test]
async fn a_bearer_ends_with_its_session_and_so_does_what_it_opened() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let me = async |who: &Person| {
        let me = http().get(server.at("/api/v1/me")).bearer_auth(&who.bearer);
        me.send().await.unwrap().status().as_u16()
    };
    let (alice, other, bob) = (
        server.person("alice").await,
        server.person("alice").await,
        server.person("bob").await,
    );
    for who in [&alice, &other, &bob] {
        assert_eq!(me(who).await, 200);
    }
    let bearer = |who: &Person| format!("Bearer {}", who.bearer);
    let open = async |who: &Person| {
        Socket::open(&server.url, "/doc/", &[("authorization", &bearer(who))]).await
    };
    let (mut first, mut second) = (open(&alice).await, open(&other).await);
    let lent = http().post(server.at("/doc/")).bearer_auth(&other.bearer);
    let lent = lent.form(&[("token", "600")]).send().await.unwrap();
    let lent: Value = lent.json().await.unwrap();
    let path = format!("/doc/?token={}", lent["token"].as_str().unwrap());
    let mut third = Socket::open(&server.url, &path, &[]).await;
    server.member("doc", "alice", Some("arw")).await;
    let stream = http().get(server.at("/api/v1/resources/doc/events"));
    let stream = stream.bearer_auth(&other.bearer).send().await.unwrap();
    assert_eq!(stream.status(), 200);

    let out = alice.request(reqwest::Method::POST, "/auth/logout");
    assert_eq!(out.send().await.unwrap().status(), 302);
    assert_eq!(me(&alice).await, 401, "at once where it happened");
    assert_eq!(closed(&mut first.stream).await.0, 1001);
    assert_eq!(me(&other).await, 200, "another session");

    let database = database.to_str().unwrap();
    let out = command(&["--database", database, "people", "sign-out", "alice:test"]);
    assert!({ out }.status().unwrap().success());
    let began = Instant::now();
    while me(&other).await != 401 {
        assert!(began.elapsed() < SOON, "still somebody");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(closed(&mut second.stream).await.0, 1001);
    assert_eq!(
        closed(&mut third.stream).await.0,
        1002,
        "what was lent with it"
    );
    tokio::time::timeout(SOON, stream.bytes())
        .await
        .expect("the stream ends")
        .unwrap();
    assert_eq!(me(&bob).await, 200);
}

#[tokio::test]
async fn a_logout_token_ends_what_it_names_and_nothing_else_and_once() {
    let world = World::new().await;
    let (server, copy) = (world.server(&[]), world.server(&[]));
    // The issuer names its session in the logout token alone.
    let mut alice = world.signed_in(&server, |_| {}).await;
    world.issuer.desk().userinfo = json!({ "sub": "bob" });
    let mut bob = world
        .signed_in(&server, |claims| {
            claims["sub"] = json!("bob");
            claims["sid"] = json!("b1");
        })
        .await;
    let of = |sid: &'static str, sub: &'static str| {
        move |claims: &mut Value| {
            claims["sid"] = json!(sid);
            claims["sub"] = json!(sub);
        }
    };
    let later = |claims: &mut Value| {
        claims["sub"] = json!("alice");
        claims["iat"] = json!(now() + 600);
        claims["exp"] = json!(now() + 900);
    };
    assert_eq!(world.tell(&server, later).await, 400, "not told yet");
    assert_eq!(world.tell(&server, of("b1", "alice")).await, 200);
    assert_eq!(bob.name(&server).await, "bob", "another's session");
    assert_eq!(alice.name(&server).await, "alice");
    assert_eq!(world.tell(&server, of("a1", "alice")).await, 200);
    alice.until_nobody(&server).await;
    assert_eq!(bob.name(&server).await, "bob");
    assert_eq!(world.tell(&server, of("b1", "bob")).await, 200);
    bob.until_nobody(&server).await;

    // What was told is told once, to whichever copy.
    let once = |claims: &mut Value| {
        claims["sub"] = json!("alice");
        claims["jti"] = json!("once");
    };
    world.issuer.desk().userinfo = json!({ "sub": "alice" });
    assert_eq!(world.tell(&server, once).await, 200);
    let mut again = world.signed_in(&server, |_| {}).await;
    for server in [&server, &copy] {
        assert_eq!(world.tell(server, once).await, 400);
    }
    assert_eq!(again.name(&server).await, "alice");
    let subject = |claims: &mut Value| claims["sub"] = json!("alice");
    assert_eq!(world.tell(&copy, subject).await, 200);
    again.until_nobody(&server).await;
}

#[tokio::test]
async fn two_people_of_one_name_are_two_accounts() {
    let world = World::new().await;
    let twin = |claims: &mut Value| {
        claims["sub"] = json!("other");
        claims["preferred_username"] = json!("Ally");
    };
    let as_other = || world.issuer.desk().userinfo = json!({ "sub": "other" });
    let server = world.server(&[]);
    let mut alice = world.signed_in(&server, |_| {}).await;
    as_other();
    let mut other = world.signed_in(&server, twin).await;
    assert_eq!(alice.name(&server).await, "alice");
    assert_eq!(other.name(&server).await, "other");
    server.kill();

    // Where the operator wants names all the same, the first who comes with one has it for good.
    std::fs::remove_file(world.database()).unwrap();
    for beside in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(world.database() + beside);
    }
    let by_name = ["--oidc-username-claim", "preferred_username"];
    let server = world.server(&by_name);
    world.issuer.desk().userinfo = json!({ "sub": "alice", "preferred_username": "Ally" });
    let mut alice = world.signed_in(&server, |_| {}).await;
    assert_eq!(alice.name(&server).await, "Ally");
    as_other();
    let mut stranger = Browser::default();
    let address = location(&stranger.get(&server.at("/auth/oidc/login")).await);
    let refused = stranger.get(&world.back(&address, twin)).await;
    assert_eq!(refused.status(), 403);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("Somebody else has your name")
    );
    let mut claims = world.issuer.claims();
    twin(&mut claims);
    let me = async |claims: &Value| {
        let bearer = world.key.token(claims);
        let me = http().get(server.at("/api/v1/me")).bearer_auth(bearer);
        me.send().await.unwrap().status().as_u16()
    };
    assert_eq!(me(&claims).await, 401);
    // And keeps it when the issuer calls them otherwise.
    let mut renamed = world.issuer.claims();
    renamed["preferred_username"] = json!("Alicia");
    let bearer = world.key.token(&renamed);
    let answer = http().get(server.at("/api/v1/me")).bearer_auth(bearer);
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["user"]["username"], "Ally");
    let (_, output) = server.stop();
    assert!(output.contains("oidc-username-claim"), "{output}");

    let by_address = ["--oidc-username-claim", "email"];
    let server = world.server(&by_address);
    for (verified, taken) in [
        (json!(false), false),
        (json!("true"), false),
        (json!(true), true),
    ] {
        let claims = json!({ "iss": world.issuer.url, "aud": "invites", "sub": format!("m{verified}"), "iat": now(),
            "exp": now() + 300, "email": "boss@example.com", "email_verified": verified });
        let bearer = world.key.token(&claims);
        let answer = http().get(server.at("/api/v1/me")).bearer_auth(bearer);
        let answer: Value = answer.send().await.unwrap().json().await.unwrap();
        let name = answer["user"]["username"].as_str().unwrap();
        assert_eq!(name == "boss@example.com", taken, "{verified}: {name}");
    }
}

#[tokio::test]
async fn a_provider_s_name_is_not_handed_to_another_issuer_s_people() {
    let world = World::new().await;
    let server = world.server(&[]);
    let _ = world.signed_in(&server, |_| {}).await;
    server.kill();
    for (arguments, said) in [
        (
            ["--oidc-issuer", "http://127.0.0.1:1"],
            "stand under the name oidc",
        ),
        (["--oidc-provider-name", "corp"], "Keep it"),
    ] {
        let database = world.database();
        let mut own = vec!["--listen", "127.0.0.1:0", "--database", &database];
        if arguments[0] != "--oidc-issuer" {
            own.extend(["--oidc-issuer", &world.issuer.url]);
        }
        own.extend(arguments);
        let output = command(&own).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(said), "{text}");
    }
}
