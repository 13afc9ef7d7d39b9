//! What a webstrate's address answers.

use serde_json::json;

use crate::emulator::Emulator;
use crate::support::http;

fn header(response: &reqwest::Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

async fn with_doc() -> Emulator {
    let emulator = Emulator::start(&[]);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    emulator
}

#[tokio::test]
async fn reading_needs_r_in_the_document_itself() {
    let emulator = with_doc().await;
    emulator
        .webstrate("public", &[("alice", "arw"), ("anonymous", "r")])
        .await;
    let (alice, nobody) = (emulator.person("alice").await, emulator.anonymous());
    for query in ["", "?v", "?json", "?raw"] {
        assert_eq!(
            alice
                .get(&format!("/doc/{query}"))
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
        assert_eq!(
            nobody
                .get(&format!("/public/{query}"))
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
        let refused = nobody.get(&format!("/doc/{query}")).send().await.unwrap();
        assert_eq!(refused.status(), 403);
        assert_eq!(
            refused.text().await.unwrap(),
            "Insufficient permissions. Read is required to access this webstrate."
        );
    }
    let document: serde_json::Value = alice
        .get("/doc/?json")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let auth: serde_json::Value =
        serde_json::from_str(document[1]["data-auth"].as_str().unwrap()).unwrap();
    assert_eq!(
        auth,
        json!([{ "username": "alice", "provider": "test", "permissions": "arw" }])
    );
}

#[tokio::test]
async fn a_page_is_kept_by_caches_and_the_small_forms_are_not() {
    let emulator = with_doc().await;
    let alice = emulator.person("alice").await;
    let page = alice.get("/doc/").send().await.unwrap();
    assert_eq!(header(&page, "cache-control"), "public, max-age=86400");
    for query in ["?v", "?json"] {
        let small = alice.get(&format!("/doc/{query}")).send().await.unwrap();
        assert_eq!(header(&small, "cache-control"), "");
        assert_eq!(
            header(&small, "content-type"),
            "application/json; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn get_and_head_accept_and_post_does_not() {
    let emulator = with_doc().await;
    let key = emulator
        .signed_in("alice")
        .await
        .1
        .create("doc", "r", 60)
        .await;
    for (name, method, status) in [
        ("bob", "GET", 200),
        ("carol", "HEAD", 200),
        ("dave", "POST", 422),
    ] {
        let person = emulator.person(name).await;
        let path = format!("/doc/?acceptInvite={key}");
        let response = person
            .request(method.parse().unwrap(), &path)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{method}");
        let has = emulator.permissions("doc", name).await.is_some();
        assert_eq!(has, status == 200, "{method}");
    }
}

#[tokio::test]
async fn without_a_slash_one_is_sent_on_with_the_query() {
    let emulator = with_doc().await;
    let plain = http()
        .get(emulator.at("/doc?acceptInvite=x&v"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (plain.status().as_u16(), header(&plain, "location").as_str()),
        (302, "/doc/?acceptInvite=x&v")
    );
    let html = http()
        .get(emulator.at("/doc?a<b"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&html, "content-type"), "text/html; charset=utf-8");
    assert_eq!(
        header(
            &http().get(emulator.at("/")).send().await.unwrap(),
            "location"
        ),
        "/frontpage"
    );
}

#[tokio::test]
async fn what_our_servers_say_of_themselves_it_does_not() {
    let emulator = with_doc().await;
    let first = http()
        .get(emulator.at("/.well-known/invite-keys"))
        .send()
        .await
        .unwrap();
    assert_eq!(first.status(), 302);
    let second = http()
        .get(emulator.at("/.well-known/invite-keys/"))
        .send()
        .await
        .unwrap();
    assert_eq!(second.status(), 409);
    assert!(header(&second, "content-type").starts_with("text/html"));
}

#[tokio::test]
async fn other_origins_read_only_where_the_document_lists_them() {
    let emulator = with_doc().await;
    emulator
        .control(
            "PUT",
            "webstrates/doc",
            &json!({ "cors": ["https://friend.example/"] }),
        )
        .await;
    let alice = emulator.person("alice").await;
    for (origin, allowed) in [
        ("https://friend.example", "https://friend.example"),
        ("https://other.example", ""),
    ] {
        let request = |path: &str| {
            http()
                .get(emulator.at(path))
                .header("cookie", &alice.cookie)
                .header("origin", origin)
        };
        let good = request("/doc/?v").send().await.unwrap();
        assert_eq!(header(&good, "access-control-allow-origin"), allowed);
        let bad = request("/doc/?acceptInvite=x").send().await.unwrap();
        assert_eq!(
            (
                bad.status().as_u16(),
                header(&bad, "access-control-allow-origin").as_str()
            ),
            (409, "")
        );
    }
}

#[tokio::test]
async fn tests_put_their_own_pages_and_files_there() {
    let emulator = with_doc().await;
    let page = "<!doctype html><script type=\"module\" src=\"/sdk/auto.js\"></script>";
    let wanted = json!({
        "auth": [{ "username": "anonymous", "provider": "", "permissions": "r" }],
        "html": page,
        "assets": { "tool.js": { "type": "text/javascript", "text": "let tool = 1" } },
    });
    emulator.control("PUT", "webstrates/app", &wanted).await;
    let nobody = emulator.anonymous();
    assert_eq!(
        nobody
            .get("/app/")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        page
    );
    let file = nobody.get("/app/tool.js").send().await.unwrap();
    assert_eq!(header(&file, "content-type"), "text/javascript");
    assert_eq!(file.text().await.unwrap(), "let tool = 1");
    assert_eq!(
        nobody.get("/app/none.js").send().await.unwrap().status(),
        404
    );
    // As the original's page, which makes window.webstrate and then this one.
    emulator
        .control("PUT", "webstrates/app", &json!({ "webstrate": true }))
        .await;
    let shell = nobody.get("/app/").send().await.unwrap();
    assert_eq!(header(&shell, "cache-control"), "public, max-age=86400");
    assert!(shell.text().await.unwrap().contains("'webstrate'"));
    assert_eq!(
        nobody
            .get("/app/?raw")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        page
    );
    let package = nobody.get("/sdk/auto.js").send().await.unwrap();
    assert_eq!(
        (
            package.status().as_u16(),
            header(&package, "access-control-allow-origin").as_str()
        ),
        (200, "*")
    );
}
