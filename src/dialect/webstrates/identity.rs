//! Who is asking.

use crate::dialect::{DialectName, is_person};
use crate::error::Error;
use crate::json::{self, Json};
use crate::later::Reply;
use crate::transport::Platform;

use super::Wire;

/// Somebody, and nobody can say who.
pub(super) const UNKNOWN: Json = Json::Bool(true);

/// `null` for nobody.
fn known(user: &Json) -> Json {
    match user.text("username") {
        None | Some("" | "anonymous") => Json::Null,
        _ => person(user),
    }
}

/// A user, without what else stands beside.
pub(super) fn person(entry: &Json) -> Json {
    let mut user = Json::object();
    for name in &["username", "provider", "displayName"] {
        if let Some(text) = entry.text(name) {
            user.set(name, text.into());
        }
    }
    user
}

impl<P: Platform> Wire<'_, P> {
    /// Whether the page around us is this server's, as far as there is one.
    pub(super) fn is_own_server(&self) -> bool {
        let place = self.platform.place();
        place.is_none_or(|place| place.server == self.remote.server)
    }

    /// Who is asking; asked once for each socket, whose identity stays as it was when it opened.
    pub(super) async fn account(&self) -> Reply {
        let since = self.platform.visible_since();
        let socket = self.socket.socket(since);
        if let Some(account) = socket.as_ref().and_then(|socket| socket.account(None)) {
            return Ok(account);
        }
        let account = self.find_account().await?;
        if let Some(socket) = self.socket.socket(since) {
            socket.account(Some(&account));
        }
        Ok(account)
    }

    /// What the caller said, what the page knows, what the server answers over HTTP, and last, because it makes the
    /// client visible to others, what the socket answers to a subscription. `null`: nobody.
    async fn find_account(&self) -> Reply {
        if let Some(person) = self.auth.and_then(|auth| auth.person.as_ref()) {
            return Ok(known(person));
        }
        if self.auth.is_none() && self.is_own_server() {
            let is_here = self
                .platform
                .place()
                .is_some_and(|place| place.dialect == Some(DialectName::Webstrates));
            if let (true, Some(user)) = (is_here, self.platform.page_user()) {
                return Ok(known(&user));
            }
            let response = self.fetch("POST", "", Some("token=1")).await?;
            match response.status {
                200 => {
                    return json::parse(&response.text)
                        .filter(is_person)
                        .map(|user| known(&user))
                        .ok_or_else(Error::bad_response);
                }
                401 | 403 | 409 => return Ok(Json::Null),
                _ => {}
            }
        }
        let (socket, is_own) = self.open(true).await?;
        self.asked();
        let (_first, hello) = self.socket.hello(&socket, self.progress);
        let mut hello = hello.await;
        if let Err(error) = &mut hello {
            self.knock(is_own, error);
        }
        match hello? {
            // Only readers are greeted.
            Json::Null => Ok(UNKNOWN),
            user => Ok(known(&user)),
        }
    }
}
