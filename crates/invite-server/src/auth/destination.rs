//! Where to go on after signing in: on this server, and nowhere else.

use invite_key::text::is_printable_ascii;

/// Whether it is a path of ours. Browsers read "//host" and "/\host" as other hosts and drop tabs and line ends first.
pub fn stays_here(path: &str) -> bool {
    path.len() <= 2048
        && path.starts_with('/')
        && !path.starts_with("//")
        && is_printable_ascii(path)
        && !path.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_never_leaves_the_server() {
        for good in ["/", "/notes/", "/notes/?a=b#c", "/a//b"] {
            assert!(stays_here(good), "{good}");
        }
        for bad in [
            "",
            "notes",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: b",
            "javascript:alert(1)",
            "/é",
        ] {
            assert!(!stays_here(bad), "{bad:?}");
        }
    }
}
