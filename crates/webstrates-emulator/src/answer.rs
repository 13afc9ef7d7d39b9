//! The five operations as the original carries them out: it looks only whether somebody is signed in, who is admin by
//! the cache, and whether it finds the key.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::emulator::Emulator;
use super::javascript::{distinct, number, property, string};
use super::people::Person;
use super::random::hex_id;
use super::world::{Invite, World};

/// The operations, by the names they have on the wire.
pub(super) const OPERATIONS: [&str; 5] = [
    "createInvite",
    "getInvites",
    "removeInvite",
    "checkInvite",
    "acceptInvite",
];

const SIGNED_OUT: &str = "Must be logged in to handle invites";
const NO_WEBSTRATE: &str = "Missing webstrateId";
const INVALID: &str = "Invalid invitation key";
const INVITER_LOST_ADMIN: &str = "Inviter is no longer admin on the webstrate, invitation invalid";
const CANNOT_REMOVE: &str = "Unable to delete invite";
/// The fault of a line that calls what is not in scope there.
const NO_DOCUMENT: &str = "next is not defined";
const COLLISION: &str = "Op already submitted";
/// Thirty days, in seconds.
const LONGEST_LIFE: f64 = 2_592_000.0;

type Answer = Result<Value, String>;

impl Emulator {
    /// Carries out the operation `wa`. The error is what the reply says.
    pub(super) async fn perform(
        &self,
        person: &Person,
        wa: &str,
        webstrate: Option<&Value>,
        options: Option<&Value>,
    ) -> Answer {
        if !person.is_signed_in() {
            return Err(SIGNED_OUT.into());
        }
        self.world().sweep();
        let webstrate = webstrate_id(webstrate);
        let webstrate = webstrate.as_deref();
        match wa {
            "createInvite" => create(&mut self.world(), person, webstrate, options),
            "getInvites" => get(&mut self.world(), person, webstrate),
            "removeInvite" => {
                let key = property(options, "key")?;
                remove(&mut self.world(), person, webstrate, key)
            }
            "checkInvite" => {
                let key = property(options, "key")?;
                check(&mut self.world(), webstrate, key)
                    .map(|invite| Value::Object(with_id_first(&invite)))
            }
            _ => {
                let key = property(options, "key")?;
                self.accept(person, webstrate, key).await
            }
        }
    }

    /// Accepts: the permissions in the cache and the invite's together, written over what the document has.
    pub(super) async fn accept(
        &self,
        person: &Person,
        webstrate: Option<&str>,
        key: Option<&Value>,
    ) -> Answer {
        let (id, merged, auth, accepts, time) = {
            let mut world = self.world();
            let invite = check(&mut world, webstrate, key)?;
            let current = world.permissions(person, &invite.webstrate);
            let added = string(Some(invite.permissions.as_ref().unwrap_or(&Value::Null)));
            let merged = distinct(&(current + &added));
            let Some(document) = world.webstrates.get(&invite.webstrate) else {
                return Err(NO_DOCUMENT.into());
            };
            if document.permissions(person) == merged {
                return Ok(merged.into());
            }
            let auth = document.auth_with(person, Some(&merged));
            let accepts = document.accepts;
            (
                invite.webstrate,
                merged,
                auth,
                accepts,
                world.settings.write_time(),
            )
        };
        // What others write meanwhile is what the faults come from.
        tokio::time::sleep(time).await;
        let mut world = self.world();
        let collides = world
            .webstrates
            .get(&id)
            .is_some_and(|document| document.accepts != accepts);
        if collides && world.random.share() >= world.settings.overwrite {
            return Err(COLLISION.into());
        }
        let Some(document) = world.webstrates.get_mut(&id) else {
            return Err(NO_DOCUMENT.into());
        };
        let mut component = json!({ "p": [1, "data-auth"], "oi": auth });
        if let (Some(old), Some(component)) = (document.auth_text(), component.as_object_mut()) {
            component.insert("od".into(), old.into());
        }
        let operation = json!({ "a": "op", "c": "webstrates", "d": id, "v": document.version, "op": [component] });
        document.set_auth(Some(auth));
        document.version += 1;
        document.accepts += 1;
        world.tell_webstrate(&id, None, &operation);
        Ok(merged.into())
    }
}

// What is falsy in JavaScript is no id.
fn webstrate_id(d: Option<&Value>) -> Option<String> {
    match d {
        None | Some(Value::Null | Value::Bool(false)) => None,
        Some(value) => Some(string(Some(value))).filter(|id| !id.is_empty() && id != "0"),
    }
}

fn admin_of<'a>(
    world: &mut World,
    person: &Person,
    webstrate: Option<&'a str>,
) -> Result<&'a str, String> {
    let id = webstrate.ok_or(NO_WEBSTRATE)?;
    let permissions = world.permissions(person, id);
    if permissions.contains('a') {
        return Ok(id);
    }
    Err(format!(
        "Need admin permissions to manage invites. User only has {permissions} on {id}."
    ))
}

