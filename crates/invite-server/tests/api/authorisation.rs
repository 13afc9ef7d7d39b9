//! Every call of every sort of asker.

use std::collections::BTreeSet;

use invite_server::core::User;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::server::{Answer, ORIGIN, Server};

/// Each call, the code it answers with, and `yes` where it does what it is asked to.
///
/// alice is admin and inviter, and both apps act in her name, of which one was given the resource and the other was not;
/// her namesake is called alice by another issuer; somebody has kept a cookie of hers and she has signed out since; grace
/// was admin, and has an invite from then; dora is admin; mallory is a stranger. Without more words a call is about
/// alice's invite, or about carol, who may read and asks for nothing here. What waits in a cookie is a browser's business, and an app has none.
const TABLE: &str = "
call                                                     | anonymous     | stranger      | reader        | inviter       | admin         | ex-admin      | app key       | other app     | namesake      | signed out
GET /healthz                                             | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes
GET /readyz                                              | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes
GET /.well-known/invite-keys                             | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes
GET /.well-known/jwks.json                               | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes
GET /api/v1/me                                           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes
POST /api/v1/me/sign-out-everywhere                      | not_signed_in | yes           | yes           | yes           | yes           | yes           | forbidden     | forbidden     | yes           | not_signed_in
GET /api/v1/resources                                    | not_signed_in | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | not_signed_in
POST /api/v1/resources                                   | not_signed_in | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | not_signed_in
PUT /api/v1/resources/{resource}                         | not_signed_in | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | not_signed_in
PUT /api/v1/resources/{resource} that is kept            | not_signed_in | already_exists | already_exists | already_exists | already_exists | already_exists | already_exists | already_exists | already_exists | not_signed_in
PUT /api/v1/resources/{resource} that is there           | not_signed_in | already_exists | already_exists | already_exists | already_exists | already_exists | already_exists | already_exists | already_exists | not_signed_in
DELETE /api/v1/resources/{resource}                      | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
GET /api/v1/resources/{resource}/members                 | not_signed_in | forbidden     | yes           | yes           | yes           | forbidden     | yes           | forbidden     | forbidden     | not_signed_in
PUT /api/v1/resources/{resource}/members                 | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
GET /api/v1/resources/{resource}/members/{member}        | not_signed_in | forbidden     | yes           | yes           | yes           | forbidden     | yes           | forbidden     | forbidden     | not_signed_in
GET /api/v1/resources/{resource}/members/{member} of nobody | not_signed_in | forbidden     | not_found     | not_found     | not_found     | forbidden     | not_found     | forbidden     | forbidden     | not_signed_in
GET /api/v1/resources/{resource}/members/{member} of oneself | not_signed_in | not_found     | yes           | yes           | yes           | not_found     | yes           | forbidden     | not_found     | not_signed_in
GET /api/v1/resources/{resource}/members/{member} with links | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
PUT /api/v1/resources/{resource}/members/{member}        | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
DELETE /api/v1/resources/{resource}/members/{member}     | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
DELETE /api/v1/resources/{resource}/members/{member} of oneself | not_signed_in | yes           | yes           | yes           | yes           | yes           | yes           | forbidden     | yes           | not_signed_in
DELETE /api/v1/resources/{resource}/members/{member} with links | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
GET /api/v1/resources/{resource}/events                  | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
POST /api/v1/resources/{resource}/invites                | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
POST /api/v1/resources/{resource}/invites for an admin   | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
GET /api/v1/resources/{resource}/invites                 | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
GET /api/v1/resources/{resource}/invites of everyone     | not_signed_in | not_admin     | not_admin     | yes           | yes           | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
POST /api/v1/invites/check                               | yes           | yes           | yes           | yes           | yes           | yes           | yes           | invalid_key   | yes           | yes
POST /api/v1/invites/check of the ex-admin's             | invalid_key   | inviter_not_admin | inviter_not_admin | inviter_not_admin | inviter_not_admin | inviter_not_admin | inviter_not_admin | invalid_key   | inviter_not_admin | invalid_key
POST /api/v1/invites/accept                              | not_signed_in | yes           | yes           | yes           | yes           | yes           | forbidden     | forbidden     | yes           | not_signed_in
POST /api/v1/invites/accept of the ex-admin's            | not_signed_in | inviter_not_admin | inviter_not_admin | inviter_not_admin | inviter_not_admin | inviter_not_admin | forbidden     | forbidden     | inviter_not_admin | not_signed_in
POST /api/v1/invites/remove                              | not_signed_in | not_admin     | not_admin     | yes           | cannot_remove | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
POST /api/v1/invites/remove in its resource              | not_signed_in | not_admin     | not_admin     | yes           | cannot_remove | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
POST /api/v1/invites/remove of the ex-admin's            | not_signed_in | not_admin     | not_admin     | cannot_remove | cannot_remove | not_admin     | cannot_remove | forbidden     | not_admin     | not_signed_in
DELETE /api/v1/resources/{resource}/invites/{id}         | not_signed_in | not_admin     | not_admin     | yes           | cannot_remove | not_admin     | yes           | forbidden     | not_admin     | not_signed_in
DELETE /api/v1/resources/{resource}/invites/{id} of the ex-admin's | not_signed_in | not_admin     | not_admin     | cannot_remove | cannot_remove | not_admin     | cannot_remove | forbidden     | not_admin     | not_signed_in
POST /api/v1/invites/{id}/resend                         | not_signed_in | not_found     | not_found     | yes           | not_found     | not_found     | yes           | not_found     | not_found     | not_signed_in
POST /api/v1/invites/{id}/resend of the ex-admin's       | not_signed_in | not_found     | not_found     | not_found     | not_found     | not_admin     | not_found     | not_found     | not_found     | not_signed_in
POST /api/v1/receipts/redeem                             | not_signed_in | forbidden     | forbidden     | forbidden     | forbidden     | forbidden     | yes           | forbidden     | forbidden     | not_signed_in
GET /api/v1/pending                                      | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes           | yes
POST /api/v1/pending                                     | forbidden     | forbidden     | forbidden     | forbidden     | forbidden     | forbidden     | bad_credentials | bad_credentials | forbidden     | forbidden
POST /api/v1/pending from a page of ours                 | yes           | yes           | yes           | yes           | yes           | yes           | bad_credentials | bad_credentials | yes           | yes
DELETE /api/v1/pending                                   | forbidden     | forbidden     | forbidden     | forbidden     | forbidden     | forbidden     | bad_credentials | bad_credentials | forbidden     | forbidden
DELETE /api/v1/pending from a page of ours               | yes           | yes           | yes           | yes           | yes           | yes           | bad_credentials | bad_credentials | yes           | yes
";

