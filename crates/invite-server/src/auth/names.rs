//! What people may be called.

use crate::core::User;

/// Most bytes of a name that is shown.
const SHOWN: usize = 200;

/// Whether somebody of another provider may be called so: 1 to 128 of `[A-Za-z0-9_.@+-]`, as many providers name
/// people by e-mail address.
pub(super) fn is_account_name(name: &str) -> bool {
    let fits = |byte| is_plain(byte) || matches!(byte, b'@' | b'+');
    (1..=128).contains(&name.len()) && name.bytes().all(fits)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// What to call somebody of the test sign-in.
pub fn display_name(username: &str) -> String {
    let mut letters = username.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Somebody with a name to show, where it is one: it comes from outside and goes into other people's pages and mails.
pub(super) fn user(username: String, provider: &str, shown: Option<&str>) -> User {
    let shown = shown
        .map(str::trim)
        .filter(|name| (1..=SHOWN).contains(&name.len()) && !name.chars().any(char::is_control));
    User {
        display_name: shown.map(str::to_owned),
        ..User::new(username, provider)
    }
}

/// An e-mail address, as far as its shape goes.
pub(super) fn email(text: &str) -> Option<&str> {
    let fits = |c: char| !c.is_control() && !c.is_whitespace();
    let (before, after) = text.rsplit_once('@')?;
    let whole = !before.is_empty() && !after.is_empty() && text.len() <= 254;
    (whole && text.chars().all(fits)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_shown_with_a_capital() {
        assert_eq!(display_name("alice"), "Alice");
        assert_eq!(display_name(""), "");
    }

    #[test]
    fn names_of_other_providers_may_look_like_addresses() {
        for good in ["alice", "alice@example.com", "a+b", "A.B-c_1"] {
            assert!(is_account_name(good), "{good}");
        }
        for bad in ["", "a b", "a:b", "é", "a\nb", "a/b", &"a".repeat(129)] {
            assert!(!is_account_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_name_to_show_is_one_line() {
        let shown = |name| user("a".into(), "p", Some(name)).display_name;
        assert_eq!(shown(" Alice Åberg "), Some("Alice Åberg".into()));
        for bad in ["", "  ", "a\r\nBcc: b", &"a".repeat(201)] {
            assert_eq!(shown(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_one_line_with_an_at() {
        assert_eq!(email("a@b.example"), Some("a@b.example"));
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b\r\nBcc: c",
            "a b@c",
            &format!("{}@b", "a".repeat(260)),
        ] {
            assert_eq!(email(bad), None, "{bad:?}");
        }
    }
}
