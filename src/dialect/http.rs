//! Our own HTTP API.

use crate::dialect::{Context, Remote};
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::Reply;
use crate::operation::Method;
use crate::options::DialectName;
use crate::transport::{Platform, Request, Response, percent_encoded};

pub(super) async fn perform<P: Platform>(cx: &Context<'_, P>) -> Reply {
    let mut found = Vec::new();
    let mut token = cx.operation.text.clone();
    loop {
        let request = request(cx, &token)?;
        // From here on nobody can tell whether it has arrived.
        cx.sent.set(true);
        let response = cx.platform.fetch(request).await?;
        let mut answer = read(cx, answer(cx.platform, &response)?)?;
        if cx.operation.method != Method::Get {
            return Ok(answer);
        }
        if let Some(Json::List(invites)) = answer.take("invites") {
            found.extend(invites);
        }
        match answer.take("next") {
            Some(Json::Text(next)) if next != token => token = next,
            _ => return Ok(Json::List(found)),
        }
    }
}

/// What is sent for the operation; `token` says which page of a list.
fn request<P: Platform>(cx: &Context<'_, P>, token: &str) -> Result<Request, Error> {
    let operation = cx.operation;
    let mut body = Json::object();
    let mut method = "GET";
    let mut path = String::new();
    match operation.method {
        Method::Create | Method::Get | Method::ListPage | Method::Members => {
            let list = if operation.method == Method::Members {
                "members"
            } else {
                "invites"
            };
            // Resource ids have nothing in them that a path would mind.
            path = ["/resources/", cx.resource()?, "/", list].concat();
            if operation.method == Method::Create {
                cx.refuse(
                    "http",
                    &[
                        "permissions",
                        "maxAge",
                        "maxUses",
                        "message",
                        "title",
                        "extras",
                    ],
                )?;
                method = "POST";
                body = operation.options.clone();
            } else {
                add_query(&mut path, &operation.options, token);
            }
        }
        Method::Remove if operation.key.is_none() => {
            let id = percent_encoded(operation.id.as_deref().unwrap_or_default());
            path = ["/resources/", cx.resource()?, "/invites/", &id].concat();
            method = "DELETE";
        }
        Method::Identify => path.push_str("/me"),
        Method::Park | Method::Parked | Method::Unpark => {
            path.push_str("/pending");
            method = match operation.method {
                Method::Park => "POST",
                Method::Unpark => "DELETE",
                _ => "GET",
            };
            body.set("key", operation.key_text().into());
            if operation.method == Method::Park {
                if let Some(resource) = &operation.resource {
                    body.set("resource", resource.as_str().into());
                }
                if !operation.text.is_empty() {
                    body.set("continuePath", operation.text.as_str().into());
                }
            }
        }
        _ => {
            path.push_str(match operation.method {
                Method::Accept => "/invites/accept",
                Method::Remove => "/invites/remove",
                _ => "/invites/check",
            });
            method = "POST";
            body.set("key", operation.key_text().into());
            // The key finds its resource: only what the caller says goes along.
            if let Some(resource) = &operation.resource {
                body.set("resource", resource.as_str().into());
            }
        }
    }
    Ok(Request {
        method,
        url: [cx.remote.server.as_str(), &cx.remote.api, &path].concat(),
        body: (method != "GET").then(|| ("application/json", json::write(&body))),
        authorized: true,
        idempotency_key: operation.idempotency_key.clone(),
    })
}

fn add_query(path: &mut String, filter: &Json, token: &str) {
    let page = Json::from(token);
    let page = if token.is_empty() { None } else { Some(&page) };
    let query = [
        ("status=", filter.get("status")),
        ("everyone=", filter.get("everyone")),
        ("page_size=", filter.get("pageSize")),
        ("page_token=", page),
    ];
    let mut mark = '?';
    for (name, value) in query {
        if let Some(value) = value {
            path.push(mark);
            path.push_str(name);
            path.push_str(&percent_encoded(
                value.as_text().unwrap_or(&json::write(value)),
            ));
            mark = '&';
        }
    }
}

