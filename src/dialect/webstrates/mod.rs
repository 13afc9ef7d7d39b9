//! Webstrates: five operations over its WebSocket, and what its HTTP side tells about people.

mod document;
mod frames;
mod gains;
mod guards;
mod identity;
mod multiplexer;
mod socket;
mod ticket;
mod watch;

use core::cell::Cell;
use core::ops::Deref;
use std::rc::Rc;

use invite_key::{KeyKind, Permissions};

use crate::call::unknown_outcome;
use crate::dialect::{
    Alone, Context, Hears, LinkForm, Session, Traits, hide, is_named, is_removal, seconds_left,
};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Reply, Task, settled};
use crate::operation::{Operation, Policy};
use crate::transport::Platform;

use multiplexer::Multiplexer;

pub(crate) static TRAITS: Traits = Traits {
    options: &[],
    needs_resource: true,
    features: Some(&["preview", "members"]),
    // Its own kind alone, but for our server, which takes each invite's key on every wire.
    kinds: &[KeyKind::Webstrates, KeyKind::Opaque, KeyKind::Signed],
    // Two at once refuse or overwrite one another there.
    alone: Alone::Document,
    // Its own links are taken as they are opened.
    policy: Policy::SignedIn,
    // It shows no invite to who is not signed in, but does not always say who is.
    knows_account: false,
    link: LinkForm::ResourceQuery,
    hears: Hears::Looking,
};

/// The socket, which all calls share.
struct Webstrates<P: Platform> {
    socket: Rc<Multiplexer<P>>,
    /// How far the server's clock is ahead of ours, in milliseconds, as far as it said.
    clock: Cell<f64>,
}

pub(crate) fn open<P: Platform>(platform: &Rc<P>) -> Rc<dyn Session<P>> {
    Rc::new(Webstrates {
        socket: Multiplexer::new(Rc::clone(platform)),
        clock: Cell::default(),
    })
}

impl<P: Platform> Session<P> for Webstrates<P> {
    fn perform<'a>(&'a self, cx: &'a Context<'a, P>) -> Task<'a, Reply> {
        let id = match cx.resource() {
            Ok(id) => id,
            Err(error) => return settled(Err(error)),
        };
        let wire = Wire {
            cx,
            id,
            socket: &self.socket,
            clock: &self.clock,
            since: cx.platform.visible_since(),
        };
        match cx.operation {
            Operation::Accept(_) => Box::pin(guards::accept(wire)),
            Operation::Watch => Box::pin(watch::watch(wire)),
            _ => Box::pin(perform(wire)),
        }
    }

    fn close(&self) {
        self.socket.close();
    }
}

/// What one attempt works with on this wire.
struct Wire<'a, P: Platform> {
    cx: &'a Context<'a, P>,
    /// The document.
    id: &'a str,
    socket: &'a Rc<Multiplexer<P>>,
    clock: &'a Cell<f64>,
    /// When the page had last come into view as it began: whoever is signed in now may be somebody else.
    since: f64,
}

impl<'a, P: Platform> Deref for Wire<'a, P> {
    type Target = Context<'a, P>;

    fn deref(&self) -> &Context<'a, P> {
        self.cx
    }
}

async fn perform<P: Platform>(wire: Wire<'_, P>) -> Reply {
    let cx = &wire;
    let is_preview = matches!(cx.operation, Operation::Preview(_));
    let mut result = Json::Null;
    if let Some(action) = frames::action(cx)? {
        let reply = cx.ask(action, is_preview).await;
        result = reply.and_then(|reply| read(cx, reply)).map_err(|error| {
            // It was answered, and nobody can tell how.
            let creates = matches!(cx.operation, Operation::Create(_));
            match error.code {
                Code::BadResponse if creates && error.field.is_none() => unknown_outcome(),
                _ => error,
            }
        })?;
    }
    match cx.operation {
        Operation::Preview(_) => {
            let account = cx.account().await?;
            // Who may not read may not know who has access either.
            let held = cx.own_letters(&account).await?;
            preview(cx, &mut result, account, held.unwrap_or(Permissions::NONE));
        }
        Operation::Identify => {
            let account = cx.account().await?;
            if account.is_object() {
                result = account;
            }
        }
        Operation::List(list) if list.filter.of_people => {
            let all = cx.members().await?;
            let all = all.items().iter().map(member).collect();
            result = Json::object().with("members", Json::List(all));
        }
        Operation::Member(one) => {
            let all = cx.members().await?;
            let mut all = all.items().iter();
            let found = all.find(|entry| is_named(entry, &one.options.user));
            result = member(found.ok_or_else(|| Error::new(Code::NotFound, "They have no access."))?);
        }
        _ => {}
    }
    Ok(result)
}

/// What the reply means to the caller.
fn read<P: Platform>(cx: &Wire<'_, P>, mut reply: Json) -> Reply {
    let as_elsewhere = matches!(cx.operation, Operation::List(_));
    let right = match (cx.operation, &mut reply) {
        (Operation::Get(_) | Operation::List(_), Json::List(invites)) => {
            invites.iter_mut().all(|invite| {
                // In a list an invite looks as the other dialects have it.
                if as_elsewhere && let Some(id) = invite.take("webstrateId") {
                    invite.set("resource", id);
                    invite.set("status", "pending".into());
                    known_letters(invite);
                }
                frames::own_words(invite)
            })
        }
        (Operation::Remove(_), reply) => {
            is_removal(reply)
        }
        (Operation::Create(_) | Operation::Check(_) | Operation::Preview(_), reply) => {
            // Whoever may take it is told how long it lasts.
            let date = |date| !cx.platform.date(date).is_nan() || !matches!(cx.operation, Operation::Preview(_));
            frames::own_words(reply) && reply.text("expiresAt").is_none_or(date)
        }
        _ => false,
    };
    match cx.operation {
        _ if !right => Err(Error::bad_response()),
        Operation::Create(_) if frames::is_dead(&reply) => {
            let words = "The server made an invite that can never be used.";
            guards::warning(cx, "already_expired", words);
            let mut error = Error::new(Code::BadResponse, words);
            error.field = Some("expiresAt".to_owned());
            Err(error)
        }
        Operation::List(_) => Ok(Json::object().with("invites", reply)),
        _ => Ok(reply),
    }
}

/// Turns an invite into what the person who may take it sees.
fn preview<P: Platform>(cx: &Wire<'_, P>, invite: &mut Json, account: Json, held: Permissions) {
    let gained = known_letters(invite).gained(held);
    let account = if account.is_object() {
        account
    } else {
        Json::Null
    };
    invite.set("gained", gained.as_str().into());
    invite.set("account", account);
    let now = cx.platform.now() + cx.clock.get();
    invite.set("expiresIn", seconds_left(cx.platform, invite, now));
    for (name, new) in &[("webstrateId", "resource"), ("createdBy", "inviter")] {
        let value = invite.take(name).unwrap_or(Json::Null);
        invite.set(new, value);
    }
    invite.take("key");
    hide(invite, cx.key_text());
}

/// Somebody who has access, as the other dialects tell of them.
fn member(entry: &Json) -> Json {
    Json::object()
        .with("user", identity::person(entry))
        .with("permissions", granted(entry).as_str())
}

/// What an invite or an entry grants.
fn granted(entry: &Json) -> Permissions {
    document::letters(entry.text("permissions").unwrap_or_default())
}

/// Where an invite looks as the other dialects have it, it grants what there is to grant: the original takes any letters.
fn known_letters(invite: &mut Json) -> Permissions {
    let granted = granted(invite);
    invite.set("permissions", granted.as_str().into());
    granted
}
