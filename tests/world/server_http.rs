//! Our own HTTP API, as far as claims can be judged by it.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::ledger::Question;
use crate::requests::{HttpRequest, HttpResponse};
use crate::server_webstrates;
use crate::town::{self, Invite, Person, Refusal, Town};
use crate::world::{Dialect, World};

/// So many invites on a page, unless the client says otherwise.
const PAGE: usize = 2;

#[derive(Default)]
pub struct State {
    /// Names under which creates are remembered.
    remembered: RefCell<Vec<(String, Person, usize)>>,
    /// Keys that this browser left for after a sign-in.
    parked: RefCell<Vec<String>>,
}

type Answer = Result<(u16, Value), Refusal>;

fn respond(answer: Answer) -> HttpResponse {
    let (status, kind, value) = match answer {
        Ok((status, value)) => (status, "application/json", value),
        Err(code) => {
            let status = match code {
                "not_signed_in" | "bad_credentials" => 401,
                "not_admin" | "inviter_not_admin" => 403,
                "invalid_option" => 422,
                _ => 404,
            };
            let problem = json!({"code": code, "detail": "The server says no.", "status": status});
            (status, "application/problem+json", problem)
        }
    };
    HttpResponse {
        status,
        headers: vec![("content-type", kind.to_owned())],
        text: value.to_string(),
    }
}

/// What was asked, and the answer.
pub fn answer(
    world: &Rc<World>,
    request: &HttpRequest,
    who: Option<Person>,
) -> (Question, HttpResponse) {
    if request.path == "/.well-known/invite-keys" {
        return (Question::Discovery, respond(Ok((200, discovery(world)))));
    }
    if world.dialect == Dialect::Webstrates {
        return server_webstrates::request(world, request, who);
    }
    let caller = match request.header("authorization") {
        Some(bearer) => match World::person_of(bearer.trim_start_matches("Bearer ")) {
            Some(person) => Ok(Some(person)),
            None => Err("bad_credentials"),
        },
        None => Ok(who),
    };
    let body: Value = request
        .body
        .as_deref()
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or(Value::Null);
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').skip(2).collect();
    let key = body["key"].as_str().unwrap_or_default().to_owned();
    let question = match (request.method, steps.as_slice()) {
        ("POST", ["resources", _, "invites"]) => {
            Question::Create(body["maxAge"].as_u64().unwrap_or_default() as u32)
        }
        ("GET", ["resources", place, "invites"]) => Question::List((*place).to_owned()),
        ("DELETE", ["resources", _, "invites", id]) => Question::Remove((*id).to_owned()),
        ("GET", ["resources", place, "members"]) => Question::Members((*place).to_owned()),
        ("POST", ["invites", "check"]) => Question::Check(key.clone()),
        ("POST", ["invites", "accept"]) => Question::Accept(key.clone()),
        ("POST", ["invites", "remove"]) => Question::Remove(key.clone()),
        ("GET", ["me"]) => Question::Me,
        (_, ["pending"]) => Question::Pending,
        _ => Question::Other,
    };
    let name = request.header("idempotency-key").map(str::to_owned);
    let answer = caller.and_then(|caller| {
        let place = match (&question, steps.get(1)) {
            (Question::Create(_) | Question::List(_) | Question::Members(_), Some(place)) => {
                Some(town::resource(place).ok_or("not_found")?)
            }
            _ => body["resource"].as_str().and_then(town::resource),
        };
        let here = place.unwrap_or("doc");
        match &question {
            Question::Create(age) => create(world, caller, here, *age, &body, name),
            Question::List(_) => list(world, caller, here, query),
            Question::Remove(name) => remove(world, caller, name),
            Question::Check(key) => check(world, caller, key, place),
            Question::Accept(key) => accept(world, caller, key, place),
            Question::Members(place) => members(world, caller, place),
            Question::Pending => Ok((200, pending(world, request.method, &key))),
            Question::Me => Ok((200, json!({"user": caller.map(Person::user)}))),
            _ => Err("not_found"),
        }
    });
    (question, respond(answer))
}

fn discovery(world: &World) -> Value {
    let dialect = match world.dialect {
        Dialect::Http => "http",
        Dialect::Webstrates => "webstrates",
    };
    json!({"invite-keys": 1, "dialect": dialect, "api": "/api/v1", "features": world.features})
}

fn shown(invite: &Invite, now: f64, with_key: bool) -> Value {
    let status = if invite.removed {
        "removed"
    } else if invite.expires <= now {
        "expired"
    } else if invite.accepted_by.is_empty() {
        "pending"
    } else {
        "accepted"
    };
    let mut value = json!({
        "id": invite.id, "resource": invite.resource, "permissions": invite.letters,
        "createdAt": town::iso_date(invite.created), "expiresAt": town::iso_date(invite.expires),
        "createdBy": invite.by.user(), "status": status, "uses": invite.accepted_by.len(),
    });
    if with_key {
        value["key"] = invite.key.as_str().into();
    }
    value
}

fn needs_admin(world: &World, caller: Option<Person>, place: &str) -> Result<Person, Refusal> {
    let person = caller.ok_or("not_signed_in")?;
    let letters = world.town.borrow().letters(place, person);
    if letters.contains('a') {
        Ok(person)
    } else {
        Err("not_admin")
    }
}