fn create(
    world: &mut World,
    person: &Person,
    webstrate: Option<&str>,
    options: Option<&Value>,
) -> Answer {
    let id = admin_of(world, person, webstrate)?;
    let life = number(property(options, "maxAge")?);
    let now = now();
    let invite = Invite {
        id: hex_id::<12>(),
        key: hex_id::<32>(),
        webstrate: id.into(),
        permissions: property(options, "permissions")?.cloned(),
        expires_at: expiry(now, life),
        created_at: now,
        created_by: person.clone(),
    };
    let mut shown = shown(&invite);
    shown.insert("_id".into(), invite.id.clone().into());
    world.invites.push(invite);
    Ok(Value::Object(shown))
}

fn get(world: &mut World, person: &Person, webstrate: Option<&str>) -> Answer {
    let id = admin_of(world, person, webstrate)?;
    let own = world
        .invites
        .iter()
        .filter(|invite| invite.webstrate == id && invite.created_by == *person);
    Ok(own
        .map(|invite| Value::Object(from_database(shown(invite))))
        .collect())
}

fn remove(
    world: &mut World,
    person: &Person,
    webstrate: Option<&str>,
    key: Option<&Value>,
) -> Answer {
    let id = admin_of(world, person, webstrate)?;
    let place = world.invites.iter().position(|invite| {
        invite.webstrate == id
            && key.is_some_and(|key| invite.key == *key)
            && invite.created_by == *person
    });
    world.invites.remove(place.ok_or(CANNOT_REMOVE)?);
    Ok(json!({ "acknowledged": true, "deletedCount": 1 }))
}

fn check(
    world: &mut World,
    webstrate: Option<&str>,
    key: Option<&Value>,
) -> Result<Invite, String> {
    let found = world.invites.iter().find(|invite| {
        Some(invite.webstrate.as_str()) == webstrate && key.is_some_and(|key| invite.key == *key)
    });
    let invite = found.cloned().ok_or(INVALID)?;
    let permissions = world.permissions(&invite.created_by, &invite.webstrate);
    if !permissions.contains('a') {
        return Err(INVITER_LOST_ADMIN.into());
    }
    Ok(invite)
}

fn shown(invite: &Invite) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("key".into(), invite.key.clone().into());
    shown.insert("webstrateId".into(), invite.webstrate.clone().into());
    if let Some(permissions) = &invite.permissions {
        shown.insert("permissions".into(), permissions.clone());
    }
    shown.insert("expiresAt".into(), invite.expires_at.map(iso).into());
    shown.insert("createdAt".into(), iso(invite.created_at).into());
    let Person { username, provider } = &invite.created_by;
    shown.insert(
        "createdBy".into(),
        json!({ "username": username, "provider": provider }),
    );
    shown
}

// What was absent is null once it has been in the database.
fn from_database(mut shown: Map<String, Value>) -> Map<String, Value> {
    shown.entry("permissions").or_insert(Value::Null);
    shown
}

fn with_id_first(invite: &Invite) -> Map<String, Value> {
    let mut all = Map::from_iter([("_id".into(), invite.id.clone().into())]);
    all.extend(from_database(shown(invite)));
    all
}

// `Date.setSeconds` with whatever was sent: a fraction is cut off, and what is no number makes no date.
fn expiry(now: Timestamp, life: f64) -> Option<Timestamp> {
    if life.is_nan() {
        return None;
    }
    let seconds = life.min(LONGEST_LIFE).trunc();
    // Saturates, and what a timestamp cannot hold is no date either.
    now.checked_add(SignedDuration::from_secs(seconds as i64))
        .ok()
}

fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn iso(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_capped_and_otherwise_taken_as_it_comes() {
        let now = now();
        for (life, seconds) in [
            (60.0, Some(60)),
            (2_592_001.0, Some(2_592_000)),
            (1e300, Some(2_592_000)),
            (0.9, Some(0)),
            (-5.0, Some(-5)),
            (-1e300, None),
            (f64::NAN, None),
        ] {
            let expected = seconds.map(|seconds| now + SignedDuration::from_secs(seconds));
            assert_eq!(expiry(now, life), expected, "{life}");
        }
        assert_eq!(iso(now).len(), 24);
    }

    #[test]
    fn what_javascript_takes_for_nothing_is_no_webstrate() {
        for nothing in [
            None,
            Some(json!(null)),
            Some(json!("")),
            Some(json!(0)),
            Some(json!(false)),
        ] {
            assert_eq!(webstrate_id(nothing.as_ref()), None);
        }
        assert_eq!(webstrate_id(Some(&json!("doc"))), Some("doc".into()));
    }
}
