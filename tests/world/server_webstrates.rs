//! Webstrates 1.8.0 with its faults: its socket, and what its HTTP side tells about people.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::executor::MS;
use crate::ledger::Question;
use crate::lies;
use crate::network::Weather;
use crate::requests::{HttpRequest, HttpResponse};
use crate::sockets::Socket;
use crate::town::{self, Invite, Person, Refusal};
use crate::world::World;

/// The connection stands; `init` comes a little later.
pub fn opened(world: &Rc<World>, socket: &Rc<Socket>) {
    if socket.token.is_some() && socket.who.is_none() {
        return world.closed(socket, 2 * MS, 1002, "Invalid access token.");
    }
    let init = r#"{"a":"init","protocol":1,"protocolMinor":2,"id":"0","type":"http://sharejs.org/types/JSONv0"}"#;
    world.send_down(socket, init.to_owned());
}

/// The words that stand for a code of ours.
fn words(refusal: Refusal, place: &str, letters: &str) -> String {
    match refusal {
        "not_signed_in" => "Must be logged in to handle invites".to_owned(),
        "not_admin" => {
            format!("Need admin permissions to manage invites. User only has {letters} on {place}.")
        }
        "inviter_not_admin" => {
            "Inviter is no longer admin on the webstrate, invitation invalid".to_owned()
        }
        "cannot_remove" => "Unable to delete invite".to_owned(),
        "try_again" => "Op already submitted".to_owned(),
        "rate_limited" => "Too many calls".to_owned(),
        "not_found" => "next is not defined".to_owned(),
        _ => "Invalid invitation key".to_owned(),
    }
}

fn shown(invite: &Invite) -> Value {
    json!({
        "key": invite.key, "webstrateId": invite.resource, "permissions": invite.letters,
        "createdAt": town::iso_date(invite.created), "expiresAt": town::iso_date(invite.expires),
        "createdBy": invite.by.user(), "_id": invite.id,
    })
}

pub fn frame(world: &Rc<World>, socket: &Rc<Socket>, text: &str) {
    let frame: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    match (frame["a"].as_str(), frame["wa"].as_str()) {
        (Some("hs"), _) => {
            let shaken = r#"{"a":"hs","protocol":1,"protocolMinor":2,"id":"0"}"#;
            world.send_down(socket, shaken.to_owned());
        }
        (Some("s"), _) => subscribed(world, socket, frame["d"].as_str().unwrap_or_default()),
        // What names nothing needs no looking up.
        (_, Some(action)) if !world.is_old && frame["d"].is_string() => {
            let (world, socket, action) = (Rc::clone(world), Rc::clone(socket), action.to_owned());
            let toll = world.toll();
            if toll == 0 {
                return called(&world, &socket, &action, &frame);
            }
            let later = Rc::clone(&world);
            world
                .executor
                .after(toll, move || called(&later, &socket, &action, &frame));
        }
        (_, Some(action)) if !world.is_old => called(world, socket, action, &frame),
        _ => {}
    }
}

fn subscribed(world: &Rc<World>, socket: &Rc<Socket>, place: &str) {
    let letters = socket
        .who
        .map(|who| world.town.borrow().letters(place, who));
    if letters.is_some_and(|letters| letters.contains('r')) {
        let user = socket.who.map(Person::user);
        world
            .ledger
            .say(world, Question::Me, Ok(json!({"user": user})));
        let hello = json!({"wa": "hello", "id": "0", "d": place, "user": user});
        world.send_down(socket, hello.to_string());
    } else {
        world.ledger.say(world, Question::Me, Ok(Value::Null));
        let refused = json!({"a": "s", "c": "webstrates", "d": place, "error": "Forbidden"});
        world.send_down(socket, refused.to_string());
    }
}

