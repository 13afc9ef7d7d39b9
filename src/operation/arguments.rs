//! What a caller passed, sorted: each value to its place, the call options to theirs.

use invite_key::{InviteKey, resource};

use crate::error::{Code, Error};
use crate::json::Json;

use super::options::{CallOptions, Members};
use super::{Invited, Policy};

/// What stands at a place of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Options,
    /// A key or a whole invite.
    Invite,
    Resource,
    Text,
    Policy,
}

/// The values of a call in the order of its places.
pub(super) struct Arguments {
    values: std::vec::IntoIter<Json>,
    /// What stood last.
    pub(super) call: CallOptions,
}

impl Arguments {
    /// Sorts them. Call options stand last, or earlier, wherever another argument is left out.
    pub(super) fn sort(mut values: Vec<Json>, slots: &[Slot]) -> Result<Arguments, Error> {
        values.truncate(slots.len() + 1);
        while values.last().is_some_and(Json::is_null) {
            values.pop();
        }
        // The other places never hold an object.
        let place = slots.get(values.len().saturating_sub(1));
        let has_call = values.last().is_some_and(|last| match place {
            None => true,
            Some(Slot::Options | Slot::Invite) => CallOptions::looks_like(last),
            Some(_) => last.is_object(),
        });
        let call = if has_call { values.pop() } else { None };
        Ok(Arguments {
            call: CallOptions::read(call.unwrap_or(Json::Null))?,
            values: values.into_iter(),
        })
    }

    fn next(&mut self) -> Json {
        self.values.next().unwrap_or(Json::Null)
    }

    /// Options, by the function that knows their names.
    pub(super) fn options<T>(
        &mut self,
        read: fn(&mut Members) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut members = Members::of(self.next())?;
        let options = read(&mut members)?;
        members.finish()?;
        Ok(options)
    }

    /// A resource's id.
    pub(super) fn resource(&mut self) -> Result<Option<String>, Error> {
        match self.next() {
            Json::Null => Ok(None),
            Json::Text(id) if resource::is_valid(&id) => Ok(Some(id)),
            _ => Err(Error::invalid(
                "webstrateId",
                " must be 1 to 128 letters, digits, dots, hyphens or underscores.",
            )),
        }
    }

    /// The resource of `get`, which people take for `check`.
    pub(super) fn resource_to_list(&mut self) -> Result<Option<String>, Error> {
        let first = self.values.as_slice().first().and_then(Json::as_text);
        if first.is_some_and(|text| InviteKey::parse(text).is_ok()) {
            return Err(Error::misused(
                "webstrateId",
                "get() lists; to look one up: check(key)",
            ));
        }
        self.resource()
    }

    /// A string; empty where there is none.
    pub(super) fn text(&mut self) -> String {
        match self.next() {
            Json::Text(text) => text,
            _ => String::new(),
        }
    }

    /// A key, or an invite that has one.
    pub(super) fn invited(&mut self) -> Result<Invited, Error> {
        let mut value = self.next();
        let text = match &value {
            Json::Object(_) => value.text("key"),
            other => other.as_text(),
        };
        let key = key_of(text.unwrap_or_default());
        let home = home_of(&value);
        value.wipe();
        Ok(Invited {
            key: key?,
            resource: None,
            home,
        })
    }

    /// What `remove` is given: an id is enough to cancel an invite, and for nothing else.
    pub(super) fn id_without_key(&mut self) -> Option<(String, Option<String>)> {
        let value = self.values.as_slice().first()?;
        match (value.text("id"), value.text("key")) {
            (Some(id), None) => {
                let found = (id.to_owned(), home_of(value));
                self.next();
                Some(found)
            }
            _ => None,
        }
    }

    /// When a person is asked.
    pub(super) fn policy(&mut self) -> Result<Policy, Error> {
        let value = self.next();
        Ok(match (&value, value.as_text()) {
            (Json::Null, _) => Policy::Default,
            (Json::Bool(true), _) => Policy::Function,
            (_, Some("signed-in")) => Policy::SignedIn,
            (_, Some("confirm")) => Policy::Confirm,
            (_, Some("off")) => Policy::Off,
            _ => {
                return Err(Error::invalid(
                    "policy",
                    " must be 'signed-in', 'confirm', 'off' or a function.",
                ));
            }
        })
    }
}

/// Reads a key. What cannot be one never reaches the network.
fn key_of(text: &str) -> Result<InviteKey, Error> {
    InviteKey::parse(text).map_err(|error| malformed(&error.sentence()))
}

/// The words begin as Webstrates' own do.
pub(crate) fn malformed(sentence: &str) -> Error {
    Error::new(
        Code::MalformedKey,
        &["Invalid invitation key: ", sentence].concat(),
    )
}

/// Where an invite that was passed says that it belongs.
fn home_of(invite: &Json) -> Option<String> {
    let home = invite
        .text("resource")
        .or_else(|| invite.text("webstrateId"));
    home.filter(|id| resource::is_valid(id)).map(str::to_owned)
}