const ASKERS: [Option<&str>; 10] = [
    None,
    Some("mallory"),
    Some("bob"),
    Some("alice"),
    Some("dora"),
    Some("grace"),
    Some("app"),
    Some("other app"),
    Some("namesake"),
    Some("signed out"),
];

/// Calls that change nothing even where they are allowed.
const LOOKING: [&str; 2] = ["GET", "POST /api/v1/invites/check"];

struct Scene {
    server: Server,
    app: String,
    other_app: String,
    kept: String,
    id: String,
    key: String,
    ex_admins: (String, String),
}

/// Everything fresh, wherever the cell before may have changed something.
async fn scene() -> Scene {
    let server = Server::with_notes().await;
    let app = server.invites.add_app("crm", false).await.unwrap();
    server.invites.grant_app("crm", "notes").await.unwrap();
    let other_app = server.invites.add_app("shop", false).await.unwrap();
    let kept = server.session("alice").await;
    server
        .invites
        .sign_out(&User::new("alice", "test"))
        .await
        .unwrap();
    server.member("carol", "notes", "r").await;
    server.member("dora", "notes", "arw").await;
    server.member("grace", "notes", "arw").await;
    let (id, key) = server
        .invite("alice", "notes", &json!({"permissions": "w"}))
        .await;
    let ex_admins = server.invite("grace", "notes", &json!({})).await;
    server.member("grace", "notes", "").await;
    Scene {
        server,
        app: app.reveal().to_owned(),
        other_app: other_app.reveal().to_owned(),
        kept,
        id,
        key,
        ex_admins,
    }
}

