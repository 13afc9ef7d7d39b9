//! What callers can ask for, with its arguments read.

use invite_key::{InviteKey, resource};

use crate::error::Error;
use crate::json::Json;
use crate::options::{self, CALL, CREATE, DEFAULT_TIMEOUT, LINK, LIST, Rules};

/// A method of the handle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `create(options?, webstrateId?, call?)`
    Create,
    /// `get(webstrateId?, call?)`
    Get,
    /// `check(key, webstrateId?, call?)`
    Check,
    /// `accept(key, webstrateId?, call?)`
    Accept,
    /// `remove(key, webstrateId?, call?)`
    Remove,
    /// `listPage(filter?, token?, call?)`
    ListPage,
    /// `preview(key, call?)`
    Preview,
    /// `members(call?)`
    Members,
    /// `link(invite, options?, call?)`
    Link,
    /// `supports(feature, call?)`
    Supports,
    /// `identify(call?)`
    Identify,
    /// `acceptInvite(key, resource?, policy?, call?)`: look up, ask, take
    AcceptInvite,
    /// `watch(call?)`: where to read events; or emits `inviteused` until it is stopped
    Watch,
    /// `park(key, resource?, continuePath?, call?)`
    Park,
    /// `parked(call?)`
    Parked,
    /// `unpark(key, call?)`
    Unpark,
}

/// When a person is asked before an invite is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// As the dialect has it.
    Default,
    /// Not, unless it makes them an admin.
    SignedIn,
    /// Always.
    Confirm,
    /// Take nothing.
    Off,
    /// A function of the caller's decides.
    Function,
}

/// What stands at a place of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Options,
    /// A key or a whole invite.
    Invite,
    Resource,
    Text,
    Policy,
}

/// One thing to ask a server for.
pub struct Operation {
    /// What to do.
    pub method: Method,
    /// Checked: what `create`, `list` or `link` was given.
    pub options: Json,
    /// What it is about, where the call says so.
    pub resource: Option<String>,
    /// What it is about, where the invite that was passed says so.
    pub home: Option<String>,
    /// The invite's key.
    pub key: Option<InviteKey>,
    /// The invite's id.
    pub id: Option<String>,
    /// Where a page begins; the name of a feature.
    pub text: String,
    /// When to ask.
    pub policy: Policy,
    /// Milliseconds until the call gives up.
    pub timeout: f64,
    /// The name under which the server remembers a create.
    pub idempotency_key: Option<String>,
}

impl Operation {
    /// Reads the arguments of a call. Call options stand last, or earlier, wherever another argument is left out.
    pub fn parse(
        method: Method,
        mut values: Vec<Json>,
        timeout: Option<f64>,
    ) -> Result<Operation, Error> {
        let rules: Rules = match method {
            Method::Create => CREATE,
            Method::ListPage => LIST,
            _ => LINK,
        };
        let slots: &[Slot] = match method {
            Method::Create => &[Slot::Options, Slot::Resource],
            Method::Get => &[Slot::Resource],
            Method::Check | Method::Accept | Method::Remove => &[Slot::Invite, Slot::Resource],
            Method::ListPage => &[Slot::Options, Slot::Text],
            Method::Preview => &[Slot::Invite],
            Method::Members | Method::Identify | Method::Watch | Method::Parked => &[],
            Method::Park => &[Slot::Invite, Slot::Resource, Slot::Text],
            Method::Unpark => &[Slot::Invite],
            Method::Link => &[Slot::Invite, Slot::Options],
            Method::Supports => &[Slot::Text],
            Method::AcceptInvite => &[Slot::Invite, Slot::Resource, Slot::Policy],
        };
        values.truncate(slots.len() + 1);
        while values.last().is_some_and(Json::is_null) {
            values.pop();
        }
        // The other places never hold an object.
        let place = slots.get(values.len().saturating_sub(1));
        let has_call = values.last().is_some_and(|last| match place {
            None => true,
            Some(Slot::Options | Slot::Invite) => looks_like_call_options(last),
            Some(_) => last.is_object(),
        });
        let call = if has_call { values.pop() } else { None };
        let call = options::check(call.unwrap_or(Json::Null), CALL)?;

        let mut operation = Operation {
            method,
            options: Json::object(),
            resource: None,
            home: None,
            key: None,
            id: None,
            text: String::new(),
            policy: Policy::Default,
            timeout: call
                .number("timeout")
                .or(timeout)
                .unwrap_or(DEFAULT_TIMEOUT),
            idempotency_key: call.text("idempotencyKey").map(str::to_owned),
        };
        let mut values = values.into_iter();
        for slot in slots {
            operation.read(*slot, values.next().unwrap_or(Json::Null), rules)?;
        }
        if method == Method::Create {
            options::create_defaults(&mut operation.options);
        }
        Ok(operation)
    }

    fn read(&mut self, slot: Slot, value: Json, rules: Rules) -> Result<(), Error> {
        match slot {
            Slot::Options => self.options = options::check(value, rules)?,
            Slot::Resource => {
                if self.method == Method::Get
                    && InviteKey::parse(value.as_text().unwrap_or_default()).is_ok()
                {
                    return Err(Error::misused(
                        "webstrateId",
                        "get() lists; to look one up: check(key)",
                    ));
                }
                self.resource = options::resource_id(value)?;
            }
            Slot::Invite => {
                let id = value.text("id");
                let text = if value.is_object() {
                    value.text("key")
                } else {
                    value.as_text()
                };
                // An id is enough to cancel an invite, and for nothing else.
                if text.is_some() || id.is_none() || self.method != Method::Remove {
                    self.key = Some(options::invite_key(text.unwrap_or_default())?);
                }
                self.id = id.map(str::to_owned);
                let home = value.text("resource").or_else(|| value.text("webstrateId"));
                self.home = home.filter(|id| resource::is_valid(id)).map(str::to_owned);
            }
            Slot::Text => value
                .as_text()
                .unwrap_or_default()
                .clone_into(&mut self.text),
            Slot::Policy => {
                self.policy = match (&value, value.as_text()) {
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
                }
            }
        }
        Ok(())
    }

    /// The key's text; empty where there is none.
    pub fn key_text(&self) -> &str {
        self.key.as_ref().map(InviteKey::reveal).unwrap_or_default()
    }

    /// Whether it may be sent again when its answer was lost.
    pub fn repeats(&self) -> bool {
        self.method != Method::Create || self.idempotency_key.is_some()
    }

    /// Whether the server has to say first what it can do: not every one has this, and what it does not know it may
    /// leave out in silence.
    pub fn needs_features(&self) -> bool {
        let asked = ["email", "signed", "send"];
        matches!(
            self.method,
            Method::Supports | Method::Park | Method::Parked | Method::Unpark
        ) || self.method == Method::Create
            && (self.idempotency_key.is_some()
                || asked.iter().any(|name| self.options.get(name).is_some()))
    }
}

fn looks_like_call_options(value: &Json) -> bool {
    let members = value.members();
    !members.is_empty()
        && members
            .iter()
            .all(|member| CALL.iter().any(|rule| rule.0 == member.0))
}
