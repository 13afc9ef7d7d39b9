//! What callers pass in: checked before anything is sent, errors name the field.
//!
//! Options are [`Json`] with a rule for each name. What JSON cannot hold (a signal, a function) stays on the JavaScript
//! side, which leaves `true` in its place.

use invite_key::{InviteKey, KeyKind, Permissions, resource};

use crate::error::{Code, Error};
use crate::json::{self, Json};

/// Milliseconds until a call gives up, where nobody says.
pub const DEFAULT_TIMEOUT: f64 = 10_000.0;
const DEFAULT_MAX_AGE: f64 = 604_800.0;
/// What a browser's timer can count to.
const MAX_TIMEOUT: f64 = 2_147_483_647.0;
const MAX_MESSAGE: usize = 1_000;
const MAX_EXTRAS: usize = 8 * 1024;

/// How a server speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum DialectName {
    /// Our own HTTP API.
    Http,
    /// Webstrates' WebSocket.
    Webstrates,
}

/// What an option may be.
#[derive(Clone, Copy)]
pub enum Rule {
    /// Any string.
    Text,
    /// One of these; and the words for it.
    OneOf(&'static [&'static str], &'static str),
    /// True or false.
    Flag,
    /// Something that stayed in JavaScript.
    Held,
    /// A whole number from 1 to this, or its digits; and the words for it.
    Whole(f64, &'static str),
    /// How long to wait.
    Milliseconds,
    /// Letters of `a`, `r`, `w`.
    Permissions,
    /// What an invite tells people.
    Message,
    /// Any small JSON.
    Extras,
    /// A resource's id.
    Resource,
    /// A server's address.
    Server,
    /// How a server speaks.
    Dialect,
    /// Who is calling.
    Auth,
    /// Goes into a header.
    Printable,
}

/// The options of a call, by name.
pub type Rules = &'static [(&'static str, Rule)];

/// `connect`, `configure`
pub const CONNECT: Rules = &[
    ("server", Rule::Server),
    ("resource", Rule::Resource),
    ("dialect", Rule::Dialect),
    ("auth", Rule::Auth),
    (
        "credentials",
        Rule::OneOf(
            &["omit", "same-origin", "include"],
            " must be 'omit', 'same-origin' or 'include'.",
        ),
    ),
    ("timeout", Rule::Milliseconds),
    ("fetch", Rule::Held),
    ("WebSocket", Rule::Held),
];

/// The last argument of each call.
pub const CALL: Rules = &[
    ("signal", Rule::Held),
    ("timeout", Rule::Milliseconds),
    ("idempotencyKey", Rule::Printable),
];

/// `create`
pub const CREATE: Rules = &[
    ("permissions", Rule::Permissions),
    (
        "maxAge",
        Rule::Whole(
            2_592_000.0,
            " must be a whole number of seconds from 1 to 2592000 (30 days).",
        ),
    ),
    (
        "maxUses",
        Rule::Whole(10_000.0, " must be a whole number from 1 to 10000."),
    ),
    ("email", Rule::Text),
    ("message", Rule::Message),
    ("title", Rule::Text),
    ("extras", Rule::Extras),
    ("signed", Rule::Flag),
    ("send", Rule::Flag),
];

/// `list`
pub const LIST: Rules = &[
    (
        "status",
        Rule::OneOf(
            &["pending", "accepted", "expired", "removed"],
            " must be 'pending', 'accepted', 'expired' or 'removed'.",
        ),
    ),
    ("everyone", Rule::Flag),
    (
        "pageSize",
        Rule::Whole(100.0, " must be a whole number from 1 to 100."),
    ),
];

/// `link`
pub const LINK: Rules = &[
    ("page", Rule::Text),
    (
        "in",
        Rule::OneOf(&["query", "fragment"], " must be 'query' or 'fragment'."),
    ),
    ("param", Rule::Text),
];

/// Checks options against their rules and brings numbers and addresses into their usual form. `null` is no options;
/// a name nobody knows is refused, for most are typing errors.
pub fn check(options: Json, rules: Rules) -> Result<Json, Error> {
    let members = match options {
        Json::Null => Vec::new(),
        Json::Object(members) => members,
        _ => return Err(Error::misused("options", "Options must be an object.")),
    };
    let mut checked = Json::object();
    for (name, value) in members {
        let rule = rules.iter().find(|rule| rule.0 == name);
        match rule {
            None => return Err(Error::invalid(&name, " is not an option here.")),
            Some((_, rule)) => {
                if let Some(value) = rule.check(&name, value)? {
                    checked.set(&name, value);
                }
            }
        }
    }
    Ok(checked)
}

/// What `create` does where nobody says otherwise. Always sent: a Webstrates server makes dead keys without.
pub fn create_defaults(options: &mut Json) {
    for (name, value) in [
        ("permissions", Json::from("r")),
        ("maxAge", DEFAULT_MAX_AGE.into()),
    ] {
        if options.get(name).is_none() {
            options.set(name, value);
        }
    }
}

