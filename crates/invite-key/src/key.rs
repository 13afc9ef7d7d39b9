//! The key itself: a text that opens something, handled so that it is not spilled by accident.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base62;
use crate::hex;
use crate::shape;
use crate::verdict::Malformed;

/// The sorts of keys there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// 64 lower-case hex digits, as Webstrates makes them. Offline nothing but the shape can be checked.
    Webstrates,
    /// `inv1_`, 30 random base62 characters and a checksum: a typo or a cut-off shows at once.
    Opaque,
    /// `invs1_` and a signed token (JWS compact serialization). Here only its shape is looked at.
    Signed,
    /// `invt_`, 14 and 24 alphanumerics, as UserKit makes them.
    Userkit,
    /// `invites/` and a UUID, as RKVST names invites. It is an identity, not a key: it opens nothing.
    Rkvst,
}

impl KeyKind {
    /// The kind's stable name, as servers and the JavaScript surface spell it.
    ///
    /// ```
    /// assert_eq!(invite_key::KeyKind::Webstrates.as_str(), "webstrates");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webstrates => "webstrates",
            Self::Opaque => "opaque",
            Self::Signed => "signed",
            Self::Userkit => "userkit",
            Self::Rkvst => "rkvst",
        }
    }
}

/// A text that has the shape of an invite key. Whether it opens anything only a server can tell.
///
/// Whoever holds the text holds the invite, so it does not get out by accident: no `Display`, a `Debug` that shows
/// the last four characters only, memory wiped on drop, and equality whose time tells nothing. [`reveal`] gets it.
///
/// ```
/// use invite_key::{InviteKey, KeyKind};
///
/// let key = InviteKey::parse("secret-token:0b7e95c4d1a2f3860b7e95c4d1a2f3860b7e95c4d1a2f3860b7e95c4d1a23f9a")?;
/// assert_eq!(key.kind(), KeyKind::Webstrates);
/// assert_eq!(format!("{key:?}"), "InviteKey(…3f9a)");
/// # Ok::<(), invite_key::Malformed>(())
/// ```
///
/// [`reveal`]: InviteKey::reveal
#[derive(Clone)]
pub struct InviteKey {
    text: Zeroizing<String>,
    kind: KeyKind,
}

impl InviteKey {
    /// Takes a key as someone typed, pasted or sent it. A leading `secret-token:` (RFC 8959) is dropped; anything
    /// else must be exact.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (kind, text) = shape::recognise(text)?;
        Ok(Self {
            text: Zeroizing::new(String::from(text)),
            kind,
        })
    }

    /// A key as Webstrates makes them, from 32 uniformly random bytes: their lower-case hex digits.
    ///
    /// ```
    /// let key = invite_key::InviteKey::webstrates(&[0xAB; 32]);
    /// assert_eq!(key.reveal(), "ab".repeat(32));
    /// ```
    pub fn webstrates(bytes: &[u8; 32]) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(64));
        hex::push(&mut text, bytes);
        Self {
            text,
            kind: KeyKind::Webstrates,
        }
    }

    /// An opaque key from 32 uniformly random bytes.
    ///
    /// The bytes are read as one big-endian number, and its 30 lowest base62 digits (the number modulo 62³⁰) are
    /// the secret part: 178.6 bits. 2²⁵⁶ is 2⁷⁷ times 62³⁰, so no digit string is likelier than another by more
    /// than one part in 2⁷⁷. Then follows the CRC-32 of `inv1_` and the secret part as six base62 digits.
    ///
    /// ```
    /// let key = invite_key::InviteKey::opaque(&[0; 32]);
    /// assert_eq!(key.reveal(), "inv1_0000000000000000000000000000001J49hq");
    /// ```
    pub fn opaque(bytes: &[u8; 32]) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(shape::OPAQUE_LENGTH));
        text.push_str(shape::OPAQUE_PREFIX);
        text.extend(
            base62::lowest_digits::<30>(bytes)
                .iter()
                .copied()
                .map(char::from),
        );
        let checksum = base62::checksum(text.as_bytes());
        text.extend(checksum.iter().copied().map(char::from));
        Self {
            text,
            kind: KeyKind::Opaque,
        }
    }

    #[cfg(feature = "issue")]
    pub(crate) fn made(text: Zeroizing<String>, kind: KeyKind) -> Self {
        Self { text, kind }
    }

    /// What sort of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key's text. It belongs into a request body or a link and nowhere else: not into a log, an error, a path.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for InviteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of a text so short that four characters are much of it, nothing is shown. Only a broken signed key is.
        let end = if self.text.len() < shape::OPAQUE_LENGTH {
            None
        } else {
            self.text.get(self.text.len() - 4..)
        };
        formatter.write_str("InviteKey(")?;
        formatter.write_str(shape::prefix(self.kind))?;
        formatter.write_str("…")?;
        formatter.write_str(end.unwrap_or_default())?;
        formatter.write_str(")")
    }
}

impl PartialEq for InviteKey {
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl Eq for InviteKey {}

impl FromStr for InviteKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}
