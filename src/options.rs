//! What callers pass in: read once, checked before anything is sent, errors name the field.
//!
//! The arguments come as [`Json`]. What JSON cannot hold (a signal, a function) stays on the JavaScript side, which
//! leaves `true` in its place.

use invite_key::{InviteKey, KeyKind, Permissions, resource};

use crate::error::{Code, Error};
use crate::json::{self, Json};

const DEFAULT_TIMEOUT: f64 = 10_000.0;
/// What a browser's timer can count to.
const MAX_TIMEOUT: f64 = 2_147_483_647.0;
const DEFAULT_MAX_AGE: f64 = 604_800.0;
const MAX_MAX_AGE: f64 = 2_592_000.0;
const MAX_MAX_USES: f64 = 10_000.0;
const MAX_MESSAGE: usize = 1_000;
const MAX_EXTRAS: usize = 8 * 1024;
const MAX_PAGE_SIZE: f64 = 100.0;
const CALL_OPTIONS: [&str; 3] = ["signal", "timeout", "idempotencyKey"];

/// How a server speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum DialectName {
    /// Our own HTTP API.
    Http,
    /// Webstrates' WebSocket.
    Webstrates,
}

impl DialectName {
    /// The name as JavaScript sees it.
    pub fn as_str(self) -> &'static str {
        match self {
            DialectName::Http => "http",
            DialectName::Webstrates => "webstrates",
        }
    }
}

/// What `connect(options)` was given, checked.
#[derive(Clone)]
pub struct ConnectOptions {
    /// The server's address, without a slash at its end.
    pub server: Option<String>,
    /// What people are invited to.
    pub resource: Option<String>,
    /// How the server speaks, where the caller said so.
    pub dialect: Option<DialectName>,
    /// Whether a bearer or an access token goes along.
    pub has_token: bool,
    /// The account that an access token belongs to.
    pub account: Option<Json>,
    /// Milliseconds until a call gives up.
    pub timeout: f64,
}

impl ConnectOptions {
    /// Checks the options of `connect` and `configure`.
    pub fn parse(options: &Json) -> Result<ConnectOptions, Error> {
        only(
            options,
            &[
                "server",
                "resource",
                "dialect",
                "auth",
                "credentials",
                "timeout",
                "fetch",
                "WebSocket",
            ],
        )?;
        let dialect = match optional_text(options, "dialect")? {
            None => None,
            Some("http") => Some(DialectName::Http),
            Some("webstrates") => Some(DialectName::Webstrates),
            Some("userkit" | "rkvst") => {
                let mut error = Error::new(
                    Code::Unsupported,
                    "This version speaks the dialects 'webstrates' and 'http'.",
                );
                error.field = Some("dialect".to_owned());
                return Err(error);
            }
            Some(_) => {
                return Err(Error::invalid(
                    "dialect",
                    " must be 'webstrates' or 'http'.",
                ));
            }
        };
        if let Some(mode) = optional_text(options, "credentials")?
            && !["omit", "same-origin", "include"].contains(&mode)
        {
            return Err(Error::invalid(
                "credentials",
                " must be 'omit', 'same-origin' or 'include'.",
            ));
        }
        for name in ["fetch", "WebSocket"] {
            if given(options, name).is_some_and(|value| *value != Json::Bool(true)) {
                return Err(Error::invalid(name, " must be a function."));
            }
        }
        let resource = match given(options, "resource") {
            None => None,
            Some(value) => Some(resource_id("resource", value)?),
        };
        let (has_token, account) = authentication(options)?;
        Ok(ConnectOptions {
            server: optional_text(options, "server")?
                .map(server_address)
                .transpose()?,
            resource,
            dialect,
            has_token,
            account,
            timeout: timeout(options, DEFAULT_TIMEOUT)?,
        })
    }
}

