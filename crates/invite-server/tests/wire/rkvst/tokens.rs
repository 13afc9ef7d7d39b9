//! A client's secret for a bearer, and what the bearer is good for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Client, TOKEN, operate, send};
use crate::support::{Server, http};

const RESOURCE: [&str; 2] = ["--resource", "deals"];

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_bearer_is_a_token_of_an_hour_with_rkvsts_claims() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let crm = Client::add(&server, &database, "crm", &RESOURCE).await;
    let answer = crm.token(&crm.secret).await;
    let members: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["access_token", "expires_in", "token_type"]);
    assert_eq!(answer.body["expires_in"], 3600);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.headers["cache-control"], "no-store");

    let token = answer.body["access_token"].as_str().unwrap();
    let (header, claims) = (part(token, 0), part(token, 1));
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(claims["sub"], json!(crm.id));
    assert_eq!(claims["client_id"], json!(crm.id));
    assert_eq!(claims["iss"], json!(server.url));
    assert_eq!(claims["aud"], json!(server.at("/archivist")));
    let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lasts, 3600);
    let tenant = claims["jit_tenant_id"].as_str().unwrap();
    assert!(
        tenant.starts_with("tenant/") && tenant.len() == 43,
        "{tenant}"
    );
    let shop = Client::add(&server, &database, "shop", &RESOURCE).await;
    assert_eq!(part(&shop.bearer, 1)["jit_tenant_id"], json!(tenant));
    let keys: Value = {
        let request = http().get(server.at("/.well-known/jwks.json"));
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(keys["keys"][0]["kid"], header["kid"]);

    // With a slash, too; and what the grant may have besides.
    let form = format!(
        "scope=x&client_secret={}&client_id={}&grant_type=client_credentials",
        crm.secret, crm.id
    );
    let request = http().post(server.at(&format!("{TOKEN}/")));
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    assert_eq!(send(request).await.status, 200);
}

#[tokio::test]
async fn a_wrong_secret_looks_like_an_unknown_client() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let crm = Client::add(&server, &database, "crm", &RESOURCE).await;
    let shop = Client::add(&server, &database, "shop", &RESOURCE).await;
    let form = |grant: &str, id: &str, secret: &str| {
        let form = [
            ("grant_type", grant.to_owned()),
            ("client_id", id.to_owned()),
            ("client_secret", secret.to_owned()),
        ];
        let given = form.into_iter().filter(|(_, value)| !value.is_empty());
        send(
            http()
                .post(server.at(TOKEN))
                .form(&given.collect::<Vec<_>>()),
        )
    };
    let grant = "client_credentials";
    let mut bodies = Vec::new();
    for (id, secret) in [
        (crm.id.as_str(), shop.secret.as_str()),
        ("0b5b1b62-35f4-4d5e-9d3a-3d5e0c7f2f11", &crm.secret),
        ("crm", &crm.secret),
        ("\0", &crm.secret),
        (&crm.id, &crm.secret[..67]),
        (&crm.id, &crm.secret.to_uppercase()),
        (&crm.id, &"x".repeat(5000)),
        ("", &crm.secret),
        (&crm.id, ""),
    ] {
        let answer = form(grant, id, secret).await;
        assert_eq!(answer.refused(), (401, 16), "{id}");
        bodies.push(answer.body.to_string());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");

    for wrong in ["password", ""] {
        let answer = form(wrong, &crm.id, &crm.secret).await;
        assert_eq!(answer.refused(), (400, 3), "{wrong}");
    }
    let twice = http().post(server.at(TOKEN)).form(&[
        ("grant_type", grant),
        ("client_id", &crm.id),
        ("client_id", &shop.id),
        ("client_secret", &crm.secret),
    ]);
    assert_eq!(send(twice).await.refused(), (400, 3));
    let get = http().get(server.at(TOKEN));
    assert_eq!(send(get).await.refused(), (405, 12));
    for nowhere in ["/archivist", "/archivist/", "/archivist/v2/assets"] {
        let answer = send(http().get(server.at(nowhere))).await;
        assert_eq!(answer.refused(), (404, 5), "{nowhere}");
    }
}

#[tokio::test]
async fn who_guesses_secrets_waits() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let path = database.to_str().unwrap();
    let server = Server::demo(&["--database", path, "--limit-wrong-keys", "2"]);
    let crm = Client::add(&server, &database, "crm", &RESOURCE).await;
    for _ in 0..3 {
        assert_eq!(crm.token("ics_wrong").await.refused(), (401, 16));
    }
    let waits = crm.token(&crm.secret).await;
    assert_eq!(waits.refused(), (429, 8));
    let seconds = waits.headers["archivist-rate-limit-reset"]
        .to_str()
        .unwrap();
    assert!(
        (1..=60).contains(&seconds.parse::<u32>().unwrap()),
        "{seconds}"
    );
}

#[tokio::test]
async fn a_bearer_is_neither_key_nor_receipt_nor_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let crm = Client::add(&server, &database, "crm", &RESOURCE).await;
    let app = operate(&database, &["apps", "add", "app", "--all-resources"]);
    let alice = server.person("alice").await;
    let post = |path: &str, body: Value| alice.request(Method::POST, path).json(&body);
    for key in [crm.bearer.clone(), format!("invs1_{}", crm.bearer)] {
        for call in ["check", "accept"] {
            let path = format!("/api/v1/invites/{call}");
            let answer = send(post(&path, json!({ "key": key }))).await;
            assert!((400..500).contains(&answer.status), "{answer:?}");
        }
    }
    let redeem = http().post(server.at("/api/v1/receipts/redeem"));
    let redeem = redeem.bearer_auth(&app);
    let answer = send(redeem.json(&json!({ "receipt": crm.bearer }))).await;
    assert_eq!(answer.body["code"], "invalid_option", "{answer:?}");
    let me = crm.request(Method::GET, "/api/v1/me");
    assert_eq!(send(me).await.status, 401);
}
