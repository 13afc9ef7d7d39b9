//! The options of calls and connections, each a struct: checked before anything is sent, errors name the field.
//!
//! What JSON cannot hold (a signal, a function) stays on the JavaScript side, which leaves [`Json::HELD`] in its place.

use invite_key::Permissions;
use invite_key::text::is_printable_ascii;

use crate::dialect::DialectName;
use crate::error::{Code, Error};
use crate::json::{self, Json};

use super::is_permissions;
use super::members::Members;

/// Milliseconds until a call gives up, where nobody says.
pub const DEFAULT_TIMEOUT: f64 = 10_000.0;
/// Seconds that an invite lasts, where nobody says: Webstrates' own week.
const DEFAULT_MAX_AGE: f64 = 604_800.0;
const MAX_AGE: f64 = 2_592_000.0;
const MAX_USES: f64 = 10_000.0;
const MAX_PAGE: f64 = 100.0;
const LETTERS: &str = " must be one to three different letters of a, r and w.";
const LETTERS_OR_NONE: &str = " must be different letters of a, r and w, or empty.";
const MAX_MESSAGE: usize = 1_000;
const MAX_EXTRAS: usize = 8 * 1024;

/// `create`
pub struct CreateOptions {
    /// What is written down of it, as both our API and Webstrates name it.
    pub body: Json,
    /// Whether some of it is what a server may leave out without a word: it has to be known whether this one does.
    pub is_special: bool,
}

impl CreateOptions {
    pub(super) fn read(given: Json) -> Result<CreateOptions, Error> {
        let mut given = Members::of(given);
        let permissions = given.letters(|text| Permissions::parse(text).is_ok(), LETTERS);
        let age = " must be a whole number of seconds from 1 to 2592000 (30 days).";
        let uses = " must be a whole number from 1 to 10000.";
        let is_message = |text: &str| text.chars().map(|_| 1).sum::<usize>() <= MAX_MESSAGE;
        let words = " must be a string of at most 1000 characters.";
        let message = given.take("message");
        let extras = given.take("extras");
        if extras
            .as_ref()
            .is_some_and(|extras| json::write(extras).len() > MAX_EXTRAS)
        {
            given.refuse("extras", " must be at most 8192 bytes of JSON.");
        }
        // Always sent: a Webstrates server makes dead keys without.
        let max_age = given.whole("maxAge", MAX_AGE, age);
        let mut body = Json::object()
            .with("permissions", permissions.unwrap_or_else(|| "r".to_owned()))
            .with("maxAge", max_age.unwrap_or(DEFAULT_MAX_AGE));
        body.set_if("maxUses", given.whole("maxUses", MAX_USES, uses));
        let (email, signed, send) = (
            given.text("email"),
            given.flag("signed"),
            given.flag("send"),
        );
        let is_special = email.is_some() || signed.is_some() || send.is_some();
        body.set_if("email", email);
        body.set_if(
            "message",
            given.text_that("message", message, is_message, words),
        );
        body.set_if("label", given.text("label"));
        body.set_if("extras", extras);
        body.set_if("signed", signed);
        body.set_if("send", send);
        given.finish(CreateOptions { body, is_special })
    }

    /// What was asked for by name, beyond what every invite has.
    pub(crate) fn extra(&self) -> impl Iterator<Item = &str> {
        let names = self.body.members().iter().map(|member| member.0.as_str());
        names.filter(|name| !matches!(*name, "permissions" | "maxAge"))
    }
}

/// `list`, `members`
#[derive(Default)]
pub struct ListFilter {
    /// Whether it is a list of people, and not of invites.
    pub of_people: bool,
    /// What it is a list of.
    pub resource: Option<String>,
    /// In which state.
    pub status: Option<&'static str>,
    /// Not one's own alone.
    pub everyone: bool,
    /// How many at once.
    pub page_size: Option<f64>,
    /// What to look for: in people's names, in invites' labels and addresses.
    pub q: Option<String>,
}

impl ListFilter {
    /// What is listed, as our API calls it.
    pub(crate) fn what(&self) -> &'static str {
        if self.of_people { "members" } else { "invites" }
    }
}

const STATUSES: &[&str] = &["pending", "accepted", "expired", "removed"];

impl ListFilter {
    pub(super) fn read(given: Json, of_people: bool) -> Result<ListFilter, Error> {
        let mut given = Members::of(given);
        let statuses = " must be 'pending', 'accepted', 'expired' or 'removed'.";
        let sizes = " must be a whole number from 1 to 100.";
        let mut filter = ListFilter {
            of_people,
            resource: given.resource("resource"),
            page_size: given.whole("pageSize", MAX_PAGE, sizes),
            q: given.text("q"),
            ..ListFilter::default()
        };
        if !of_people {
            filter.status = given.one_of("status", STATUSES, statuses);
            filter.everyone = given.flag("everyone").is_some();
        }
        given.finish(filter)
    }
}

/// `member`, `setMember`
pub struct MemberOptions {
    /// Where.
    pub resource: Option<String>,
    /// Who: `username:provider`.
    pub user: String,
    /// What they shall be able to do from now on.
    pub permissions: Option<String>,
}

impl MemberOptions {
    pub(super) fn read(given: Json) -> Result<MemberOptions, Error> {
        let mut given = Members::of(given);
        let options = MemberOptions {
            resource: given.resource("resource"),
            user: given.person("user").unwrap_or_default(),
            permissions: given.letters(is_permissions, LETTERS_OR_NONE),
        };
        given.finish(options)
    }
}

