//! Access tokens: who somebody is, for one webstrate's address and a short time, for whoever cannot bring the cookie.

use serde::{Deserialize, Serialize};

use crate::auth::seal::{self, Opened, Purpose};
use crate::auth::{Auth, Grounds, Identity};
use crate::core::{Actor, Refusal};

/// How long a token lasts when its maker does not say, in seconds.
const DEFAULT_SECONDS: u32 = 300;

/// Who it is for the session says, which also says whether they are still: a name may be somebody else's by then.
#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(rename = "webstrateId")]
    resource: String,
    session: String,
}

/// A fresh token.
pub(super) struct Issued {
    pub(super) token: String,
    /// Seconds since 1970.
    pub(super) expiration: u64,
}

/// Makes a token; `seconds` is what the form says. It ends with what it was asked for with, at the latest.
///
/// # Errors
/// Where nobody is signed in, or nothing can be written just now.
pub(super) async fn issue(
    auth: &Auth,
    resource: &str,
    identity: &Identity,
    seconds: &str,
) -> Result<Issued, Refusal> {
    let (sealer, now) = (auth.sealer(), seal::now());
    let seconds = asked(seconds).min(sealer.lifetime(Purpose::AccessToken));
    let seconds = identity.at_most(seconds);
    let claims = Claims {
        resource: resource.to_owned(),
        session: auth.session_for(identity, seconds).await?,
    };
    Ok(Issued {
        token: sealer.seal(Purpose::AccessToken, &claims, now, seconds),
        expiration: now + u64::from(seconds),
    })
}

fn asked(seconds: &str) -> u32 {
    let seconds = seconds.trim().parse().ok();
    seconds
        .filter(|seconds| *seconds > 0)
        .unwrap_or(DEFAULT_SECONDS)
}

/// Whose token it is, if it is good for this address, and what it stands on.
///
/// # Errors
/// Where nobody can say just now.
pub(super) async fn open(
    auth: &Auth,
    resource: &str,
    token: &str,
) -> Result<Option<(Actor, Grounds)>, Refusal> {
    let sealer = auth.sealer();
    let opened = sealer.open_until::<Claims>(Purpose::AccessToken, token, seal::now());
    let Some(opened) = opened.filter(|opened| opened.content.resource == resource) else {
        return Ok(None);
    };
    let session = Opened {
        content: opened.content.session,
        until: opened.until,
        secret: opened.secret,
    };
    auth.signed_in_by(Purpose::AccessToken, session).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lasts_as_long_as_was_asked_for() {
        for (said, lasts) in [
            ("60", 60),
            (" 60 ", 60),
            ("", 300),
            ("x", 300),
            ("0", 300),
            ("-1", 300),
        ] {
            assert_eq!(asked(said), lasts, "{said}");
        }
    }
}
