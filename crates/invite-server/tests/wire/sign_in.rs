//! Signing in at an OpenID Connect issuer, as a browser does it.

use serde_json::{Value, json};
use url::Url;

use crate::issuer::{Issuer, SigningKey};
use crate::support::{Server, command, http};

/// Everything a browser has to remember.
#[derive(Default)]
pub struct Browser {
    pub cookies: Vec<(String, String)>,
}

impl Browser {
    pub async fn get(&mut self, url: &str) -> reqwest::Response {
        let response = self.with_cookies(http().get(url)).send().await.unwrap();
        self.keep(&response);
        response
    }

    pub fn with_cookies(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let all: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request.header("cookie", all.join("; "))
    }

    pub fn keep(&mut self, response: &reqwest::Response) {
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(
                line.contains("; Path=/; ") && line.contains("; HttpOnly; SameSite=Lax"),
                "{line}"
            );
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub async fn name(&mut self, server: &Server) -> Value {
        let answer = self.get(&server.at("/api/v1/me")).await;
        answer.json::<Value>().await.unwrap()["user"]["username"].clone()
    }
}

fn options<'a>(issuer: &'a Issuer, secret: &'a str) -> Vec<&'a str> {
    vec![
        "--oidc-issuer",
        &issuer.url,
        "--oidc-client-id",
        "invites",
        "--oidc-client-secret-file",
        secret,
    ]
}

pub fn location(response: &reqwest::Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {url}"))
        .1
        .into_owned()
}

pub struct World {
    pub key: SigningKey,
    pub issuer: Issuer,
    folder: tempfile::TempDir,
    secret: String,
}

impl World {
    pub async fn new() -> Self {
        let key = SigningKey::elliptic("1");
        let issuer = Issuer::start(&[&key]).await;
        issuer.desk().userinfo =
            json!({ "sub": "alice", "preferred_username": "Ally", "name": "Alice A." });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client");
        std::fs::write(&path, "hush\n").unwrap();
        let secret = path.to_str().unwrap().to_owned();
        Self {
            key,
            issuer,
            folder,
            secret,
        }
    }

    pub fn database(&self) -> String {
        self.folder
            .path()
            .join("invites.db")
            .to_str()
            .unwrap()
            .to_owned()
    }

    pub fn server(&self, more: &[&str]) -> Server {
        let database = self.database();
        let own = ["--database", &database, "--log", "debug"];
        Server::start(&[&own, options(&self.issuer, &self.secret).as_slice(), more].concat())
    }

    /// What the issuer would do once somebody has signed in there: the address that it sends them back to.
    pub fn back(&self, address: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({ "iss": self.issuer.url, "aud": "invites", "sub": "alice",
                                 "exp": crate::issuer::now() + 300, "nonce": parameter(address, "nonce") });
        change(&mut claims);
        let code = format!("code-{}", parameter(address, "state"));
        let grant = (
            parameter(address, "code_challenge"),
            self.key.token(&claims),
        );
        self.issuer.desk().codes.insert(code.clone(), grant);
        Url::parse_with_params(
            &parameter(address, "redirect_uri"),
            [
                ("code", &code),
                ("state", &parameter(address, "state")),
                ("iss", &self.issuer.url),
            ],
        )
        .unwrap()
        .into()
    }
}

#[tokio::test]
async fn somebody_signs_in_stays_so_over_a_restart_and_signs_out() {
    let world = World::new().await;
    let server = world.server(&[]);
    let well_known = http()
        .get(server.at("/.well-known/invite-keys"))
        .send()
        .await
        .unwrap();
    let well_known: Value = well_known.json().await.unwrap();
    assert_eq!(well_known["signIn"], "/auth/oidc/login");

    let mut browser = Browser::default();
    let begin = server.at("/auth/oidc/login?continue=%2Fplans%2F%3Fa%3Db%23c&prompt=login");
    let address = location(&browser.get(&begin).await);
    assert!(address.starts_with(&format!("{}/authorize?x=1&", world.issuer.url)));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "invites"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("redirect_uri", &server.at("/auth/oidc/callback")),
    ] {
        assert_eq!(parameter(&address, name), value, "{name}");
    }
    let back = world.back(&address, |_| {});
    assert_eq!(location(&browser.get(&back).await), "/plans/?a=b#c");
    assert_eq!(browser.cookies.len(), 1, "the sign-in's own cookie is gone");
    assert_eq!(browser.cookies[0].0, "session");
    assert_eq!(browser.name(&server).await, "alice");
    let again = browser.get(&back).await;
    assert_eq!(again.status(), 400, "an address of the way back works once");

