//! From what the issuer says of somebody to who they are here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::auth::names;
use crate::core::Actor;

/// What the issuer says of somebody.
pub(super) type Claims = Map<String, Value>;

/// Begins the names of people who have none that will do. Nobody else's name may begin so.
const FROM_SUBJECT: &str = "sub.";

/// How people of the issuer are named.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    pub(super) provider: String,
    pub(super) claim: String,
}

impl Naming {
    /// Who somebody is; `None` if nothing in the claims can be a name.
    pub(super) fn actor(&self, claims: &Claims) -> Option<Actor> {
        let shown = text(claims, "name");
        let actor = Actor::new(names::user(self.username(claims)?, &self.provider, shown));
        let email = text(claims, "email").and_then(names::email);
        Some(match email.filter(|_| is_verified(claims)) {
            Some(email) => actor.with_email(email),
            None => actor,
        })
    }

    /// Whether the claims say all that can be said of somebody, so that nobody else has to be asked.
    pub(super) fn is_complete(&self, claims: &Claims) -> bool {
        [self.claim.as_str(), "name", "email"]
            .iter()
            .all(|name| text(claims, name).is_some())
            && claims.contains_key("email_verified")
    }

    fn username(&self, claims: &Claims) -> Option<String> {
        let chosen = text(claims, &self.claim)
            .filter(|name| names::is_account_name(name) && !name.starts_with(FROM_SUBJECT));
        if let Some(name) = chosen {
            return Some(name.to_owned());
        }
        // A digest, as a subject may hold anything. 16 bytes: nobody finds a second subject of the same name.
        let subject = text(claims, "sub").filter(|subject| !subject.is_empty())?;
        let digest = Sha256::digest(subject);
        let short = digest.get(..16)?;
        Some(format!("{FROM_SUBJECT}{}", URL_SAFE_NO_PAD.encode(short)))
    }
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

// Some issuers write it as a text.
fn is_verified(claims: &Claims) -> bool {
    match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn actor(claims: Value) -> Option<Actor> {
        let naming = Naming {
            provider: "corp".into(),
            claim: "preferred_username".into(),
        };
        naming.actor(claims.as_object().unwrap())
    }

    fn name(claims: Value) -> String {
        actor(claims).unwrap().user.username
    }

    #[test]
    fn people_are_called_what_the_issuer_calls_them() {
        let alice = actor(json!({ "sub": "1", "preferred_username": "alice", "name": "Alice", "email": "a@b.example",
                                  "email_verified": true }))
        .unwrap();
        assert_eq!(alice.user.user_id(), "alice:corp");
        assert_eq!(alice.user.display_name.as_deref(), Some("Alice"));
        assert_eq!(alice.email.as_deref(), Some("a@b.example"));
    }

    #[test]
    fn without_a_usable_name_the_subject_names_them_and_nobody_can_take_that_name() {
        let subject = name(json!({ "sub": "auth0|5f7" }));
        assert!(subject.starts_with("sub.") && names::is_account_name(&subject));
        assert_eq!(
            subject,
            name(json!({ "sub": "auth0|5f7", "preferred_username": "a b" }))
        );
        assert_ne!(subject, name(json!({ "sub": "auth0|5f8" })));
        assert_ne!(
            subject,
            name(json!({ "sub": "other", "preferred_username": subject }))
        );
        for nobody in [json!({}), json!({ "sub": "" }), json!({ "sub": 5 })] {
            assert_eq!(actor(nobody), None);
        }
    }

    #[test]
    fn an_address_counts_only_when_the_issuer_has_verified_it() {
        for (verified, counts) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let claims = json!({ "sub": "1", "email": "a@b.example", "email_verified": verified });
            assert_eq!(actor(claims).unwrap().email.is_some(), counts, "{verified}");
        }
        let broken = json!({ "sub": "1", "email": "a@b\r\nBcc: c@d", "email_verified": true });
        assert_eq!(actor(broken).unwrap().email, None);
    }
}
