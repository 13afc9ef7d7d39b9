//! Whether a call ended as it may.

use std::rc::Rc;

use serde_json::Value;

use crate::asked::{Asked, people, person_in};
use crate::claims::{judge_letters, judge_remove};
use crate::ledger::{Outcome, Policy, Question, What};
use crate::properties::{Property, SLACK};
use crate::world::{At, Dialect, World};

/// Codes that only a server can say.
const REFUSALS: [&str; 14] = [
    "not_admin",
    "invalid_key",
    "expired",
    "removed",
    "exhausted",
    "inviter_not_admin",
    "cannot_remove",
    "wrong_account",
    "not_found",
    "already_exists",
    "last_admin",
    "forbidden",
    "limit_reached",
    "rate_limited",
];

/// Looks at how a call ended.
pub fn judge(world: &Rc<World>, id: usize, outcome: &Outcome) {
    let asked = Asked::of(world, id);
    match outcome {
        Outcome::Failed { code, is_known, .. } => judge_error(&asked, code, *is_known),
        Outcome::Answer(value) => judge_answer(&asked, value),
    }
}

fn judge_error(asked: &Asked<'_>, code: &str, is_known: bool) {
    let was_said = asked.any_said(
        |_| true,
        |said| said.answer.as_ref().is_err_and(|said| said == code),
    );
    if !is_known && !was_said {
        asked.broken(Property::ErrorsAreKnown, code);
    } else if REFUSALS.contains(&code) && !was_said {
        asked.broken(Property::ErrorsAreGiven, code);
    }
    let (left, created, has_reason) = {
        let record = &asked.world.ledger.calls.borrow()[asked.id];
        let took = asked.world.executor.now() - record.started;
        let policy_failed = matches!(record.call.what, What::AcceptInvite(_, Policy::Fails));
        let has_reason = match code {
            "timeout" => took + SLACK >= record.timeout,
            "aborted" => record.aborted || policy_failed,
            "closed" => record.closed,
            _ => true,
        };
        (record.left, record.created.len(), has_reason)
    };
    if !has_reason {
        asked.broken(Property::EndsAreGiven, code);
    }
    match code {
        "unknown_outcome" if matches!(asked.what, What::Create { .. }) && !left => {
            asked.broken(Property::UnknownHasLeft, "nothing was sent");
        }
        "unknown_outcome" | "aborted" | "closed" => {}
        "server_error" | "bad_response" | "not_invites_server" if created > 0 => {
            asked.broken(Property::FailuresOfCreatesAreOpen, code);
        }
        _ if created > 0 && !asked.was_refused(code) => {
            asked.broken(Property::CreatesAreNotDenied, code);
        }
        _ => {}
    }
}

fn without_id(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(members) = &mut value {
        members.remove("_id");
    }
    value
}

/// Whether a page can take it for what it asked for.
fn has_shape(what: &What, value: &Value) -> bool {
    let is_invite = |invite: &Value| invite["key"].is_string() && invite["permissions"].is_string();
    let are_invites = |list: &Value| {
        list.as_array()
            .is_some_and(|list| list.iter().all(is_invite))
    };
    match what {
        What::Create { .. } => is_invite(value) && value["expiresAt"].is_string(),
        What::Check(_) => value["permissions"].is_string(),
        What::Get => are_invites(value),
        What::ListPage { .. } => are_invites(&value["invites"]),
        What::Preview(_) => value["permissions"].is_string() && value["gained"].is_string(),
        What::Members => value["members"].is_array(),
        What::Accept(_) | What::Link(_) => value.is_string(),
        What::AcceptInvite(..) => value.is_null() || value["permissions"].is_string(),
        What::Remove(_) | What::RemoveId(_) => {
            value["acknowledged"].is_boolean() && value["deletedCount"].is_number()
        }
        What::Identify => value.is_null() || value["username"].is_string(),
        What::Supports(_) => value.is_boolean(),
        What::Watch => value.is_null() || value["url"].is_string(),
        What::Park(_) => value.is_null() || value["key"].is_string(),
        What::Parked => value.is_array(),
        What::Unpark(_) => value.is_null() || value["deletedCount"].is_number(),
    }
}

