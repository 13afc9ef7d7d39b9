//! App keys: backends that act for people.

use invite_server::core::Creators;
use reqwest::Method;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn an_app_acts_for_whom_it_names() {
    let server = Server::start().await;
    let key = server.invites.add_app("crm").await.unwrap();
    let alice = format!("app:{}:alice", key.reveal());
    let alice = Some(alice.as_str());
    let made = server
        .put(alice, "/api/v1/resources/deal-7", &json!({"title": "Deal"}))
        .await;
    assert_eq!(
        (made.status, &made.body["permissions"]),
        (201, &json!("arw"))
    );
    let invites = "/api/v1/resources/deal-7/invites";
    let invite = server
        .post(alice, invites, &json!({"extras": {"deal": 7}}))
        .await;
    assert_eq!(invite.status, 201);
    assert_eq!(
        invite.body["createdBy"],
        json!({"username": "alice", "provider": "test"})
    );
    let text = invite.body["key"].as_str().unwrap();
    // It is her invite, wherever she asks from.
    let hers = server.get(Some("alice"), invites).await;
    assert_eq!(hers.body["invites"][0]["key"], json!(text));
    assert_eq!(
        server.accept(Some("bob"), text).await.body["extras"],
        json!({"deal": 7})
    );
    let members = server.get(alice, "/api/v1/resources/deal-7/members").await;
    assert_eq!(members.body["members"][1]["user"]["username"], "bob");
    assert_eq!(
        server.get(alice, "/api/v1/me").await.body["user"]["username"],
        "alice"
    );

    let carol = format!("app:{}:carol", key.reveal());
    assert_eq!(server.accept(Some(&carol), text).await.code(), "forbidden");
    assert_eq!(server.get(Some(&carol), invites).await.code(), "not_admin");
}

#[tokio::test]
async fn app_keys_that_are_refused() {
    let server = Server::with_notes().await;
    let key = server.invites.add_app("crm").await.unwrap();
    let path = "/api/v1/resources";
    for named in [
        None,
        Some("alice"),
        Some(":test"),
        Some("alice:"),
        Some("a\tb:test"),
    ] {
        let mut request = server
            .request(None, Method::GET, path)
            .bearer_auth(key.reveal());
        if let Some(named) = named {
            request = request.header("on-behalf-of", named);
        }
        let refused = server.send(request).await;
        assert_eq!(
            (refused.status, refused.code()),
            (403, "forbidden"),
            "{named:?}"
        );
    }
    let unknown = format!("ika_{}", "0".repeat(64));
    for bad in [unknown.as_str(), &key.reveal()[..67], "ika_"] {
        let request = server.request(None, Method::GET, path).bearer_auth(bad);
        let refused = server
            .send(request.header("on-behalf-of", "alice:test"))
            .await;
        assert_eq!((refused.status, refused.code()), (401, "bad_credentials"));
        assert!(!refused.body.to_string().contains(&key.reveal()[4..20]));
    }
    server.invites.remove_app("crm").await.unwrap();
    let gone = server
        .get(Some(&format!("app:{}:alice", key.reveal())), path)
        .await;
    assert_eq!(gone.code(), "bad_credentials");

    // Whom somebody names who is no app does not matter.
    let request = server.request(
        Some("mallory"),
        Method::GET,
        "/api/v1/resources/notes/invites",
    );
    let refused = server
        .send(request.header("on-behalf-of", "alice:test"))
        .await;
    assert_eq!(refused.code(), "not_admin");
    for file in std::fs::read_dir(server.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&key.reveal()[4..]));
    }
}

#[tokio::test]
async fn an_operator_may_leave_it_to_apps_to_create_resources() {
    let server = Server::creating(Creators::Apps).await;
    let key = server.invites.add_app("crm").await.unwrap();
    let app = format!("app:{}:alice", key.reveal());
    let path = "/api/v1/resources/deal-7";
    let by_herself = server.put(Some("alice"), path, &json!({})).await;
    assert_eq!((by_herself.status, by_herself.code()), (403, "forbidden"));
    let nobody = server.put(None, path, &json!({})).await;
    assert_eq!(nobody.code(), "not_signed_in");
    assert_eq!(server.put(Some(&app), path, &json!({})).await.status, 201);
    // Whether it is there is not told to who may not create it.
    let again = server.put(Some("alice"), path, &json!({})).await;
    assert_eq!(again.code(), "forbidden");
    // What was created for her is hers.
    let (_, text) = server.invite("alice", "deal-7", &json!({})).await;
    assert_eq!(server.accept(Some("bob"), &text).await.code(), "yes");
}
