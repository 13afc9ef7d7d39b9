//! Several issuers at once: people choose, nobody is taken for somebody else's, and no issuer answers for another.

use std::fs;

use serde_json::{Value, json};
use url::Url;

use crate::issuer::{Issuer, SigningKey};
use crate::sign_in::{Browser, location, parameter};
use crate::support::{Server, command, http};

struct World {
    key: SigningKey,
    plain: Issuer,
    corp: Issuer,
    club: Issuer,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let key = SigningKey::elliptic("1");
        let issuer = async || {
            let issuer = Issuer::start(&[&key]).await;
            issuer.desk().userinfo = json!({ "sub": "alice", "name": "Alice A." });
            issuer
        };
        let (plain, corp, club) = (issuer().await, issuer().await, issuer().await);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("client"), "hush\n").unwrap();
        Self {
            key,
            plain,
            corp,
            club,
            folder,
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The file, with these under these names.
    fn options(&self, issuers: &[(&str, &Issuer)]) -> Vec<String> {
        let secret = self.path("client");
        let all = issuers.iter().map(|(name, issuer)| {
            let equals = if name.is_empty() { "" } else { "=" };
            format!("{name}{equals}{}", issuer.url)
        });
        let mut file = format!("oidc-issuer = {:?}\n", all.collect::<Vec<_>>());
        if issuers.iter().any(|(name, _)| name.is_empty()) {
            file += &format!("oidc-client-id = 'invites'\noidc-client-secret-file = '{secret}'\n");
        }
        for (name, _) in issuers.iter().filter(|(name, _)| !name.is_empty()) {
            let label = format!("The <{name}>");
            file += &format!(
                "[oidc.{name}]\nlabel = '{label}'\nclient-id = 'invites'\nclient-secret-file = '{secret}'\n"
            );
        }
        let path = self.path("invites.toml");
        fs::write(&path, file).unwrap();
        let database = self.path("invites.db");
        ["--config", &path, "--database", &database]
            .map(str::to_owned)
            .to_vec()
    }

    fn all(&self) -> [(&str, &Issuer); 3] {
        [
            ("", &self.plain),
            ("corp", &self.corp),
            ("club", &self.club),
        ]
    }

    fn server(&self) -> Server {
        let options = self.options(&self.all());
        Server::start(&options.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Where `issuer` sends back whoever has signed in there, who came by this address.
    fn back(&self, issuer: &Issuer, address: &str, iss: Option<&str>) -> Url {
        let nonce = parameter(address, "nonce");
        let claims = json!({ "iss": issuer.url, "aud": "invites", "sub": "alice",
                             "exp": crate::issuer::now() + 300, "nonce": nonce });
        let (code, state) = (format!("code-{nonce}"), parameter(address, "state"));
        let grant = (
            parameter(address, "code_challenge"),
            self.key.token(&claims),
        );
        issuer.desk().codes.insert(code.clone(), grant);
        let mut back = Url::parse(&parameter(address, "redirect_uri")).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &state)
            .extend_pairs(iss.map(|iss| ("iss", iss)));
        back
    }
}

async fn me(browser: &mut Browser, server: &Server) -> Value {
    let answer = browser.get(&server.at("/api/v1/me")).await;
    answer.json::<Value>().await.unwrap()["user"].clone()
}

#[tokio::test]
async fn people_choose_and_one_subject_of_two_issuers_is_two_people() {
    let world = World::new().await;
    let server = world.server();
    let login = server.at("/auth/oidc/login?continue=%2Fplans%2F%3Fmarked");
    let mut people = Vec::new();
    for (name, issuer) in world.all() {
        let mut browser = Browser::default();
        let asked = browser.get(&login).await;
        assert_eq!(asked.status(), 200);
        let policy = asked.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("form-action"));
        let page = asked.text().await.unwrap();
        for shown in [
            "127.0.0.1",
            "The &lt;corp&gt;",
            "The &lt;club&gt;",
            "<form method=\"post\"",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("marked"), "{page}");
        let name = if name.is_empty() { "oidc" } else { name };
        assert!(page.contains(&format!("value=\"{name}\"")), "{page}");
        let choice = browser
            .with_cookies(http().post(&login))
            .form(&[("issuer", name)]);
        let chosen = choice.send().await.unwrap();
        browser.keep(&chosen);
        let address = location(&chosen);
        assert!(address.starts_with(&issuer.url), "{address}");
        let place = if name == "oidc" {
            String::new()
        } else {
            format!("/{name}")
        };
        let redirect = server.at(&format!("/auth/oidc/callback{place}"));
        assert_eq!(parameter(&address, "redirect_uri"), redirect);
        let back = world.back(issuer, &address, Some(&issuer.url));
        assert_eq!(
            location(&browser.get(back.as_str()).await),
            "/plans/?marked"
        );
        let user = me(&mut browser, &server).await;
        assert_eq!(
            (&user["username"], &user["provider"]),
            (&json!("alice"), &json!(name))
        );
        people.push(user);
        let request = http().get(server.at("/api/v1/me"));
        let bearer = world.key.token(&issuer.claims());
        let answer = request.bearer_auth(bearer).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["user"]["provider"], name);
    }
    people.dedup();
    assert_eq!(people.len(), 3);
    for unknown in ["nobody", ""] {
        let path = format!("/auth/oidc/login?issuer={unknown}");
        assert_eq!(
            http().get(server.at(&path)).send().await.unwrap().status(),
            404
        );
    }
}

