//! The options of calls and connections, each a struct: checked before anything is sent, errors name the field.
//!
//! What JSON cannot hold (a signal, a function) stays on the JavaScript side, which leaves `true` in its place.

use invite_key::text::is_printable_ascii;
use invite_key::{Permissions, resource};

use crate::dialect::DialectName;
use crate::error::{Code, Error};
use crate::json::{self, Json};

/// Milliseconds until a call gives up, where nobody says.
pub const DEFAULT_TIMEOUT: f64 = 10_000.0;
/// Seconds that an invite lasts, where nobody says: Webstrates' own week.
const DEFAULT_MAX_AGE: f64 = 604_800.0;
const MAX_AGE: f64 = 2_592_000.0;
const MAX_USES: f64 = 10_000.0;
const MAX_PAGE: f64 = 100.0;
/// What a browser's timer can count to.
const MAX_TIMEOUT: f64 = 2_147_483_647.0;
const MAX_MESSAGE: usize = 1_000;
const MAX_EXTRAS: usize = 8 * 1024;

/// The members of an options object, taken out one by one; what is left in the end is a name nobody knows.
pub struct Members(Vec<(String, Json)>);

impl Members {
    /// `null` is no options.
    pub fn of(options: Json) -> Result<Members, Error> {
        match options {
            Json::Null => Ok(Members(Vec::new())),
            Json::Object(members) => Ok(Members(members)),
            _ => Err(Error::misused("options", "Options must be an object.")),
        }
    }

    /// Refuses what nobody took: most are typing errors.
    pub fn finish(&mut self) -> Result<(), Error> {
        match self.0.first() {
            Some((name, _)) => Err(Error::invalid(name, " is not an option here.")),
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        let place = self.0.iter().position(|member| member.0 == name)?;
        Some(self.0.remove(place).1)
    }

    /// As [`take`](Members::take), where `null` counts as left out. What a server is asked to write down is never
    /// null: permissions of null grant who knows what.
    fn take_unless_null(&mut self, name: &str) -> Option<Json> {
        self.take(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Error::invalid(name, " must be a string.")),
        }
    }

    fn one_of<T: Copy>(
        &mut self,
        name: &str,
        known: &[(&str, T)],
        wrong: &str,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.take_unless_null(name) else {
            return Ok(None);
        };
        let text = value.as_text();
        let found = known.iter().find(|known| Some(known.0) == text);
        found.map_or_else(
            || Err(Error::invalid(name, wrong)),
            |known| Ok(Some(known.1)),
        )
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Error::invalid(name, " must be true or false.")),
        }
    }

    /// Something that stayed in JavaScript.
    fn held(&mut self, name: &str) -> Result<(), Error> {
        match self.take_unless_null(name) {
            None | Some(Json::Bool(true)) => Ok(()),
            Some(_) => Err(Error::invalid(name, " is of the wrong kind.")),
        }
    }

    /// A whole number from 1 on. A string of digits counts, as it does in Webstrates.
    fn whole(&mut self, name: &str, most: f64, wrong: &str) -> Result<Option<f64>, Error> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = match &value {
            Json::Number(number) => *number,
            // Not by `f64`'s own reader, which is 12 KB of tables.
            Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse::<u32>().map_or(f64::NAN, f64::from)
            }
            _ => f64::NAN,
        };
        if number.fract() == 0.0 && (1.0..=most).contains(&number) {
            Ok(Some(number))
        } else {
            Err(Error::invalid(name, wrong))
        }
    }

    fn milliseconds(&mut self, name: &str) -> Result<Option<f64>, Error> {
        match self.take_unless_null(name) {
            None => Ok(None),
            Some(Json::Number(time)) if time > 0.0 && time <= MAX_TIMEOUT => Ok(Some(time)),
            Some(_) => Err(Error::invalid(
                name,
                " must be a positive number of milliseconds.",
            )),
        }
    }

    /// What people read.
    fn message(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Text(text)) if text.chars().nth(MAX_MESSAGE).is_none() => Ok(Some(text)),
            Some(_) => Err(Error::invalid(
                name,
                " must be a string of at most 1000 characters.",
            )),
        }
    }

    /// Any small JSON.
    fn extras(&mut self, name: &str) -> Result<Option<Json>, Error> {
        match self.take(name) {
            Some(extras) if json::write(&extras).len() > MAX_EXTRAS => {
                Err(Error::invalid(name, " must be at most 8192 bytes of JSON."))
            }
            extras => Ok(extras),
        }
    }

    /// What can stand in a header: anything else would fail there.
    fn header_value(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take_unless_null(name) {
            None => Ok(None),
            Some(Json::Text(text)) if is_printable_ascii(&text) => Ok(Some(text)),
            Some(_) => Err(Error::invalid(name, " must be printable ASCII characters.")),
        }
    }

    fn resource(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take_unless_null(name) {
            None => Ok(None),
            Some(Json::Text(id)) if resource::is_valid(&id) => Ok(Some(id)),
            Some(_) => Err(Error::invalid(
                name,
                " must be 1 to 128 letters, digits, dots, hyphens or underscores.",
            )),
        }
    }
}

