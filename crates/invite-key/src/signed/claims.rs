//! What a signed key says.

use alloc::string::String;

use super::json::{self, Fault, Member};
use crate::permissions::Permissions;
use crate::resource;
use crate::text::is_printable_ascii;
use crate::verdict::Reason;

const MAX_ADDRESS: usize = 512;
const MAX_NAME: usize = 128;

/// What a signed key says: who issued it, for what, until when.
///
/// Times are whole seconds since 1970-01-01 UTC. Claims of other names are ignored when a key is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: the public address of the server that issued it, without a slash at its end.
    pub issuer: String,
    /// What it invites to. `aud` is the issuer's address, a slash and this.
    pub resource: String,
    /// `jti`: the invite's id, which is no secret.
    pub id: String,
    /// `iat`: when it was issued.
    pub issued_at: u64,
    /// `exp`: from when on it is expired.
    pub expires_at: u64,
    /// `permissions`: what accepting it grants.
    pub permissions: Permissions,
    /// `nbf`: before when it is not yet valid.
    pub not_before: Option<u64>,
    /// `max_uses`: how many people may accept it. How many already did only the server knows.
    pub max_uses: Option<u64>,
    /// `inviter`: who invites, as a text for people. Whoever shows it treats it as text.
    pub inviter: Option<String>,
}

impl Claims {
    /// `aud`: the issuer's address, a slash and the resource.
    pub fn audience(&self) -> String {
        let mut audience = self.issuer.clone();
        audience.push('/');
        audience.push_str(&self.resource);
        audience
    }
}

/// Where in the document the claims stand that a verdict may point at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    pub(super) audience: usize,
    pub(super) expires_at: usize,
    pub(super) not_before: usize,
}

/// Reads the claims of a token.
pub(super) fn read(payload: &[u8]) -> Result<(Claims, Places), Fault> {
    let names = &[
        "iss",
        "aud",
        "jti",
        "iat",
        "exp",
        "permissions",
        "nbf",
        "max_uses",
        "inviter",
    ];
    let members = json::document(payload, names)?;
    let [iss, aud, jti, iat, exp, permissions, nbf, max_uses, inviter] = members.named()?;
    let issuer = required(iss, "iss")?.text("iss", is_address)?;
    let aud = required(aud, "aud")?;
    let resource = aud
        .text("aud", |_| true)?
        .strip_prefix(issuer)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| resource::is_valid(rest))
        .ok_or(bad(aud, "aud is not iss/resource"))?;
    let id = required(jti, "jti")?.text("jti", is_name)?;
    let issued_at = required(iat, "iat")?.integer()?;
    let exp = required(exp, "exp")?;
    let expires_at = exp.integer()?;
    let permissions = required(permissions, "permissions")?;
    let permissions = Permissions::parse(permissions.text("permissions", |_| true)?)
        .map_err(|_| bad(permissions, "permissions"))?;
    let not_before = optional(nbf, Member::integer)?;
    let max_uses = optional(max_uses, |member| match member.integer()? {
        0 => Err(bad(member, "max_uses")),
        number => Ok(number),
    })?;
    let inviter = optional(inviter, |member| member.text("inviter", is_inviter))?;
    let places = Places {
        audience: aud.at,
        expires_at: exp.at,
        not_before: nbf.as_ref().map_or(0, |nbf| nbf.at),
    };
    let claims = Claims {
        issuer: String::from(issuer),
        resource: String::from(resource),
        id: String::from(id),
        issued_at,
        expires_at,
        permissions,
        not_before,
        max_uses,
        inviter: inviter.map(String::from),
    };
    Ok((claims, places))
}

fn bad(member: &Member<'_>, hint: &'static str) -> Fault {
    Fault::new(Reason::BadMember, member.at, Some(hint))
}

pub(super) fn required<'member, 'json>(
    member: &'member Option<Member<'json>>,
    name: &'static str,
) -> Result<&'member Member<'json>, Fault> {
    let missing = Fault::new(Reason::MissingMember, 0, Some(name));
    member.as_ref().ok_or(missing)
}

fn optional<'member, 'json, T>(
    member: &'member Option<Member<'json>>,
    read: fn(&'member Member<'json>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    member.as_ref().map(read).transpose()
}

/// A public address: of the web, and without a slash at its end.
pub(super) fn is_address(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.ends_with('/'))
        && text.len() <= MAX_ADDRESS
        && is_printable_ascii(text)
}

/// An id, of an invite or of a key.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME && is_printable_ascii(text)
}

/// What people are called, in any script, on one line.
pub(super) fn is_inviter(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.chars().any(char::is_control)
}