/// `link`
pub struct LinkOptions {
    /// The page that takes the invite up.
    pub page: Option<String>,
    /// Whether the key stands in the query, where the server sees it.
    pub in_query: Option<bool>,
    /// The parameter's name.
    pub parameter: Option<String>,
}

impl LinkOptions {
    pub(super) fn read(given: Json) -> Result<LinkOptions, Error> {
        let mut given = Members::of(given);
        let wrong = " must be 'query' or 'fragment'.";
        let place = given.one_of("in", &["query", "fragment"], wrong);
        let options = LinkOptions {
            page: given.text("page"),
            in_query: place.map(|place| place == "query"),
            parameter: given.text("param"),
        };
        given.finish(options)
    }
}

/// The last argument of each call.
#[derive(Default)]
pub struct CallOptions {
    /// Milliseconds until the call gives up.
    pub timeout: Option<f64>,
    /// The name under which the server remembers a create.
    pub idempotency_key: Option<String>,
    /// What becomes of links that would let somebody in again.
    pub links: Option<&'static str>,
}

impl CallOptions {
    const NAMES: [&str; 3] = ["signal", "timeout", "idempotencyKey"];

    pub(super) fn read(given: Json, of_one: bool) -> Result<CallOptions, Error> {
        let mut given = Members::of(given);
        given.held("signal");
        let links = if of_one {
            given.one_of("links", &["tell", "end"], " must be 'tell' or 'end'.")
        } else {
            None
        };
        let key = given.take_unless_null("idempotencyKey");
        let wrong = " must be printable ASCII characters.";
        let options = CallOptions {
            timeout: given.milliseconds("timeout"),
            // Anything else would fail in the header.
            idempotency_key: given.text_that("idempotencyKey", key, is_printable_ascii, wrong),
            links,
        };
        given.finish(options)
    }

    /// Whether an object that could be another argument, too, is this one.
    pub(super) fn looks_like(value: &Json) -> bool {
        let members = value.members();
        let known = |name: &str| CallOptions::NAMES.contains(&name);
        !members.is_empty() && members.iter().all(|member| known(&member.0))
    }
}

/// `connect`, `configure`
#[derive(Default)]
pub struct ConnectOptions {
    /// The server's address, without a slash at its end.
    pub server: Option<String>,
    /// What the connection is for.
    pub resource: Option<String>,
    /// How the server speaks.
    pub dialect: Option<DialectName>,
    /// Who is calling.
    pub auth: Option<Auth>,
    /// Milliseconds until a call gives up.
    pub timeout: Option<f64>,
}

/// Who is calling, where it is not whom the browser's cookie says.
pub struct Auth {
    /// The token; nothing where a function of the caller's gets it.
    pub token: Option<String>,
    /// Whose access token it is: `username`, `provider`.
    pub person: Option<Json>,
}

impl ConnectOptions {
    /// Reads them.
    pub fn read(given: Json) -> Result<ConnectOptions, Error> {
        let mut given = Members::of(given);
        given.held("fetch");
        given.held("WebSocket");
        // The page's side reads which (`page::Browser`).
        let wrong = " must be 'omit', 'same-origin' or 'include'.";
        given.one_of("credentials", &["omit", "same-origin", "include"], wrong);
        let server = given.take_unless_null("server");
        let dialect = given.take_unless_null("dialect");
        let auth = given.take_unless_null("auth");
        let options = ConnectOptions {
            server: match server {
                Some(server) => Some(server_address(server.as_text().unwrap_or_default())?),
                None => None,
            },
            resource: given.resource("resource"),
            dialect: match dialect {
                Some(name) => Some(dialect_named(name.as_text().unwrap_or_default())?),
                None => None,
            },
            auth: auth.map(read_auth).transpose()?,
            timeout: given.milliseconds("timeout"),
        };
        given.finish(options)
    }
}

fn dialect_named(name: &str) -> Result<DialectName, Error> {
    DialectName::named(name).ok_or_else(|| {
        let words = [" must be one of:", DialectName::QUOTED, "."];
        Error::invalid("dialect", &words.concat())
    })
}

fn read_auth(auth: Json) -> Result<Auth, Error> {
    if auth.is_held() {
        // A function of the caller's gets the token.
        return Ok(Auth {
            token: None,
            person: None,
        });
    }
    let mut secrets = ["appSecret", "appKey", "clientSecret"].iter();
    if secrets.any(|secret| auth.get(secret).is_some()) {
        return Err(Error::new(
            Code::SecretInBrowser,
            "A secret of an app opens every account: keep it on your own server.",
        ));
    }
    let said = |name| auth.text(name).filter(|text| !text.is_empty());
    let (token, person) = match (auth.get("bearer"), said("username"), said("provider")) {
        (Some(bearer), ..) => (Some(bearer), None),
        (None, Some(username), Some(provider)) => {
            let person = Json::object()
                .with("username", username)
                .with("provider", provider);
            (auth.get("accessToken"), Some(person))
        }
        _ => (None, None),
    };
    match token {
        Some(Json::Text(token)) if is_printable_ascii(token) => Ok(Auth {
            token: Some(token.clone()),
            person,
        }),
        _ => Err(Error::invalid(
            "auth",
            " must be { bearer } or { accessToken, username, provider }.",
        )),
    }
}

/// Checks a server's address and takes the slash off its end.
pub(crate) fn server_address(text: &str) -> Result<String, Error> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or_default();
    let is_odd = |byte: u8| byte <= b' ' || matches!(byte, b'?' | b'#' | b'@' | b'\\' | 0x7f);
    if host.is_empty() || host.starts_with('/') || host.bytes().any(is_odd) {
        return Err(Error::invalid(
            "server",
            " must be an address such as https://invites.example.com.",
        ));
    }
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}