fn authentication(options: &Json) -> Result<(bool, Option<Json>), Error> {
    let Some(auth) = given(options, "auth") else {
        return Ok((false, None));
    };
    if auth.get("appSecret").is_some() {
        return Err(Error::new(
            Code::SecretInBrowser,
            "An app secret opens every account: keep it on your own server.",
        ));
    }
    let usable = |value: &Json| match value {
        Json::Bool(true) => true,
        // The token becomes a header: what cannot stand there would trap later.
        Json::Text(token) => !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()),
        _ => false,
    };
    if let Some(token) = auth.get("accessToken") {
        let account = Json::object()
            .with("username", auth.text("username").unwrap_or_default())
            .with("provider", auth.text("provider").unwrap_or_default());
        let named = account
            .members()
            .iter()
            .all(|member| member.1 != Json::from(""));
        if usable(token) && named {
            return Ok((true, Some(account)));
        }
    } else if auth.get("bearer").is_some_and(usable) {
        return Ok((true, None));
    }
    Err(Error::invalid(
        "auth",
        " must be { bearer } or { accessToken, username, provider }.",
    ))
}

/// Checks a server's address and takes the slash off its end.
pub fn server_address(text: &str) -> Result<String, Error> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or_default();
    if host.is_empty() || host.starts_with('/') || host.contains(['?', '#', '@', '\\', ' ']) {
        return Err(Error::invalid(
            "server",
            " must be an address such as https://invites.example.com.",
        ));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// What may stand last in every call.
#[derive(Clone)]
pub struct CallOptions {
    /// Milliseconds until the call gives up.
    pub timeout: f64,
    /// The name under which the server remembers a create.
    pub idempotency_key: Option<String>,
}

impl CallOptions {
    fn parse(options: &Json, default_timeout: f64) -> Result<CallOptions, Error> {
        only(options, &CALL_OPTIONS)?;
        if given(options, "signal").is_some_and(|signal| *signal != Json::Bool(true)) {
            return Err(Error::invalid("signal", " must be an AbortSignal."));
        }
        let idempotency_key = optional_text(options, "idempotencyKey")?;
        if idempotency_key.is_some_and(|key| {
            key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| byte.is_ascii_graphic())
        }) {
            return Err(Error::invalid(
                "idempotencyKey",
                " must be 1 to 255 printable ASCII characters.",
            ));
        }
        Ok(CallOptions {
            timeout: timeout(options, default_timeout)?,
            idempotency_key: idempotency_key.map(str::to_owned),
        })
    }
}

/// The arguments of one call, with the call options taken off their end.
pub struct Arguments {
    values: Vec<Json>,
    /// What stood last, or the defaults.
    pub call: CallOptions,
}

impl Arguments {
    /// Takes a call's arguments apart. Call options stand after the `count` others, or earlier, wherever one of
    /// those is left out.
    pub fn new(
        mut values: Vec<Json>,
        count: usize,
        default_timeout: f64,
    ) -> Result<Arguments, Error> {
        values.truncate(count + 1);
        while values.last() == Some(&Json::Null) {
            values.pop();
        }
        let last = values.len().saturating_sub(1);
        // The first argument may be an object of its own (options, an invite, a filter); the others never are.
        let is_call = values.last().is_some_and(|value| {
            last == count || value.is_object() && (last > 0 || looks_like_call_options(value))
        });
        let options = if is_call {
            values.pop().unwrap_or(Json::Null)
        } else {
            Json::object()
        };
        Ok(Arguments {
            values,
            call: CallOptions::parse(&options, default_timeout)?,
        })
    }

    /// The argument at this place; `null` where it was left out.
    pub fn at(&self, place: usize) -> &Json {
        self.values.get(place).unwrap_or(&Json::Null)
    }

    /// The resource at this place, where one was given.
    pub fn resource(&self, place: usize) -> Result<Option<String>, Error> {
        match self.at(place) {
            Json::Null => Ok(None),
            value => resource_id("webstrateId", value).map(Some),
        }
    }
}

