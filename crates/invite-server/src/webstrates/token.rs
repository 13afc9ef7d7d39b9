//! Access tokens: who somebody is, for one webstrate's address and a short time, for whoever cannot bring the cookie.

use serde::{Deserialize, Serialize};

use crate::auth::Auth;
use crate::auth::seal::{self, Purpose, Sealer};
use crate::core::{Actor, Refusal, User};

/// How long a token lasts when its maker does not say, in seconds.
const DEFAULT_SECONDS: u32 = 300;

#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(rename = "webstrateId")]
    resource: String,
    user: User,
    /// The session it was asked for with, by its id: it ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// Whose token it is.
#[derive(Debug, PartialEq)]
pub(super) struct Opened {
    pub(super) actor: Actor,
    /// Until when, in seconds since 1970.
    pub(super) until: u64,
    /// And not longer than this session.
    pub(super) session: Option<String>,
}

/// A fresh token.
pub(super) struct Issued {
    pub(super) token: String,
    /// Seconds since 1970.
    pub(super) expiration: u64,
}

/// Makes a token; `seconds` is what the form says.
pub(super) fn issue(
    auth: &Auth,
    resource: &str,
    actor: &Actor,
    session: Option<&str>,
    seconds: &str,
) -> Issued {
    let seconds = seconds
        .trim()
        .parse()
        .ok()
        .filter(|seconds| *seconds > 0)
        .unwrap_or(DEFAULT_SECONDS);
    let (sealer, now) = (auth.sealer(), seal::now());
    let seconds = seconds.min(sealer.lifetime(Purpose::AccessToken));
    let claims = Claims {
        resource: resource.to_owned(),
        user: actor.user.clone(),
        session: session.map(str::to_owned),
    };
    Issued {
        token: sealer.seal(Purpose::AccessToken, &claims, now, seconds),
        expiration: now + u64::from(seconds),
    }
}

/// Whose token it is, if it is good for this address, and its session has not ended.
///
/// # Errors
/// Where nobody can say just now.
pub(super) async fn open(
    auth: &Auth,
    resource: &str,
    token: &str,
) -> Result<Option<Opened>, Refusal> {
    let Some((claims, until)) = read(auth.sealer(), resource, token) else {
        return Ok(None);
    };
    if let Some(session) = &claims.session
        && !auth.is_signed_in(session).await?
    {
        return Ok(None);
    }
    Ok(Some(Opened {
        actor: Actor::new(claims.user),
        until,
        session: claims.session,
    }))
}

/// Whether a token counts for this address still, as far as that hangs on no session.
pub(super) fn counts(sealer: &Sealer, resource: &str, token: &str) -> bool {
    read(sealer, resource, token).is_some()
}

fn read(sealer: &Sealer, resource: &str, token: &str) -> Option<(Claims, u64)> {
    let opened = sealer.open_until::<Claims>(Purpose::AccessToken, token, seal::now());
    opened.filter(|(claims, _)| claims.resource == resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Origins;
    use crate::core::Secrets;

    #[tokio::test]
    async fn a_token_is_good_for_its_address_and_time() {
        let secrets = Secrets::generate().unwrap();
        let auth = Auth::new(&secrets, Origins::public("https://a.example").unwrap());
        let alice = Actor::new(User::new("alice", "test"));
        let issued = issue(&auth, "doc", &alice, None, "60");
        let opened = open(&auth, "doc", &issued.token).await.unwrap().unwrap();
        assert_eq!((&opened.actor, opened.until), (&alice, issued.expiration));
        let ended = issue(&auth, "doc", &alice, Some("ended"), "60").token;
        for (resource, token) in [
            ("few", issued.token.as_str()),
            ("doc", "nonsense"),
            ("doc", &ended),
        ] {
            assert_eq!(open(&auth, resource, token).await, Ok(None), "{token}");
        }
        for (asked, lasts) in [
            ("60", 60),
            ("", 300),
            ("x", 300),
            ("0", 300),
            ("-1", 300),
            ("99999999", 86_400),
        ] {
            let left = issue(&auth, "doc", &alice, None, asked).expiration - seal::now();
            assert!((lasts - 1..=lasts).contains(&left), "{asked}: {left}");
        }
    }
}
