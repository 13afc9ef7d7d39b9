//! Webstrates: five operations over its WebSocket, and what its HTTP side tells about people.

use std::rc::Rc;

use invite_key::Permissions;

use crate::dialect::{Context, refuse_unknown};
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::{Reply, Task};
use crate::operation::Operation;
use crate::options::{DialectName, Target};
use crate::transport::multiplexer::Socket;
use crate::transport::{Platform, Request, Response, percent_encoded};

const NAME: &str = "webstrates";

/// What is sent over the socket.
struct Frame<'a> {
    action: &'static str,
    id: &'a str,
    options: Json,
    /// Whether the identity must be the one of now.
    fresh: bool,
}

pub(super) async fn perform<P: Platform>(cx: &Context<'_, P>, operation: &Operation) -> Reply {
    let frame = frame(cx, operation)?;
    let id = frame.id;
    let mut result = Json::Null;
    if !frame.action.is_empty() {
        result = read(operation, id, cx.ask(frame).await?)?;
    }
    let mut account = Json::Null;
    if matches!(operation, Operation::Preview(_) | Operation::Identify) {
        account = cx.account(id).await?;
    }
    match operation {
        Operation::Identify => return Ok(account),
        // Who may not read may not know who has access either.
        Operation::Preview(_) => {
            let members = if account == Json::Null {
                Json::Null
            } else {
                cx.members(id).await.unwrap_or(Json::Null)
            };
            preview(cx, &mut result, account, &members);
        }
        Operation::Members => {
            let members = cx.members(id).await?;
            let member = |entry| {
                Json::object()
                    .with("user", person(entry))
                    .with("permissions", entry.text("permissions").unwrap_or_default())
            };
            return Ok(Json::List(members.items().iter().map(member).collect()));
        }
        _ => {}
    }
    Ok(result)
}

/// What is sent for it; without an action where nothing is.
fn frame<'a, P: Platform>(
    cx: &'a Context<'_, P>,
    operation: &'a Operation,
) -> Result<Frame<'a>, Error> {
    let (action, id, options) = match operation {
        Operation::Create {
            options,
            resource,
            idempotency_key,
        } => {
            refuse_unknown(options, idempotency_key.is_some(), NAME, |name| {
                matches!(name, "permissions" | "maxAge")
            })?;
            (
                "createInvite",
                cx.resource(resource.as_ref())?,
                options.clone(),
            )
        }
        Operation::Get { resource } => ("getInvites", cx.resource(resource.as_ref())?, Json::Null),
        Operation::ListPage { filter, .. } => {
            if filter
                .text("status")
                .is_some_and(|status| status != "pending")
            {
                return Err(Error::unsupported("status", NAME));
            }
            if filter.get("everyone") == Some(&Json::Bool(true)) {
                return Err(Error::unsupported("everyone", NAME));
            }
            ("getInvites", cx.resource(None)?, Json::Null)
        }
        Operation::Check(target) | Operation::Preview(target) => {
            ("checkInvite", home(cx, target)?, key_of(target)?)
        }
        Operation::Accept(target) => ("acceptInvite", home(cx, target)?, key_of(target)?),
        Operation::Remove(target) => ("removeInvite", home(cx, target)?, key_of(target)?),
        _ => ("", cx.resource(None)?, Json::Null),
    };
    Ok(Frame {
        action,
        id,
        options,
        fresh: matches!(operation, Operation::Preview(_) | Operation::Accept(_)),
    })
}

/// What the reply means to the caller.
fn read(operation: &Operation, id: &str, mut reply: Json) -> Reply {
    let right = match operation {
        Operation::Get { .. } | Operation::ListPage { .. } => {
            let page = matches!(operation, Operation::ListPage { .. });
            let Json::List(invites) = &mut reply else {
                return Err(Error::bad_response());
            };
            invites.iter_mut().all(|invite| {
                // In a list an invite looks as the other dialects have it.
                if page && let Some(id) = invite.take("webstrateId") {
                    invite.set("resource", id);
                    invite.set("status", "pending".into());
                }
                own_words(invite)
            })
        }
        Operation::Accept(_) => reply.as_text().is_some(),
        Operation::Remove(_) => reply.get("acknowledged").is_some(),
        _ => own_words(&mut reply),
    };
    if !right {
        return Err(Error::bad_response());
    }
    Ok(match operation {
        Operation::Create { .. } if is_dead(&reply) => {
            return Err(Error::new(
                Code::BadResponse,
                "The server made an invite that can never be used.",
            ));
        }
        Operation::ListPage { .. } => Json::object().with("invites", reply),
        Operation::Accept(_) => Json::object()
            .with("resource", id)
            .with("permissions", reply)
            .with("warnings", Json::List(Vec::new())),
        _ => reply,
    })
}

