//! What is known of a request before anybody looks into it, and of its answer afterwards.

use invite_key::hex;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::AsHeaderName;
use axum::http::{HeaderMap, HeaderValue};

/// Who is at the other end of a connection. Whoever takes connections puts it among each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Among a response's extensions: somebody tried a key or a secret that opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongKey;

/// A header comes twice, and nobody knows which of them counts: who stands in front may have looked at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twice;

/// A header that says who somebody is, or for whom they act.
///
/// # Errors
/// [`Twice`].
pub fn once(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&HeaderValue>, Twice> {
    let mut all = headers.get_all(name).into_iter();
    match (all.next(), all.next()) {
        (_, Some(_)) => Err(Twice),
        (value, None) => Ok(value),
    }
}

/// The number of a request, as its log lines have it. Whoever numbers requests puts it among the request's extensions;
/// without one a dialect numbers them itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A fresh random number.
    pub fn fresh() -> RequestId {
        let mut bytes = [0u8; 8];
        // Without random bytes requests share a number: the log is worse, the answer is not.
        let _ = getrandom::fill(&mut bytes);
        RequestId(hex::encode(&bytes).into())
    }

    /// A number that came with a request, from a proxy say. At most 36 letters, digits and hyphens, as a UUID has: no
    /// key fits into that, should one be there by mistake.
    pub fn given(text: &str) -> Option<RequestId> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        ((8..=36).contains(&text.len()) && text.bytes().all(plain)).then(|| RequestId(text.into()))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