fn looks_like_call_options(value: &Json) -> bool {
    let members = value.members();
    !members.is_empty()
        && members
            .iter()
            .all(|member| CALL_OPTIONS.contains(&member.0.as_str()))
}

/// Checks what `create` was given and fills in the defaults.
pub fn create_options(options: &Json) -> Result<Json, Error> {
    let options = if *options == Json::Null {
        &Json::object()
    } else {
        options
    };
    only(
        options,
        &[
            "permissions",
            "maxAge",
            "maxUses",
            "email",
            "message",
            "title",
            "extras",
            "signed",
            "send",
        ],
    )?;
    let permissions = match options.get("permissions") {
        None => "r",
        Some(value) => match Permissions::parse(value.as_text().unwrap_or_default()) {
            Ok(permissions) => permissions.as_str(),
            Err(error) => return Err(Error::misused("permissions", error.sentence())),
        },
    };
    let max_age = match options.get("maxAge") {
        None => DEFAULT_MAX_AGE,
        Some(value) => whole_number("maxAge", value, MAX_MAX_AGE)?,
    };
    let mut checked = Json::object()
        .with("permissions", permissions)
        .with("maxAge", max_age);
    for (name, value) in options.members() {
        let wrong = match name.as_str() {
            "maxUses" => {
                checked.set(name, whole_number(name, value, MAX_MAX_USES)?.into());
                continue;
            }
            "email" | "title" if value.as_text().is_none() => " must be a string.",
            "message"
                if value
                    .as_text()
                    .is_none_or(|text| text.chars().count() > MAX_MESSAGE) =>
            {
                " must be a string of at most 1000 characters."
            }
            "extras" if json::write(value).len() > MAX_EXTRAS => {
                " must be at most 8192 bytes of JSON."
            }
            "signed" | "send" if !matches!(value, Json::Bool(_)) => " must be true or false.",
            "permissions" | "maxAge" => continue,
            _ => {
                checked.set(name, value.clone());
                continue;
            }
        };
        return Err(Error::invalid(name, wrong));
    }
    Ok(checked)
}

/// Checks what `list` was given.
pub fn list_filter(filter: &Json) -> Result<Json, Error> {
    let filter = if *filter == Json::Null {
        &Json::object()
    } else {
        filter
    };
    only(filter, &["status", "everyone", "pageSize"])?;
    if optional_text(filter, "status")?
        .is_some_and(|status| !["pending", "accepted", "expired", "removed"].contains(&status))
    {
        return Err(Error::invalid(
            "status",
            " must be 'pending', 'accepted', 'expired' or 'removed'.",
        ));
    }
    if given(filter, "everyone").is_some_and(|value| !matches!(value, Json::Bool(_))) {
        return Err(Error::invalid("everyone", " must be true or false."));
    }
    let mut checked = filter.clone();
    if let Some(value) = given(filter, "pageSize") {
        checked.set(
            "pageSize",
            whole_number("pageSize", value, MAX_PAGE_SIZE)?.into(),
        );
    }
    Ok(checked)
}

/// The invite a call is about.
pub struct Target {
    /// Its key; only `remove` can do without.
    pub key: Option<InviteKey>,
    /// Its id, where a whole invite was given.
    pub id: Option<String>,
    /// What it is for: the argument.
    pub resource: Option<String>,
    /// What it is for: what the invite itself says.
    pub home: Option<String>,
}

impl Target {
    /// Reads a key or an invite, and the resource beside it.
    pub fn parse(target: &Json, resource: Option<String>) -> Result<Target, Error> {
        let invite = target.is_object();
        let text = if invite {
            target.text("key")
        } else {
            target.as_text()
        };
        let id = target.text("id").map(str::to_owned);
        let key = match text {
            None if invite && id.is_some() => None,
            text => Some(invite_key(text.unwrap_or_default())?),
        };
        let home = target
            .text("resource")
            .or_else(|| target.text("webstrateId"));
        Ok(Target {
            key,
            id,
            resource,
            home: home.filter(|id| resource::is_valid(id)).map(str::to_owned),
        })
    }

