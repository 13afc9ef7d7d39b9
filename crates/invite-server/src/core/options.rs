//! What callers ask for, parsed and bounded once for all dialects.

use invite_key::{InviteKey, KeyKind, permissions::Permissions, resource};
use serde_json::{Map, Value};

use super::{InviteStatus, Needle, Refusal, is_host};

mod members;

pub use members::{MembersRequest, is_nameable, person_option, validate_q};

/// How long an invite lasts when its maker does not say: seven days, in seconds.
pub const DEFAULT_MAX_AGE: u32 = 7 * 24 * 3600;
/// The longest an invite may last: thirty days, in seconds.
pub const MAX_AGE_LIMIT: u32 = 30 * 24 * 3600;
/// How many invites a page holds when the caller does not say.
pub const LIST_PAGE_DEFAULT: u32 = 50;
/// How many invites a page can hold.
pub const LIST_PAGE_LIMIT: u32 = 100;

const MAX_USES_LIMIT: u32 = 10_000;
const MESSAGE_LIMIT: usize = 1_000;
const TITLE_LIMIT: usize = 200;
/// Shorter than any key.
const NAME_LIMIT: usize = 24;
const EMAIL_LIMIT: usize = 254;
const EXTRAS_LIMIT: usize = 8 * 1024;

/// A new invite, as asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRequest {
    /// What it shall grant.
    pub permissions: Permissions,
    /// How long it shall last, in seconds: 1 to [`MAX_AGE_LIMIT`].
    pub max_age: u32,
    /// How often it may be used; `None` for any number.
    pub max_uses: Option<u32>,
    /// The inviter's words.
    pub message: Option<String>,
    /// What its inviter calls it. No invitee sees it.
    pub label: Option<String>,
    /// Data for the inviter's application.
    pub extras: Option<Value>,
    /// What sort of key it gets: `Webstrates`, `Opaque` or `Signed`.
    pub kind: KeyKind,
    /// Only an account with this verified address shall accept it.
    pub email: Option<String>,
    /// Whether it is mailed there.
    pub send: bool,
}

impl CreateRequest {
    /// A request for these permissions, this long, and nothing else.
    pub fn new(permissions: Permissions, max_age: u32, kind: KeyKind) -> CreateRequest {
        CreateRequest {
            permissions,
            max_age,
            max_uses: None,
            message: None,
            label: None,
            extras: None,
            kind,
            email: None,
            send: false,
        }
    }

    /// Reads the members of a JSON object. What is unknown is refused by name; what is `undefined` in JavaScript is
    /// simply not there.
    pub fn from_json(
        members: &Map<String, Value>,
        kind: KeyKind,
    ) -> Result<CreateRequest, Refusal> {
        let mut request = CreateRequest::new(permissions_option(None)?, DEFAULT_MAX_AGE, kind);
        for (name, value) in members {
            match name.as_str() {
                "permissions" => request.permissions = permissions_option(Some(value))?,
                "maxAge" => request.max_age = max_age_option(value)?,
                "maxUses" => {
                    request.max_uses = Some(whole_number("maxUses", value, MAX_USES_LIMIT)?)
                }
                "message" => request.message = Some(text_option("message", value)?),
                "label" => request.label = Some(text_option("label", value)?),
                "extras" => request.extras = (!value.is_null()).then(|| value.clone()),
                "email" => request.email = Some(text_option("email", value)?),
                "signed" => {
                    if boolean_option("signed", value)? {
                        request.kind = KeyKind::Signed;
                    }
                }
                "send" => request.send = boolean_option("send", value)?,
                _ => return Err(unknown_member(name)),
            }
        }
        request.validate()?;
        Ok(request)
    }

