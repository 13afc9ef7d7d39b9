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

