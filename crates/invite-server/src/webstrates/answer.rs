//! The five operations, in Webstrates' own words.
//!
//! Stricter than the original in what `protocols/webstrates.md` calls its faults: options are checked, a webstrate that
//! does not exist has no admins, and `maxAge` is capped but never dead.

use invite_key::permissions::Permission;
use invite_key::{InviteKey, KeyKind, hex};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::frame::{Call, Operation};
use crate::core::options::{MAX_AGE_LIMIT, max_age_option, permissions_option};
use crate::core::{Actor, CreateRequest, Invite, Refusal, RemoveTarget, User};
use crate::invites::Invites;
use crate::limits::{Limits, Who};

const SIGNED_OUT: &str = "Must be logged in to handle invites";
const NO_RESOURCE: &str = "Missing webstrateId";
const INVALID: &str = "Invalid invitation key";
const INVITER_LOST_ADMIN: &str = "Inviter is no longer admin on the webstrate, invitation invalid";
const CANNOT_REMOVE: &str = "Unable to delete invite";
/// Most invites in one answer: the original has no paging, and a frame has to end somewhere.
const MOST_LISTED: u32 = 10_000;
/// Longest `d` that an error repeats.
const LONGEST_SHOWN: usize = 128;

/// Carries a call out: the answer as JSON. The error is what the client's promise is rejected with.
pub(super) async fn answer(
    invites: &Invites,
    actor: Option<&Actor>,
    (limits, who): (&Limits, &Who),
    call: &Call,
) -> Result<String, String> {
    let tries_key = matches!(
        call.operation,
        Operation::Check | Operation::Accept | Operation::Remove
    );
    let allowed = limits.call(who).and_then(|()| match tries_key {
        true => limits.try_key(who),
        false => Ok(()),
    });
    allowed.map_err(|refusal| in_their_words(&refusal))?;
    if actor.is_none() {
        return Err(SIGNED_OUT.into());
    }
    let resource = call
        .resource
        .as_deref()
        .filter(|resource| !resource.is_empty());
    let options = call.options.as_ref();
    let outcome = match (call.operation, resource) {
        (Operation::Create, Some(resource)) => create(invites, actor, resource, options).await,
        (Operation::Get, Some(resource)) => {
            let listed = get(invites, actor, resource).await;
            return listed.map_err(|refusal| in_their_words(&refusal));
        }
        (Operation::Remove, Some(resource)) => remove(invites, actor, resource, options).await,
        (Operation::Create | Operation::Get | Operation::Remove, None) => {
            return Err(NO_RESOURCE.into());
        }
        // Without a webstrate the original finds no invite either.
        (Operation::Check | Operation::Accept, None) => Err(Refusal::InvalidKey),
        (Operation::Check, Some(resource)) => check(invites, actor, resource, options).await,
        (Operation::Accept, Some(resource)) => accept(invites, actor, resource, options).await,
    };
    if tries_key && matches!(outcome, Err(Refusal::InvalidKey | Refusal::CannotRemove)) {
        limits.wrong_key(who);
    }
    let answer = outcome.map_err(|refusal| in_their_words(&refusal))?;
    Ok(answer.to_string())
}

type Options<'a> = Option<&'a Map<String, Value>>;

async fn create(
    invites: &Invites,
    actor: Option<&Actor>,
    resource: &str,
    options: Options<'_>,
) -> Result<Value, Refusal> {
    let invite = invites
        .create(actor, resource, create_request(options)?)
        .await?;
    let key = invite.key.clone().ok_or(Refusal::ServerError)?;
    let mut object = shown(&invite, &key);
    object.insert("_id".into(), object_id(&invite).into());
    Ok(Value::Object(object))
}

/// Written while it is read: as a list of objects it would take ten times the room.
async fn get(invites: &Invites, actor: Option<&Actor>, resource: &str) -> Result<String, Refusal> {
    let add = |list: &mut String, invite: Invite| {
        let Some(key) = &invite.key else { return };
        list.push(if list.is_empty() { '[' } else { ',' });
        list.push_str(&Value::Object(shown(&invite, key)).to_string());
    };
    let mut list = invites.gather(actor, resource, MOST_LISTED, add).await?;
    if list.is_empty() {
        list.push('[');
    }
    list.push(']');
    Ok(list)
}

async fn remove(
    invites: &Invites,
    actor: Option<&Actor>,
    resource: &str,
    options: Options<'_>,
) -> Result<Value, Refusal> {
    let target =
        key_option(options).map_or(Err(Refusal::CannotRemove), |key| Ok(RemoveTarget::Key(key)));
    // Who is no admin is told so even with a bad key, as in the original.
    let target = match target {
        Ok(target) => target,
        Err(refusal) => {
            let permissions = invites.permissions(actor, resource).await?;
            return Err(if permissions.contains(Permission::Admin) {
                refusal
            } else {
                Refusal::NotAdmin {
                    resource: resource.into(),
                    current: permissions,
                }
            });
        }
    };
    invites.remove(actor, Some(resource), &target).await?;
    Ok(json!({ "acknowledged": true, "deletedCount": 1 }))
}

async fn check(
    invites: &Invites,
    actor: Option<&Actor>,
    resource: &str,
    options: Options<'_>,
) -> Result<Value, Refusal> {
    let key = key_option(options).ok_or(Refusal::InvalidKey)?;
    let invite = invites.check(actor, &key, Some(resource)).await?.invite;
    let mut object = Map::from_iter([("_id".into(), object_id(&invite).into())]);
    object.extend(shown(&invite, &key));
    Ok(Value::Object(object))
}

