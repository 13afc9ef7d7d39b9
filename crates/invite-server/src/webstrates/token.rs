//! Access tokens: who somebody is, for one webstrate's address and a short time, for whoever cannot bring the cookie.

use serde::{Deserialize, Serialize};

use crate::auth::Auth;
use crate::auth::seal::{self, Purpose};
use crate::core::{Actor, User};

/// How long a token lasts when its maker does not say, in seconds.
const DEFAULT_SECONDS: u64 = 300;
/// The longest it may last.
const LONGEST_SECONDS: u64 = 24 * 3600;

#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(rename = "webstrateId")]
    resource: String,
    user: User,
}

/// A fresh token.
pub(super) struct Issued {
    pub(super) token: String,
    /// Seconds since 1970.
    pub(super) expiration: u64,
}

/// Makes a token; `seconds` is what the form says.
pub(super) fn issue(auth: &Auth, resource: &str, actor: &Actor, seconds: &str) -> Issued {
    let seconds = seconds
        .trim()
        .parse()
        .ok()
        .filter(|seconds| *seconds > 0)
        .unwrap_or(DEFAULT_SECONDS);
    let expiration = seal::now() + seconds.min(LONGEST_SECONDS);
    let claims = Claims {
        resource: resource.to_owned(),
        user: actor.user.clone(),
    };
    Issued {
        token: auth
            .sealer()
            .seal(Purpose::AccessToken, &claims, expiration),
        expiration,
    }
}

/// Whose token it is, if it is good for this address, and until when, in seconds since 1970.
pub(super) fn open(auth: &Auth, resource: &str, token: &str) -> Option<(Actor, u64)> {
    let sealer = auth.sealer();
    let (claims, until) = sealer.open_until::<Claims>(Purpose::AccessToken, token, seal::now())?;
    (claims.resource == resource).then(|| (Actor::new(claims.user), until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Origins;

    #[test]
    fn a_token_is_good_for_its_address_and_time() {
        let auth = Auth::new(&[3; 32], Origins::public("https://a.example").unwrap());
        let alice = Actor::new(User::new("alice", "test"));
        let issued = issue(&auth, "doc", &alice, "60");
        let opened = open(&auth, "doc", &issued.token);
        assert_eq!(opened, Some((alice.clone(), issued.expiration)));
        assert_eq!(open(&auth, "few", &issued.token), None);
        assert_eq!(open(&auth, "doc", "nonsense"), None);
        for (asked, lasts) in [
            ("60", 60),
            ("", 300),
            ("x", 300),
            ("0", 300),
            ("-1", 300),
            ("99999999", 86_400),
        ] {
            let left = issue(&auth, "doc", &alice, asked).expiration - seal::now();
            assert!((lasts - 1..=lasts).contains(&left), "{asked}: {left}");
        }
    }
}
