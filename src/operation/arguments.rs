//! What a caller passed, sorted: each value to its place, the call options to theirs.

use invite_key::{InviteKey, resource};

use crate::error::{Code, Error};
use crate::json::Json;

use super::Policy;
use super::members::WRONG_RESOURCE;
use super::options::CallOptions;

/// What stands at a place of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Options,
    /// A key or a whole invite.
    Invite,
    /// The same, where an invite's id is enough.
    InviteOrId,
    Resource,
    /// A resource where people who look for `check` put a key.
    ResourceToList,
    Text,
    Policy,
}

/// The values of a call, by their places.
pub(super) struct Arguments {
    /// `create`'s, `list`'s or `link`'s, unread.
    pub(super) options: Json,
    pub(super) resource: Option<String>,
    pub(super) key: Option<InviteKey>,
    pub(super) id: Option<String>,
    /// Where an invite that was passed says that it belongs.
    pub(super) home: Option<String>,
    /// Empty where there is none.
    pub(super) text: String,
    pub(super) policy: Policy,
    /// What stood last.
    pub(super) call: CallOptions,
}

impl Arguments {
    /// Sorts them. Call options stand last, or earlier, wherever another argument is left out.
    pub(super) fn sort(
        mut values: Vec<Json>,
        slots: &[Slot],
        of_one: bool,
    ) -> Result<Arguments, Error> {
        values.truncate(slots.len() + 1);
        while values.last().is_some_and(Json::is_null) {
            values.pop();
        }
        // The other places never hold an object.
        let place = slots.get(values.len().saturating_sub(1));
        let has_call = values.last().is_some_and(|last| match place {
            None => true,
            Some(Slot::Options | Slot::Invite | Slot::InviteOrId) => CallOptions::looks_like(last),
            Some(_) => last.is_object(),
        });
        let call = if has_call { values.pop() } else { None };
        let mut sorted = Arguments {
            call: CallOptions::read(call.unwrap_or(Json::Null), of_one)?,
            options: Json::Null,
            resource: None,
            key: None,
            id: None,
            home: None,
            text: String::new(),
            policy: Policy::Default,
        };
        let mut values = values.into_iter();
        for slot in slots {
            sorted.read(*slot, values.next().unwrap_or(Json::Null))?;
        }
        Ok(sorted)
    }

    fn read(&mut self, slot: Slot, mut value: Json) -> Result<(), Error> {
        match (slot, value.as_text()) {
            (Slot::Options, _) => self.options = value,
            (Slot::Text, text) => self.text = text.unwrap_or_default().to_owned(),
            (Slot::Resource | Slot::ResourceToList, None) if value.is_null() => {}
            (Slot::ResourceToList, Some(text)) if InviteKey::parse(text).is_ok() => {
                let words = "get() lists; to look one up: check(key)";
                return Err(Error::misused("webstrateId", words));
            }
            (Slot::Resource | Slot::ResourceToList, Some(id)) if resource::is_valid(id) => {
                self.resource = Some(id.to_owned());
            }
            (Slot::Resource | Slot::ResourceToList, _) => {
                return Err(Error::invalid("webstrateId", WRONG_RESOURCE));
            }
            (Slot::Policy, text) => self.policy = policy_of(&value, text)?,
            (Slot::Invite | Slot::InviteOrId, text) => {
                let text = text.or_else(|| value.text("key"));
                // An id stands in addresses and events.
                let id = value.text("id").filter(|id| InviteKey::parse(id).is_err());
                self.id = id.map(str::to_owned);
                self.home = home_of(&value);
                if text.is_some() || self.id.is_none() || slot == Slot::Invite {
                    let key = InviteKey::parse(text.unwrap_or_default());
                    value.wipe();
                    self.key = Some(key.map_err(|error| malformed(&error.sentence()))?);
                }
            }
        }
        Ok(())
    }
}

/// The words begin as Webstrates' own do.
pub(crate) fn malformed(sentence: &str) -> Error {
    Error::new(
        Code::MalformedKey,
        &["Invalid invitation key: ", sentence].concat(),
    )
}

fn home_of(invite: &Json) -> Option<String> {
    let home = invite
        .text("resource")
        .or_else(|| invite.text("webstrateId"));
    home.filter(|id| resource::is_valid(id)).map(str::to_owned)
}

fn policy_of(value: &Json, text: Option<&str>) -> Result<Policy, Error> {
    Ok(match (value, text) {
        (Json::Null, _) => Policy::Default,
        _ if value.is_held() => Policy::Function,
        (_, Some("signed-in")) => Policy::SignedIn,
        (_, Some("confirm")) => Policy::Confirm,
        (_, Some("off")) => Policy::Off,
        _ => {
            let words = " must be 'signed-in', 'confirm', 'off' or a function.";
            return Err(Error::invalid("policy", words));
        }
    })
}
