//! Receipts: short proofs for a backend of who accepted what, which any JOSE library verifies with the JWK set.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use invite_key::permissions::Permissions;
use serde::{Deserialize, Serialize};

use super::{Moment, Secrets, User, jws};

/// How long a receipt counts: five minutes.
const RECEIPT_SECONDS: u32 = 5 * 60;
/// The `typ` of receipts, so that none is ever taken for an invite.
const TYPE: &str = "invite-receipt+jwt";

/// Who accepted what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The server's public address.
    pub iss: String,
    /// That address, a slash and the resource.
    pub aud: String,
    /// `username:provider`.
    pub sub: String,
    /// The receipt's own name: each is redeemed once.
    pub jti: String,
    /// When, in seconds.
    pub iat: i64,
    /// Until when it counts.
    pub exp: i64,
    /// Who accepted.
    pub user: User,
    /// Which invite, by id.
    pub invite: String,
    /// What it opened.
    pub resource: String,
    /// All letters they hold now.
    pub permissions: String,
    /// Those that accepting added.
    pub gained: String,
}

impl Receipt {
    /// The receipt of an acceptance.
    pub(super) fn of(
        issuer: &str,
        user: &User,
        invite: &str,
        resource: &str,
        (permissions, gained): (Permissions, Permissions),
        now: Moment,
    ) -> Option<Receipt> {
        let mut name = [0u8; 16];
        getrandom::fill(&mut name).ok()?;
        let iat = now.0.div_euclid(1000);
        Some(Receipt {
            iss: issuer.to_owned(),
            aud: format!("{issuer}/{resource}"),
            sub: user.user_id(),
            jti: format!("receipt_{}", URL_SAFE_NO_PAD.encode(name)),
            iat,
            exp: iat + i64::from(RECEIPT_SECONDS),
            user: user.clone(),
            invite: invite.to_owned(),
            resource: resource.to_owned(),
            permissions: permissions.as_str().to_owned(),
            gained: gained.as_str().to_owned(),
        })
    }

    /// The receipt as a JWS in compact serialization (RFC 7515).
    pub(super) fn sign(&self, secrets: &Secrets) -> Option<String> {
        jws::sign(secrets, TYPE, self)
    }

    /// Reads a receipt of this server's own, if it is one and counts still.
    pub(super) fn open(
        text: &str,
        secrets: &Secrets,
        issuer: &str,
        now: Moment,
    ) -> Option<Receipt> {
        let receipt: Receipt = jws::open(secrets, TYPE, text, now)?;
        (receipt.iss == issuer).then_some(receipt)
    }
}

impl jws::Timed for Receipt {
    const LIFETIME: u32 = RECEIPT_SECONDS;

    fn times(&self) -> (i64, i64) {
        (self.iat, self.exp)
    }
}
