//! Our own HTTP API.

use crate::dialect::{Context, Remote};
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::operation::Operation;
use crate::options::{DialectName, Target};
use crate::transport::{Platform, Request, Response, percent_encoded};

/// What `create` takes beyond permissions and age, on every server of this dialect.
const CREATE_OPTIONS: [&str; 6] = [
    "permissions",
    "maxAge",
    "maxUses",
    "message",
    "title",
    "extras",
];

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
            let has = |name: &str| {
                cx.remote
                    .features
                    .as_ref()
                    .is_some_and(|features| features.iter().any(|known| known == name))
            };
            let unknown = options.members().iter().map(|member| member.0.as_str());
            let unknown = unknown.chain(idempotency_key.as_ref().map(|_| "idempotencyKey"));
            if let Some(name) = unknown
                .into_iter()
                .find(|name| !CREATE_OPTIONS.contains(name) && !has(name))
            {
                return Err(Error::unsupported(name, "http"));
            }
            let path = path_of(cx.resource(resource.as_ref())?, "invites");
            let invite = send(cx, "POST", &path, Some(options), idempotency_key.clone()).await?;
            expect(invite, |invite| invite.text("key").is_some())
        }
        Operation::Get { resource } => {
            let path = path_of(cx.resource(resource.as_ref())?, "invites");
            let mut invites = Vec::new();
            let mut token = String::new();
            loop {
                let mut page = page(cx, &path, "", &token).await?;
                if let Some(Json::List(more)) = page.take("invites") {
                    invites.extend(more);
                }
                match page.text("next") {
                    Some(next) if next != token => token = next.to_owned(),
                    _ => return Ok(Json::List(invites)),
                }
            }
        }
        Operation::ListPage { filter, token } => {
            let mut query = String::new();
            for (name, value) in filter.members() {
                let (name, value) = match (name.as_str(), value) {
                    ("status", Json::Text(status)) => ("status=", status.clone()),
                    ("everyone", Json::Bool(true)) => ("everyone=", "true".to_owned()),
                    ("pageSize", Json::Number(_) | Json::Text(_)) => {
                        ("page_size=", json::write(value).replace('"', ""))
                    }
                    _ => continue,
                };
                query.push_str(if query.is_empty() { "" } else { "&" });
                query.push_str(name);
                query.push_str(&value);
            }
            page(cx, &path_of(cx.resource(None)?, "invites"), &query, token).await
        }
        Operation::Check(target) => {
            let invite = send(cx, "POST", "/invites/check", Some(&body(target)), None).await?;
            expect(invite, |invite| invite.text("permissions").is_some())
        }
        Operation::Preview(target) => {
            let invite = send(cx, "POST", "/invites/check", Some(&body(target)), None).await?;
            Ok(preview(
                cx,
                expect(invite, |invite| invite.text("permissions").is_some())?,
            ))
        }
        Operation::Accept(target) => {
            let outcome = send(cx, "POST", "/invites/accept", Some(&body(target)), None).await?;
            Ok(
                expect(outcome, |outcome| outcome.text("permissions").is_some())?
                    .with("warnings", Vec::new()),
            )
        }
        Operation::Remove(target) => {
            let done = match (&target.key, &target.id) {
                (None, Some(id)) => {
                    let home = target.resource.as_ref().or(target.home.as_ref());
                    let path = [
                        &path_of(cx.resource(home)?, "invites/"),
                        percent_encoded(id).as_str(),
                    ]
                    .concat();
                    send(cx, "DELETE", &path, Some(&Json::object()), None).await?
                }
                _ => send(cx, "POST", "/invites/remove", Some(&body(target)), None).await?,
            };
            expect(done, |done| done.get("acknowledged").is_some())
        }
        Operation::Members => {
            let mut answer = send(
                cx,
                "GET",
                &path_of(cx.resource(None)?, "members"),
                None,
                None,
            )
            .await?;
            answer.take("members").ok_or_else(Error::bad_response)
        }
        Operation::Identify => {
            let mut answer = send(cx, "GET", "/me", None, None).await?;
            answer.take("user").ok_or_else(Error::bad_response)
        }
        // These are made of the others.
        Operation::Link { .. } | Operation::Supports(_) | Operation::AcceptInvite { .. } => {
            Ok(Json::Null)
        }
    }
}

/// The key finds its resource: only what the caller says goes along.
fn body(target: &Target) -> Json {
    let mut body = Json::object();
    if let Some(key) = &target.key {
        body.set("key", key.reveal().into());
    }
    if let Some(resource) = &target.resource {
        body.set("resource", resource.as_str().into());
    }
    body
}

/// Resource ids have nothing in them that a path would mind.
fn path_of(resource: &str, rest: &str) -> String {
    ["/resources/", resource, "/", rest].concat()
}

/// One page of a list, as `{ invites, next }`.
async fn page<P: Platform>(
    cx: &Context<'_, P>,
    path: &str,
    query: &str,
    token: &str,
) -> Result<Json, Error> {
    let token = if token.is_empty() {
        String::new()
    } else {
        ["page_token=", &percent_encoded(token)].concat()
    };
    let between = if query.is_empty() || token.is_empty() {
        ""
    } else {
        "&"
    };
    let mark = if query.is_empty() && token.is_empty() {
        ""
    } else {
        "?"
    };
    let mut answer = send(
        cx,
        "GET",
        &[path, mark, query, between, &token].concat(),
        None,
        None,
    )
    .await?;
    let Some(invites @ Json::List(_)) = answer.take("invites") else {
        return Err(Error::bad_response());
    };
    let mut page = Json::object().with("invites", invites);
    if let Some(next) = answer
        .text("next_page_token")
        .filter(|next| !next.is_empty())
    {
        page.set("next", next.into());
    }
    Ok(page)
}