fn called(world: &Rc<World>, socket: &Rc<Socket>, action: &str, frame: &Value) {
    let options = &frame["options"];
    let key = options["key"].as_str().unwrap_or_default().to_owned();
    let place = frame["d"].as_str().unwrap_or_default();
    let question = match action {
        "createInvite" => Question::Create(options["maxAge"].as_u64().unwrap_or_default() as u32),
        "getInvites" => Question::List(place.to_owned()),
        "checkInvite" => Question::Check(key.clone()),
        "acceptInvite" => Question::Accept(key.clone()),
        "removeInvite" => Question::Remove(key.clone()),
        _ => return,
    };
    world.asked_on(socket, &question);
    let answer = match (socket.who, town::resource(place)) {
        _ if world.network.weather() == Weather::Busy && world.percent(60) => Err("rate_limited"),
        (None, _) => Err("not_signed_in"),
        (_, None) => Err("not_found"),
        (Some(who), Some(place)) => perform(world, who, place, &question, options),
    };
    if matches!((&question, &answer), (Question::List(_), Ok(_))) {
        let is_admin = Ok("a".into());
        world
            .ledger
            .say(world, Question::Letters(place.to_owned()), is_admin);
    }
    let letters = match (answer.as_ref(), socket.who, town::resource(place)) {
        (Err(&"not_admin"), Some(who), Some(place)) => {
            let now = world.executor.now();
            let letters = world.town.borrow_mut().believed(now, place, who);
            let said = Ok(letters.as_str().into());
            world
                .ledger
                .say(world, Question::Letters(place.to_owned()), said);
            letters
        }
        _ => String::new(),
    };
    let mut reply = json!({"wa": "reply", "token": frame["token"]});
    match &answer {
        Ok(value) => reply["reply"] = value.clone(),
        Err(refusal) => reply["error"] = words(refusal, place, &letters).into(),
    }
    if world.network.weather() == Weather::Lying {
        return lie(world, socket, question, reply);
    }
    world
        .ledger
        .say(world, question, answer.map_err(str::to_owned));
    world.send_down(socket, reply.to_string());
}

/// Says something that the protocol does not allow.
fn lie(world: &Rc<World>, socket: &Rc<Socket>, question: Question, mut reply: Value) {
    let mut text = String::new();
    match world.below(8) {
        0 => {
            reply["token"] = "zzzzzz".into();
            socket.misled.set(true);
        }
        1 => text = reply.to_string().split_at(20).0.to_owned(),
        2 => reply["reply"] = world.pick(&[0, 7]).into(),
        3 => {
            reply["reply"] = json!({});
            reply["error"] = "both".into();
        }
        4 => reply["error"] = json!({"code": 5}),
        5 => {
            let mut inner = reply["reply"].to_string();
            lies::mangle(world, &mut inner);
            if let Ok(value) = serde_json::from_str(&inner) {
                reply["reply"] = value;
            }
        }
        6 => reply = json!({"wa": "reply", "token": reply["token"]}),
        _ => {}
    }
    let said = match (reply.get("reply"), reply.get("error")) {
        (Some(value), None) => Ok(value.clone()),
        (None, Some(Value::String(words))) => Err(code_of(words).to_owned()),
        _ => Err(String::new()),
    };
    world.ledger.say(world, question, said);
    if text.is_empty() {
        text = reply.to_string();
    }
    world.send_down(socket, text);
}

pub fn code_of(text: &str) -> Refusal {
    let codes: [Refusal; 8] = [
        "not_signed_in",
        "not_admin",
        "inviter_not_admin",
        "cannot_remove",
        "try_again",
        "rate_limited",
        "not_found",
        "invalid_key",
    ];
    let same = |code: &Refusal| words(code, "", "").get(..10) == text.get(..10);
    codes.into_iter().find(same).unwrap_or("server_error")
}

