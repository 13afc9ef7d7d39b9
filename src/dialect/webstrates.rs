//! Webstrates: five operations over its WebSocket, and what its HTTP side tells about people.

use invite_key::Permissions;

use crate::dialect::Context;
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::operation::Operation;
use crate::options::{DialectName, Target};
use crate::transport::{Platform, Request, Response, percent_encoded};

const NAME: &str = "webstrates";

pub(super) async fn perform<P: Platform>(
    cx: &Context<'_, P>,
    operation: &Operation,
) -> Result<Json, Error> {
    match operation {
        Operation::Create {
            options,
            resource,
            idempotency_key,
        } => {
            let names = options.members().iter().map(|member| member.0.as_str());
            let names = names.chain(idempotency_key.as_ref().map(|_| "idempotencyKey"));
            if let Some(name) = names
                .into_iter()
                .find(|name| !["permissions", "maxAge"].contains(name))
            {
                return Err(Error::unsupported(name, NAME));
            }
            let id = cx.resource(resource.as_ref())?;
            let invite = invite(ask(cx, "createInvite", id, Some(options.clone()), false).await?)?;
            if is_dead(&invite) {
                return Err(Error::new(
                    Code::BadResponse,
                    "The server made an invite that can never be used.",
                ));
            }
            Ok(invite)
        }
        Operation::Get { resource } => get(cx, cx.resource(resource.as_ref())?).await,
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
            let invites = get(cx, cx.resource(None)?).await?;
            let invites: Vec<Json> = invites.items().iter().map(general).collect();
            Ok(Json::object().with("invites", invites))
        }
        Operation::Check(target) => check(cx, target, false).await,
        Operation::Accept(target) => {
            let id = home(cx, target)?;
            let permissions = ask(cx, "acceptInvite", id, Some(key_of(target)?), true).await?;
            if permissions.as_text().is_none() {
                return Err(Error::bad_response());
            }
            let outcome = Json::object()
                .with("resource", id)
                .with("permissions", permissions);
            Ok(outcome.with("warnings", Vec::new()))
        }
        Operation::Remove(target) => {
            let done = ask(
                cx,
                "removeInvite",
                home(cx, target)?,
                Some(key_of(target)?),
                false,
            )
            .await?;
            if done.get("acknowledged").is_some() {
                Ok(done)
            } else {
                Err(Error::bad_response())
            }
        }
        Operation::Preview(target) => preview(cx, target).await,
        Operation::Members => {
            let members = members(cx, cx.resource(None)?).await?;
            let members = members.items().iter().map(|entry| {
                Json::object()
                    .with("user", person(entry))
                    .with("permissions", entry.text("permissions").unwrap_or_default())
            });
            Ok(Json::List(members.collect()))
        }
        Operation::Identify => Ok(account(cx, cx.resource(None)?).await?.unwrap_or(Json::Null)),
        // These are made of the others.
        Operation::Link { .. } | Operation::Supports(_) | Operation::AcceptInvite { .. } => {
            Ok(Json::Null)
        }
    }
}

async fn get<P: Platform>(cx: &Context<'_, P>, id: &str) -> Result<Json, Error> {
    match ask(cx, "getInvites", id, None, false).await? {
        Json::List(invites) => Ok(Json::List(
            invites.into_iter().map(invite).collect::<Result<_, _>>()?,
        )),
        _ => Err(Error::bad_response()),
    }
}

async fn check<P: Platform>(
    cx: &Context<'_, P>,
    target: &Target,
    fresh: bool,
) -> Result<Json, Error> {
    invite(
        ask(
            cx,
            "checkInvite",
            home(cx, target)?,
            Some(key_of(target)?),
            fresh,
        )
        .await?,
    )
}

/// What the call says, else what the invite says, else what the connection is for.
fn home<'a, P: Platform>(cx: &'a Context<'_, P>, target: &'a Target) -> Result<&'a str, Error> {
    cx.resource(target.resource.as_ref().or(target.home.as_ref()))
}

fn key_of(target: &Target) -> Result<Json, Error> {
    Ok(Json::object().with("key", target.key()?.reveal()))
}

/// The server's own object, but for the database's `_id`.
fn invite(mut reply: Json) -> Result<Json, Error> {
    reply.take("_id");
    if reply.text("key").is_some() {
        Ok(reply)
    } else {
        Err(Error::bad_response())
    }
}

/// The original takes any `maxAge` and makes keys of it that never work.
fn is_dead(invite: &Json) -> bool {
    match (invite.text("createdAt"), invite.text("expiresAt")) {
        // Dates of one form: their order is that of their text.
        (Some(created), Some(expires)) => expires <= created,
        _ => true,
    }
}

/// An invite as the other dialects have it.
fn general(invite: &Json) -> Json {
    let mut general = invite.clone();
    if let Some(id) = general.take("webstrateId") {
        general.set("resource", id);
    }
    general.with("status", "pending")
}

async fn preview<P: Platform>(cx: &Context<'_, P>, target: &Target) -> Result<Json, Error> {
    let mut invite = check(cx, target, true).await?;
    let id = home(cx, target)?;
    let account = account(cx, id).await?;
    let offered = invite.text("permissions").unwrap_or_default().to_owned();
    let mut gained = offered.clone();
    if let Some(account) = &account {
        // Who may not read may not know either; then all of it is new.
        let entries = members(cx, id).await.unwrap_or(Json::Null);
        let own = entries.items().iter().find(|entry| {
            ["username", "provider"]
                .iter()
                .all(|name| entry.text(name) == account.text(name))
        });
        let current = own.and_then(|entry| Permissions::parse(entry.text("permissions")?).ok());
        if let (Ok(offered), Some(current)) = (Permissions::parse(&offered), current) {
            offered.gained(current).as_str().clone_into(&mut gained);
        }
    }
    Ok(Json::object()
        .with("resource", id)
        .with("inviter", invite.take("createdBy").unwrap_or(Json::Null))
        .with("permissions", offered)
        .with("gained", gained)
        .with("expiresIn", cx.seconds_until(invite.get("expiresAt")))
        .with("expiresAt", invite.take("expiresAt").unwrap_or(Json::Null))
        .with("account", account.unwrap_or(Json::Null)))
}