/// A row's method, its path in the document, and which case of it is meant.
fn parts(call: &str) -> (Method, &str, &str) {
    let (method, rest) = call.split_once(' ').unwrap();
    let (path, case) = rest.split_once(' ').unwrap_or((rest, ""));
    (method.parse().unwrap(), path, case)
}

async fn call(scene: &Scene, call: &str, who: Option<&str>) -> Answer {
    let signed_out = who == Some("signed out");
    let (method, path, case) = parts(call);
    let theirs = case.ends_with("of the ex-admin's");
    let (id, key) = if theirs {
        (&scene.ex_admins.0, &scene.ex_admins.1)
    } else {
        (&scene.id, &scene.key)
    };
    let resource = match (call, case) {
        ("PUT /api/v1/resources/{resource}", _) => "fresh",
        (_, "that is kept") => "api",
        _ => "notes",
    };
    let member = match (case, who) {
        ("of nobody", _) => "nobody:test".to_owned(),
        ("of oneself", Some("namesake")) => "alice:corp".to_owned(),
        ("of oneself", Some("app" | "other app")) => "alice:test".to_owned(),
        ("of oneself", Some(name)) => format!("{}:test", name.replace(' ', "")),
        _ => "carol:test".to_owned(),
    };
    let mut real = path
        .replace("{resource}", resource)
        .replace("{member}", &member)
        .replace("{id}", id);
    if case == "with links" {
        let what = if method == Method::GET { "tell" } else { "end" };
        real.push_str(&format!("?links={what}"));
    }
    if case == "of everyone" {
        real.push_str("?everyone=true");
    }
    let (app, other) = (
        format!("app:{}:alice", scene.app),
        format!("app:{}:alice", scene.other_app),
    );
    let who = match who {
        Some("app") => Some(app.as_str()),
        Some("other app") => Some(other.as_str()),
        Some("namesake") => Some("alice:corp"),
        Some("signed out") => None,
        who => who,
    };
    let mut request = scene.server.request(who, method.clone(), &real);
    if signed_out {
        request = request.header("cookie", &scene.kept);
    }
    if case == "from a page of ours" {
        request = request.header("origin", ORIGIN);
    }
    let body = match (method.as_str(), path) {
        ("PUT", "/api/v1/resources/{resource}/members") => {
            request = request.header("if-match", "*");
            Some(json!({"members": [
                {"user": {"username": "alice", "provider": "test"}, "permissions": "arw"},
            ]}))
        }
        ("POST", "/api/v1/receipts/redeem") => Some(json!({"receipt": receipt(scene).await})),
        ("POST", "/api/v1/resources/{resource}/invites") if case == "for an admin" => {
            Some(json!({"permissions": "a"}))
        }
        ("POST", "/api/v1/invites/remove") if case == "in its resource" => {
            Some(json!({"key": key, "resource": "notes"}))
        }
        (
            "POST",
            "/api/v1/invites/check"
            | "/api/v1/invites/accept"
            | "/api/v1/invites/remove"
            | "/api/v1/pending",
        ) => Some(json!({"key": key})),
        ("PUT", "/api/v1/resources/{resource}/members/{member}") => {
            Some(json!({"permissions": "rw"}))
        }
        ("POST" | "PUT", _) => Some(json!({})),
        _ => None,
    };
    if let Some(body) = body {
        request = request.json(&body);
    }
    if path.ends_with("/events") {
        let response = request.send().await.unwrap();
        if response.status() == 200 {
            // It has no end.
            return Answer {
                status: 200,
                headers: HeaderMap::new(),
                body: Value::Null,
            };
        }
        return scene.server.get(who, &real).await;
    }
    scene.server.send(request).await
}

