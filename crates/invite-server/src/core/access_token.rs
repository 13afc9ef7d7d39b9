//! What a client gets for its secret: a JWT for about an hour (RFC 9068), with the claims that RKVST's have.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{Client, Moment, Secrets, jws};

/// How long an access token counts, in seconds: an hour.
pub const ACCESS_TOKEN_SECONDS: u32 = 3600;
/// The `typ` of access tokens, so that none is ever taken for an invite or a receipt.
const TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccessToken {
    iss: String,
    aud: String,
    /// The client, by id.
    pub(super) sub: String,
    client_id: String,
    jit_tenant_id: String,
    jti: String,
    iat: i64,
    exp: i64,
}

impl AccessToken {
    /// A token for a client, signed.
    pub(super) fn issue(
        secrets: &Secrets,
        issuer: &str,
        client: &Client,
        now: Moment,
    ) -> Option<String> {
        let mut name = [0u8; 16];
        getrandom::fill(&mut name).ok()?;
        let iat = now.0.div_euclid(1000);
        let token = AccessToken {
            iss: issuer.to_owned(),
            aud: audience(issuer),
            sub: client.id.clone(),
            client_id: client.id.clone(),
            jit_tenant_id: client.tenant(),
            jti: URL_SAFE_NO_PAD.encode(name),
            iat,
            exp: iat + i64::from(ACCESS_TOKEN_SECONDS),
        };
        jws::sign(secrets, TYPE, &token)
    }

    /// Reads a token of this server's own, if it is one and counts still.
    pub(super) fn open(
        text: &str,
        secrets: &Secrets,
        issuer: &str,
        now: Moment,
    ) -> Option<AccessToken> {
        let token: AccessToken = jws::open(secrets, TYPE, text, now)?;
        let is_ours = token.iss == issuer && token.aud == audience(issuer);
        is_ours.then_some(token)
    }
}

impl jws::Timed for AccessToken {
    const LIFETIME: u32 = ACCESS_TOKEN_SECONDS;

    fn times(&self) -> (i64, i64) {
        (self.iat, self.exp)
    }
}

/// `archivist` names no resource, so that this is no invite's or receipt's audience.
fn audience(issuer: &str) -> String {
    format!("{issuer}/archivist")
}

#[cfg(test)]
mod tests {
    use invite_key::permissions::Permissions;

    use super::*;
    use crate::core::{ClientSecret, Receipt, User};

    const ISSUER: &str = "https://invites.example";

    fn client() -> Client {
        Client {
            id: "0b5b1b62-35f4-4d5e-9d3a-3d5e0c7f2f11".into(),
            name: "crm".into(),
            secret: ClientSecret::generate().unwrap().hash(),
            resource: "notes".into(),
            permissions: Permissions::READ,
            created_at: Moment(0),
        }
    }

    #[test]
    fn a_token_counts_for_an_hour_at_its_own_server() {
        let secrets = Secrets::generate().unwrap();
        let text = AccessToken::issue(&secrets, ISSUER, &client(), Moment(1_000)).unwrap();
        let open = |text: &str, issuer, at| AccessToken::open(text, &secrets, issuer, Moment(at));
        assert_eq!(open(&text, ISSUER, 1_000).unwrap().sub, client().id);
        assert!(open(&text, ISSUER, 3_600_999).is_some());
        assert!(open(&text, ISSUER, 3_601_000).is_none());
        assert!(open(&text, "https://other.example", 1_000).is_none());
        let others = Secrets::generate().unwrap();
        assert!(AccessToken::open(&text, &others, ISSUER, Moment(1_000)).is_none());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(open(&changed, ISSUER, 1_000).is_none(), "byte {at}");
        }
    }

    #[test]
    fn no_sort_of_signed_text_is_taken_for_another() {
        let secrets = Secrets::generate().unwrap();
        let now = Moment(1_000);
        let token = AccessToken::issue(&secrets, ISSUER, &client(), now).unwrap();
        assert!(Receipt::open(&token, &secrets, ISSUER, now).is_none());
        let letters = (Permissions::READ, Permissions::READ);
        let bob = User::new("bob", "test");
        let receipt = Receipt::of(ISSUER, &bob, "invite_1", "archivist", letters, now).unwrap();
        let receipt = receipt.sign(&secrets).unwrap();
        assert!(AccessToken::open(&receipt, &secrets, ISSUER, now).is_none());
        // The same claims under another type.
        let claims = AccessToken::open(&token, &secrets, ISSUER, now).unwrap();
        for typ in ["invite+jwt", "invite-receipt+jwt", "JWT", "AT+JWT"] {
            let other = jws::sign(&secrets, typ, &claims).unwrap();
            assert!(
                AccessToken::open(&other, &secrets, ISSUER, now).is_none(),
                "{typ}"
            );
        }
    }
}