/// `create`
pub struct CreateOptions {
    /// Letters of `a`, `r`, `w`.
    pub permissions: String,
    /// Seconds.
    pub max_age: f64,
    /// How often it may be used.
    pub max_uses: Option<f64>,
    /// For this address alone.
    pub email: Option<String>,
    /// The inviter's words.
    pub message: Option<String>,
    /// A title.
    pub title: Option<String>,
    /// The application's own data.
    pub extras: Option<Json>,
    /// Whether the key proves offline who made it.
    pub signed: Option<bool>,
    /// Whether the link is mailed.
    pub send: Option<bool>,
}

impl CreateOptions {
    pub(super) fn read(given: &mut Members) -> Result<CreateOptions, Error> {
        let permissions = match given.take("permissions") {
            None => "r".to_owned(),
            Some(value) => {
                let text = value.as_text().unwrap_or_default();
                Permissions::parse(text)
                    .map_err(|error| Error::misused("permissions", error.sentence()))?;
                text.to_owned()
            }
        };
        let wrong = " must be a whole number of seconds from 1 to 2592000 (30 days).";
        // Always sent: a Webstrates server makes dead keys without.
        let max_age = given.whole("maxAge", MAX_AGE, wrong)?;
        let wrong = " must be a whole number from 1 to 10000.";
        let max_uses = given.whole("maxUses", MAX_USES, wrong)?;
        let email = given.text("email")?;
        Ok(CreateOptions {
            permissions,
            max_age: max_age.unwrap_or(DEFAULT_MAX_AGE),
            max_uses,
            email,
            message: given.message("message")?,
            title: given.text("title")?,
            extras: given.extras("extras")?,
            signed: given.flag("signed")?,
            send: given.flag("send")?,
        })
    }

    /// What was asked for by name, beyond what every invite has.
    pub(crate) fn extra(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            ("maxUses", self.max_uses.is_some()),
            ("email", self.email.is_some()),
            ("message", self.message.is_some()),
            ("title", self.title.is_some()),
            ("extras", self.extras.is_some()),
            ("signed", self.signed.is_some()),
            ("send", self.send.is_some()),
        ];
        given.into_iter().filter(|one| one.1).map(|one| one.0)
    }

    /// What is written down of it, as both our API and Webstrates name it.
    pub(crate) fn body(&self) -> Json {
        let text = |text: &Option<String>| text.as_deref().map(Json::from);
        let mut body = Json::object()
            .with("permissions", self.permissions.as_str())
            .with("maxAge", self.max_age);
        let more = [
            ("maxUses", self.max_uses.map(Json::from)),
            ("email", text(&self.email)),
            ("message", text(&self.message)),
            ("title", text(&self.title)),
            ("extras", self.extras.clone()),
            ("signed", self.signed.map(Json::from)),
            ("send", self.send.map(Json::from)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                body.set(name, value);
            }
        }
        body
    }
}

/// `list`
pub struct ListFilter {
    /// Whose invites.
    pub resource: Option<String>,
    /// In which state.
    pub status: Option<&'static str>,
    /// Not one's own alone.
    pub everyone: bool,
    /// How many at once.
    pub page_size: Option<f64>,
}

