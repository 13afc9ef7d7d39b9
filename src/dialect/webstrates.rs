//! Webstrates: five operations over its WebSocket, and what its HTTP side tells about people.

use std::rc::Rc;

use invite_key::Permissions;

use crate::dialect::Context;
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::{Reply, Task};
use crate::operation::Method;
use crate::options::DialectName;
use crate::transport::multiplexer::Socket;
use crate::transport::{Platform, Request, Response, percent_encoded};

pub(super) async fn perform<P: Platform>(cx: &Context<'_, P>) -> Reply {
    let method = cx.operation.method;
    let frame = frame(cx)?;
    let mut result = Json::Null;
    if let Some(frame) = frame {
        let fresh = matches!(method, Method::Preview | Method::Accept);
        result = read(cx, cx.ask(frame, fresh).await?)?;
    }
    let id = cx.resource()?;
    let mut account = Json::Null;
    if matches!(method, Method::Preview | Method::Identify) {
        account = cx.account(id).await?;
    }
    if method == Method::Identify {
        return Ok(account);
    }
    let mut members = Ok(Json::Null);
    if method == Method::Members || account != Json::Null {
        members = cx.members(id).await;
    }
    match method {
        // Who may not read may not know who has access either.
        Method::Preview => preview(cx, &mut result, account, &members.unwrap_or(Json::Null)),
        Method::Members => {
            let member = |entry| {
                Json::object()
                    .with("user", person(entry))
                    .with("permissions", entry.text("permissions").unwrap_or_default())
            };
            result = Json::List(members?.items().iter().map(member).collect());
        }
        _ => {}
    }
    Ok(result)
}

/// What is sent over the socket for the operation, if anything is.
fn frame<P: Platform>(cx: &Context<'_, P>) -> Result<Option<Json>, Error> {
    let operation = cx.operation;
    let mut options = Json::Null;
    let action = match operation.method {
        Method::Create => {
            cx.refuse("webstrates", &["permissions", "maxAge"])?;
            options = operation.options.clone();
            "createInvite"
        }
        Method::Get => "getInvites",
        Method::ListPage => {
            let filter = &operation.options;
            let other = filter
                .text("status")
                .is_some_and(|status| status != "pending");
            let everyone = filter.get("everyone") == Some(&Json::Bool(true));
            if other || everyone {
                return Err(Error::unsupported(
                    if other { "status" } else { "everyone" },
                    "webstrates",
                ));
            }
            "getInvites"
        }
        Method::Check | Method::Preview => "checkInvite",
        Method::Accept => "acceptInvite",
        Method::Remove if operation.key.is_none() => {
            return Err(Error::unsupported("id", "webstrates"));
        }
        Method::Remove => "removeInvite",
        _ => return Ok(None),
    };
    let mut frame = Json::object().with("wa", action).with("d", cx.resource()?);
    if operation.key.is_some() {
        options = Json::object().with("key", operation.key_text());
    }
    if options != Json::Null {
        frame.set("options", options);
    }
    Ok(Some(frame))
}

/// What the reply means to the caller.
fn read<P: Platform>(cx: &Context<'_, P>, mut reply: Json) -> Reply {
    let method = cx.operation.method;
    let right = match &mut reply {
        Json::List(invites) => {
            matches!(method, Method::Get | Method::ListPage)
                && invites.iter_mut().all(|invite| {
                    // In a list an invite looks as the other dialects have it.
                    if method == Method::ListPage
                        && let Some(id) = invite.take("webstrateId")
                    {
                        invite.set("resource", id);
                        invite.set("status", "pending".into());
                    }
                    own_words(invite)
                })
        }
        Json::Text(_) => method == Method::Accept,
        reply if method == Method::Remove => reply.get("acknowledged").is_some(),
        reply => {
            matches!(method, Method::Create | Method::Check | Method::Preview) && own_words(reply)
        }
    };
    match method {
        _ if !right => Err(Error::bad_response()),
        Method::Create if is_dead(&reply) => Err(Error::new(
            Code::BadResponse,
            "The server made an invite that can never be used.",
        )),
        Method::ListPage => Ok(Json::object().with("invites", reply)),
        Method::Accept => Ok(Json::object()
            .with("resource", cx.resource()?)
            .with("permissions", reply)
            .with("warnings", Json::List(Vec::new()))),
        _ => Ok(reply),
    }
}

/// Leaves the server's own object, but for the database's `_id`; false where it is no invite.
fn own_words(invite: &mut Json) -> bool {
    invite.take("_id");
    invite.text("key").is_some()
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
    invite.set("expiresIn", cx.seconds_left(invite));
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

/// Documents edited by hand hold the quotes in other ways: escaped, or as apostrophes.
fn unescaped(text: &str) -> String {
    let quotes = if text.contains('"') || text.contains('&') {
        '\''
    } else {
        '"'
    };
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let escapes = [("quot;", '"'), ("amp;", '&')];
        let escape = escapes
            .iter()
            .find(|escape| letter == '&' && rest.as_str().starts_with(escape.0));
        plain.push(match escape {
            Some((name, letter)) => {
                rest.nth(name.len() - 1);
                *letter
            }
            None if letter == '\'' => quotes,
            None => letter,
        });
    }
    plain
}

impl<P: Platform> Context<'_, P> {
    fn ask(&self, frame: Json, fresh: bool) -> Task<'_, Reply> {
        Box::pin(async move {
            let socket = self.open(self.resource()?, fresh).await?;
            let mut result = self.socket.ask(socket, frame, self.sent).await;
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
            if *self.auth != Json::Null && self.socket.socket(since).is_none() {
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
            if self.auth.get("accessToken").is_some() {
                return Ok(known(self.auth));
            }
            if *self.auth == Json::Null {
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
    async fn members(&self, id: &str) -> Reply {
        let query = ["?json", &token_query("&", self.platform.token().await?)].concat();
        let response = self.fetch("GET", id, &query, None).await?;
        if response.status == 403 {
            let mut error = Error::new(Code::Forbidden, &response.text);
            error.status = Some(403);
            return Err(error);
        }
        if !response.text.starts_with('[') {
            return Err(Error::bad_response());
        }
        let attributes = json::root_attributes(&response.text).unwrap_or(Json::Null);
        let entries = attributes.text("data-auth").unwrap_or("[]");
        json::parse(entries)
            .or_else(|| json::parse(&unescaped(entries)))
            .ok_or_else(Error::bad_response)
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
