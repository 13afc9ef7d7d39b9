//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// The name of the cookie, as in Webstrates.
const NAME: &str = "session";

/// The session text that a request brings.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    let all = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
}

/// Signs in.
pub(super) fn set(text: &str, seconds: u64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{NAME}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// Signs out.
pub(super) fn clear(secure: bool) -> Option<HeaderValue> {
    set("", 0, secure)
}
