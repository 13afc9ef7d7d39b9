//! Webstrates: five operations over its WebSocket, and what its HTTP side tells about people.

mod document;
mod frames;
mod guards;
mod identity;
mod watch;

use crate::dialect::Context;
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::Reply;
use crate::operation::Method;
use crate::transport::Platform;

use invite_key::Permissions;

pub(super) async fn perform<P: Platform>(cx: &Context<'_, P>) -> Reply {
    let method = cx.operation.method;
    if method == Method::Accept {
        return guards::accept(cx).await;
    }
    if method == Method::Watch {
        return watch::watch(cx).await;
    }
    let mut result = Json::Null;
    if let Some(frame) = frames::frame(cx)? {
        result = read(cx, cx.ask(frame, method == Method::Preview).await?)?;
    }
    let id = cx.resource()?;
    let mut account = Json::Null;
    if matches!(method, Method::Preview | Method::Identify) {
        account = cx.account(id).await?;
    }
    match method {
        Method::Preview => {
            // Who may not read may not know who has access either.
            let held = cx.own_letters(id, &account).await?;
            preview(cx, &mut result, account, held.unwrap_or(Permissions::NONE));
        }
        Method::Identify if account.is_object() => result = account,
        Method::Members => {
            let member = |entry| {
                Json::object()
                    .with("user", identity::person(entry))
                    .with("permissions", entry.text("permissions").unwrap_or_default())
            };
            result = Json::List(cx.members(id).await?.items().iter().map(member).collect());
        }
        _ => {}
    }
    Ok(result)
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
                    frames::own_words(invite)
                })
        }
        reply if method == Method::Remove => reply.get("acknowledged").is_some(),
        reply => {
            matches!(method, Method::Create | Method::Check | Method::Preview)
                && frames::own_words(reply)
        }
    };
    match method {
        _ if !right => Err(Error::bad_response()),
        Method::Create if frames::is_dead(&reply) => {
            let words = "The server made an invite that can never be used.";
            guards::warning(cx, "already_expired", words);
            Err(Error::new(Code::BadResponse, words))
        }
        Method::ListPage => Ok(Json::object().with("invites", reply)),
        _ => Ok(reply),
    }
}

/// Turns an invite into what the person who may take it sees.
fn preview<P: Platform>(cx: &Context<'_, P>, invite: &mut Json, account: Json, held: Permissions) {
    let granted = document::letters(invite.text("permissions").unwrap_or_default());
    let gained = granted.gained(held);
    let account = if account.is_object() {
        account
    } else {
        Json::Null
    };
    invite.set("gained", gained.as_str().into());
    invite.set("account", account);
    invite.set("expiresIn", cx.seconds_left(invite));
    for (name, new) in [("webstrateId", "resource"), ("createdBy", "inviter")] {
        let value = invite.take(name).unwrap_or(Json::Null);
        invite.set(new, value);
    }
    invite.take("key");
}
