//! Our own HTTP API.

use crate::dialect::{Context, Remote, refuse_unknown};
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::{Reply, Task};
use crate::operation::Operation;
use crate::options::{DialectName, Target};
use crate::transport::{Platform, Request, Response, percent_encoded};

/// What `create` takes on every server of this dialect.
const CREATE_OPTIONS: [&str; 6] = [
    "permissions",
    "maxAge",
    "maxUses",
    "message",
    "title",
    "extras",
];

pub(super) async fn perform<P: Platform>(cx: &Context<'_, P>, operation: &Operation) -> Reply {
    let mut token = String::new();
    let mut found = Vec::new();
    loop {
        let answer = cx.send(request(cx, operation, &token)?).await?;
        match (operation, read(cx, operation, answer)?) {
            (Operation::Get { .. }, mut page) => {
                if let Some(Json::List(invites)) = page.take("invites") {
                    found.extend(invites);
                }
                match page.text("next") {
                    Some(next) if next != token => token = next.to_owned(),
                    _ => return Ok(Json::List(found)),
                }
            }
            (_, result) => return Ok(result),
        }
    }
}

/// What is sent for it; `token` says which page of a list.
fn request<P: Platform>(
    cx: &Context<'_, P>,
    operation: &Operation,
    token: &str,
) -> Result<Request, Error> {
    let mut idempotency_key = None;
    let (method, path, body) = match operation {
        Operation::Create {
            options,
            resource,
            idempotency_key: name,
        } => {
            let features = cx
                .remote
                .features
                .as_ref()
                .map(Json::items)
                .unwrap_or_default();
            refuse_unknown(options, name.is_some(), "http", |name| {
                CREATE_OPTIONS.contains(&name)
                    || features
                        .iter()
                        .any(|feature| feature.as_text() == Some(name))
            })?;
            idempotency_key.clone_from(name);
            (
                "POST",
                path_of(cx.resource(resource.as_ref())?, "invites"),
                options.clone(),
            )
        }
        Operation::Get { resource } => (
            "GET",
            list_path(cx.resource(resource.as_ref())?, &Json::Null, token),
            Json::Null,
        ),
        Operation::ListPage { filter, token } => (
            "GET",
            list_path(cx.resource(None)?, filter, token),
            Json::Null,
        ),
        Operation::Accept(target) => ("POST", "/invites/accept".to_owned(), body(target)),
        Operation::Remove(Target {
            key: None,
            id: Some(id),
            resource,
            home,
        }) => {
            let home = cx.resource(resource.as_ref().or(home.as_ref()))?;
            (
                "DELETE",
                path_of(home, &["invites/", &percent_encoded(id)].concat()),
                Json::object(),
            )
        }
        Operation::Remove(target) => ("POST", "/invites/remove".to_owned(), body(target)),
        Operation::Members => ("GET", path_of(cx.resource(None)?, "members"), Json::Null),
        Operation::Check(target) | Operation::Preview(target) => {
            ("POST", "/invites/check".to_owned(), body(target))
        }
        _ => ("GET", "/me".to_owned(), Json::Null),
    };
    Ok(Request {
        method,
        url: [cx.remote.server.as_str(), &cx.remote.api, &path].concat(),
        body: body
            .is_object()
            .then(|| ("application/json", json::write(&body))),
        authorized: true,
        idempotency_key,
    })
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

fn list_path(resource: &str, filter: &Json, token: &str) -> String {
    let mut path = path_of(resource, "invites");
    let mut mark = '?';
    let mut add = |name: &str, value: &str| {
        path.push(mark);
        path.push_str(name);
        path.push_str(&percent_encoded(value));
        mark = '&';
    };
    if let Some(status) = filter.text("status") {
        add("status=", status);
    }
    if filter.get("everyone") == Some(&Json::Bool(true)) {
        add("everyone=", "true");
    }
    if let Some(size) = filter.get("pageSize") {
        add("page_size=", &json::write(size));
    }
    if !token.is_empty() {
        add("page_token=", token);
    }
    path
}

/// What the answer means to the caller.
fn read<P: Platform>(cx: &Context<'_, P>, operation: &Operation, mut answer: Json) -> Reply {
    let right = match operation {
        Operation::Create { .. } => answer.text("key").is_some(),
        Operation::Get { .. } | Operation::ListPage { .. } => {
            let invites = answer.take("invites");
            let next = answer.take("next_page_token");
            answer = Json::object();
            if let Some(next) = next.filter(|next| *next != Json::from("")) {
                answer.set("next", next);
            }
            let right = matches!(invites, Some(Json::List(_)));
            answer.set("invites", invites.unwrap_or(Json::Null));
            right
        }
        Operation::Remove(_) => answer.get("acknowledged").is_some(),
        Operation::Members => return answer.take("members").ok_or_else(Error::bad_response),
        Operation::Identify => return answer.take("user").ok_or_else(Error::bad_response),
        _ => answer.text("permissions").is_some(),
    };
    if !right {
        return Err(Error::bad_response());
    }
    match operation {
        Operation::Preview(_) => preview(cx, &mut answer),
        Operation::Accept(_) => answer.set("warnings", Json::List(Vec::new())),
        _ => {}
    }
    Ok(answer)
}

/// What the person who may take it sees.
fn preview<P: Platform>(cx: &Context<'_, P>, invite: &mut Json) {
    invite.set("expiresIn", cx.seconds_until(invite.get("expiresAt")));
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

impl<P: Platform> Context<'_, P> {
    fn send(&self, request: Request) -> Task<'_, Reply> {
        Box::pin(async move {
            // From here on nobody can tell whether it has arrived.
            self.sent.set(true);
            answer(self.platform, &self.platform.fetch(request).await?)
        })
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
        Some(code) => {
            let words = document.text("detail").or_else(|| document.text("title"));
            let mut error = Error::new(code.into(), words.unwrap_or(code));
            error.retry_after = document.number("retryAfter");
            error.field = document.text("field").map(str::to_owned);
            error
        }
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
    // Seconds, or a date.
    if let (None, Some(text)) = (error.retry_after, &response.retry_after) {
        let wait = match text.parse::<u32>() {
            Ok(seconds) => f64::from(seconds) * 1000.0,
            Err(_) => platform.date(text) - platform.now(),
        };
        error.retry_after = (!wait.is_nan()).then(|| wait.max(0.0));
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
    let document = match answer(platform, &response) {
        Ok(document)
            if document.number("invite-keys") == Some(1.0)
                && response.content_type.starts_with("application/json") =>
        {
            document
        }
        Err(error)
            if matches!(
                error.code,
                Code::RateLimited | Code::ServerError | Code::TryAgain
            ) =>
        {
            return Err(error);
        }
        _ => return Err(not_invites_server()),
    };
    if document.text("dialect") == Some("webstrates") {
        remote.dialect = DialectName::Webstrates;
    }
    // Only a path: nobody sends us to another server.
    if let Some(api) = document.text("api").filter(|api| api.starts_with('/')) {
        remote.api = api.to_owned();
    }
    remote.features = Some(document.get("features").cloned().unwrap_or(Json::Null));
    Ok(())
}
