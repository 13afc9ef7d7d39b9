//! Creating, reading and deleting, as both documents of the vendor have it.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{INVITES, World, send};
use crate::support::http;

const DAY: i64 = 24 * 3600;

/// Seconds from now until a time as RKVST writes it.
fn seconds_until(time: &Value) -> i64 {
    let at: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    at.as_second() - jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn both_paths_with_and_without_a_slash() {
    let World {
        server,
        crm,
        folder: _folder,
    } = World::start(&[]).await;
    for path in [
        INVITES,
        "/archivist/iam/v1/invites/",
        "/archivist/v1/invites",
        "/archivist/v1/invites/",
    ] {
        let slash = if path.ends_with('/') { "/" } else { "" };
        let bare = path.trim_end_matches('/');
        let body = json!({ "message": "Come in", "email": "bob@example.com" });
        let made = send(crm.request(Method::POST, path).json(&body)).await;
        assert_eq!(made.status, 200, "not 201: {made:?}");
        let invite = made.body;
        let members: Vec<_> = invite.as_object().unwrap().keys().collect();
        assert_eq!(members, ["identity", "message", "email", "expiry_time"]);
        assert_eq!(invite["message"], "Come in");
        assert_eq!(invite["email"], "bob@example.com");
        let identity = invite["identity"].as_str().unwrap();
        let uuid = identity.strip_prefix("invites/").unwrap();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        let lasts = seconds_until(&invite["expiry_time"]);
        assert!((7 * DAY - 60..=7 * DAY).contains(&lasts), "{lasts}");
        assert!(invite["expiry_time"].as_str().unwrap().ends_with('Z'));

        let own = format!("{bare}/{uuid}{slash}");
        let found = crm.get(&own).await;
        assert_eq!((found.status, &found.body), (200, &invite));
        let listed = crm.get(path).await;
        assert_eq!(
            (listed.status, listed.body),
            (200, json!({ "invites": [invite], "next_page_token": "" }))
        );
        let gone = send(crm.request(Method::DELETE, &own)).await;
        assert_eq!((gone.status, gone.body), (200, json!({})));
        for method in [Method::GET, Method::DELETE] {
            let again = send(crm.request(method, &own)).await;
            assert_eq!(again.refused(), (404, 5));
        }
        let nothing = json!({ "invites": [], "next_page_token": "" });
        assert_eq!(crm.get(path).await.body, nothing);
    }
    let (_, output) = server.stop();
    assert!(!output.contains("ERROR"), "{output}");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::start(&[]).await;
    let crm = &world.crm;
    let long = |length| "x".repeat(length);
    for body in [
        json!({}),
        json!([]),
        json!({ "message": "x" }),
        json!({ "email": "" }),
        json!({ "email": 7 }),
        json!({ "email": "bob" }),
        json!({ "email": "bob@example.com, eve@example.com" }),
        json!({ "email": "bob@example.com\r\nBcc: eve@example.com" }),
        json!({ "email": format!("bob@{}.example", long(120)) }),
        json!({ "email": "bob@example.com", "message": long(257) }),
        json!({ "email": "bob@example.com", "message": "a\nb" }),
        json!({ "email": "bob@example.com", "message": "a\u{0}b" }),
        json!({ "email": "bob@example.com", "message": null }),
        json!({ "email": "bob@example.com", "permissions": "a" }),
    ] {
        let refused = crm.post(&body).await;
        assert_eq!(refused.refused(), (400, 3), "{body}");
    }
    let large = json!({ "email": "bob@example.com", "message": long(70_000) });
    assert_eq!(crm.post(&large).await.refused(), (413, 3));
    let broken = crm.request(Method::POST, INVITES).body("{\"email\"");
    assert_eq!(send(broken).await.refused(), (400, 3));
    for query in [
        "page_size=-1",
        "page_size=x",
        "page_size=2147483648",
        "order_by=EMAIL",
        "page_token=x",
        "page_token=AAAAAAAAAAA",
        "status=expired",
    ] {
        let refused = crm.get(&format!("{INVITES}?{query}")).await;
        assert_eq!(refused.refused(), (400, 3), "{query}");
    }
    for id in [
        "0b5b1b62-35f4-4d5e-9d3a-3d5e0c7f2f11",
        "x",
        "%00",
        "0b5b1b6235f44d5e9d3a3d5e0c7f2f11",
        "%7B0b5b1b62-35f4-4d5e-9d3a-3d5e0c7f2f11%7D",
    ] {
        for method in [Method::GET, Method::DELETE] {
            let answer = send(crm.request(method, &format!("{INVITES}/{id}"))).await;
            assert_eq!(answer.refused(), (404, 5), "{id}");
        }
    }
    let other = send(crm.request(Method::PUT, INVITES)).await;
    assert_eq!(other.refused(), (405, 12));
    assert!(crm.emails("").await.is_empty());

    // As much as may be.
    let most = json!({ "email": "bob@example.com", "message": "é".repeat(256) });
    assert_eq!(crm.post(&most).await.status, 200);
}

#[tokio::test]
async fn invites_last_as_long_as_the_operator_says() {
    let world = World::start(&["--rkvst-lifetime", "1s"]).await;
    let crm = &world.crm;
    let identity = crm.invite("bob@example.com").await;
    let path = format!("/archivist/iam/v1/{identity}");
    let ended = async {
        while crm.get(&path).await.status == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, ended)
        .await
        .expect("it ends");
    assert_eq!(crm.get(&path).await.refused(), (404, 5));
    assert!(crm.emails("").await.is_empty());
}

#[tokio::test]
async fn who_calls_too_often_waits() {
    let world = World::start(&["--limit-app", "2", "--limit-user", "1"]).await;
    let crm = &world.crm;
    for _ in 0..2 {
        assert_eq!(crm.get(INVITES).await.status, 200);
    }
    let waits = crm.get(INVITES).await;
    assert_eq!(waits.refused(), (429, 8));
    let seconds = waits.headers["archivist-rate-limit-reset"].to_str();
    let seconds: u32 = seconds.unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");

    let World {
        server,
        crm,
        folder: _folder,
    } = World::start(&["--limit-address", "4"]).await;
    let mut last = crm.get(INVITES).await;
    for _ in 0..4 {
        last = send(http().get(server.at(INVITES))).await;
    }
    assert_eq!(last.refused(), (429, 8));
}

#[tokio::test]
async fn a_listed_page_calls_and_none_gets_a_bearer() {
    let listed = "https://app.example";
    let World {
        server,
        crm,
        folder: _folder,
    } = World::start(&["--allow-origin", listed]).await;
    let preflight = |path: &str, origin: &str| {
        let request = http().request(Method::OPTIONS, server.at(path));
        request
            .header("origin", origin)
            .header("access-control-request-method", "DELETE")
            .header("access-control-request-headers", "x-request-total-count")
            .send()
    };
    let allowed = preflight(INVITES, listed).await.unwrap();
    let header = |name: &str| allowed.headers()[name].to_str().unwrap().to_lowercase();
    assert_eq!(header("access-control-allow-origin"), listed);
    for method in ["get", "post", "delete"] {
        assert!(header("access-control-allow-methods").contains(method));
    }
    for name in [
        "authorization",
        "content-type",
        "x-request-total-count",
        "datatrails-user-agent",
        "datatrails-partner-id",
    ] {
        assert!(header("access-control-allow-headers").contains(name));
    }
    let request = crm.request(Method::GET, INVITES).header("origin", listed);
    let answer = send(request).await;
    let exposed = answer.headers["access-control-expose-headers"].to_str();
    let exposed = exposed.unwrap().to_lowercase();
    assert!(exposed.contains("x-total-count") && exposed.contains("archivist-rate-limit-reset"));
    for (path, origin) in [
        (INVITES, "https://evil.example"),
        (super::world::TOKEN, listed),
    ] {
        let answer = preflight(path, origin).await.unwrap();
        let origin = answer.headers().get("access-control-allow-origin");
        assert_eq!(origin, None, "{path}");
    }
}
