//! What callers can ask for, with its arguments read.

use crate::error::Error;
use crate::json::Json;
use crate::options::{self, Arguments, CallOptions, Target};

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
    /// `link(invite, options?)`
    Link,
    /// `supports(feature)`
    Supports,
    /// `identify(call?)`
    Identify,
    /// `acceptInvite(key, resource?, policy?, call?)`
    AcceptInvite,
}

/// One thing to ask a server for.
pub enum Operation {
    /// Make an invite.
    Create {
        /// Checked and complete.
        options: Json,
        /// What it is for, where the call says so.
        resource: Option<String>,
        /// The name under which the server remembers it.
        idempotency_key: Option<String>,
    },
    /// All one's own invites.
    Get {
        /// What they are for, where the call says so.
        resource: Option<String>,
    },
    /// Look an invite up.
    Check(Target),
    /// Take an invite.
    Accept(Target),
    /// Cancel an invite.
    Remove(Target),
    /// One page of invites.
    ListPage {
        /// Checked.
        filter: Json,
        /// Where the page begins; empty for the first.
        token: String,
    },
    /// Look an invite up for the person who may take it.
    Preview(Target),
    /// Who has access.
    Members,
    /// A link that carries an invite.
    Link {
        /// The invite.
        target: Target,
        /// As given.
        options: Json,
    },
    /// Whether the server has a feature.
    Supports(String),
    /// Who is signed in.
    Identify,
    /// Look up, ask, take.
    AcceptInvite {
        /// The invite.
        target: Target,
        /// When to ask.
        policy: Policy,
    },
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

impl Operation {
    /// Reads the arguments of a call.
    pub fn parse(
        method: Method,
        values: Vec<Json>,
        timeout: f64,
    ) -> Result<(Operation, CallOptions), Error> {
        let count = match method {
            Method::Members | Method::Identify => 0,
            Method::Get | Method::Preview | Method::Supports => 1,
            Method::AcceptInvite => 3,
            _ => 2,
        };
        // A link's options are no call options, and nothing is sent for it but the question which dialect it is.
        let options = if method == Method::Link {
            values.get(1).cloned()
        } else {
            None
        };
        let values = if method == Method::Link {
            values.into_iter().take(1).collect()
        } else {
            values
        };
        let arguments = Arguments::new(values, count, timeout)?;
        let target = || Target::parse(arguments.at(0), arguments.resource(1)?);
        let keyed = || {
            let target = target()?;
            target.key()?;
            Ok(target)
        };
        let operation = match method {
            Method::Create => Operation::Create {
                options: options::create_options(arguments.at(0))?,
                resource: arguments.resource(1)?,
                idempotency_key: arguments.call.idempotency_key.clone(),
            },
            Method::Get => {
                options::not_a_key(arguments.at(0))?;
                Operation::Get {
                    resource: arguments.resource(0)?,
                }
            }
            Method::Check => Operation::Check(keyed()?),
            Method::Accept => Operation::Accept(keyed()?),
            Method::Remove => Operation::Remove(target()?),
            Method::ListPage => Operation::ListPage {
                filter: options::list_filter(arguments.at(0))?,
                token: arguments.at(1).as_text().unwrap_or_default().to_owned(),
            },
            Method::Preview => Operation::Preview(keyed()?),
            Method::Members => Operation::Members,
            Method::Link => Operation::Link {
                target: keyed()?,
                options: options
                    .filter(|options| *options != Json::Null)
                    .unwrap_or_else(Json::object),
            },
            Method::Supports => {
                Operation::Supports(arguments.at(0).as_text().unwrap_or_default().to_owned())
            }
            Method::Identify => Operation::Identify,
            Method::AcceptInvite => Operation::AcceptInvite {
                target: keyed()?,
                policy: policy(arguments.at(2))?,
            },
        };
        Ok((operation, arguments.call))
    }

    /// Whether it may be sent again when its answer was lost.
    pub fn repeats(&self) -> bool {
        !matches!(self, Operation::Create { .. })
    }
}

fn policy(value: &Json) -> Result<Policy, Error> {
    Ok(match value {
        Json::Null => Policy::Default,
        Json::Bool(true) => Policy::Function,
        Json::Text(name) if name == "signed-in" => Policy::SignedIn,
        Json::Text(name) if name == "confirm" => Policy::Confirm,
        Json::Text(name) if name == "off" => Policy::Off,
        _ => {
            return Err(Error::invalid(
                "policy",
                " must be 'signed-in', 'confirm', 'off' or a function.",
            ));
        }
    })
}
