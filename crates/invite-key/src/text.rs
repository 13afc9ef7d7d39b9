//! Small questions about texts, and numbers in digits.

use alloc::string::String;

use zeroize::Zeroizing;

/// Whether a text is one or more of the ASCII characters that show, `!` to `~`: what can stand in a header or a name, and
/// nothing that is invisible or looks like something else.
///
/// ```
/// use invite_key::text::is_printable_ascii;
///
/// assert!(is_printable_ascii("a~!"));
/// assert!(!is_printable_ascii(""));
/// assert!(!is_printable_ascii("a b"));
/// assert!(!is_printable_ascii("é"));
/// ```
pub fn is_printable_ascii(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Appends a whole number in decimal digits. In the browser's modules this is a fraction of what formatting weighs.
///
/// ```
/// let mut text = String::from("at ");
/// invite_key::text::push_integer(&mut text, 407);
/// assert_eq!(text, "at 407");
/// ```
pub fn push_integer(text: &mut String, number: u64) {
    if number > 9 {
        push_integer(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// Appends to a text that holds a secret. Where it has to move to grow, what it leaves behind is wiped.
///
/// ```
/// use zeroize::Zeroizing;
///
/// let mut body = Zeroizing::new(String::from("key="));
/// invite_key::text::push_secret(&mut body, "inv1_");
/// assert_eq!(*body, "key=inv1_");
/// ```
pub fn push_secret(secret: &mut Zeroizing<String>, more: &str) {
    let length = secret.len() + more.len();
    if length > secret.capacity() {
        let room = length.max(secret.capacity() * 2);
        let mut moved = Zeroizing::new(String::with_capacity(room));
        moved.push_str(secret);
        *secret = moved;
    }
    secret.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn printable_is_what_shows() {
        for byte in 0..=u8::MAX {
            let text = char::from(byte).to_string();
            assert_eq!(is_printable_ascii(&text), (0x21..=0x7E).contains(&byte));
            assert!(!is_printable_ascii(&[&text, " "].concat()));
        }
        // Full-width, invisible, and the first character behind ASCII.
        for text in ["\u{FF41}", "a\u{200B}", "\u{80}"] {
            assert!(!is_printable_ascii(text), "{text:?}");
        }
    }

    #[test]
    fn a_secret_grows_by_moving() {
        let mut secret = Zeroizing::new(String::new());
        let mut expected = String::new();
        for more in ["", "a", "", "øøø", &"x".repeat(100), "y"] {
            let room = secret.capacity();
            push_secret(&mut secret, more);
            expected.push_str(more);
            assert_eq!(*secret, expected);
            assert!(secret.capacity() == room || secret.capacity() >= 2 * room);
        }
    }

    #[test]
    fn integers_are_written_whole() {
        for number in [0, 9, 10, 99, 100, 1_000_000_007, u64::MAX - 1, u64::MAX] {
            let mut text = String::new();
            push_integer(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }
}