    /// Refuses whatever is out of bounds, however the request came about.
    pub fn validate(&self) -> Result<(), Refusal> {
        if !matches!(
            self.kind,
            KeyKind::Webstrates | KeyKind::Opaque | KeyKind::Signed
        ) {
            return Err(Refusal::Unsupported {
                field: "signed".into(),
            });
        }
        if self.permissions.is_empty() {
            return Err(permissions_refused());
        }
        if !(1..=MAX_AGE_LIMIT).contains(&self.max_age) {
            return Err(out_of_range("maxAge", MAX_AGE_LIMIT));
        }
        if self
            .max_uses
            .is_some_and(|uses| !(1..=MAX_USES_LIMIT).contains(&uses))
        {
            return Err(out_of_range("maxUses", MAX_USES_LIMIT));
        }
        if let Some(message) = &self.message {
            bounded_text("message", message, MESSAGE_LIMIT, &['\n', '\t'])?;
        }
        if let Some(label) = &self.label {
            bounded_text("label", label, TITLE_LIMIT, &[])?;
        }
        if let Some(email) = &self.email {
            validate_email(email)?;
        } else if self.send {
            return Err(Refusal::invalid_option(
                "email",
                "send needs an email: the address that the invite is mailed to.",
            ));
        }
        match &self.extras {
            Some(extras) if extras.to_string().len() > EXTRAS_LIMIT => {
                Err(Refusal::invalid_option(
                    "extras",
                    "extras is more than 8 KiB as JSON. Keep the data elsewhere and put its id into extras.",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Whom invites are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Addressed {
    /// Whoever: with an address or without.
    #[default]
    OrNot,
    /// Somebody with an address.
    ToSomebody,
    /// Somebody with this address, as it was written.
    To(String),
}

/// Which invites to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// All admins' invites instead of one's own.
    pub everyone: bool,
    /// Only those that stand so; `None` for all that are neither expired nor removed.
    pub status: Option<InviteStatus>,
    /// How many at most.
    pub page_size: u32,
    /// Where the page before ended.
    pub page: Option<String>,
    /// Only those for such.
    pub addressed: Addressed,
    /// By address instead of the newest first; then only those with one.
    pub by_address: bool,
    /// Only those in whose label or address this is, the newest first. A page may hold fewer than there are then, even none,
    /// and the next more: so much is looked at for each, and no more.
    pub q: Option<Needle>,
}

impl Default for ListRequest {
    fn default() -> ListRequest {
        ListRequest {
            everyone: false,
            status: None,
            page_size: LIST_PAGE_DEFAULT,
            page: None,
            addressed: Addressed::OrNot,
            by_address: false,
            q: None,
        }
    }
}

/// The size of a page of a list.
pub fn page_size_option(text: &str) -> Result<u32, Refusal> {
    text.parse().map_err(|_| page_size_refused())
}

/// Refuses a page that is larger than any, or none.
pub fn validate_page_size(page_size: u32) -> Result<(), Refusal> {
    if (1..=LIST_PAGE_LIMIT).contains(&page_size) {
        return Ok(());
    }
    Err(page_size_refused())
}

fn page_size_refused() -> Refusal {
    let sentence = format!("page_size is a whole number from 1 to {LIST_PAGE_LIMIT}.");
    Refusal::invalid_option("page_size", sentence)
}

/// Which invite to remove.
#[derive(Clone, Debug)]
pub enum RemoveTarget {
    /// The one with this key.
    Key(InviteKey),
    /// The one of this id.
    Id(String),
    /// The one of this id, as long as it can be accepted.
    PendingId(String),
}

/// The option `permissions`: one to three of the letters a, r and w; `r` when it is not there.
pub fn permissions_option(value: Option<&Value>) -> Result<Permissions, Refusal> {
    let text = match value {
        None => "r",
        Some(Value::String(text)) => text,
        Some(_) => return Err(permissions_refused()),
    };
    match Permissions::parse(text) {
        Ok(permissions) if !permissions.is_empty() => Ok(permissions),
        _ => Err(permissions_refused()),
    }
}

/// The option `maxAge`: whole seconds, as a number or as digits in a string.
pub fn max_age_option(value: &Value) -> Result<u32, Refusal> {
    whole_number("maxAge", value, MAX_AGE_LIMIT)
}

/// A title of a resource: one line of at most 200 characters.
pub fn validate_title(title: &str) -> Result<(), Refusal> {
    bounded_text("title", title, TITLE_LIMIT, &[])
}

/// The name of a resource that is to be created: what no name can be is refused.
pub fn validate_resource(name: &str) -> Result<(), Refusal> {
    if !resource::is_valid(name) {
        return Err(Refusal::invalid_option(
            "resource",
            "A resource id is 1 to 128 letters, digits, dots, hyphens or underscores.",
        ));
    }
    Ok(())
}

/// Whether the server keeps a name for itself: also where the site's own files and the demo's helpers live.
pub fn is_reserved(name: &str) -> bool {
    resource::is_reserved(name) || matches!(name, "site" | "demo")
}

/// A member that no option has. It is named only if it could be somebody's idea of a name: a key never is.
pub fn unknown_member(name: &str) -> Refusal {
    let nameable = (1..=NAME_LIMIT).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if nameable {
        Refusal::invalid_option(name, format!("There is no option {name}."))
    } else {
        Refusal::invalid_option("", "There is an option whose name no option can have.")
    }
}

/// An option that is text.
pub fn text_option(field: &str, value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(Refusal::invalid_option(
            field,
            format!("{field} is a string."),
        )),
    }
}

fn boolean_option(field: &str, value: &Value) -> Result<bool, Refusal> {
    value
        .as_bool()
        .ok_or_else(|| Refusal::invalid_option(field, format!("{field} is true or false.")))
}

/// Something at something, that no mail header or page could take for more than that.
fn validate_email(email: &str) -> Result<(), Refusal> {
    let plain = |letter: char| {
        !letter.is_control()
            && !letter.is_whitespace()
            && !is_invisible(letter)
            && !r#"<>()[]{},;:"\`"#.contains(letter)
    };
    let fits = email.len() <= EMAIL_LIMIT
        && email.chars().all(plain)
        && email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.contains('@') && is_host(host));
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid_option(
        "email",
        "email is one plain e-mail address, like bob@example.com.",
    ))
}

/// Shows nothing by itself, and can make an address look like another one.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn whole_number(field: &str, value: &Value, limit: u32) -> Result<u32, Refusal> {
    let number = match value {
        // JavaScript writes 60 also for 60.0, other languages do not.
        Value::Number(number) => number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|float| float.fract() == 0.0)
                .and_then(to_whole)
        }),
        Value::String(text)
            if !text.is_empty()
                && text.len() <= 10
                && text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            text.parse().ok()
        }
        _ => None,
    };
    number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (1..=limit).contains(number))
        .ok_or_else(|| out_of_range(field, limit))
}

