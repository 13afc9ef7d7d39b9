//! What somebody looks for in a list.

use icu_normalizer::ComposingNormalizerBorrowed as Normalizer;

use super::{Refusal, address_key};

/// Longer than what anybody remembers.
const LIMIT: usize = 200;

/// A part of a label or an address, however it is written: neither case counts, nor how Unicode composes letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle(String);

impl Needle {
    /// To look for this text; nothing where it is blank.
    pub fn parse(text: &str) -> Result<Option<Needle>, Refusal> {
        if text.chars().count() > LIMIT {
            let sentence = format!("q is at most {LIMIT} characters.");
            return Err(Refusal::invalid_option("q", sentence));
        }
        let text = folded(text.trim());
        Ok((!text.is_empty()).then_some(Needle(text)))
    }

    /// Whether it is in one of these: the address as it is written, or as every mail server reads it.
    pub fn is_in(&self, label: Option<&str>, email: Option<&str>) -> bool {
        let is_in = |text: &str| folded(text).contains(&self.0);
        label.is_some_and(is_in)
            || email.is_some_and(|email| is_in(email) || is_in(&address_key(email)))
    }
}

fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    Normalizer::new_nfc().normalize(&lower).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_found_however_it_is_written() {
        for (q, label, email, found) in [
            ("team", Some("The TEAM's notes"), None, true),
            ("  Team ", Some("team"), None, true),
            ("teams", Some("team"), None, false),
            ("ÉCOLE", Some("e\u{301}cole"), None, true),
            ("bob@", Some("no"), Some("BOB@example.com"), true),
            ("example.com", None, Some("bob@Example.COM"), true),
            ("exämple", None, Some("bob@exämple.org"), true),
            ("xn--exmple", None, Some("bob@exämple.org"), true),
            ("bob", None, None, false),
            ("%", Some("100 %"), None, true),
            ("_", Some("team"), None, false),
        ] {
            let needle = Needle::parse(q).unwrap().unwrap();
            assert_eq!(needle.is_in(label, email), found, "{q} {label:?} {email:?}");
        }
        assert_eq!(Needle::parse(" \t"), Ok(None));
        let long = Needle::parse(&"x".repeat(201)).unwrap_err();
        assert_eq!(long.field(), Some("q"));
        assert!(Needle::parse(&"é".repeat(200)).is_ok());
    }
}
