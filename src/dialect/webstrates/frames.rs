//! What goes over the socket, and what the words that come back mean.

use std::rc::Rc;

use super::Wire;
use crate::dialect::looks_like_invite;
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::Reply;
use crate::operation::{Operation, Remove};
use crate::transport::Platform;

use super::document::token_query;
use super::socket::Socket;

/// How the refusal begins that tells a caller's letters.
pub(super) const NEED_ADMIN: &str = "Need admin permissions to manage invites. User only has ";

/// What is asked over the socket for the operation, if anything is.
pub(super) fn action<P: Platform>(cx: &Wire<'_, P>) -> Result<Option<&'static str>, Error> {
    Ok(Some(match cx.operation {
        Operation::Create(create) => {
            cx.refuse_unknown(create)?;
            "createInvite"
        }
        Operation::Get(_) => GET_INVITES,
        Operation::List(list) => {
            let filter = &list.filter;
            let refused = [
                ("status", filter.status.is_some_and(|status| status != "pending")),
                ("everyone", filter.everyone),
                ("q", filter.q.is_some()),
            ];
            refuse(cx, &refused)?;
            if filter.of_people {
                return Ok(None);
            }
            GET_INVITES
        }
        Operation::Member(member) => {
            let refused = [
                ("setMember()", member.options.permissions.is_some()),
                ("links", !member.links.is_empty()),
            ];
            refuse(cx, &refused)?;
            return Ok(None);
        }
        Operation::Check(_) | Operation::Preview(_) => "checkInvite",
        Operation::Remove(Remove::Id { .. }) => return Err(cx.remote.unsupported("id")),
        Operation::Remove(Remove::Key(_)) => "removeInvite",
        _ => return Ok(None),
    }))
}

/// What cannot be said here.
fn refuse<P: Platform>(cx: &Wire<'_, P>, said: &[(&str, bool)]) -> Result<(), Error> {
    match said.iter().find(|said| said.1) {
        Some((name, _)) => Err(cx.remote.unsupported(name)),
        None => Ok(()),
    }
}

/// What asks for all invites, and says in its refusal what one may do.
pub(super) const GET_INVITES: &str = "getInvites";

/// An error from the server's words.
pub(super) fn refusal<P: Platform>(cx: &Wire<'_, P>, words: &str) -> Error {
    let mut error = Error::new(code_of(words), words);
    if error.code == Code::TryAgain {
        // Others accept at the same moment: another try, a little later, succeeds.
        error.retry_after = Some(10.0 + (cx.platform.chance() * 40.0).floor());
    }
    error
}

/// Leaves the server's own object, but for the database's `_id`; false where it is no invite.
pub(super) fn own_words(invite: &mut Json) -> bool {
    invite.take("_id");
    invite.text("key").is_some() && looks_like_invite(invite, None)
}

/// The original takes any `maxAge` and makes keys of it that never work.
pub(super) fn is_dead(invite: &Json) -> bool {
    match (invite.text("createdAt"), invite.text("expiresAt")) {
        // Dates of one form: their order is that of their text.
        (Some(created), Some(expires)) => expires <= created,
        _ => true,
    }
}

impl<P: Platform> Wire<'_, P> {
    /// Asks over the socket.
    pub(super) async fn ask(&self, action: &'static str, fresh: bool) -> Reply {
        let (socket, is_own) = self.open(fresh).await?;
        self.asked();
        let mut frame = Json::object().with("wa", action).with("d", self.id);
        match (self.operation, self.operation.key()) {
            (Operation::Create(create), _) => frame.set("options", create.options.body.clone()),
            (_, Some(key)) if action != GET_INVITES => {
                frame.set("options", Json::object().with("key", key.reveal()));
            }
            _ => {}
        }
        let mut result = self.socket.ask(&socket, frame, self.progress)?.await;
        self.heard();
        if let Err(error) = &mut result {
            match error.code {
                Code::ServerError => {
                    *error = refusal(self, &error.message);
                    // The socket keeps the identity it was opened with; the next call shall have the new one.
                    if error.code == Code::NotSignedIn {
                        self.socket.retire();
                    }
                }
                _ => self.knock(is_own, error),
            }
        }
        result
    }

    /// Another call's token was refused: once, this one brings its own.
    pub(super) fn knock(&self, is_own: bool, error: &mut Error) {
        if error.code == Code::BadCredentials && !is_own && self.progress.may_knock_again() {
            *error = Error::offline();
        }
    }

    /// The shared socket; `fresh`: one whose identity is what it is now, not before the page was last in the background.
    pub(super) async fn open(&self, fresh: bool) -> Result<Opened<P>, Error> {
        let since = if fresh {
            self.platform.visible_since()
        } else {
            0.0
        };
        let mut query = String::new();
        if self.auth.is_some() && self.socket.socket(since).is_none() {
            query = token_query("?", self.platform.token().await?);
        }
        // Perhaps another call has opened one meanwhile.
        if let Some(socket) = self.socket.socket(since) {
            return Ok((socket, false));
        }
        // http becomes ws, https wss. The path's id only matters to an access token, which is bound to it.
        let address = self.remote.server.strip_prefix("http").unwrap_or_default();
        let id = self.remote.resource.as_deref().unwrap_or(self.id);
        let address = ["ws", address, "/", id, "/", &query].concat();
        Ok((self.socket.open(id, &address)?, true))
    }
}

/// A socket, and whether the call that asked for it opened it.
type Opened<P> = (Rc<Socket<P>>, bool);

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
        ("Too many calls", Code::RateLimited),
    ];
    let code = codes
        .iter()
        .find(|(beginning, _)| words.starts_with(beginning));
    code.map_or(Code::ServerError, |(_, code)| *code)
}
