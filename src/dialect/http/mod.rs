//! Our own HTTP API.

mod answers;
mod requests;

use std::rc::Rc;

use invite_key::KeyKind;

use crate::dialect::{
    Alone, Context, DialectName, Hears, LinkForm, Remote, Session, Traits, hide, is_named, is_person,
    is_removal, looks_like_invite, seconds_left,
};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Reply, Task};
use crate::operation::{Operation, Policy};
use crate::transport::{Platform, Request, sleep};

use answers::{Answer, not_invites_server};

pub(crate) static TRAITS: Traits = Traits {
    options: &["maxUses", "message", "label", "extras"],
    needs_resource: true,
    features: None,
    kinds: &[KeyKind::Opaque, KeyKind::Signed, KeyKind::Webstrates],
    alone: Alone::Key,
    policy: Policy::Confirm,
    knows_account: true,
    link: LinkForm::PageFragment,
    hears: Hears::Stream,
};

/// Nothing stays open between two requests.
struct Http;

pub(crate) fn open<P: Platform>(_platform: &Rc<P>) -> Rc<dyn Session<P>> {
    Rc::new(Http)
}

/// A list of more pages than this, or of so many in a row with nothing on them, is none; `pkg/lists.js` has the same numbers.
const MOST_PAGES: usize = 10_000;
const MOST_EMPTY: usize = 100;
/// After so many the page has its turn: a `fetch` of its own may answer without one, and no deadline would come.
const MOST_AT_ONCE: usize = 10;

impl<P: Platform> Session<P> for Http {
    fn perform<'a>(&'a self, cx: &'a Context<'a, P>) -> Task<'a, Reply> {
        match cx.operation {
            Operation::Get(_) => Box::pin(every_page(cx)),
            Operation::Watch => Box::pin(stream(cx)),
            _ => Box::pin(ask(cx, "")),
        }
    }

    fn discover<'a>(
        &'a self,
        platform: &'a P,
        remote: &'a mut Remote,
    ) -> Task<'a, Reply> {
        Box::pin(discover(platform, remote))
    }
}

async fn ask<P: Platform>(cx: &Context<'_, P>, token: &str) -> Reply {
    let mut request = requests::request(cx, token)?;
    request.token = cx.platform.token().await?;
    cx.asked();
    let response = cx.platform.fetch(request, cx.progress.sent()).await?;
    let answer = Answer::read(cx.platform, &response)?;
    meaning(cx, answer).map_err(|mut error| {
        error.status = Some(response.status);
        error
    })
}

/// The whole list, which comes in pages. A token that came before would lead in a circle.
async fn every_page<P: Platform>(cx: &Context<'_, P>) -> Reply {
    let mut found = Vec::new();
    let mut tokens = vec![String::new()];
    let mut empty = 0;
    loop {
        let token = tokens.last().map(String::as_str).unwrap_or_default();
        let mut page = ask(cx, token).await?;
        match page.take("invites") {
            Some(Json::List(invites)) if !invites.is_empty() => {
                empty = 0;
                found.extend(invites);
            }
            _ => empty += 1,
        }
        match page.take("next") {
            Some(Json::Text(next)) => {
                let ends = empty < MOST_EMPTY && tokens.len() <= MOST_PAGES;
                if !ends || tokens.contains(&next) {
                    return Err(Error::bad_response());
                }
                if tokens.len() % MOST_AT_ONCE == 0 {
                    let _ = sleep(cx.platform, 0.0).await;
                }
                tokens.push(next);
            }
            _ => return Ok(Json::List(found)),
        }
    }
}

/// What to fetch to be told of uses: as `fetch` takes it, for the page reads the stream itself.
async fn stream<P: Platform>(cx: &Context<'_, P>) -> Reply {
    let Some(resource) = &cx.remote.resource else {
        return Ok(Json::Null);
    };
    let mut headers = Json::object().with("accept", "text/event-stream");
    if let Some(token) = cx.platform.token().await? {
        headers.set("authorization", ["Bearer ", &token].concat().into());
    }
    let path = ["/resources/", resource, "/events"].concat();
    Ok(Json::object()
        .with("url", requests::url(cx.remote, &path))
        .with("headers", headers)
        .with("credentials", cx.platform.credentials()))
}

