//! Who is asking.

use crate::dialect::Context;
use crate::error::Error;
use crate::json::{self, Json};
use crate::later::{Reply, Task};
use crate::options::DialectName;
use crate::transport::Platform;

/// `null` for nobody.
pub(super) fn known(user: &Json) -> Json {
    match user.text("username") {
        None | Some("" | "anonymous") => Json::Null,
        _ => person(user),
    }
}

/// A user, without what else stands beside.
pub(super) fn person(entry: &Json) -> Json {
    let mut user = Json::object();
    for name in ["username", "provider", "displayName"] {
        if let Some(text) = entry.text(name) {
            user.set(name, text.into());
        }
    }
    user
}

impl<P: Platform> Context<'_, P> {
    /// Who is asking: what the caller said, what the page knows, what the server answers over HTTP, and last, because
    /// it makes the client visible to others, what the socket answers to a subscription. `null`: nobody.
    pub(super) fn account<'a>(&'a self, id: &'a str) -> Task<'a, Reply> {
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
}
