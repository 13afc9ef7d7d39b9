//! The OpenAPI document says what is there.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{INVITES, TOKEN, World, send};
use crate::support::http;

/// The names of an object's members, sorted.
fn members(object: &Value) -> Vec<String> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_document_names_each_call_and_what_it_answers() {
    let world = World::start(&[]).await;
    let request = http().get(world.server.at("/archivist/openapi.json"));
    let document = send(request).await.body;
    let one = format!("{INVITES}/{{uuid}}");
    let paths = &document["paths"];
    assert_eq!(members(paths), [TOKEN, INVITES, &one]);
    assert_eq!(members(&paths[TOKEN]), ["post"]);
    assert_eq!(members(&paths[INVITES]), ["get", "post"]);
    assert_eq!(members(&paths[&one]), ["delete", "get"]);

    let schemas = &document["components"]["schemas"];
    let properties = |name: &str| members(&schemas[name]["properties"]);
    let crm = &world.crm;
    let body = json!({ "email": "bob@example.com", "message": "x" });
    let most = &schemas["NewInvite"]["properties"];
    assert_eq!(properties("NewInvite"), members(&body));
    assert_eq!(most["email"]["maxLength"], 128);
    assert_eq!(most["message"]["maxLength"], 256);
    let invite = crm.post(&body).await.body;
    assert_eq!(properties("Invite"), members(&invite));
    let list = crm.get(INVITES).await.body;
    assert_eq!(properties("Invites"), members(&list));
    let token = crm.token(&crm.secret).await.body;
    assert_eq!(properties("Token"), members(&token));
    let refused = send(crm.request(Method::GET, &format!("{INVITES}/x"))).await;
    assert_eq!(properties("Refused"), members(&refused.body));
    let secured = |path: &str, method: &str| paths[path][method]["security"].clone();
    assert_eq!(secured(TOKEN, "post"), json!([{}]));
    assert_eq!(document["security"], json!([{ "bearer": [] }]));
}
