//! Pages of other origins.

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, http};

const LISTED: &str = "https://app.example";
const ALLOW: &str = "access-control-allow-origin";

async fn preflight(server: &Server, path: &str, origin: &str) -> reqwest::Response {
    http()
        .request(Method::OPTIONS, server.at(path))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
        .await
        .unwrap()
}

fn allowed(response: &reqwest::Response) -> Vec<&str> {
    let all = response.headers().get_all(ALLOW).into_iter();
    all.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_listed_page_calls_with_a_bearer_and_never_with_a_cookie() {
    let server = Server::demo(&["--allow-origin", LISTED]);
    let alice = server.person("alice").await;
    let path = "/api/v1/resources/notes/invites";
    let response = preflight(&server, path, LISTED).await;
    assert!(response.status().is_success());
    assert_eq!(allowed(&response), [LISTED]);
    let headers = response.headers()["access-control-allow-headers"]
        .to_str()
        .unwrap();
    assert!(
        headers.contains("authorization") && headers.contains("idempotency-key"),
        "{headers}"
    );
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-credentials")
    );

    let create = || {
        http()
            .post(server.at(path))
            .header("origin", LISTED)
            .json(&json!({}))
    };
    let by_bearer = create().bearer_auth(&alice.bearer).send().await.unwrap();
    assert_eq!(
        (by_bearer.status().as_u16(), allowed(&by_bearer)),
        (201, vec![LISTED])
    );
    let by_cookie = create()
        .header("cookie", &alice.cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (by_cookie.status().as_u16(), allowed(&by_cookie)),
        (403, vec![LISTED])
    );
    // What went wrong can be read, too.
    let nobody = create().bearer_auth("x").send().await.unwrap();
    assert_eq!(
        (nobody.status().as_u16(), allowed(&nobody)),
        (401, vec![LISTED])
    );
}

#[tokio::test]
async fn other_pages_read_nothing_but_the_package() {
    let server = Server::demo(&["--allow-origin", LISTED]);
    for origin in [
        "https://evil.example",
        "https://app.example.evil.example",
        "http://app.example",
        "null",
    ] {
        assert!(
            allowed(&preflight(&server, "/api/v1/me", origin).await).is_empty(),
            "{origin}"
        );
        let response = http()
            .get(server.at("/api/v1/me"))
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert!(allowed(&response).is_empty(), "{origin}");
    }
    for origin in [LISTED, "https://evil.example"] {
        assert_eq!(
            allowed(&preflight(&server, "/sdk/auto.js", origin).await),
            [origin]
        );
        let package = http()
            .get(server.at("/sdk/auto.js"))
            .header("origin", origin);
        assert_eq!(allowed(&package.send().await.unwrap()), ["*"], "{origin}");
    }
    let closed = Server::demo(&[]);
    assert!(allowed(&preflight(&closed, "/api/v1/me", LISTED).await).is_empty());
}