fn create(
    world: &World,
    caller: Option<Person>,
    place: &'static str,
    age: u32,
    body: &Value,
    name: Option<String>,
) -> Answer {
    let person = needs_admin(world, caller, place)?;
    let name = name.filter(|_| world.features.contains(&"idempotencyKey"));
    let now = world.executor.now();
    let mut town = world.town.borrow_mut();
    let mut remembered = world.http.remembered.borrow_mut();
    let before = remembered
        .iter()
        .find(|row| Some(&row.0) == name.as_ref() && row.1 == person)
        .map(|row| row.2);
    if before.is_some_and(|before| town.invites[before].max_age != age) {
        return Err("invalid_option");
    }
    let found = before.unwrap_or_else(|| {
        let letters = body["permissions"].as_str().unwrap_or("r");
        world.created(age, person);
        town.create(now, place, person, letters, age)
    });
    if let (Some(name), None) = (name, before) {
        remembered.push((name, person, found));
    }
    Ok((201, shown(&town.invites[found], Town::clock(now), true)))
}

fn list(world: &World, caller: Option<Person>, place: &'static str, query: &str) -> Answer {
    let person = needs_admin(world, caller, place)?;
    let member = |name: &str| {
        let mut parts = query.split('&').filter_map(|part| part.split_once('='));
        parts.find(|part| part.0 == name).map(|part| part.1)
    };
    let now = Town::clock(world.executor.now());
    let town = world.town.borrow();
    let all: Vec<Value> = town
        .invites
        .iter()
        .filter(|invite| invite.resource == place)
        .filter(|invite| invite.by == person || member("everyone") == Some("true"))
        .map(|invite| shown(invite, now, true))
        .filter(|invite| member("status").is_none_or(|status| invite["status"] == status))
        .collect();
    let size = member("page_size").and_then(|size| size.parse().ok());
    let from: usize = member("page_token")
        .and_then(|token| token.strip_prefix('p')?.parse().ok())
        .unwrap_or_default();
    let end = (from + size.unwrap_or(PAGE)).min(all.len());
    let mut next = String::new();
    if end < all.len() {
        next = format!("p{end}");
    } else if world.lists_go_round() {
        // A lie: the page after the last is the first, or the second, whichever it was not.
        next = format!("p{}", if from == 0 { PAGE } else { 0 });
    }
    let page = all.get(from.min(end)..end).unwrap_or_default();
    Ok((200, json!({"invites": page, "next_page_token": next})))
}

fn remove(world: &World, caller: Option<Person>, name: &str) -> Answer {
    let person = caller.ok_or("not_signed_in")?;
    let now = world.executor.now();
    let mut town = world.town.borrow_mut();
    let found = town.with_key(name).or_else(|| town.with_id(name));
    let found = found.ok_or("cannot_remove")?;
    let invite = &town.invites[found];
    let may = invite.by == person || town.letters(invite.resource, person).contains('a');
    if !may || !town.is_live(now, invite) {
        return Err("cannot_remove");
    }
    town.remove(now, found, person);
    Ok((200, json!({"acknowledged": true, "deletedCount": 1})))
}

fn check(world: &World, caller: Option<Person>, key: &str, place: Option<&str>) -> Answer {
    let now = world.executor.now();
    let town = world.town.borrow();
    let found = town.acceptable(now, key, place)?;
    let invite = &town.invites[found];
    let mut value = shown(invite, Town::clock(now), false);
    if let Some(person) = caller {
        let held = town.letters(invite.resource, person);
        let gained: String = invite
            .letters
            .chars()
            .filter(|letter| !held.contains(*letter))
            .collect();
        value["gained"] = gained.into();
        value["account"] = person.user();
    }
    Ok((200, value))
}

fn accept(world: &World, caller: Option<Person>, key: &str, place: Option<&str>) -> Answer {
    let person = caller.ok_or("not_signed_in")?;
    let now = world.executor.now();
    let mut town = world.town.borrow_mut();
    let found = town.acceptable(now, key, place)?;
    let here = town.invites[found].resource;
    let held = town.letters(here, person);
    let letters = town.accept(now, found, person, &held);
    let gained = &letters[held.len()..];
    Ok((
        200,
        json!({"resource": here, "permissions": letters, "gained": gained, "already": gained.is_empty()}),
    ))
}

fn members(world: &World, caller: Option<Person>, place: &str) -> Answer {
    needs_admin(world, caller, place)?;
    let town = world.town.borrow();
    let members: Vec<Value> = town
        .members(place)
        .into_iter()
        .map(|(person, letters)| json!({"user": person.user(), "permissions": letters}))
        .collect();
    Ok((200, json!({"members": members})))
}

/// What stands in for a key hides it; here it only has to be another text.
fn pending(world: &World, method: &str, key: &str) -> Value {
    let mut parked = world.http.parked.borrow_mut();
    match method {
        "POST" => {
            parked.push(key.to_owned());
            json!({"key": town::key(777)})
        }
        "DELETE" => {
            let before = parked.len();
            parked.retain(|kept| kept != key);
            json!({"acknowledged": true, "deletedCount": before - parked.len()})
        }
        _ => {
            let entry =
                |key: &String| json!({"key": key, "resource": "doc", "continuePath": "/join"});
            json!({"pending": parked.iter().map(entry).collect::<Vec<_>>()})
        }
    }
}