/// What the answer means to the caller.
fn meaning<P: Platform>(cx: &Context<'_, P>, answer: Answer) -> Reply {
    let Answer { mut document, now } = answer;
    // Whoever looks at an invite or takes it has its key; who is shown what comes of it need not.
    let is_shown = matches!(cx.operation, Operation::Preview(_) | Operation::Accept(_));
    if is_shown {
        hide(&mut document, cx.key_text());
    }
    let date = |text: &str| cx.platform.date(text);
    let has = |invite: &Json, names: &[&str]| {
        let is_there = |name: &&str| invite.get(name).is_some_and(|value| !value.is_null());
        looks_like_invite(invite, Some(&date)) && names.iter().all(is_there)
    };
    let list_of = |name, names: &[&str]| match document.get(name) {
        Some(Json::List(items)) => items.iter().all(|item| has(item, names)),
        _ => false,
    };
    let fits = match cx.operation {
        Operation::Create(_) => has(&document, &["key", "permissions"]),
        Operation::Park(_) => has(&document, &["key"]),
        Operation::Get(_) => list_of("invites", &["permissions"]),
        Operation::List(list) if list.filter.of_people => list_of("members", &["user", "permissions"]),
        Operation::List(_) => list_of("invites", &["permissions"]),
        // What is said of somebody else is no answer.
        Operation::Member(member) => {
            let told = document.get("user");
            has(&document, &["user", "permissions"])
                && told.is_some_and(|told| is_named(told, &member.options.user))
        }
        Operation::Parked => list_of("pending", &["key"]),
        Operation::Remove(_) => is_removal(&document),
        Operation::Unpark(_) => document.number("deletedCount").is_some(),
        Operation::Identify => match document.get("user") {
            Some(user) => user.is_null() || user.text("username").is_some() && is_person(user),
            None => false,
        },
        _ => has(&document, &["permissions"]),
    };
    if !fits {
        return Err(Error::bad_response());
    }
    if is_shown {
        document.take("key");
    }
    match cx.operation {
        Operation::Identify => return Ok(taken(document, "user")),
        Operation::Parked => return Ok(taken(document, "pending")),
        Operation::Get(_) | Operation::List(_) => {
            if matches!(cx.operation, Operation::List(_))
                && let Some(Json::List(mut invites)) = document.take("invites")
            {
                // By the server's clock: ours may be days off.
                for invite in &mut invites {
                    if invite.text("expiresAt").is_some() {
                        invite.set("expiresIn", seconds_left(cx.platform, invite, now));
                    }
                }
                document.set("invites", Json::List(invites));
            }
            // By the one name that it has here: `next` is ours.
            document.take("next");
            match document.take("next_page_token") {
                Some(Json::Text(next)) if !next.is_empty() => document.set("next", next.into()),
                None | Some(Json::Null | Json::Text(_)) => {}
                // Taken for the end, it would make a whole list of a part.
                Some(_) => return Err(Error::bad_response()),
            }
        }
        Operation::Preview(_) => preview(cx, &mut document, now),
        Operation::Accept(_) => document.set("warnings", Json::List(Vec::new())),
        _ => {}
    }
    Ok(document)
}

/// One member of an answer, which it has.
fn taken(mut document: Json, name: &str) -> Json {
    document.take(name).unwrap_or(Json::Null)
}

/// Adds what the person who may take it wants to know.
fn preview<P: Platform>(cx: &Context<'_, P>, invite: &mut Json, now: f64) {
    invite.set("expiresIn", seconds_left(cx.platform, invite, now));
    if let (Some(most), Some(uses)) = (invite.number("maxUses"), invite.number("uses")) {
        invite.set("usesLeft", (most - uses).max(0.0).into());
    }
    // Signed out, nobody has anything yet.
    for (name, instead) in &[
        ("inviter", "createdBy"),
        ("gained", "permissions"),
        ("account", ""),
    ] {
        if invite.get(name).is_none() {
            let value = invite.get(instead).cloned().unwrap_or(Json::Null);
            invite.set(name, value);
        }
    }
}

/// Asks a server what it speaks, and writes the answer into `remote`.
async fn discover<P: Platform>(platform: &P, remote: &mut Remote) -> Reply {
    let url = [remote.server.as_str(), "/.well-known/invite-keys"].concat();
    let asking = Request {
        may_be_kept: true,
        ..Request::get(url)
    };
    let response = platform
        .fetch(asking, &core::cell::Cell::default())
        .await?;
    let document = match Answer::read(platform, &response) {
        Err(error) if error.retryable() => return Err(error),
        Ok(answer) if answer.document.number("invite-keys") == Some(1.0) => answer.document,
        _ => return Err(not_invites_server()),
    };
    // What cannot be read is not taken for the usual: it would be remembered.
    match document.get("dialect") {
        None => {}
        Some(Json::Text(name)) => {
            remote.dialect = DialectName::named(name).ok_or_else(|| unknown_dialect(name))?;
        }
        Some(_) => return Err(Error::bad_response()),
    }
    match document.get("api") {
        // Only a path: nobody sends us to another server.
        Some(Json::Text(api)) if is_path(api) => remote.api = api.clone(),
        Some(Json::Text(_)) | None => {}
        Some(_) => return Err(Error::bad_response()),
    }
    let Some(Json::List(features)) = document.get("features") else {
        return Err(Error::bad_response());
    };
    let mut known = Vec::new();
    for feature in features {
        known.extend(feature.as_text().map(str::to_owned));
    }
    remote.features = Some(known);
    Ok(Json::Null)
}

fn is_path(api: &str) -> bool {
    api.starts_with('/') && !api.starts_with("//")
}

fn unknown_dialect(name: &str) -> Error {
    Error::new(
        Code::Unsupported,
        &[
            "The server speaks ",
            name,
            ", which this version of invite-keys does not.",
        ]
        .concat(),
    )
}