/// What the answer means to the caller.
fn read<P: Platform>(cx: &Context<'_, P>, mut answer: Json) -> Reply {
    let required = match cx.operation.method {
        Method::Create => "key",
        Method::Get | Method::ListPage => "invites",
        Method::Remove => "acknowledged",
        Method::Members => "members",
        Method::Identify => "user",
        Method::Park => "key",
        Method::Parked => "pending",
        Method::Unpark => "deletedCount",
        _ => "permissions",
    };
    let Some(found) = answer.get(required) else {
        return Err(Error::bad_response());
    };
    match cx.operation.method {
        Method::Members | Method::Identify | Method::Parked => return Ok(found.clone()),
        Method::Get | Method::ListPage => {
            if let Some(Json::Text(next)) = answer.take("next_page_token")
                && !next.is_empty()
            {
                answer.set("next", next.into());
            }
        }
        Method::Preview => preview(cx, &mut answer),
        Method::Accept => answer.set("warnings", Json::List(Vec::new())),
        _ => {}
    }
    Ok(answer)
}

/// Adds what the person who may take it wants to know.
fn preview<P: Platform>(cx: &Context<'_, P>, invite: &mut Json) {
    invite.set("expiresIn", cx.seconds_left(invite));
    if let (Some(most), Some(uses)) = (invite.number("maxUses"), invite.number("uses")) {
        invite.set("usesLeft", (most - uses).max(0.0).into());
    }
    // Signed out, nobody has anything yet.
    for (name, instead) in [
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

/// Reads an answer: what was asked for, or a problem document.
fn answer<P: Platform>(platform: &P, response: &Response) -> Reply {
    let kind = response.content_type.as_str();
    let is_json =
        kind.starts_with("application/json") || kind.starts_with("application/problem+json");
    let document = if is_json {
        json::parse(&response.text)
    } else {
        None
    };
    let status = response.status;
    let document = match document {
        Some(document) if (200..300).contains(&status) => return Ok(document),
        document => document.unwrap_or(Json::Null),
    };
    let mut error = match document.text("code") {
        Some(code) => Error::of_server(code, document.text("detail").unwrap_or(code)),
        None => match status {
            401 => Error::new(Code::NotSignedIn, "Sign in first."),
            403 => Error::new(Code::Forbidden, "The server refuses this."),
            404 | 405 => not_invites_server(),
            429 => Error::new(Code::RateLimited, "Too many calls: try again later."),
            500.. => Error::new(Code::ServerError, "The server failed."),
            _ => Error::bad_response(),
        },
    };
    error.status = Some(status);
    error.field = document.text("field").map(str::to_owned);
    error.retry_after = document.number("retryAfter");
    // Seconds, or a date.
    if let (None, Some(text)) = (error.retry_after, &response.retry_after) {
        let wait = match text.parse::<u32>() {
            Ok(seconds) => f64::from(seconds) * 1000.0,
            Err(_) => platform.date(text) - platform.now(),
        };
        error.retry_after = (!wait.is_nan()).then_some(wait.max(0.0));
    }
    Err(error)
}

fn not_invites_server() -> Error {
    Error::new(
        Code::NotInvitesServer,
        "There is no server for invites at this address. Name it in <meta name=\"invite-keys\" content=\"https://…\"> \
         or with configure({ server: 'https://…' }); for a Webstrates server also say dialect: 'webstrates'.",
    )
}

/// Asks a server what it speaks, and writes the answer into `remote`.
pub(crate) async fn discover<P: Platform>(platform: &P, remote: &mut Remote) -> Result<(), Error> {
    let request = Request {
        method: "GET",
        url: [remote.server.as_str(), "/.well-known/invite-keys"].concat(),
        body: None,
        authorized: false,
        idempotency_key: None,
    };
    let response = platform.fetch(request).await?;
    let mut document = match answer(platform, &response) {
        Err(error) if error.retryable() => return Err(error),
        Ok(document) if document.number("invite-keys") == Some(1.0) => document,
        _ => return Err(not_invites_server()),
    };
    if document.text("dialect") == Some("webstrates") {
        remote.dialect = DialectName::Webstrates;
    }
    // Only a path: nobody sends us to another server.
    if let Some(api) = document.text("api").filter(|api| api.starts_with('/')) {
        api.clone_into(&mut remote.api);
    }
    remote.features = Some(document.take("features").unwrap_or(Json::Null));
    Ok(())
}