/// Leaves the server's own object, but for the database's `_id`; false where it is no invite.
fn own_words(invite: &mut Json) -> bool {
    invite.take("_id");
    invite.text("key").is_some()
}

/// What the call says, else what the invite says, else what the connection is for.
fn home<'a, P: Platform>(cx: &'a Context<'_, P>, target: &'a Target) -> Result<&'a str, Error> {
    cx.resource(target.resource.as_ref().or(target.home.as_ref()))
}

fn key_of(target: &Target) -> Result<Json, Error> {
    Ok(Json::object().with("key", target.key()?.reveal()))
}

/// The original takes any `maxAge` and makes keys of it that never work.
fn is_dead(invite: &Json) -> bool {
    match (invite.text("createdAt"), invite.text("expiresAt")) {
        // Dates of one form: their order is that of their text.
        (Some(created), Some(expires)) => expires <= created,
        _ => true,
    }
}

/// Turns an invite into what the person who may take it sees.
fn preview<P: Platform>(cx: &Context<'_, P>, invite: &mut Json, account: Json, members: &Json) {
    let entry = members.items().iter().find(|entry| {
        ["username", "provider"]
            .iter()
            .all(|name| entry.text(name) == account.text(name))
    });
    let letters = |object: &Json| {
        Permissions::parse(object.text("permissions").unwrap_or_default())
            .unwrap_or(Permissions::NONE)
    };
    let gained = letters(invite).gained(entry.map_or(Permissions::NONE, letters));
    invite.set("gained", gained.as_str().into());
    invite.set("account", account);
    invite.set("expiresIn", cx.seconds_until(invite.get("expiresAt")));
    for (name, new) in [("webstrateId", "resource"), ("createdBy", "inviter")] {
        let value = invite.take(name).unwrap_or(Json::Null);
        invite.set(new, value);
    }
    invite.take("key");
}

/// `null` for nobody.
fn known(user: &Json) -> Json {
    match user.text("username") {
        None | Some("" | "anonymous") => Json::Null,
        _ => person(user),
    }
}

/// A user, without what else stands beside.
fn person(entry: &Json) -> Json {
    let mut user = Json::object();
    for name in ["username", "provider", "displayName"] {
        if let Some(text) = entry.text(name) {
            user.set(name, text.into());
        }
    }
    user
}

/// Documents edited by hand hold the quotes in other ways.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (place, part) in text.split('&').enumerate() {
        match part.strip_prefix("quot;") {
            Some(rest) => {
                plain.push('"');
                plain.push_str(rest);
            }
            None => {
                plain.push_str(if place == 0 { "" } else { "&" });
                plain.extend(
                    part.chars()
                        .map(|letter| if letter == '\'' { '"' } else { letter }),
                );
            }
        }
    }
    plain
}