async fn accept(
    invites: &Invites,
    actor: Option<&Actor>,
    resource: &str,
    options: Options<'_>,
) -> Result<Value, Refusal> {
    let key = key_option(options).ok_or(Refusal::InvalidKey)?;
    let accepted = invites.accept(actor, &key, Some(resource)).await?;
    Ok(accepted.permissions.as_str().into())
}

fn create_request(options: Options<'_>) -> Result<CreateRequest, Refusal> {
    let option = |field: &str| {
        let value = options.and_then(|options| options.get(field));
        value.ok_or_else(|| Refusal::invalid_option(field, format!("{field} is missing.")))
    };
    let permissions = permissions_option(Some(option("permissions")?))?;
    let max_age = capped_max_age(option("maxAge")?)?;
    Ok(CreateRequest::new(
        permissions,
        max_age,
        KeyKind::Webstrates,
    ))
}

// Above thirty days it is cut to thirty, as in the original; below one second the original makes a dead key, we refuse.
fn capped_max_age(value: &Value) -> Result<u32, Refusal> {
    let number = match value {
        Value::String(text)
            if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            text.parse().ok()
        }
        _ => value.as_f64(),
    };
    match number {
        Some(number) if number > f64::from(MAX_AGE_LIMIT) => Ok(MAX_AGE_LIMIT),
        _ => max_age_option(value),
    }
}

fn key_option(options: Options<'_>) -> Option<InviteKey> {
    InviteKey::parse(options?.get("key")?.as_str()?).ok()
}

fn shown(invite: &Invite, key: &InviteKey) -> Map<String, Value> {
    Map::from_iter([
        ("key".into(), key.reveal().into()),
        ("webstrateId".into(), invite.resource.clone().into()),
        ("permissions".into(), invite.permissions.as_str().into()),
        ("expiresAt".into(), invite.expires_at.to_iso().into()),
        ("createdAt".into(), invite.created_at.to_iso().into()),
        ("createdBy".into(), person(&invite.created_by)),
    ])
}

fn person(user: &User) -> Value {
    json!({ "username": user.username, "provider": user.provider })
}

// The original's is a database id of 24 hex digits; ours looks the same, stays the same, and says nothing.
fn object_id(invite: &Invite) -> String {
    let digest = Sha256::digest(invite.id.as_bytes());
    let mut id = hex::encode(&digest);
    id.truncate(24);
    id
}

fn in_their_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotSignedIn | Refusal::BadCredentials => SIGNED_OUT.into(),
        Refusal::NotAdmin { resource, current } => {
            let id: String = resource.chars().take(LONGEST_SHOWN).collect();
            format!(
                "Need admin permissions to manage invites. User only has {} on {id}.",
                current.as_str()
            )
        }
        Refusal::InviterNotAdmin => INVITER_LOST_ADMIN.into(),
        Refusal::CannotRemove => CANNOT_REMOVE.into(),
        Refusal::InvalidKey
        | Refusal::MalformedKey(_)
        | Refusal::Expired
        | Refusal::Removed
        | Refusal::Exhausted
        | Refusal::NotFound => INVALID.into(),
        Refusal::InvalidOption { .. }
        | Refusal::Unsupported { .. }
        | Refusal::BeyondInviter { .. } => {
            let field = refusal.field().unwrap_or("options");
            format!("Invalid option {field}: {}", refusal.sentence())
        }
        other => other.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_capped_and_never_dead() {
        for (given, seconds) in [
            (json!(60), 60),
            (json!("2"), 2),
            (json!(60.0), 60),
            (json!(2_592_000), 2_592_000),
            (json!(2_592_001), 2_592_000),
            (json!(1e12), 2_592_000),
            (json!(1e300), 2_592_000),
            (json!("99999999999999999999999"), 2_592_000),
        ] {
            assert_eq!(capped_max_age(&given), Ok(seconds), "{given}");
        }
        for bad in [
            json!(0),
            json!(-5),
            json!(-1e300),
            json!(0.5),
            json!(null),
            json!("abc"),
            json!(""),
            json!("-1"),
            json!("1e3"),
            json!(true),
            json!([60]),
            json!({}),
        ] {
            assert!(
                matches!(capped_max_age(&bad), Err(Refusal::InvalidOption { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn refusals_have_the_original_words() {
        let resource = || "doc".to_owned();
        let r = invite_key::permissions::Permissions::READ;
        for (refusal, text) in [
            (
                Refusal::NotAdmin {
                    resource: resource(),
                    current: r,
                },
                "Need admin permissions to manage invites. User only has r on doc.",
            ),
            (Refusal::NotSignedIn, "Must be logged in to handle invites"),
            (Refusal::Expired, "Invalid invitation key"),
            (Refusal::Exhausted, "Invalid invitation key"),
            (
                Refusal::InviterNotAdmin,
                "Inviter is no longer admin on the webstrate, invitation invalid",
            ),
            (Refusal::CannotRemove, "Unable to delete invite"),
            (
                Refusal::invalid_option("maxAge", "It is odd."),
                "Invalid option maxAge: It is odd.",
            ),
        ] {
            assert_eq!(in_their_words(&refusal), text);
        }
    }
}