const STATUSES: &[(&str, &str)] = &[
    ("pending", "pending"),
    ("accepted", "accepted"),
    ("expired", "expired"),
    ("removed", "removed"),
];

impl ListFilter {
    pub(super) fn read(given: &mut Members) -> Result<ListFilter, Error> {
        let statuses = " must be 'pending', 'accepted', 'expired' or 'removed'.";
        let sizes = " must be a whole number from 1 to 100.";
        Ok(ListFilter {
            resource: given.resource("resource")?,
            status: given.one_of("status", STATUSES, statuses)?,
            everyone: given.flag("everyone")?.unwrap_or(false),
            page_size: given.whole("pageSize", MAX_PAGE, sizes)?,
        })
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
    pub(super) fn read(given: &mut Members) -> Result<LinkOptions, Error> {
        let places = [("query", true), ("fragment", false)];
        Ok(LinkOptions {
            page: given.text("page")?,
            in_query: given.one_of("in", &places, " must be 'query' or 'fragment'.")?,
            parameter: given.text("param")?,
        })
    }
}

/// The last argument of each call.
#[derive(Default)]
pub struct CallOptions {
    /// Milliseconds until the call gives up.
    pub timeout: Option<f64>,
    /// The name under which the server remembers a create.
    pub idempotency_key: Option<String>,
}

impl CallOptions {
    const NAMES: [&str; 3] = ["signal", "timeout", "idempotencyKey"];

    pub(super) fn read(value: Json) -> Result<CallOptions, Error> {
        let mut given = Members::of(value)?;
        given.held("signal")?;
        let options = CallOptions {
            timeout: given.milliseconds("timeout")?,
            idempotency_key: given.header_value("idempotencyKey")?,
        };
        given.finish()?;
        Ok(options)
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

const CREDENTIALS: &[(&str, ())] = &[("omit", ()), ("same-origin", ()), ("include", ())];

impl ConnectOptions {
    /// Reads them.
    pub fn read(value: Json) -> Result<ConnectOptions, Error> {
        let mut given = Members::of(value)?;
        for name in ["fetch", "WebSocket"] {
            given.held(name)?;
        }
        // The page's side reads which (`page::Browser`).
        let wrong = " must be 'omit', 'same-origin' or 'include'.";
        given.one_of("credentials", CREDENTIALS, wrong)?;
        let options = ConnectOptions {
            server: given
                .take_unless_null("server")
                .map(|server| server_address(server.as_text().unwrap_or_default()))
                .transpose()?,
            resource: given.resource("resource")?,
            dialect: given
                .take_unless_null("dialect")
                .map(|name| dialect_named(name.as_text().unwrap_or_default()))
                .transpose()?,
            auth: given.take_unless_null("auth").map(read_auth).transpose()?,
            timeout: given.milliseconds("timeout")?,
        };
        given.finish()?;
        Ok(options)
    }
}

fn dialect_named(name: &str) -> Result<DialectName, Error> {
    DialectName::named(name).ok_or_else(|| {
        let known: Vec<&str> = DialectName::ALL.iter().map(|known| known.0).collect();
        Error::invalid(
            "dialect",
            &[" must be '", &known.join("' or '"), "'."].concat(),
        )
    })
}

fn read_auth(auth: Json) -> Result<Auth, Error> {
    for secret in ["appSecret", "appKey", "clientSecret"] {
        if auth.get(secret).is_some() {
            return Err(Error::new(
                Code::SecretInBrowser,
                "A secret of an app opens every account: keep it on your own server.",
            ));
        }
    }
    let named = ["username", "provider"]
        .iter()
        .all(|name| auth.text(name).is_some_and(|text| !text.is_empty()));
    let person = || {
        let mut person = Json::object();
        for name in ["username", "provider"] {
            person.set(name, auth.text(name).unwrap_or_default().into());
        }
        person
    };
    let (token, person) = match (auth.get("bearer"), auth.get("accessToken")) {
        (Some(bearer), _) => (Some(bearer), None),
        (None, token) => (token.filter(|_| named), Some(person())),
    };
    match token {
        Some(Json::Bool(true)) => Ok(Auth {
            token: None,
            person,
        }),
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