impl<P: Platform> Context<'_, P> {
    fn ask<'a>(&'a self, frame: Frame<'a>) -> Task<'a, Reply> {
        Box::pin(async move {
            let mut message = Json::object().with("wa", frame.action).with("d", frame.id);
            if frame.options.is_object() {
                message.set("options", frame.options);
            }
            let socket = self.open(frame.id, frame.fresh).await?;
            let mut result = self.socket.ask(socket, message, self.sent).await;
            if let Err(error) = &mut result
                && error.code == Code::ServerError
            {
                error.code = code_of(&error.message);
                match error.code {
                    // The socket keeps the identity it was opened with; the next call shall have the new one.
                    Code::NotSignedIn => self.socket.retire(),
                    // Others accept at the same moment: another try, a little later, succeeds.
                    Code::TryAgain => {
                        error.retry_after = Some(10.0 + (self.platform.chance() * 40.0).floor())
                    }
                    _ => {}
                }
            }
            result
        })
    }

    /// The shared socket; `fresh`: one whose identity is what it is now, not before the page was last in the background.
    fn open<'a>(&'a self, id: &'a str, fresh: bool) -> Task<'a, Result<Rc<Socket<P>>, Error>> {
        Box::pin(async move {
            let since = if fresh {
                self.platform.visible_since()
            } else {
                0.0
            };
            let mut query = String::new();
            if self.remote.has_token && self.socket.socket(since).is_none() {
                query = token_query("?", self.platform.token().await?);
            }
            // Perhaps another call has opened one meanwhile.
            if let Some(socket) = self.socket.socket(since) {
                return Ok(socket);
            }
            // http becomes ws, https wss. The path's id only matters to an access token, which is bound to it.
            let address = self.remote.server.strip_prefix("http").unwrap_or_default();
            let id = self.remote.resource.as_deref().unwrap_or(id);
            self.socket
                .open(&["ws", address, "/", id, "/", &query].concat())
        })
    }

    /// Who is asking: what the caller said, what the page knows, what the server answers over HTTP, and last, because
    /// it makes the client visible to others, what the socket answers to a subscription. `null`: nobody.
    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Reply> {
        Box::pin(async move {
            if let Some(account) = &self.remote.account {
                return Ok(account.clone());
            }
            if !self.remote.has_token {
                let is_here = self.platform.place().is_some_and(|place| {
                    place.server == self.remote.server
                        && place.dialect == Some(DialectName::Webstrates)
                });
                if let (true, Some(user)) = (is_here, self.platform.page_user()) {
                    return Ok(known(&user));
                }
                // Another origin: the browser keeps the answer from us.
                if let Ok(response) = self.fetch("POST", id, "", Some("token=1")).await {
                    match response.status {
                        200 => {
                            return json::parse(&response.text)
                                .map(|user| known(&user))
                                .ok_or_else(Error::bad_response);
                        }
                        401 | 403 | 409 => return Ok(Json::Null),
                        _ => {}
                    }
                }
            }
            let socket = self.open(id, true).await?;
            self.socket.hello(socket, id).await.map(|user| known(&user))
        })
    }

    /// The document's `data-auth`: who may do what.
    fn members<'a>(&'a self, id: &'a str) -> Task<'a, Reply> {
        Box::pin(async move {
            let query = ["?json", &token_query("&", self.platform.token().await?)].concat();
            let response = self.fetch("GET", id, &query, None).await?;
            if response.status != 200 {
                let code = if response.status == 403 {
                    Code::Forbidden
                } else {
                    Code::BadResponse
                };
                let mut error = Error::new(code, &response.text);
                error.status = Some(response.status);
                return Err(error);
            }
            let document = json::parse(&response.text).ok_or_else(Error::bad_response)?;
            let Some(entries) = document
                .items()
                .get(1)
                .and_then(|attributes| attributes.text("data-auth"))
            else {
                return Ok(Json::List(Vec::new()));
            };
            json::parse(entries)
                .or_else(|| json::parse(&unescaped(entries)))
                .ok_or_else(Error::bad_response)
        })
    }

    fn fetch(
        &self,
        method: &'static str,
        id: &str,
        query: &str,
        form: Option<&str>,
    ) -> Task<'_, Result<Response, Error>> {
        self.platform.fetch(Request {
            method,
            url: [&self.remote.server, "/", id, "/", query].concat(),
            body: form.map(|form| ("application/x-www-form-urlencoded", form.to_owned())),
            authorized: false,
            idempotency_key: None,
        })
    }
}

fn token_query(mark: &str, token: Option<String>) -> String {
    token
        .map(|token| [mark, "token=", &percent_encoded(&token)].concat())
        .unwrap_or_default()
}

/// The server's words are all it sends.
fn code_of(words: &str) -> Code {
    let codes = [
        ("Must be logged in", Code::NotSignedIn),
        ("Need admin permissions", Code::NotAdmin),
        ("Invalid invitation key", Code::InvalidKey),
        ("Inviter is no longer admin", Code::InviterNotAdmin),
        ("Unable to delete invite", Code::CannotRemove),
        ("Missing webstrateId", Code::InvalidOption),
        ("Invalid option", Code::InvalidOption),
        ("next is not defined", Code::NotFound),
        ("Op already submitted", Code::TryAgain),
    ];
    let code = codes
        .into_iter()
        .find(|(beginning, _)| words.starts_with(beginning));
    code.map_or(Code::ServerError, |(_, code)| code)
}