    // The session is a row: it outlives the server and the secrets, and ends when somebody signs out.
    server.kill();
    let server = world.server(&[]);
    assert_eq!(browser.name(&server).await, "alice");
    server.kill();
    let rotated = command(&["--database", &world.database(), "keys", "rotate"])
        .status()
        .unwrap();
    assert!(rotated.success());
    let server = world.server(&[]);
    assert_eq!(browser.name(&server).await, "alice");
    let kept = Browser {
        cookies: browser.cookies.clone(),
    };
    let sign_out = browser
        .with_cookies(http().post(server.at("/auth/logout")))
        .header("origin", &server.url);
    browser.keep(&sign_out.send().await.unwrap());
    let mut browser = kept;
    assert_eq!(
        browser.name(&server).await,
        Value::Null,
        "a cookie replayed"
    );
    let (_, output) = server.stop();
    for secret in ["hush", "code-", &browser.cookies[0].1] {
        assert!(!output.contains(secret), "a secret stands in the log");
    }
}

#[tokio::test]
async fn whoever_signs_out_goes_on_to_the_issuer_and_nowhere_else() {
    let world = World::new().await;
    for (option, expected) in [
        (&[] as &[&str], Some("/end?x=1&client_id=invites".to_owned())),
        (&["--oidc-sign-out", "here"], None),
        (
            &["--oidc-sign-out", "issuer-and-back"],
            Some(
                "/end?x=1&client_id=invites&post_logout_redirect_uri=https%3A%2F%2Finvites.example.com%2F"
                    .to_owned(),
            ),
        ),
    ] {
        let there = expected.map(|path| format!("{}{path}", world.issuer.url));
        let public = "https://invites.example.com";
        let server = world.server(&[&["--public-url", public], option].concat());
        let signed_in = async || {
            let mut browser = Browser::default();
            let address = location(&browser.get(&server.at("/auth/oidc/login")).await);
            let back = world.back(&address, |_| {});
            browser.get(&back.replace(public, &server.url)).await;
            assert_eq!(browser.name(&server).await, "alice");
            browser
        };
        let sign_out = async |browser: &Browser, accept: &str| {
            // Whatever the address says, it has no say in where people go.
            let url = server.at("/auth/logout?continue=//evil.example&post_logout_redirect_uri=https://evil.example/");
            let request = http().post(url).header("origin", public).header("accept", accept);
            let request = request.header("host", "evil.example");
            browser.with_cookies(request).send().await.unwrap()
        };
        let program = sign_out(&signed_in().await, "application/json").await;
        assert!(program.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        match &there {
            Some(there) => {
                assert_eq!(program.status(), 200);
                let told: Value = program.json().await.unwrap();
                assert_eq!(told, json!({ "continue": there }));
            }
            None => assert_eq!(program.status(), 204),
        }
        let form = sign_out(&signed_in().await, "text/html,*/*;q=0.8").await;
        let here = (302, "/".to_owned());
        let said = |answer: &reqwest::Response| {
            let location = answer.headers()["location"].to_str().unwrap().to_owned();
            assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
            (answer.status().as_u16(), location)
        };
        assert_eq!(said(&form), there.map_or(here.clone(), |there| (303, there)));
        // A script follows, and cannot follow to another site. Whoever is not signed in has nothing to end there.
        assert_eq!(said(&sign_out(&signed_in().await, "*/*").await), here);
        assert_eq!(said(&sign_out(&Browser::default(), "text/html").await), here);
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_an_answer_to_another_question() {
    let world = World::new().await;
    let server = world.server(&[]);
    let begin = server.at("/auth/oidc/login");
    for (what, change, expected) in [
        ("another nonce", ("nonce", json!("x")), 403),
        ("no nonce", ("nonce", Value::Null), 403),
        ("another audience", ("aud", json!("others")), 403),
        ("another party's", ("azp", json!("others")), 403),
        (
            "another issuer",
            ("iss", json!("https://evil.example")),
            403,
        ),
        ("expired", ("exp", json!(crate::issuer::now() - 100)), 403),
        (
            "another person than asked about",
            ("sub", json!("mallory")),
            403,
        ),
        ("right", ("x", Value::Null), 303),
    ] {
        let mut browser = Browser::default();
        let address = location(&browser.get(&begin).await);
        let back = world.back(&address, |claims| claims[change.0] = change.1);
        assert_eq!(browser.get(&back).await.status(), expected, "{what}");
        let signed_in = browser.name(&server).await != Value::Null;
        assert_eq!(signed_in, expected == 303, "{what}");
    }

    let mut browser = Browser::default();
    let address = location(&browser.get(&begin).await);
    let back = world.back(&address, |_| {});
    let state = parameter(&address, "state");
    // Somebody else's way back, in a browser that began nothing or something else: that would sign them in as another.
    let mut stranger = Browser::default();
    assert_eq!(stranger.get(&back).await.status(), 400);
    let _ = stranger.get(&begin).await;
    assert_eq!(stranger.get(&back).await.status(), 400);
    let changed = back.replace(&state, &format!("{}x", &state[..state.len() - 1]));
    assert_eq!(
        browser.get(&changed).await.status(),
        400,
        "another state that begins alike"
    );
    for (from, to) in [
        (
            format!(
                "iss={}",
                url::form_urlencoded::byte_serialize(world.issuer.url.as_bytes())
                    .collect::<String>()
            ),
            "iss=https%3A%2F%2Fevil.example",
        ),
        ("&iss=".into(), "&was="),
        ("code=code-".into(), "error=access_denied&was=code-"),
        ("code=code-".into(), "error=%3Cscript%3E&code=code-"),
        ("code=code-".into(), "code=other-"),
    ] {
        let mut browser = Browser {
            cookies: browser.cookies.clone(),
        };
        let answer = browser.get(&back.replace(&from, to)).await;
        assert_eq!(answer.status(), 403, "{to}");
        assert!(!answer.text().await.unwrap().contains("script"));
        assert_eq!(browser.name(&server).await, Value::Null, "{to}");
    }
    assert_eq!(browser.get(&back).await.status(), 303);
}

#[tokio::test]
async fn the_way_on_stays_here_and_cookies_do_not_pile_up() {
    let world = World::new().await;
    let server = world.server(&[]);
    let long = format!("/{}", "a".repeat(1000));
    for (wish, expected) in [
        ("/plans/", "/plans/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/a\r\nSet-Cookie: b=c", "/"),
        ("javascript:alert(1)", "/"),
        (&long, "/"),
    ] {
        let mut browser = Browser::default();
        let url = Url::parse_with_params(&server.at("/auth/oidc/login"), [("continue", wish)]);
        let address = location(&browser.get(url.unwrap().as_str()).await);
        assert!(!address.contains("evil"), "the issuer is not told");
        assert_eq!(
            location(&browser.get(&world.back(&address, |_| {})).await),
            expected,
            "{wish:?}"
        );
    }
    let mut browser = Browser::default();
    for _ in 0..20 {
        location(&browser.get(&server.at("/auth/oidc/login")).await);
        assert!(browser.cookies.len() <= 4);
    }
    // Under localhost the cookie would be lost on the way back to the number.
    let begin = http().get(server.at("/auth/oidc/login?continue=/a/"));
    let port = server.url.rsplit(':').next().unwrap();
    let response = begin
        .header("host", format!("localhost:{port}"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        location(&response),
        server.at("/auth/oidc/login?continue=%2Fa%2F")
    );
    assert!(response.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn behind_tls_cookies_are_for_this_host_alone() {
    let world = World::new().await;
    let server = world.server(&["--public-url", "https://invites.example.com"]);
    let mut browser = Browser::default();
    let begun = browser.get(&server.at("/auth/oidc/login")).await;
    let address = location(&begun);
    assert_eq!(
        parameter(&address, "redirect_uri"),
        "https://invites.example.com/auth/oidc/callback"
    );
    let back = world.back(&address, |_| {});
    let finished = browser
        .get(&back.replace("https://invites.example.com", &server.url))
        .await;
    assert_eq!(location(&finished), "/");
    for response in [&begun, &finished] {
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(
                line.starts_with("__Host-") && line.ends_with("; Secure"),
                "{line}"
            );
        }
    }
    assert_eq!(browser.name(&server).await, "alice");
    // A subdomain can plant a cookie without the prefix.
    browser.cookies[0].0 = "session".into();
    assert_eq!(browser.name(&server).await, Value::Null);
}

#[tokio::test]
async fn a_demo_s_people_are_nobody_when_the_same_files_are_served_to_the_world() {
    let world = World::new().await;
    let demo = Server::on(std::path::Path::new(&world.database()));
    let alice = demo.person("alice").await;
    demo.kill();
    let server = world.server(&[]);
    let mut browser = Browser::default();
    browser.cookies.push((
        "session".into(),
        alice.cookie.trim_start_matches("session=").into(),
    ));
    assert_eq!(browser.name(&server).await, Value::Null);
    let bearer = http()
        .get(server.at("/api/v1/me"))
        .bearer_auth(&alice.bearer);
    assert_eq!(bearer.send().await.unwrap().status(), 401);
}