/// Of somebody who came in elsewhere.
async fn receipt(scene: &Scene) -> String {
    scene.server.member("alice", "other", "arw").await;
    scene
        .server
        .invites
        .grant_app("crm", "other")
        .await
        .unwrap();
    let (_, key) = scene.server.invite("alice", "other", &json!({})).await;
    let accepted = scene.server.accept(Some("erin"), &key).await;
    accepted.body["receipt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_table() {
    let mut untouched = None;
    for row in TABLE.trim().lines().skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), ASKERS.len() + 1, "{row}");
        let name = cells[0];
        for (who, expected) in ASKERS.into_iter().zip(&cells[1..]) {
            let (scene, before) = match untouched.take() {
                Some(untouched) => untouched,
                None => {
                    let scene = scene().await;
                    let before = stored(&scene).await;
                    (scene, before)
                }
            };
            let answer = call(&scene, name, who).await;
            assert_eq!(
                answer.code(),
                *expected,
                "{name} by {who:?}: {}",
                answer.body
            );
            shows_no_key_of_others(&scene, name, who, &answer);
            if *expected != "yes" || LOOKING.iter().any(|looking| name.starts_with(looking)) {
                assert_eq!(stored(&scene).await, before, "{name} by {who:?}");
                untouched = Some((scene, before));
            }
        }
    }
}

/// A call that nobody put into the table is a call that nobody thought about.
#[tokio::test]
async fn every_call_of_the_document_is_in_the_table() {
    let server = Server::start().await;
    let document = server.get(None, "/api/v1/openapi.json").await.body;
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if ["get", "put", "post", "delete", "patch", "head", "options"].contains(&&**method) {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let rows = TABLE.trim().lines().skip(1);
    let named: BTreeSet<String> = rows
        .map(|row| {
            let (method, path, _) = parts(row.split('|').next().unwrap().trim());
            format!("{method} {path}")
        })
        .collect();
    assert_eq!(described, named);
}

/// A key is shown to its inviter and to nobody else, whatever they call.
fn shows_no_key_of_others(scene: &Scene, name: &str, who: Option<&str>, answer: &Answer) {
    let body = answer.body.to_string();
    let who = if who == Some("app") {
        Some("alice")
    } else {
        who
    };
    let own = name.starts_with("GET /api/v1/resources/{resource}/invites")
        || name.starts_with("POST /api/v1/invites/{id}/resend");
    for (owner, key) in [("alice", &scene.key), ("grace", &scene.ex_admins.1)] {
        if who != Some(owner) || !own {
            assert!(
                !body.contains(key.as_str()),
                "{name} by {who:?} shows {owner}'s key"
            );
        }
    }
}

/// All that a call about `notes` could have changed.
async fn stored(scene: &Scene) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "/api/v1/resources/notes/invites?everyone=true",
        "/api/v1/resources/notes/invites?everyone=true&status=removed",
        "/api/v1/resources/notes/members",
        "/api/v1/resources/fresh/members",
    ] {
        let mut body = scene.server.get(Some("dora"), path).await.body;
        body["requestId"] = Value::Null;
        all.push(body);
    }
    all
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
            Method::GET,
            "/api/v1/resources/NAME/members/alice:test",
            None,
        ),
        (
            Method::GET,
            "/api/v1/resources/NAME/members/mallory:test",
            None,
        ),
        (
            Method::PUT,
            "/api/v1/resources/NAME/members/alice:test",
            Some(json!({"permissions": "r"})),
        ),
        (
            Method::DELETE,
            "/api/v1/resources/NAME/members/alice:test",
            Some(json!({})),
        ),
        (
            Method::DELETE,
            "/api/v1/resources/NAME/members/mallory:test",
            Some(json!({})),
        ),
        (
            Method::POST,
            "/api/v1/resources/NAME/invites",
            Some(json!({})),
        ),
        (Method::DELETE, "/api/v1/resources/NAME", None),
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
