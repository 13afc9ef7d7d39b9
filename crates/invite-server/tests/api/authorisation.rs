//! Every call of every sort of asker.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

/// alice is admin and inviter; grace was admin and has an invite from then; mallory is a stranger.
const ASKERS: [Option<&str>; 6] = [
    None,
    Some("mallory"),
    Some("bob"),
    Some("alice"),
    Some("dora"),
    Some("grace"),
];

struct Scene {
    server: Server,
    id: String,
    key: String,
    ex_admins: (String, String),
}

/// Everything fresh for each cell: a call that succeeds changes things.
async fn scene() -> Scene {
    let server = Server::with_notes().await;
    server.member("dora", "notes", "arw").await;
    server.member("grace", "notes", "arw").await;
    let (id, key) = server
        .invite("alice", "notes", &json!({"permissions": "w"}))
        .await;
    let ex_admins = server.invite("grace", "notes", &json!({})).await;
    server.member("grace", "notes", "").await;
    Scene {
        server,
        id,
        key,
        ex_admins,
    }
}

async fn call(scene: &Scene, name: &str, who: Option<&str>) -> Answer {
    let Scene {
        server,
        id,
        key,
        ex_admins,
    } = scene;
    let invites = "/api/v1/resources/notes/invites";
    match name {
        "me" => server.get(who, "/api/v1/me").await,
        "resources" => server.get(who, "/api/v1/resources").await,
        "create resource" => server.put(who, "/api/v1/resources/fresh", &json!({})).await,
        "members" => server.get(who, "/api/v1/resources/notes/members").await,
        "create" => server.post(who, invites, &json!({})).await,
        "create a" => {
            server
                .post(who, invites, &json!({"permissions": "a"}))
                .await
        }
        "list" => server.get(who, invites).await,
        "list everyone" => server.get(who, &format!("{invites}?everyone=true")).await,
        "check" => server.check(who, key).await,
        "accept" => server.accept(who, key).await,
        "remove" => {
            server
                .post(who, "/api/v1/invites/remove", &json!({"key": key}))
                .await
        }
        "remove in resource" => {
            server
                .post(
                    who,
                    "/api/v1/invites/remove",
                    &json!({"key": key, "resource": "notes"}),
                )
                .await
        }
        "remove by id" => server.delete(who, &format!("{invites}/{id}")).await,
        "remove ex-admin's" => {
            server
                .post(who, "/api/v1/invites/remove", &json!({"key": ex_admins.1}))
                .await
        }
        "remove ex-admin's by id" => {
            server
                .delete(who, &format!("{invites}/{}", ex_admins.0))
                .await
        }
        "resend" => {
            server
                .post(who, &format!("/api/v1/invites/{id}/resend"), &json!({}))
                .await
        }
        "resend ex-admin's" => {
            server
                .post(
                    who,
                    &format!("/api/v1/invites/{}/resend", ex_admins.0),
                    &json!({}),
                )
                .await
        }
        "replace members" => {
            let only = json!({"members": [
                {"user": {"username": "alice", "provider": "test"}, "permissions": "arw"},
            ]});
            let request = server.request(who, Method::PUT, "/api/v1/resources/notes/members");
            server
                .send(request.header("if-match", "*").json(&only))
                .await
        }
        "accept ex-admin's" => server.accept(who, &ex_admins.1).await,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_table() {
    const OUT: &str = "not_signed_in";
    const NOT: &str = "not_admin";
    const NO: &str = "cannot_remove";
    const DEAD: &str = "inviter_not_admin";
    //                            anonymous stranger    reader other: admin  admin   ex-admin
    let table: [(&str, [&str; 6]); 19] = [
        ("me", ["yes", "yes", "yes", "yes", "yes", "yes"]),
        ("resources", [OUT, "yes", "yes", "yes", "yes", "yes"]),
        ("create resource", [OUT, "yes", "yes", "yes", "yes", "yes"]),
        (
            "members",
            [OUT, "forbidden", "yes", "yes", "yes", "forbidden"],
        ),
        ("create", [OUT, NOT, NOT, "yes", "yes", NOT]),
        ("create a", [OUT, NOT, NOT, "yes", "yes", NOT]),
        ("list", [OUT, NOT, NOT, "yes", "yes", NOT]),
        ("list everyone", [OUT, NOT, NOT, "yes", "yes", NOT]),
        ("check", ["yes", "yes", "yes", "yes", "yes", "yes"]),
        ("accept", [OUT, "yes", "yes", "yes", "yes", "yes"]),
        ("remove", [OUT, NOT, NOT, "yes", NO, NOT]),
        ("remove in resource", [OUT, NOT, NOT, "yes", NO, NOT]),
        ("remove by id", [OUT, NOT, NOT, "yes", NO, NOT]),
        ("remove ex-admin's", [OUT, NOT, NOT, NO, NO, NOT]),
        ("remove ex-admin's by id", [OUT, NOT, NOT, NO, NO, NOT]),
        (
            "resend",
            [
                OUT,
                "not_found",
                "not_found",
                "yes",
                "not_found",
                "not_found",
            ],
        ),
        (
            "resend ex-admin's",
            [OUT, "not_found", "not_found", "not_found", "not_found", NOT],
        ),
        ("replace members", [OUT, NOT, NOT, "yes", "yes", NOT]),
        ("accept ex-admin's", [OUT, DEAD, DEAD, DEAD, DEAD, DEAD]),
    ];
    for (name, expected) in table {
        by_app(name, expected[3]).await;
        for (who, expected) in ASKERS.into_iter().zip(expected) {
            let scene = scene().await;
            let answer = call(&scene, name, who).await;
            assert_eq!(
                answer.code(),
                expected,
                "{name} by {who:?}: {}",
                answer.body
            );
            shows_no_key_of_others(&scene, name, who, &answer);
            if expected != "yes" {
                changed_nothing(&scene).await;
            }
        }
    }
}

/// An app in alice's name may do what she may; only accept she has to herself.
async fn by_app(name: &str, alice: &str) {
    let scene = scene().await;
    let key = scene.server.invites.add_app("crm").await.unwrap();
    let who = format!("app:{}:alice", key.reveal());
    let answer = call(&scene, name, Some(&who)).await;
    let expected = if name.starts_with("accept") {
        "forbidden"
    } else {
        alice
    };
    assert_eq!(answer.code(), expected, "{name} by an app: {}", answer.body);
    if expected != "yes" {
        changed_nothing(&scene).await;
    }
}

/// A key is shown to its inviter and to nobody else, whatever they call.
fn shows_no_key_of_others(scene: &Scene, name: &str, who: Option<&str>, answer: &Answer) {
    let body = answer.body.to_string();
    for (owner, key) in [("alice", &scene.key), ("grace", &scene.ex_admins.1)] {
        if who != Some(owner) || !(name.starts_with("list") || name == "resend") {
            assert!(
                !body.contains(key.as_str()),
                "{name} by {who:?} shows {owner}'s key"
            );
        }
    }
}

async fn changed_nothing(scene: &Scene) {
    let everyone = scene
        .server
        .get(
            Some("alice"),
            "/api/v1/resources/notes/invites?everyone=true",
        )
        .await
        .body;
    let ids: Vec<_> = everyone["invites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["id"], &one["uses"]))
        .collect();
    assert_eq!(
        ids,
        [
            (&json!(scene.ex_admins.0), &json!(0)),
            (&json!(scene.id), &json!(0))
        ]
    );
    let members = scene
        .server
        .get(Some("alice"), "/api/v1/resources/notes/members")
        .await
        .body;
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
}

/// Strangers cannot tell a resource that is not there from one that is not theirs.
#[tokio::test]
async fn unknown_resources_answer_as_no_permission() {
    let server = Server::with_notes().await;
    for (method, path, body) in [
        (Method::GET, "/api/v1/resources/NAME/invites", None),
        (
            Method::GET,
            "/api/v1/resources/NAME/invites?everyone=true",
            None,
        ),
        (Method::GET, "/api/v1/resources/NAME/members", None),
        (
            Method::POST,
            "/api/v1/resources/NAME/invites",
            Some(json!({})),
        ),
        (
            Method::DELETE,
            "/api/v1/resources/NAME/invites/x",
            Some(json!({})),
        ),
    ] {
        for who in [None, Some("mallory")] {
            let mut answers = Vec::new();
            for name in ["notes", "ghost", "a%20b", "api"] {
                let mut request = server.request(who, method.clone(), &path.replace("NAME", name));
                if let Some(body) = &body {
                    request = request.json(body);
                }
                let mut answer = server.send(request).await;
                answer.body["requestId"] = Value::Null;
                let shown = name.replace("%20", " ");
                let text = answer
                    .body
                    .to_string()
                    .replace(&format!(" {shown}"), " NAME");
                answers.push((answer.status, text));
            }
            assert!(
                answers.windows(2).all(|two| two[0] == two[1]),
                "{method} {path} by {who:?}: {answers:#?}"
            );
        }
    }
}