/// What the person who may take it sees.
fn preview<P: Platform>(cx: &Context<'_, P>, mut invite: Json) -> Json {
    let mut preview = Json::object();
    if let Some(inviter) = invite.take("inviter").or_else(|| invite.take("createdBy")) {
        preview.set("inviter", inviter);
    }
    // Signed out, nobody has anything yet.
    let gained = invite
        .take("gained")
        .or_else(|| invite.get("permissions").cloned());
    preview.set("expiresIn", cx.seconds_until(invite.get("expiresAt")));
    preview.set("gained", gained.unwrap_or(Json::Null));
    preview.set("account", invite.take("account").unwrap_or(Json::Null));
    if let (Some(most), Some(uses)) = (invite.number("maxUses"), invite.number("uses")) {
        preview.set("usesLeft", (most - uses).max(0.0).into());
    }
    for name in ["resource", "title", "permissions", "expiresAt", "message"] {
        if let Some(value) = invite.take(name) {
            preview.set(name, value);
        }
    }
    preview
}

fn expect(answer: Json, right: impl Fn(&Json) -> bool) -> Result<Json, Error> {
    if right(&answer) {
        Ok(answer)
    } else {
        Err(Error::bad_response())
    }
}

async fn send<P: Platform>(
    cx: &Context<'_, P>,
    method: &'static str,
    path: &str,
    body: Option<&Json>,
    idempotency_key: Option<String>,
) -> Result<Json, Error> {
    let request = Request {
        method,
        url: [&cx.remote.server, &cx.remote.api, path].concat(),
        content_type: body.map(|_| "application/json"),
        body: body.map(json::write),
        bearer: cx.platform.token().await?,
        idempotency_key,
    };
    // From here on nobody can tell whether it has arrived.
    cx.sent.set(true);
    answer(cx.platform, &cx.platform.fetch(request).await?)
}

/// Reads an answer: what was asked for, or a problem document.
fn answer<P: Platform>(platform: &P, response: &Response) -> Result<Json, Error> {
    let is_json = response.content_type.contains("json");
    let document = if is_json {
        json::parse(&response.text)
    } else {
        None
    };
    if (200..300).contains(&response.status) {
        return document.ok_or_else(Error::bad_response);
    }
    let mut error = match document
        .as_ref()
        .and_then(|document| Some((document, document.text("code")?)))
    {
        Some((problem, code)) => {
            let words = problem
                .text("detail")
                .or_else(|| problem.text("title"))
                .unwrap_or(code);
            let mut error = Error::new(code.into(), words);
            error.retry_after = problem.number("retryAfter");
            error.field = problem.text("field").map(str::to_owned);
            error
        }
        None => match response.status {
            401 => Error::new(Code::NotSignedIn, "Sign in first."),
            403 => Error::new(Code::Forbidden, "The server refuses this."),
            404 | 405 => not_invites_server(),
            429 => Error::new(Code::RateLimited, "Too many calls: try again later."),
            500.. => Error::new(Code::ServerError, "The server failed."),
            _ => Error::bad_response(),
        },
    };
    error.status = Some(response.status);
    if error.retry_after.is_none() {
        error.retry_after = response
            .retry_after
            .as_deref()
            .and_then(|text| retry_after(platform, text));
    }
    Err(error)
}

/// `Retry-After`, seconds or a date, in milliseconds.
fn retry_after<P: Platform>(platform: &P, text: &str) -> Option<f64> {
    let wait = match text.trim().parse::<u32>() {
        Ok(seconds) => f64::from(seconds) * 1000.0,
        Err(_) => platform.date(text) - platform.now(),
    };
    (!wait.is_nan()).then(|| wait.max(0.0))
}

fn not_invites_server() -> Error {
    Error::new(
        Code::NotInvitesServer,
        "There is no server for invites at this address. Name it in <meta name=\"invite-keys\" content=\"https://…\"> \
         or with configure({ server: 'https://…' }); for a Webstrates server also say dialect: 'webstrates'.",
    )
}

/// Asks a server what it speaks, and writes the answer into `remote`.
pub(crate) async fn discover<P: Platform>(platform: &P, remote: &Remote) -> Result<Remote, Error> {
    let request = Request {
        method: "GET",
        url: [&remote.server, "/.well-known/invite-keys"].concat(),
        content_type: None,
        body: None,
        bearer: None,
        idempotency_key: None,
    };
    let response = platform.fetch(request).await?;
    if matches!(response.status, 429 | 500..) {
        answer(platform, &response)?;
    }
    let is_json = response.status == 200 && response.content_type.starts_with("application/json");
    let document = if is_json {
        json::parse(&response.text)
    } else {
        None
    };
    let document = document
        .filter(|document| document.number("invite-keys") == Some(1.0))
        .ok_or_else(not_invites_server)?;
    let mut found = remote.clone();
    if document.text("dialect") == Some("webstrates") {
        found.dialect = DialectName::Webstrates;
    }
    // Only a path: nobody sends us to another server.
    if let Some(api) = document.text("api").filter(|api| api.starts_with('/')) {
        api.trim_end_matches('/').clone_into(&mut found.api);
    }
    let features = document
        .get("features")
        .map(Json::items)
        .unwrap_or_default();
    found.features = Some(
        features
            .iter()
            .filter_map(Json::as_text)
            .map(str::to_owned)
            .collect(),
    );
    Ok(found)
}
