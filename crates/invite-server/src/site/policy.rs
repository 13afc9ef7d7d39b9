//! The Content-Security-Policy of the pages, and the one snippet it lets stand inline.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::address::Origins;

/// Where an HTML file wants the snippet that takes an invite out of the address before anything else runs.
const HEAD_MARK: &str = "<!-- invite-keys:head -->";

/// Policy of everything that is not a page: it may do nothing.
pub const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Puts the snippet where the page wants it, and says what the page may do.
pub(super) fn render(
    html: &str,
    snippet: Option<&str>,
    modules: Option<&str>,
    origins: &Origins,
) -> (String, HeaderValue) {
    let snippet = snippet.map(str::trim).filter(|text| !text.is_empty());
    let inline = snippet.map_or(String::new(), |text| format!("<script>{text}</script>"));
    let hashes: String = snippet
        .into_iter()
        .chain(modules)
        .map(|text| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text))))
        .collect();
    let sockets: String = origins
        .sockets()
        .map(|socket| format!(" {socket}"))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; connect-src 'self'{sockets}; \
         img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(NOTHING));
    (html.replace(HEAD_MARK, &inline), policy)
}

/// Where modules are, as a page says it. The text is JSON of ours: no `<` is in it.
pub(super) fn module_map(text: &str) -> String {
    format!("<script type=\"importmap\">{text}</script>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snippet_stands_inline_and_its_hash_in_the_policy() {
        let origins = Origins::public("https://a.example").unwrap();
        let (html, policy) = render(
            "<head><!-- invite-keys:head --></head>",
            Some("let a = 1\n"),
            None,
            &origins,
        );
        assert_eq!(html, "<head><script>let a = 1</script></head>");
        let policy = policy.to_str().unwrap();
        // printf 'let a = 1' | openssl dgst -sha256 -binary | base64
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-LAfYd7pbFUgwfQu8b4q135PeTG2z+/coPEUYCd74eCQ=';"), "{policy}");
        assert!(policy.contains("connect-src 'self' wss://a.example;"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }

    #[test]
    fn without_a_snippet_nothing_may_stand_inline() {
        let origins = Origins::public("https://a.example").unwrap();
        let (html, policy) = render("<!-- invite-keys:head -->", None, None, &origins);
        assert_eq!(html, "");
        assert!(!policy.to_str().unwrap().contains("sha256-"));
    }
}
