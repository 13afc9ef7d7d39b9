//! What a signed key says.

use alloc::borrow::Cow;
use alloc::string::String;

use super::json::{self, Fault, Reader};
use crate::permissions::Permissions;
use crate::resource;
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
    let mut places = Places::default();
    let mut issuer = None;
    let mut audience = None;
    let mut id = None;
    let mut issued_at = None;
    let mut expires_at = None;
    let mut permissions = None;
    let mut not_before = None;
    let mut max_uses = None;
    let mut inviter = None;
    json::object(payload, &mut |name, reader| {
        let at = reader.at();
        match name {
            "iss" => issuer = Some(text(reader, "iss", is_address)?),
            "aud" => {
                places.audience = at;
                audience = Some(text(reader, "aud", |text| is_printable(text, MAX_TOTAL))?);
            }
            "jti" => id = Some(text(reader, "jti", is_name)?),
            "iat" => issued_at = Some(reader.integer()?),
            "exp" => {
                places.expires_at = at;
                expires_at = Some(reader.integer()?);
            }
            "nbf" => {
                places.not_before = at;
                not_before = Some(reader.integer()?);
            }
            "permissions" => {
                let letters = text(reader, "permissions", |_| true)?;
                let parsed = Permissions::parse(&letters).map_err(|_| bad(at, "permissions"))?;
                permissions = Some(parsed);
            }
            "max_uses" => match reader.integer()? {
                0 => return Err(bad(at, "max_uses")),
                number => max_uses = Some(number),
            },
            "inviter" => inviter = Some(text(reader, "inviter", is_inviter)?.into_owned()),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let issuer = required(issuer, "iss")?;
    let audience = required(audience, "aud")?;
    let resource = audience
        .strip_prefix(&*issuer)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| resource::is_valid(rest))
        .ok_or(bad(places.audience, "aud is not iss/resource"))?;
    let claims = Claims {
        resource: String::from(resource),
        issuer: issuer.into_owned(),
        id: required(id, "jti")?.into_owned(),
        issued_at: required(issued_at, "iat")?,
        expires_at: required(expires_at, "exp")?,
        permissions: required(permissions, "permissions")?,
        not_before,
        max_uses,
        inviter,
    };
    Ok((claims, places))
}

const MAX_TOTAL: usize = MAX_ADDRESS + 1 + MAX_NAME;

pub(super) fn text<'json>(
    reader: &mut Reader<'json>,
    name: &'static str,
    is_fine: fn(&str) -> bool,
) -> Result<Cow<'json, str>, Fault> {
    let at = reader.at();
    let text = reader.optional_string()?.ok_or(bad(at, name))?;
    if is_fine(&text) {
        Ok(text)
    } else {
        Err(bad(at, name))
    }
}

fn bad(at: usize, hint: &'static str) -> Fault {
    Fault::new(Reason::BadMember, at, Some(hint))
}

pub(super) fn required<T>(value: Option<T>, name: &'static str) -> Result<T, Fault> {
    value.ok_or(Fault::new(Reason::MissingMember, 0, Some(name)))
}

/// A public address: of the web, and without a slash at its end.
pub(super) fn is_address(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.ends_with('/'))
        && is_printable(text, MAX_ADDRESS)
}

/// An id, of an invite or of a key.
pub(super) fn is_name(text: &str) -> bool {
    is_printable(text, MAX_NAME)
}

/// Nothing that could be invisible or look like something else where it is shown.
fn is_printable(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What people are called, in any script, on one line.
pub(super) fn is_inviter(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.chars().any(char::is_control)
}
