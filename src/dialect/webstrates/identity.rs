//! Who is asking.

use crate::dialect::{DialectName, is_person};
use crate::error::Error;
use crate::json::{self, Json};
use crate::later::Reply;
use crate::transport::{Place, Platform};

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

    /// Who is asking; asked once for each socket, whose identity stays as it was when it opened. What the caller said,
    /// what the page knows, what the server answers over HTTP, and last, because it makes the client visible to others,
    /// what the socket answers to a subscription. `null`: nobody.
    pub(super) async fn account(&self) -> Reply {
        let since = self.platform.visible_since();
        let socket = self.socket.socket(since);
        if let Some(account) = socket.as_ref().and_then(|socket| socket.account(None)) {
            return Ok(account);
        }
        let mut account = self.told();
        if account.is_none() && self.auth.is_none() && self.is_own_server() {
            let response = self.fetch("POST", "", Some("token=1")).await?;
            account = match response.status {
                200 => {
                    let user = json::parse(&response.text).filter(is_person);
                    Some(known(&user.ok_or_else(Error::bad_response)?))
                }
                401 | 403 | 409 => Some(Json::Null),
                _ => None,
            };
        }
        let account = match account {
            Some(account) => account,
            None => {
                let (socket, is_own) = self.open(true).await?;
                self.asked();
                let (_first, hello) = self.socket.hello(&socket, self.progress);
                let mut hello = hello.await;
                if let Err(error) = &mut hello {
                    self.knock(is_own, error);
                }
                match hello? {
                    // Only readers are greeted.
                    Json::Null => UNKNOWN,
                    user => known(&user),
                }
            }
        };
        // Unless somebody else may have signed in meanwhile.
        if let Some(socket) = self.socket.socket(since)
            && self.platform.visible_since() == since
        {
            socket.account(Some(&account));
        }
        Ok(account)
    }

    /// What the caller said, or the page knows.
    fn told(&self) -> Option<Json> {
        if let Some(auth) = self.auth {
            return auth.person.as_ref().map(known);
        }
        let is_here = |place: Place| place.dialect == Some(DialectName::Webstrates);
        if !self.is_own_server() || !self.platform.place().is_some_and(is_here) {
            return None;
        }
        self.platform.page_user().as_ref().map(known)
    }
}
