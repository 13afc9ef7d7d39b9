//! Bearers: our own, which name the session they began with and end with it, and tokens of issuers.

use serde::{Deserialize, Serialize};

use super::oidc::NotRecognised;
use super::oidc::Vouch;
use super::seal::{self, Opened, Purpose, Sealer};
use super::{Auth, Found, Issuer, Who};

/// What our own says.
#[derive(Serialize, Deserialize)]
struct Own {
    session: String,
}

/// A bearer for whoever is signed in by this session, and for how many seconds it counts, unless the session ends before.
pub(super) fn of(sealer: &Sealer, session: String) -> (String, u32) {
    let seconds = sealer.lifetime(Purpose::Bearer);
    let bearer = sealer.seal(Purpose::Bearer, &Own { session }, seal::now(), seconds);
    (bearer, seconds)
}

impl Auth {
    pub(super) async fn by_bearer(&self, bearer: &str) -> Found {
        let sealer = self.sealer();
        let own = sealer.open_until::<Own>(Purpose::Bearer, bearer, seal::now());
        // Three parts: a token of an issuer, and no app key, nor anything else that is looked at elsewhere.
        match (own, Issuer::of_token(self.issuers(), bearer)) {
            (Some(own), _) => self.by_own(own).await,
            (None, Some(issuer)) => self.by_token(issuer, bearer).await,
            (None, None) => Who::BadCredentials.into(),
        }
    }

    async fn by_own(&self, own: Opened<Own>) -> Found {
        let session = Opened {
            content: own.content.session,
            until: own.until,
            secret: own.secret,
        };
        match self.signed_in_by(Purpose::Bearer, session).await {
            Ok(Some((actor, grounds))) => Found {
                who: Who::Bearer(actor),
                grounds,
            },
            Ok(None) => Who::BadCredentials.into(),
            Err(_) => Who::Unknown.into(),
        }
    }

    async fn by_token(&self, issuer: &Issuer, token: &str) -> Found {
        let Vouch {
            claimed,
            sid,
            until,
        } = match issuer.bearer(token).await {
            Ok(vouch) => vouch,
            Err(NotRecognised::BadToken) => return Who::BadCredentials.into(),
            Err(NotRecognised::Unavailable) => return Who::Unknown.into(),
        };
        self.vouched(claimed, sid, until, Who::Bearer).await
    }
}
