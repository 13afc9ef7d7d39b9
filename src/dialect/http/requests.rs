//! What is sent for each operation.

use invite_key::percent;

use crate::dialect::{Context, Remote};
use crate::error::Error;
use crate::json::{self, Json};
use crate::operation::{Invited, Operation, Remove};
use crate::transport::{Platform, Request};

/// An address of the API.
pub(super) fn url(remote: &Remote, path: &str) -> String {
    [&remote.server, &remote.api, path].concat()
}

/// The request; `token` says which page of a list.
pub(super) fn request<P: Platform>(cx: &Context<'_, P>, token: &str) -> Result<Request, Error> {
    let (method, path, body) = match cx.operation {
        Operation::Create(create) => {
            cx.refuse_unknown(create)?;
            let path = of_resource(cx, "/invites")?;
            ("POST", path, Some(create.options.body.clone()))
        }
        Operation::Get(_) => {
            let path = of_resource(cx, "/invites")?;
            ("GET", path + &query(&[("page_token", token)]), None)
        }
        Operation::List(list) => {
            let filter = &list.filter;
            let size = filter.page_size.map(|size| json::write(&size.into()));
            let path = of_resource(cx, "/")? + filter.what();
            let query = query(&[
                ("status", filter.status.unwrap_or_default()),
                ("everyone", if filter.everyone { "true" } else { "" }),
                ("q", filter.q.as_deref().unwrap_or_default()),
                ("page_size", &size.unwrap_or_default()),
                ("page_token", &list.token),
            ]);
            ("GET", path + &query, None)
        }
        Operation::Member(member) => {
            if !cx.remote.has("setMember") {
                return Err(cx.remote.unsupported("member()"));
            }
            let path = of_resource(cx, "/members/")? + &percent::encode(&member.options.user);
            let path = path + &query(&[("links", member.links)]);
            match &member.options.permissions {
                None => ("GET", path, None),
                Some(letters) => {
                    let body = Json::object().with("permissions", letters.as_str());
                    ("PUT", path, Some(body))
                }
            }
        }
        Operation::Identify => ("GET", "/me".to_owned(), None),
        Operation::Remove(Remove::Id { id, .. }) => {
            let path = of_resource(cx, "/invites/")? + &percent::encode(id);
            ("DELETE", path, Some(Json::object()))
        }
        Operation::Parked => ("GET", "/pending".to_owned(), None),
        Operation::Unpark(invited) => ("DELETE", "/pending".to_owned(), Some(of_key(invited))),
        Operation::Park(park) => {
            let mut body = of_key(&park.invited);
            if !park.continue_path.is_empty() {
                body.set("continuePath", park.continue_path.as_str().into());
            }
            ("POST", "/pending".to_owned(), Some(body))
        }
        Operation::Accept(invited) => by_key(invited, "accept"),
        Operation::Remove(Remove::Key(invited)) => by_key(invited, "remove"),
        Operation::Check(invited) | Operation::Preview(invited) => by_key(invited, "check"),
        // Answered before anything is asked (`connection`), or in parts (`accepting`).
        Operation::Link(_) | Operation::Supports(_) | Operation::Offer(_) | Operation::Watch => {
            return Err(cx.remote.unsupported("This call"));
        }
    };
    let mut request = Request::get(url(cx.remote, &path));
    request.method = method;
    if let Some(mut body) = body {
        request.headers.push(("content-type", "application/json".to_owned()));
        request.body = Some(json::write(&body));
        body.wipe();
    }
    if matches!(cx.operation, Operation::Create(_)) && cx.remote.has("idempotencyKey") {
        let name = cx.progress.name().to_owned();
        request.headers.push(("idempotency-key", name));
    }
    Ok(request)
}

/// Resource ids have nothing in them that a path would mind.
fn of_resource<P: Platform>(cx: &Context<'_, P>, behind: &str) -> Result<String, Error> {
    Ok(["/resources/", cx.resource()?, behind].concat())
}

fn by_key(invited: &Invited, action: &str) -> (&'static str, String, Option<Json>) {
    let path = ["/invites/", action].concat();
    ("POST", path, Some(of_key(invited)))
}

/// The key finds its resource: only what the caller says goes along.
fn of_key(invited: &Invited) -> Json {
    let mut body = Json::object().with("key", invited.key.reveal());
    if let Some(resource) = &invited.resource {
        body.set("resource", resource.as_str().into());
    }
    body
}

/// The parameters that have a value.
fn query(parameters: &[(&str, &str)]) -> String {
    let mut query = String::new();
    for (name, value) in parameters.iter().filter(|parameter| !parameter.1.is_empty()) {
        let mark = if query.is_empty() { "?" } else { "&" };
        for part in [mark, name, "=", &percent::encode(value)] {
            query.push_str(part);
        }
    }
    query
}