    /// The key, for calls that need one.
    pub fn key(&self) -> Result<&InviteKey, Error> {
        self.key
            .as_ref()
            .ok_or_else(|| malformed("this invite has no key."))
    }
}

/// Reads a key. What cannot be one never reaches the network.
fn invite_key(text: &str) -> Result<InviteKey, Error> {
    let key = InviteKey::parse(text).map_err(|error| malformed(&error.sentence()))?;
    if matches!(key.kind(), KeyKind::Userkit | KeyKind::Rkvst) {
        return Err(malformed("it is of a kind that this server does not make."));
    }
    Ok(key)
}

/// The words begin as Webstrates' own do.
fn malformed(sentence: &str) -> Error {
    Error::new(
        Code::MalformedKey,
        &["Invalid invitation key: ", sentence].concat(),
    )
}

/// Refuses a key where a resource is expected: somebody meant `check`.
pub fn not_a_key(resource: &Json) -> Result<(), Error> {
    match InviteKey::parse(resource.as_text().unwrap_or_default()) {
        Ok(_) => Err(Error::misused(
            "webstrateId",
            "get() lists; to look one up: check(key)",
        )),
        Err(_) => Ok(()),
    }
}

fn resource_id(field: &str, value: &Json) -> Result<String, Error> {
    match value.as_text().filter(|id| resource::is_valid(id)) {
        Some(id) => Ok(id.to_owned()),
        None => Err(Error::invalid(
            field,
            " must be 1 to 128 letters, digits, dots, hyphens or underscores.",
        )),
    }
}

/// A whole number from 1 to `most`; a string of digits counts, as it does in Webstrates.
fn whole_number(field: &str, value: &Json, most: f64) -> Result<f64, Error> {
    let number = match value {
        Json::Number(number) => *number,
        Json::Text(text) if text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.bytes()
                .fold(0.0, |number, byte| number * 10.0 + f64::from(byte - b'0'))
        }
        _ => f64::NAN,
    };
    if number >= 1.0 && number <= most && number.trunc() == number {
        return Ok(number);
    }
    let limit = if most == MAX_MAX_AGE {
        " must be a whole number of seconds from 1 to 2592000 (30 days)."
    } else if most == MAX_MAX_USES {
        " must be a whole number from 1 to 10000."
    } else {
        " must be a whole number from 1 to 100."
    };
    Err(Error::invalid(field, limit))
}

fn timeout(options: &Json, default: f64) -> Result<f64, Error> {
    match given(options, "timeout") {
        None => Ok(default),
        Some(Json::Number(timeout)) if *timeout > 0.0 && *timeout <= MAX_TIMEOUT => Ok(*timeout),
        Some(_) => Err(Error::invalid(
            "timeout",
            " must be a positive number of milliseconds.",
        )),
    }
}

/// A member that is neither absent nor `null`.
fn given<'a>(options: &'a Json, name: &str) -> Option<&'a Json> {
    options.get(name).filter(|value| **value != Json::Null)
}

fn optional_text<'a>(options: &'a Json, name: &str) -> Result<Option<&'a str>, Error> {
    match given(options, name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid(name, " must be a string.")),
    }
}

/// Refuses what is no object, and members nobody knows: most are typing errors.
pub fn only(options: &Json, known: &[&str]) -> Result<(), Error> {
    if !options.is_object() {
        return Err(Error::misused("options", "Options must be an object."));
    }
    match options
        .members()
        .iter()
        .find(|member| !known.contains(&member.0.as_str()))
    {
        Some((name, _)) => Err(Error::invalid(name, " is not an option here.")),
        None => Ok(()),
    }
}
