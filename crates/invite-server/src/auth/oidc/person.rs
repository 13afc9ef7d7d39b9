//! From what the issuer says of somebody to who they are here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invite_key::text::is_printable_ascii;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::auth::names;
use crate::core::{Claimed, Subject};

/// What the issuer says of somebody.
pub(super) type Claims = Map<String, Value>;

/// Begins the names of people who have none that will do. Nobody else's name may begin so.
const FROM_SUBJECT: &str = "sub.";

/// The claim that names people unless the operator says otherwise: nobody else of the issuer ever has it.
const SUBJECT: &str = "sub";
/// Longest subject there may be (Core 2).
const LONGEST: usize = 255;

/// How people of the issuer are named.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    pub(super) iss: String,
    pub(super) provider: String,
    pub(super) claim: String,
}

impl Naming {
    /// Who somebody is; `None` if they have no subject.
    pub(super) fn claimed(&self, claims: &Claims) -> Option<Claimed> {
        let sub = text(claims, SUBJECT).filter(|sub| !sub.is_empty())?;
        // What people call each other is no more than shown.
        let shown = text(claims, "name").or_else(|| text(claims, "preferred_username"));
        let email = text(claims, "email").and_then(names::email);
        Some(Claimed {
            subject: Subject {
                iss: self.iss.clone(),
                sub: sub.to_owned(),
            },
            user: names::user(self.username(claims, sub)?, &self.provider, shown),
            email: email.filter(|_| is_verified(claims)).map(str::to_owned),
        })
    }

    /// Whether the claims say all that can be said of somebody, so that nobody else has to be asked.
    pub(super) fn is_complete(&self, claims: &Claims) -> bool {
        [self.claim.as_str(), "name", "email"]
            .iter()
            .all(|name| text(claims, name).is_some())
            && claims.contains_key("email_verified")
    }

    fn username(&self, claims: &Claims, sub: &str) -> Option<String> {
        let chosen = if self.claim == SUBJECT {
            Some(sub)
                .filter(|sub| sub.len() <= LONGEST && is_printable_ascii(sub) && sub.trim() == *sub)
        } else {
            text(claims, &self.claim)
                .filter(|name| names::is_account_name(name))
                // Whoever writes any address into their profile is nobody by it.
                .filter(|_| self.claim != "email" || is_verified(claims))
        };
        if let Some(name) = chosen.filter(|name| !name.starts_with(FROM_SUBJECT)) {
            return Some(name.to_owned());
        }
        // A digest, as a subject may hold anything. 16 bytes: nobody finds a second subject of the same name.
        let digest = Sha256::digest(sub);
        let short = digest.get(..16)?;
        Some(format!("{FROM_SUBJECT}{}", URL_SAFE_NO_PAD.encode(short)))
    }
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A text that says so does not count (Core 5.1): whoever writes one may put anything there.
fn is_verified(claims: &Claims) -> bool {
    claims.get("email_verified") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claimed_by(claim: &str, claims: Value) -> Option<Claimed> {
        let naming = Naming {
            iss: "https://login.example".into(),
            provider: "corp".into(),
            claim: claim.into(),
        };
        naming.claimed(claims.as_object().unwrap())
    }

    fn claimed(claims: Value) -> Option<Claimed> {
        claimed_by("sub", claims)
    }

    fn name(claim: &str, claims: Value) -> String {
        claimed_by(claim, claims).unwrap().user.username
    }

    #[test]
    fn people_are_their_subjects_and_shown_as_they_are_called() {
        let alice = claimed(json!({ "sub": "1", "preferred_username": "alice", "name": "Alice", "email": "a@b.example",
                                    "email_verified": true }))
        .unwrap();
        assert_eq!(alice.user.user_id(), "1:corp");
        assert_eq!(alice.subject.iss, "https://login.example");
        assert_eq!(alice.user.display_name.as_deref(), Some("Alice"));
        assert_eq!(alice.email.as_deref(), Some("a@b.example"));
        let other = claimed(json!({ "sub": "auth0|2", "preferred_username": "alice" })).unwrap();
        assert_eq!(other.user.user_id(), "auth0|2:corp");
        assert_eq!(other.user.display_name.as_deref(), Some("alice"));
    }

    #[test]
    fn without_a_usable_name_the_subject_names_them_and_nobody_can_take_that_name() {
        let subject = name("preferred_username", json!({ "sub": "auth0|5f7" }));
        assert!(subject.starts_with("sub.") && names::is_account_name(&subject));
        for (claim, claims, same) in [
            (
                "preferred_username",
                json!({ "sub": "auth0|5f7", "preferred_username": "a b" }),
                true,
            ),
            ("preferred_username", json!({ "sub": "auth0|5f8" }), false),
            (
                "preferred_username",
                json!({ "sub": "other", "preferred_username": subject }),
                false,
            ),
            ("sub", json!({ "sub": subject }), false),
            ("sub", json!({ "sub": " auth0|5f7" }), false),
        ] {
            assert_eq!(name(claim, claims.clone()) == subject, same, "{claims}");
        }
        let long = "x".repeat(256);
        assert!(name("sub", json!({ "sub": long })).starts_with("sub."));
        for nobody in [json!({}), json!({ "sub": "" }), json!({ "sub": 5 })] {
            assert_eq!(claimed(nobody), None);
        }
    }

    #[test]
    fn an_address_counts_only_when_the_issuer_has_verified_it() {
        for (verified, counts) in [
            (json!(true), true),
            (json!("true"), false),
            (json!(false), false),
            (json!("false"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let claims = json!({ "sub": "1", "email": "a@b.example", "email_verified": verified });
            assert_eq!(
                claimed(claims.clone()).unwrap().email.is_some(),
                counts,
                "{verified}"
            );
            assert_eq!(name("email", claims) == "a@b.example", counts, "{verified}");
        }
        let broken = json!({ "sub": "1", "email": "a@b\r\nBcc: c@d", "email_verified": true });
        assert_eq!(claimed(broken).unwrap().email, None);
    }
}