fn perform(
    world: &Rc<World>,
    who: Person,
    place: &'static str,
    question: &Question,
    options: &Value,
) -> Result<Value, Refusal> {
    let now = world.executor.now();
    let needs_admin = matches!(
        question,
        Question::Create(_) | Question::List(_) | Question::Remove(_)
    );
    let believed = world.town.borrow_mut().believed(now, place, who);
    if needs_admin && !believed.contains('a') {
        return Err("not_admin");
    }
    let mut town = world.town.borrow_mut();
    match question {
        Question::Create(age) => {
            let letters = options["permissions"].as_str().unwrap_or("r");
            world.created(*age, who);
            let made = town.create(now, place, who, letters, *age);
            Ok(shown(&town.invites[made]))
        }
        Question::List(_) => {
            let own = |invite: &&Invite| {
                invite.by == who && invite.resource == place && town.is_live(now, invite)
            };
            let invites = town.invites.iter().filter(own).map(|invite| {
                let mut invite = shown(invite);
                invite.as_object_mut().expect("an object").remove("_id");
                invite
            });
            Ok(Value::Array(invites.collect()))
        }
        Question::Check(key) => {
            let found = town.acceptable(now, key, Some(place))?;
            Ok(shown(&town.invites[found]))
        }
        Question::Remove(key) => {
            let found = town.with_key(key).ok_or("cannot_remove")?;
            let invite = &town.invites[found];
            if invite.by != who || invite.resource != place || !town.is_live(now, invite) {
                return Err("cannot_remove");
            }
            town.remove(now, found, who);
            Ok(json!({"acknowledged": true, "deletedCount": 1}))
        }
        Question::Accept(key) => {
            if world.percent(10) && !world.is_healed() {
                return Err("try_again");
            }
            let found = town.acceptable(now, key, Some(place))?;
            // The merge starts from what is remembered, not from what is true.
            let had = town.letters(place, who);
            let letters = town.accept(now, found, who, &believed);
            drop(town);
            world.accepted(who, place, &had);
            Ok(letters.into())
        }
        _ => Err("not_found"),
    }
}

fn plain(status: u16, text: String) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type", "text/html".to_owned())],
        text,
    }
}

/// The HTTP side.
pub fn request(
    world: &Rc<World>,
    request: &HttpRequest,
    who: Option<Person>,
) -> (Question, HttpResponse) {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let name = path.trim_matches('/');
    let Some(place) = town::resource(name) else {
        return (Question::Other, plain(404, String::new()));
    };
    let mut parts = query.split('&');
    let token = parts.clone().find_map(|part| part.strip_prefix("token="));
    let who = match token.map(World::person_of) {
        Some(None) => return (Question::Other, plain(403, "Forbidden".to_owned())),
        Some(person) => person,
        None => who,
    };
    if request.method == "POST" {
        let (user, status) = match who {
            Some(who) => (who.user(), 200),
            None => (json!({"username": "anonymous", "provider": ""}), 200),
        };
        return (Question::Me, plain(status, user.to_string()));
    }
    if let Some(key) = parts
        .clone()
        .find_map(|part| part.strip_prefix("acceptInvite="))
    {
        let question = Question::Accept(key.to_owned());
        let answer = match who {
            None => Err("not_signed_in"),
            Some(who) => perform(world, who, place, &question, &Value::Null),
        };
        let response = match answer {
            Ok(_) => plain(200, r#"{"version":2}"#.to_owned()),
            Err(refusal) => plain(409, format!("Error: {}", words(refusal, place, ""))),
        };
        return (question, response);
    }
    let town = world.town.borrow();
    let may_read =
        town.open.contains(&place) || who.is_some_and(|who| town.letters(place, who).contains('r'));
    let response = if !may_read {
        plain(403, "Forbidden, read permissions required".to_owned())
    } else if parts.any(|part| part == "v") {
        let place = town::RESOURCES.iter().position(|known| *known == place);
        plain(
            200,
            json!({"version": town.versions[place.expect("known")]}).to_string(),
        )
    } else {
        let auth: Vec<Value> = town
            .members(place)
            .into_iter()
            .map(|(person, letters)| {
                let mut entry = person.user();
                entry["permissions"] = letters.into();
                entry
            })
            .collect();
        let mut attributes = json!({"title": "A document"});
        if !town.open.contains(&place) {
            attributes["data-auth"] = Value::Array(auth).to_string().into();
        }
        plain(200, json!(["html", attributes, ["body", {}]]).to_string())
    };
    (Question::Members(name.to_owned()), response)
}
