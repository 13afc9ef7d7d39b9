//! Bearer tokens of an OpenID Connect issuer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::issuer::{Issuer, SigningKey, compact, hmac_token, now};
use crate::support::{PATIENCE, Server, http};

fn server(issuer: &str, more: &[&str]) -> Server {
    let options = [
        "--oidc-issuer",
        issuer,
        "--oidc-audience",
        "invites",
        "--oidc-provider-name",
        "corp",
    ];
    Server::demo(&[&options, more].concat())
}

async fn me(server: &Server, bearer: &str) -> reqwest::Response {
    let request = http().get(server.at("/api/v1/me")).bearer_auth(bearer);
    request.send().await.unwrap()
}

async fn status(server: &Server, bearer: &str) -> u16 {
    me(server, bearer).await.status().as_u16()
}

#[tokio::test]
async fn whoever_the_issuer_vouches_for_is_that_person() {
    let keys = [
        SigningKey::rsa("r"),
        SigningKey::elliptic("e"),
        SigningKey::edwards("o"),
    ];
    let issuer = Issuer::start(&keys.each_ref()).await;
    let server = server(&issuer.url, &[]);
    for key in &keys {
        let response = me(&server, &key.token(&issuer.claims())).await;
        let user = response.json::<Value>().await.unwrap()["user"].clone();
        let expected =
            json!({ "username": "alice", "provider": "corp", "displayName": "Alice A." });
        assert_eq!(user, expected, "{}", key.algorithm());
    }
    let [key, ..] = &keys;
    // An access token (RFC 9068), one without a name for its key, one a little late, one for several audiences.
    let access = json!({ "alg": "RS256", "kid": "r", "typ": "at+jwt" });
    let nameless = json!({ "alg": "RS256" });
    for token in [
        key.token_with(&access, &issuer.claims()),
        key.token_with(&nameless, &issuer.claims()),
        key.token(&issuer.claims_but("exp", json!(now() - 20))),
        key.token(&issuer.claims_but("aud", json!(["others", "invites"]))),
    ] {
        assert_eq!(status(&server, &token).await, 200);
    }
    assert_eq!(issuer.desk().fetched, 1, "the keys are kept");
}

