//! App keys: backends that act for people.

use invite_server::core::Creators;
use reqwest::Method;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn an_app_acts_for_whom_it_names() {
    let server = Server::start().await;
    let key = server.invites.add_app("crm", false).await.unwrap();
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
    let key = server.invites.add_app("crm", true).await.unwrap();
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
    let key = server.invites.add_app("crm", false).await.unwrap();
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

/// Two apps act for the same people, each on what it created or was given.
#[tokio::test]
async fn an_app_acts_on_what_it_created_or_was_given() {
    let server = Server::with_notes().await;
    let key = async |name| server.invites.add_app(name, false).await.unwrap();
    let (crm, shop) = (key("crm").await, key("shop").await);
    let as_alice = |key: &invite_server::core::AppKey| format!("app:{}:alice", key.reveal());
    let (crm, shop, crms_key) = (as_alice(&crm), as_alice(&shop), crm);
    let (crm, shop) = (Some(crm.as_str()), Some(shop.as_str()));
    let made = server.put(crm, "/api/v1/resources/deal", &json!({})).await;
    assert_eq!(made.status, 201);
    let names = async |who| {
        let answer = server.get(who, "/api/v1/resources").await;
        let all = answer.body["resources"].as_array().unwrap().clone();
        let names = all
            .iter()
            .map(|one| one["resource"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(Some("alice")).await, ["deal", "notes"]);
    assert_eq!(names(crm).await, ["deal"]);
    assert_eq!(names(shop).await, Vec::<String>::new());

    // Alice's own, and the other app's: the same as what is not there.
    let (id, text) = server.invite("alice", "notes", &json!({})).await;
    for resource in ["deal", "notes", "nowhere"] {
        let path = |rest: &str| format!("/api/v1/resources/{resource}/{rest}");
        let answers = [
            server.get(shop, &path("invites")).await,
            server.get(shop, &path("members")).await,
            server.get(shop, &path("events")).await,
            server.post(shop, &path("invites"), &json!({})).await,
        ];
        for answer in answers {
            assert_eq!(
                (answer.status, answer.code()),
                (403, "forbidden"),
                "{resource}"
            );
            assert!(
                answer.body["detail"]
                    .as_str()
                    .unwrap()
                    .contains("apps grant")
            );
        }
    }
    assert_eq!(server.check(shop, &text).await.code(), "invalid_key");
    let resend = format!("/api/v1/invites/{id}/resend");
    let resend = server.post(shop, &resend, &json!({"maxAge": 60})).await;
    assert_eq!(resend.code(), "not_found");
    let body = json!({"key": text});
    let remove = server.post(shop, "/api/v1/invites/remove", &body).await;
    assert_eq!(remove.code(), "forbidden");

    server.invites.grant_app("shop", "notes").await.unwrap();
    assert_eq!(names(shop).await, ["notes"]);
    assert_eq!(server.check(shop, &text).await.code(), "yes");
    let listed = server.get(shop, "/api/v1/resources/notes/invites").await;
    assert_eq!(listed.body["invites"][0]["id"], json!(id));
    server.invites.revoke_app("shop", "notes").await.unwrap();
    assert_eq!(server.check(shop, &text).await.code(), "invalid_key");

    // A receipt is for the backend of its resource.
    let bob = server.accept(Some("bob"), &text).await;
    let receipt = json!({"receipt": bob.body["receipt"]});
    let redeem = async || {
        let request = server.request(None, Method::POST, "/api/v1/receipts/redeem");
        let request = request.bearer_auth(crms_key.reveal()).json(&receipt);
        server.send(request).await.status
    };
    assert_eq!(redeem().await, 403);
    server.invites.grant_app("crm", "notes").await.unwrap();
    assert_eq!(redeem().await, 200, "it was not used up by another");
}