/// Who is asking: what the caller said, what the page knows, what the server answers over HTTP, and last, because it
/// makes the client visible to others, what the socket answers to a subscription.
async fn account<P: Platform>(cx: &Context<'_, P>, id: &str) -> Result<Option<Json>, Error> {
    if cx.remote.account.is_some() {
        return Ok(cx.remote.account.clone());
    }
    if !cx.remote.has_token {
        let is_here = |place: crate::transport::Place| {
            place.server == cx.remote.server && place.dialect == Some(DialectName::Webstrates)
        };
        if cx.platform.place().is_some_and(is_here)
            && let Some(user) = cx.platform.page_user()
        {
            return Ok(known(&user));
        }
        match fetch(
            cx,
            "POST",
            [&cx.remote.server, "/", id, "/"].concat(),
            Some("token=1"),
        )
        .await
        {
            Ok(response) if response.status == 200 => {
                let answer = json::parse(&response.text).ok_or_else(Error::bad_response)?;
                return Ok(known(&answer));
            }
            Ok(response) if matches!(response.status, 401 | 403 | 409) => return Ok(None),
            // Another origin: the browser keeps the answer from us.
            _ => {}
        }
    }
    let socket = open(cx, id, false).await?;
    let user = cx.socket.hello(socket, id).await?;
    Ok(known(&user))
}

fn known(user: &Json) -> Option<Json> {
    let signed_in = user
        .text("username")
        .is_some_and(|name| !name.is_empty() && name != "anonymous");
    signed_in.then(|| person(user))
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

/// The document's `data-auth`: who may do what.
async fn members<P: Platform>(cx: &Context<'_, P>, id: &str) -> Result<Json, Error> {
    let mut url = [&cx.remote.server, "/", id, "/?json"].concat();
    if let Some(token) = cx.platform.token().await? {
        url.push_str("&token=");
        url.push_str(&percent_encoded(&token));
    }
    let response = fetch(cx, "GET", url, None).await?;
    if response.status != 200 {
        let code = if response.status == 403 {
            Code::Forbidden
        } else {
            Code::BadResponse
        };
        let mut error = Error::new(code, response.text.chars().take(200).collect::<String>());
        error.status = Some(response.status);
        return Err(error);
    }
    let document = json::parse(&response.text).ok_or_else(Error::bad_response)?;
    let entries = document
        .items()
        .get(1)
        .and_then(|attributes| attributes.text("data-auth"));
    let Some(entries) = entries else {
        return Ok(Json::List(Vec::new()));
    };
    json::parse(entries)
        .or_else(|| json::parse(&entries.replace("&quot;", "\"").replace("&amp;", "&")))
        .or_else(|| json::parse(&entries.replace('\'', "\"")))
        .ok_or_else(Error::bad_response)
}

async fn fetch<P: Platform>(
    cx: &Context<'_, P>,
    method: &'static str,
    url: String,
    form: Option<&str>,
) -> Result<Response, Error> {
    let request = Request {
        method,
        url,
        content_type: form.map(|_| "application/x-www-form-urlencoded"),
        body: form.map(str::to_owned),
        bearer: None,
        idempotency_key: None,
    };
    cx.platform.fetch(request).await
}

/// The shared socket; `fresh`: one whose identity is what it is now, not before the page was last in the background.
async fn open<P: Platform>(
    cx: &Context<'_, P>,
    id: &str,
    fresh: bool,
) -> Result<std::rc::Rc<crate::transport::multiplexer::Socket<P>>, Error> {
    let since = if fresh {
        cx.platform.visible_since()
    } else {
        0.0
    };
    if let Some(socket) = cx.socket.socket(since) {
        return Ok(socket);
    }
    let token = cx.platform.token().await?;
    // Another call may have opened one meanwhile.
    if let Some(socket) = cx.socket.socket(since) {
        return Ok(socket);
    }
    // http becomes ws, https wss. The path's id only matters to an access token, which is bound to it.
    let address = cx.remote.server.trim_start_matches("http");
    let id = cx.remote.resource.as_deref().unwrap_or(id);
    let mut url = ["ws", address, "/", id, "/"].concat();
    if let Some(token) = token {
        url.push_str("?token=");
        url.push_str(&percent_encoded(&token));
    }
    cx.socket.open(&url)
}

async fn ask<P: Platform>(
    cx: &Context<'_, P>,
    action: &str,
    id: &str,
    options: Option<Json>,
    fresh: bool,
) -> Result<Json, Error> {
    let mut frame = Json::object().with("wa", action).with("d", id);
    if let Some(options) = options {
        frame.set("options", options);
    }
    let socket = open(cx, id, fresh).await?;
    let result = cx.socket.ask(socket, frame, cx.sent).await;
    result.map_err(|mut error| {
        if error.code == Code::ServerError {
            error.code = code_of(&error.message);
            match error.code {
                // The socket keeps the identity it was opened with; the next call shall have the new one.
                Code::NotSignedIn => cx.socket.retire(),
                // Others accept at the same moment: another try, a little later, succeeds.
                Code::TryAgain => {
                    error.retry_after = Some(10.0 + (cx.platform.chance() * 40.0).floor())
                }
                _ => {}
            }
        }
        error
    })
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