impl Rule {
    /// The value in its usual form; nothing where it counts as left out.
    fn check(self, name: &str, value: Json) -> Result<Option<Json>, Error> {
        // What a server is asked to write down is never null: permissions of null grant who knows what.
        let about_us = matches!(
            self,
            Rule::Held
                | Rule::Milliseconds
                | Rule::Server
                | Rule::Resource
                | Rule::Dialect
                | Rule::Auth
                | Rule::Printable
        );
        if value.is_null() && about_us {
            return Ok(None);
        }
        let text = value.as_text();
        let wrong = match self {
            Rule::Text if text.is_none() => " must be a string.",
            Rule::OneOf(known, words) if !text.is_some_and(|text| known.contains(&text)) => words,
            Rule::Flag if !matches!(value, Json::Bool(_)) => " must be true or false.",
            Rule::Held if !matches!(value, Json::Bool(true)) => " is of the wrong kind.",
            Rule::Whole(most, words) => match whole_number(&value) {
                number if number >= 1.0 && number <= most => return Ok(Some(number.into())),
                _ => words,
            },
            Rule::Milliseconds if !matches!(value, Json::Number(time) if time > 0.0 && time <= MAX_TIMEOUT) => {
                " must be a positive number of milliseconds."
            }
            Rule::Permissions => match Permissions::parse(text.unwrap_or_default()) {
                Err(error) => return Err(Error::misused(name, error.sentence())),
                Ok(_) => return Ok(Some(value)),
            },
            Rule::Message if text.is_none_or(|text| text.chars().nth(MAX_MESSAGE).is_some()) => {
                " must be a string of at most 1000 characters."
            }
            Rule::Extras if json::write(&value).len() > MAX_EXTRAS => {
                " must be at most 8192 bytes of JSON."
            }
            Rule::Resource if !text.is_some_and(resource::is_valid) => {
                " must be 1 to 128 letters, digits, dots, hyphens or underscores."
            }
            Rule::Server => {
                return server_address(text.unwrap_or_default())
                    .map(|address| Some(address.into()));
            }
            Rule::Dialect if !matches!(text, Some("http" | "webstrates")) => {
                let mut error =
                    Error::invalid(name, " must be 'webstrates' or 'http' in this version.");
                if matches!(text, Some("userkit" | "rkvst")) {
                    error.code = Code::Unsupported;
                }
                return Err(error);
            }
            Rule::Auth => return check_auth(&value).map(|()| Some(value)),
            Rule::Printable if !is_printable(text.unwrap_or_default()) => {
                " must be printable ASCII characters."
            }
            _ => return Ok(Some(value)),
        };
        Err(Error::invalid(name, wrong))
    }
}

/// What can stand in a header: anything else would trap there.
pub fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_auth(auth: &Json) -> Result<(), Error> {
    if auth.get("appSecret").is_some() {
        return Err(Error::new(
            Code::SecretInBrowser,
            "An app secret opens every account: keep it on your own server.",
        ));
    }
    let named = ["username", "provider"]
        .iter()
        .all(|name| auth.text(name).is_some_and(|text| !text.is_empty()));
    let token = match (auth.get("bearer"), auth.get("accessToken")) {
        (Some(bearer), _) => Some(bearer),
        (None, token) => token.filter(|_| named),
    };
    match token {
        Some(Json::Bool(true)) => Ok(()),
        Some(Json::Text(token)) if is_printable(token) => Ok(()),
        _ => Err(Error::invalid(
            "auth",
            " must be { bearer } or { accessToken, username, provider }.",
        )),
    }
}

/// Checks a server's address and takes the slash off its end.
pub fn server_address(text: &str) -> Result<String, Error> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or_default();
    let is_odd = |byte: u8| matches!(byte, b'?' | b'#' | b'@' | b'\\' | b' ');
    if host.is_empty() || host.starts_with('/') || host.bytes().any(is_odd) {
        return Err(Error::invalid(
            "server",
            " must be an address such as https://invites.example.com.",
        ));
    }
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// Reads a resource's id.
pub fn resource_id(value: Json) -> Result<Option<String>, Error> {
    match Rule::Resource.check("webstrateId", value)? {
        Some(Json::Text(id)) => Ok(Some(id)),
        _ => Ok(None),
    }
}

/// Reads a key. What cannot be one never reaches the network.
pub fn invite_key(text: &str) -> Result<InviteKey, Error> {
    match InviteKey::parse(text) {
        Ok(key) if matches!(key.kind(), KeyKind::Userkit | KeyKind::Rkvst) => {
            Err(malformed("It is of a kind that this server does not make."))
        }
        Ok(key) => Ok(key),
        Err(error) => Err(malformed(&error.sentence())),
    }
}

/// The words begin as Webstrates' own do.
pub fn malformed(sentence: &str) -> Error {
    Error::new(
        Code::MalformedKey,
        &["Invalid invitation key: ", sentence].concat(),
    )
}

/// NaN for what is none. A string of digits counts, as it does in Webstrates.
fn whole_number(value: &Json) -> f64 {
    match value {
        Json::Number(number) if number.trunc() == *number => *number,
        Json::Text(text) if text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.bytes()
                .fold(0.0, |number, byte| number * 10.0 + f64::from(byte - b'0'))
        }
        _ => f64::NAN,
    }
}
