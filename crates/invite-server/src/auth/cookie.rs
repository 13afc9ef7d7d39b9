//! Cookies that only this server reads.

use axum::http::{HeaderMap, HeaderValue, header};

/// The name of the session cookie, as in Webstrates. Where there is TLS it begins with [`PREFIX`].
const SESSION: &str = "session";
/// With it browsers take a cookie from this very host over TLS alone, so that no subdomain can plant one.
const PREFIX: &str = "__Host-";

/// The name a cookie goes by.
pub(super) fn full_name(name: &str, secure: bool) -> String {
    let prefix = if secure { PREFIX } else { "" };
    format!("{prefix}{name}")
}

/// The session text that a request brings.
pub(super) fn session(headers: &HeaderMap, secure: bool) -> Option<&str> {
    find(headers, &full_name(SESSION, secure))
}

/// What a request brings under a full name.
pub(super) fn find<'a>(headers: &'a HeaderMap, full_name: &str) -> Option<&'a str> {
    pairs(headers).find_map(|(name, value)| (name == full_name).then_some(value))
}

/// All that a request brings.
pub(super) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// Signs in.
pub(super) fn set_session(text: &str, seconds: u64, secure: bool) -> Option<HeaderValue> {
    set(&full_name(SESSION, secure), text, seconds, secure)
}

/// Signs out.
pub(super) fn clear_session(secure: bool) -> Option<HeaderValue> {
    set_session("", 0, secure)
}

/// A cookie that scripts cannot read and that other sites' pages send with links alone.
pub(super) fn set(full_name: &str, text: &str, seconds: u64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{full_name}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}
