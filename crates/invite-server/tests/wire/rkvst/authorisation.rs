//! Every call by every sort of asker.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::world::{Answer, Client, INVITES, World, send};
use crate::support::http;

/// Each call and the status it answers with. It is about an invite of the client's, or about none.
///
/// Only clients have a tenancy: people, admins of the resource among them, and apps that act for one are nobody here.
/// `other` is another client of the same resource, `foreign` one of another; `ex-admin` is a client that an admin has
/// thrown out, `removed` one that the operator has removed.
const TABLE: &str = "
call    | anonymous | stranger | reader | admin | other admin | ex-admin | app key | garbage | client | other | foreign | ex-client | removed
POST    | 401       | 401      | 401    | 401   | 401         | 401      | 401     | 401     | 200    | 200   | 200     | 403       | 401
LIST    | 401       | 401      | 401    | 401   | 401         | 401      | 401     | 401     | 200    | 200   | 200     | 403       | 401
COUNT   | 401       | 401      | 401    | 401   | 401         | 401      | 401     | 401     | 200    | 200   | 200     | 403       | 401
GET     | 401       | 401      | 401    | 401   | 401         | 401      | 401     | 401     | 200    | 404   | 404     | 403       | 401
DELETE  | 401       | 401      | 401    | 401   | 401         | 401      | 401     | 401     | 200    | 404   | 404     | 403       | 401
GET /x  | 401       | 401      | 401    | 401   | 401         | 401      | 401     | 401     | 404    | 404   | 404     | 404       | 401
";

struct Asker {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
}

fn bearer(name: &'static str, text: &str) -> Asker {
    let headers = vec![("authorization", format!("Bearer {text}"))];
    Asker { name, headers }
}

async fn askers(world: &World) -> (Vec<Asker>, Vec<Client>) {
    for (name, letters) in [
        ("bob", Some("r")),
        ("alice", Some("arw")),
        ("dora", Some("arw")),
        ("grace", Some("arw")),
        ("grace", None),
    ] {
        world.server.member("deals", name, letters).await;
    }
    let anonymous = Asker {
        name: "anonymous",
        headers: Vec::new(),
    };
    let mut askers = vec![anonymous];
    for (name, person) in [
        ("stranger", "mallory"),
        ("reader", "bob"),
        ("admin", "alice"),
        ("other admin", "dora"),
        ("ex-admin", "grace"),
    ] {
        let person = world.server.person(person).await;
        let mut asker = bearer(name, &person.bearer);
        // And a cookie of theirs, from a page of ours.
        asker.headers.push(("cookie", person.cookie));
        asker.headers.push(("origin", world.server.url.clone()));
        askers.push(asker);
    }
    let mut app = bearer(
        "app key",
        &world.operate(&["apps", "add", "app", "--all-resources"]),
    );
    let whom = format!("{}:rkvst", world.crm.id);
    app.headers.push(("on-behalf-of", whom));
    askers.push(app);
    askers.push(bearer("garbage", "x.y.z"));
    askers.push(bearer("client", &world.crm.bearer));
    let other = world.client("other", &["--resource", "deals"]).await;
    let foreign = world.client("foreign", &["--resource", "plans"]).await;
    let thrown_out = world.client("ex-client", &["--resource", "deals"]).await;
    let removed = world.client("removed", &["--resource", "deals"]).await;
    world.operate(&["apps", "remove", "removed"]);
    throw_out(world, &thrown_out).await;
    for (name, client) in [
        ("other", &other),
        ("foreign", &foreign),
        ("ex-client", &thrown_out),
        ("removed", &removed),
    ] {
        askers.push(bearer(name, &client.bearer));
    }
    (askers, vec![other, foreign])
}

/// As any admin can.
async fn throw_out(world: &World, client: &Client) {
    let alice = world.server.person("alice").await;
    let path = "/api/v1/resources/deals/members";
    let mut members = send(alice.get(path)).await.body["members"].take();
    let members = members.as_array_mut().unwrap();
    let before = members.len();
    members.retain(|member| member["user"]["username"] != json!(client.id));
    assert_eq!(members.len() + 1, before);
    for member in members.iter_mut() {
        let user = member["user"].as_object_mut().unwrap();
        user.remove("displayName");
    }
    let request = alice.request(Method::PUT, path).header("if-match", "*");
    let answer = send(request.json(&json!({ "members": members }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn call(
    world: &World,
    http: &reqwest::Client,
    name: &str,
    uuid: &str,
    asker: &Asker,
) -> Answer {
    let (method, path) = match name {
        "POST" => (Method::POST, INVITES.to_owned()),
        "LIST" | "COUNT" => (Method::GET, INVITES.to_owned()),
        "GET" => (Method::GET, format!("{INVITES}/{uuid}")),
        "DELETE" => (Method::DELETE, format!("{INVITES}/{uuid}")),
        _ => (Method::GET, format!("{INVITES}/x")),
    };
    let mut request: RequestBuilder = http.request(method, world.server.at(&path));
    if name == "POST" {
        request = request.json(&json!({ "email": "new@example.com" }));
    }
    if name == "COUNT" {
        request = request.header("x-request-total-count", "true");
    }
    for (header, value) in &asker.headers {
        request = request.header(*header, value);
    }
    send(request).await
}

#[tokio::test]
async fn the_table() {
    let world = World::start(&[]).await;
    let (askers, others) = askers(&world).await;
    let stored = async || {
        let mut all: Vec<Value> = vec![world.crm.get(INVITES).await.body];
        for client in &others {
            all.push(client.get(INVITES).await.body);
        }
        all
    };
    let http = http();
    let mut rows = TABLE
        .trim()
        .lines()
        .map(|line| line.split('|').map(str::trim));
    let names: Vec<_> = rows.next().unwrap().skip(1).collect();
    let asked: Vec<_> = askers.iter().map(|asker| asker.name).collect();
    assert_eq!(names, asked);
    let mut identity = world.crm.invite("first@example.com").await;
    for mut row in rows {
        let name = row.next().unwrap();
        for (asker, expected) in askers.iter().zip(row) {
            let uuid = identity.strip_prefix("invites/").unwrap();
            let before = stored().await;
            let answer = call(&world, &http, name, uuid, asker).await;
            let cell = format!("{name} by {}", asker.name);
            assert_eq!(answer.status.to_string(), expected, "{cell}: {answer:?}");
            if answer.status != 200 {
                answer.refused();
            }
            let mine = asker.name == "client";
            let shown = answer.body.to_string().contains("first@example.com");
            assert!(mine || !shown, "{cell} shows what is another's");
            let changes = answer.status == 200 && (name == "POST" || name == "DELETE");
            let after = stored().await;
            assert_eq!(after != before, changes, "{cell}");
            if changes && name == "DELETE" {
                identity = world.crm.invite("first@example.com").await;
            }
        }
    }
}