fn judge_answer(asked: &Asked<'_>, value: &Value) {
    let world = asked.world;
    if !has_shape(&asked.what, value) {
        return asked.broken(Property::AnswersHaveShape, &value.to_string());
    }
    let place = &asked.place;
    let is_given = match &asked.what {
        What::Create { max_age, .. } => {
            let town = world.town.borrow();
            let exists = |key: &str| {
                let mut invites = town.invites.iter();
                invites.any(|invite| invite.key == key && invite.max_age == *max_age)
            };
            if !value["key"].as_str().is_some_and(exists) {
                drop(town);
                return asked.broken(Property::InvitesExist, "there is no such invite");
            }
            asked.was_answered(&Question::Create(*max_age), |said| {
                without_id(said) == *value
            })
        }
        What::Get => is_listed(asked, place, value),
        What::ListPage { .. } => is_listed(asked, place, &value["invites"]),
        What::Check(key) => asked.was_answered(&Question::Check(key.clone()), |said| {
            without_id(said) == *value
        }),
        What::Preview(key) => {
            let same = |said: &Value| said["permissions"] == value["permissions"];
            asked.was_answered(&Question::Check(key.clone()), same)
        }
        What::Accept(key) => return judge_letters(asked, key, value),
        What::AcceptInvite(_, policy) if value.is_null() => {
            matches!(policy, Policy::Off | Policy::Says(false, _))
        }
        What::AcceptInvite(key, _) => return judge_letters(asked, key, &value["permissions"]),
        What::Remove(name) | What::RemoveId(name) => {
            if value["acknowledged"] == true {
                return judge_remove(asked, name, &value["deletedCount"]);
            }
            asked.was_answered(&Question::Remove(name.clone()), |said| said == value)
        }
        What::Members => {
            let same =
                |said: &Value| members_of(world.dialect, said).as_ref() == Some(&value["members"]);
            asked.was_answered(&Question::Members(place.clone()), same)
        }
        What::Identify => {
            let same = |said: &Value| person_in(said) == person_in(value);
            let told = people(world, asked.run);
            asked.was_answered(&Question::Me, same)
                || world.dialect == Dialect::Webstrates
                    && told.iter().any(|who| who.user() == *value)
        }
        What::Supports(feature) => {
            let has = |said: &Value| {
                let features = said["features"].as_array();
                features.is_some_and(|known| known.contains(&(*feature).into()))
            };
            let claimed = value == &Value::Bool(true);
            let is_known = ["preview", "members"].contains(feature);
            world.dialect == Dialect::Webstrates && claimed == is_known
                || asked.was_answered(&Question::Discovery, |said| has(said) == claimed)
        }
        What::Link(key) => value
            .as_str()
            .is_some_and(|link| link.contains(key.as_str())),
        What::Watch => world.dialect == Dialect::Http || value.is_null(),
        What::Park(_) | What::Parked | What::Unpark(_)
            if world.place != At::Home
                || world.dialect == Dialect::Webstrates
                || !world.features.contains(&"pending") =>
        {
            value.is_null() || *value == Value::Array(Vec::new())
        }
        What::Parked => asked.was_answered(&Question::Pending, |said| said["pending"] == *value),
        What::Park(_) | What::Unpark(_) => {
            asked.was_answered(&Question::Pending, |said| said == value)
        }
    };
    if !is_given {
        let property = match was_misread(asked, value) {
            true => Property::AnswersHaveShape,
            false => Property::AnswersAreGiven,
        };
        asked.broken(property, &value.to_string());
    }
}

/// What could not be read was taken for nobody or nothing.
fn was_misread(asked: &Asked<'_>, value: &Value) -> bool {
    let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let place = asked.place.clone();
    match asked.what {
        What::Get => {
            let is_page = |said: &Value| said.is_array() || said["invites"].is_array();
            is_nothing && asked.was_answered(&Question::List(place), |said| !is_page(said))
        }
        What::Members => {
            let is_list = |said: &Value| said["members"].is_array() || said[0].is_string();
            let is_nothing = value["members"].as_array().is_none_or(Vec::is_empty);
            is_nothing && asked.was_answered(&Question::Members(place), |said| !is_list(said))
        }
        What::Identify => asked.was_answered(&Question::Me, |said| {
            !said["username"].is_string() && !said["user"].is_object()
        }),
        What::Watch | What::Park(_) | What::Parked | What::Unpark(_) | What::Supports(_) => {
            let is_readable = |said: &Value| {
                said["invite-keys"] == 1
                    && said["dialect"].is_string()
                    && said["features"].is_array()
            };
            asked.any_said(
                |question| *question == Question::Discovery,
                |said| !said.answer.as_ref().is_ok_and(is_readable),
            )
        }
        _ => false,
    }
}

/// Each invite was on a page that the server gave, and there was such a page.
fn is_listed(asked: &Asked<'_>, place: &str, value: &Value) -> bool {
    let question = Question::List(place.to_owned());
    let page = |said: &Value| match said {
        Value::Array(items) => Some(items.clone()),
        said => said["invites"].as_array().cloned(),
    };
    let Value::Array(found) = value else {
        return false;
    };
    asked.was_answered(&question, |said| page(said).is_some())
        && found.iter().all(|invite| {
            asked.was_answered(&question, |said| {
                let items = page(said).unwrap_or_default();
                items.iter().any(|item| {
                    item["key"] == invite["key"] && item["permissions"] == invite["permissions"]
                })
            })
        })
}

fn members_of(dialect: Dialect, said: &Value) -> Option<Value> {
    if dialect == Dialect::Http {
        return Some(said["members"].clone());
    }
    let attributes = said.as_array()?.get(1);
    let auth = attributes.and_then(|attributes| attributes["data-auth"].as_str());
    let entries: Value = serde_json::from_str(auth.unwrap_or("[]")).ok()?;
    let entries = entries.as_array()?.iter().map(|entry| {
        let user =
            serde_json::json!({"username": entry["username"], "provider": entry["provider"]});
        serde_json::json!({"user": user, "permissions": entry["permissions"]})
    });
    Some(Value::Array(entries.collect()))
}