/// One issuer's answer at another's address, or in another's name, is nobody's (RFC 9207, RFC 9700).
#[tokio::test]
async fn no_issuer_answers_for_another() {
    let world = World::new().await;
    let server = world.server();
    let begin = async |browser: &mut Browser| {
        let path = "/auth/oidc/login?issuer=corp";
        location(&browser.get(&server.at(path)).await)
    };
    let (corp, club) = (&world.corp, &world.club);
    for (what, issuer, iss, place) in [
        ("at another's address", corp, Some(corp), "/club"),
        ("at the address without a name", corp, Some(corp), ""),
        ("at nobody's address", corp, Some(corp), "/nobody"),
        ("in another's name", corp, Some(club), "/corp"),
        (
            "in no name, where it says that it gives one",
            corp,
            None,
            "/corp",
        ),
        ("another's code", club, Some(corp), "/corp"),
        ("another's code in its name", club, Some(club), "/club"),
    ] {
        let mut browser = Browser::default();
        let address = begin(&mut browser).await;
        let iss = iss.map(|iss| iss.url.as_str());
        let mut back = world.back(issuer, &address, iss);
        back.set_path(&format!("/auth/oidc/callback{place}"));
        let answer = browser.get(back.as_str()).await;
        assert_eq!(answer.status(), 403, "{what}");
        assert_eq!(me(&mut browser, &server).await, Value::Null, "{what}");
        // No code was given to an issuer that it is not from.
        let kept = issuer.desk().codes.len();
        assert_eq!(kept, 1, "{what}");
        issuer.desk().codes.clear();
    }
    let mut browser = Browser::default();
    let address = begin(&mut browser).await;
    let back = world.back(corp, &address, Some(&corp.url));
    assert_eq!(location(&browser.get(back.as_str()).await), "/");
}

#[tokio::test]
async fn a_name_stays_with_its_issuer() {
    let world = World::new().await;
    let server = world.server();
    for issuer in [&world.corp, &world.club] {
        let bearer = world.key.token(&issuer.claims());
        let request = http().get(server.at("/api/v1/me")).bearer_auth(bearer);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    server.stop();
    for (issuers, sentence) in [
        (
            [("corp", &world.club), ("club", &world.corp)],
            "Give these another name",
        ),
        ([("corp", &world.corp), ("other", &world.club)], "Keep it"),
    ] {
        let options = world.options(&issuers);
        let options: Vec<_> = options.iter().map(String::as_str).collect();
        let all = [&["--listen", "127.0.0.1:0"], options.as_slice()].concat();
        let refused = command(&all).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            !refused.status.success() && said.contains(sentence),
            "{said}"
        );
    }
}