fn to_whole(float: f64) -> Option<u64> {
    // Out-of-range floats never reach a cast: it would saturate silently.
    (0.0..=f64::from(u32::MAX))
        .contains(&float)
        .then_some(float as u64)
}

fn bounded_text(field: &str, text: &str, limit: usize, allowed: &[char]) -> Result<(), Refusal> {
    if text.chars().count() > limit {
        return Err(Refusal::invalid_option(
            field,
            format!("{field} is at most {limit} characters."),
        ));
    }
    if text
        .chars()
        .any(|letter| letter.is_control() && !allowed.contains(&letter))
    {
        return Err(Refusal::invalid_option(
            field,
            format!(
                "{field} contains a control character or a line break that cannot stand there."
            ),
        ));
    }
    Ok(())
}

fn permissions_refused() -> Refusal {
    Refusal::invalid_option(
        "permissions",
        "permissions is a string of one to three different letters of a (admin), r (read) and w (write).",
    )
}

pub(super) fn out_of_range(field: &str, limit: u32) -> Refusal {
    let unit = if field == "maxAge" {
        "whole number of seconds"
    } else {
        "whole number"
    };
    Refusal::invalid_option(field, format!("{field} is a {unit} from 1 to {limit}."))
}

#[cfg(test)]
mod tests;
