//! The little of ShareDB that tests need: a handshake, subscribing (which tells who one is), and editing a document.
//!
//! As in the original, documents are shared only on a socket that was opened for that webstrate; elsewhere nothing
//! comes back at all. Operations are not transformed: tests edit one after another.

use serde_json::{Map, Value, json};

use super::document::{DEFAULT_PERMISSIONS, Document, changes_auth};
use super::emulator::Emulator;
use super::people::Person;
use super::socket::{Caller, handshake};
use super::world::World;

const FORBIDDEN: &str = "Forbidden";
const NEEDS_WRITE: &str = "Forbidden, write permissions required";
const NEEDS_ADMIN: &str = "Forbidden, admin permission required";

/// A frame that is no Webstrates action.
pub(super) fn hear(emulator: &Emulator, caller: &Caller, frame: &Map<String, Value>) {
    let action = frame.get("a").and_then(Value::as_str);
    if action == Some("hs") {
        return caller.send(&handshake(&caller.connection));
    }
    let own = frame.get("d").and_then(Value::as_str) == Some(caller.webstrate.as_str());
    if !own {
        return;
    }
    let mut world = emulator.world();
    let outcome = match action {
        Some("s") => subscribe(&mut world, caller),
        Some("op") => edit(&mut world, caller, frame),
        Some("u") => {
            if let Some(socket) = world.sockets.get_mut(&caller.number) {
                socket.subscribed = false;
            }
            return;
        }
        _ => return,
    };
    let (Ok(mut answer) | Err(mut answer)) = outcome.map_err(|message| {
        Map::from_iter([(
            "error".into(),
            json!({ "code": "ERR_UNKNOWN_ERROR", "message": message }),
        )])
    });
    for name in ["a", "c", "d"] {
        if let Some(value) = frame.get(name) {
            answer.insert(name.into(), value.clone());
        }
    }
    caller.send(&Value::Object(answer));
}

fn subscribe(world: &mut World, caller: &Caller) -> Result<Map<String, Value>, &'static str> {
    let id = &caller.webstrate;
    let permissions = world.permissions(&caller.person, id);
    if permissions.is_empty() {
        return Err(FORBIDDEN);
    }
    if !permissions.contains('r') {
        return Err(NEEDS_WRITE);
    }
    if let Some(socket) = world.sockets.get_mut(&caller.number) {
        socket.subscribed = true;
    }
    let clients: Vec<&str> = world
        .sockets
        .values()
        .filter(|socket| socket.subscribed && socket.webstrate == *id)
        .map(|socket| socket.id.as_str())
        .collect();
    let mut hello = json!({
        "wa": "hello", "id": caller.client, "d": id,
        "defaultPermissions": [{ "username": "anonymous", "provider": "", "permissions": DEFAULT_PERMISSIONS }],
        "user": caller.person.shown(), "clients": clients,
    });
    if let (true, Some(hello)) = (caller.person.is_signed_in(), hello.as_object_mut()) {
        hello.insert("cookies".into(), json!({ "here": {}, "anywhere": {} }));
        hello.insert("messages".into(), json!([]));
    }
    caller.send(&hello);
    caller.send(&json!({ "wa": "tags", "d": id, "tags": [] }));
    caller.send(&json!({ "wa": "assets", "d": id, "assets": [] }));
    let join = json!({ "wa": "clientJoin", "id": caller.client, "d": id });
    world.tell_webstrate(id, None, &join);
    let data = match world.webstrates.get(id) {
        Some(document) => json!({ "v": document.version, "data": document.jsonml }),
        None => json!({ "v": 0, "type": null }),
    };
    Ok(Map::from_iter([("data".into(), data)]))
}

fn edit(
    world: &mut World,
    caller: &Caller,
    frame: &Map<String, Value>,
) -> Result<Map<String, Value>, &'static str> {
    let id = &caller.webstrate;
    if let Some(create) = frame.get("create") {
        create_document(world, id, create)?;
    } else {
        let components = frame.get("op").and_then(Value::as_array);
        let components = components.map_or(&[][..], Vec::as_slice);
        edit_document(world, id, &caller.person, components)?;
    }
    let version = world
        .webstrates
        .get(id)
        .map_or(0, |document| document.version);
    let applied = version.saturating_sub(1);
    let mut told = frame.clone();
    told.insert("v".into(), applied.into());
    told.insert("src".into(), caller.connection.clone().into());
    world.tell_webstrate(id, Some(caller.number), &Value::Object(told));
    let mut answer = Map::from_iter([
        ("src".into(), caller.connection.clone().into()),
        ("v".into(), applied.into()),
    ]);
    if let Some(number) = frame.get("seq") {
        answer.insert("seq".into(), number.clone());
    }
    Ok(answer)
}

fn create_document(world: &mut World, id: &str, create: &Value) -> Result<(), &'static str> {
    if world.webstrates.contains_key(id) {
        return Err("Document was created remotely");
    }
    let mut document = Document::empty(id);
    document.jsonml = create
        .get("data")
        .filter(|data| data.is_array())
        .cloned()
        .ok_or("Missing create type")?;
    world.webstrates.insert(id.into(), document);
    world.auth_was_edited(id);
    Ok(())
}

// Whether one may is asked of the cache, so a right gained by an invite acts only when the cache forgets.
fn edit_document(
    world: &mut World,
    id: &str,
    person: &Person,
    components: &[Value],
) -> Result<(), &'static str> {
    let permissions = world.permissions(person, id);
    if permissions.is_empty() {
        return Err(FORBIDDEN);
    }
    let auth = changes_auth(components);
    let Some(document) = world.webstrates.get_mut(id) else {
        return Err("Document does not exist");
    };
    if auth && !permissions.contains('a') && document.has_admin() {
        return Err(NEEDS_ADMIN);
    }
    if !permissions.contains('w') {
        return Err(NEEDS_WRITE);
    }
    let before = document.jsonml.clone();
    for component in components {
        if document.apply(component).is_none() {
            document.jsonml = before;
            return Err("Invalid op");
        }
    }
    document.version += 1;
    if auth {
        world.auth_was_edited(id);
    }
    Ok(())
}