#[tokio::test]
async fn a_token_that_is_not_the_issuers_for_us_and_now_is_refused() {
    let (rsa, elliptic, foreign) = (
        SigningKey::rsa("r"),
        SigningKey::elliptic("e"),
        SigningKey::rsa("r"),
    );
    let issuer = Issuer::start(&[&rsa, &elliptic]).await;
    // A shared secret in the set signs nothing.
    issuer
        .desk()
        .keys
        .push(json!({ "kty": "oct", "kid": "s", "k": "c2VjcmV0" }));
    let server = server(&issuer.url, &[]);
    let claims = issuer.claims();
    let good = rsa.token(&claims);
    let (head_and_body, signature) = good.rsplit_once('.').unwrap();
    let modulus = rsa.jwk()["n"].as_str().unwrap().to_owned();
    let hs = |id: &str| json!({ "alg": "HS256", "kid": id, "typ": "JWT" });
    let header = |name: &str, value: Value| {
        let mut header = json!({ "alg": "RS256", "kid": "r", "typ": "JWT" });
        header[name] = value;
        rsa.token_with(&header, &claims)
    };
    let own_key =
        json!({ "alg": "RS256", "kid": "r", "jwk": foreign.jwk(), "jku": "http://127.0.0.1:1/" });
    let but = |name: &str, value: Value| rsa.token(&issuer.claims_but(name, value));
    let none = |name: &str| compact(&json!({ "alg": name, "kid": "r" }), &claims, |_| Vec::new());
    for (what, token) in [
        ("expired", but("exp", json!(now() - 100))),
        ("without end", but("exp", Value::Null)),
        ("an end that is no number", but("exp", json!("tomorrow"))),
        ("not yet", but("nbf", json!(now() + 100))),
        ("another audience", but("aud", json!("others"))),
        ("no audience", but("aud", Value::Null)),
        ("another issuer", but("iss", json!("https://evil.example"))),
        ("no issuer", but("iss", Value::Null)),
        (
            "several issuers",
            but("iss", json!(["https://evil.example", issuer.url])),
        ),
        ("no subject", but("sub", Value::Null)),
        ("no algorithm", none("none")),
        ("no algorithm, shouted", none("NONE")),
        (
            "the public key as a shared secret",
            hmac_token(modulus.as_bytes(), &hs("r"), &claims),
        ),
        (
            "a shared secret of the set",
            hmac_token(b"secret", &hs("s"), &claims),
        ),
        ("another key's algorithm", header("alg", json!("ES256"))),
        ("another key's name", header("kid", json!("e"))),
        (
            "an algorithm it was not signed with",
            header("alg", json!("PS256")),
        ),
        ("another's key of that name", foreign.token(&claims)),
        (
            "a key that it brings along",
            foreign.token_with(&own_key, &claims),
        ),
        ("a logout token", header("typ", json!("logout+jwt"))),
        ("critical extensions", header("crit", json!(["exp"]))),
        ("no signature", format!("{head_and_body}.")),
        (
            "a changed body",
            format!("{}.{}.{signature}", good.split('.').next().unwrap(), "e30"),
        ),
        ("four parts", format!("{good}.x")),
        ("nothing", "..".into()),
        (
            "too much",
            format!("{}.{}.a", "a".repeat(9000), "b".repeat(9000)),
        ),
    ] {
        let response = me(&server, &token).await;
        assert_eq!(response.status(), 401, "{what}");
        let challenge = response.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(challenge, "Bearer error=\"invalid_token\"", "{what}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "bad_credentials", "{what}");
    }
    assert_eq!(status(&server, &good).await, 200);
    let (_, output) = server.stop();
    assert!(!output.contains(signature), "a token stands in the log");
}

#[tokio::test]
async fn new_keys_are_found_and_strangers_cannot_make_us_ask_often() {
    let (old, new) = (SigningKey::elliptic("1"), SigningKey::elliptic("2"));
    let issuer = Issuer::start(&[&old]).await;
    let server = server(&issuer.url, &[]);
    let begin = Instant::now();
    assert_eq!(status(&server, &old.token(&issuer.claims())).await, 200);
    for number in 0..50 {
        let unknown = json!({ "alg": "ES256", "kid": format!("x{number}") });
        let token = old.token_with(&unknown, &issuer.claims());
        assert_eq!(status(&server, &token).await, 401);
    }
    let allowed = 1 + begin.elapsed().as_secs() as usize / 5;
    let fetched = issuer.desk().fetched;
    assert!(fetched <= allowed, "{fetched} times for 50 strangers");

    let rotated = Instant::now();
    issuer.desk().keys = vec![new.jwk()];
    let token = new.token(&issuer.claims());
    while status(&server, &token).await != 200 {
        assert!(rotated.elapsed() < 3 * PATIENCE, "the new key is not found");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(
        status(&server, &old.token(&issuer.claims())).await,
        401,
        "a withdrawn key"
    );
}

#[tokio::test]
async fn without_its_issuer_the_server_goes_on_for_everybody_else() {
    // Nobody listens there.
    let server = server("http://127.0.0.1:9", &[]);
    let issuer = SigningKey::edwards("o");
    let response = me(
        &server,
        &issuer.token(&json!({ "iss": "http://127.0.0.1:9" })),
    )
    .await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "try_again");
    let alice = server.person("alice").await;
    assert_eq!(alice.get("/api/v1/me").send().await.unwrap().status(), 200);
    assert_eq!(status(&server, &alice.bearer).await, 200);
    // The operator hears why.
    let (_, output) = server.stop();
    assert!(output.contains("refused"), "{output}");
}

#[tokio::test]
async fn a_bearer_gets_an_access_token_for_the_socket() {
    let key = SigningKey::edwards("o");
    let issuer = Issuer::start(&[&key]).await;
    let server = server(&issuer.url, &[]);
    let request = http().post(server.at("/doc/")).form(&[("token", "60")]);
    let bearer = key.token(&issuer.claims());
    let minted = request.bearer_auth(bearer).send().await.unwrap();
    assert_eq!(minted.status(), 200);
    let minted: Value = minted.json().await.unwrap();
    assert_eq!(
        (&minted["username"], &minted["provider"]),
        (&json!("alice"), &json!("corp"))
    );
    let path = format!("/doc/?token={}", minted["token"].as_str().unwrap());
    let mut socket = crate::support::Socket::open(&server.url, &path, &[]).await;
    socket
        .send(&json!({ "a": "s", "c": "webstrates", "d": "doc" }))
        .await;
    let hello = crate::support::json_of(socket.next().await.unwrap());
    assert_eq!(hello["user"]["username"], "alice");
}

#[tokio::test]
async fn an_invite_for_an_address_is_for_whom_the_issuer_has_verified_it() {
    let key = SigningKey::edwards("o");
    let issuer = Issuer::start(&[&key]).await;
    let server = server(&issuer.url, &[]);
    let bearer = key.token(&issuer.claims());
    let http = http();
    let path = server.at("/api/v1/resources/plans");
    let put = http.put(&path).bearer_auth(&bearer).json(&json!({}));
    assert_eq!(put.send().await.unwrap().status(), 201);
    let create = http.post(format!("{path}/invites")).bearer_auth(&bearer);
    let create = create.json(&json!({ "email": "bob@example.com" }));
    let invite: Value = create.send().await.unwrap().json().await.unwrap();
    let bob = |verified: bool, sub: &str| {
        let mut claims = issuer.claims_but("sub", json!(sub));
        claims["preferred_username"] = json!(format!("bob{sub}"));
        claims["email"] = json!("Bob@example.com");
        claims["email_verified"] = json!(verified);
        key.token(&claims)
    };
    for (bearer, expected) in [(bob(false, "2"), 403), (bob(true, "3"), 200)] {
        let accept = http
            .post(server.at("/api/v1/invites/accept"))
            .bearer_auth(bearer);
        let accept = accept.json(&json!({ "key": invite["key"] }));
        assert_eq!(accept.send().await.unwrap().status(), expected);
    }
}
