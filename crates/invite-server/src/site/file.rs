//! Answering with a file.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets::Asset;
use super::encoding;

/// How long a browser may use a file without asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It asks every time, so that nobody runs yesterday's code.
    Ask,
    /// For good: the address has a hash of what is there.
    ForGood,
}

/// A file in the form that the request likes, or the word that it is still the same. Ranges are nobody's need here: whoever
/// asks for one is given all, as RFC 9110 lets us.
pub(super) fn file(asset: &Asset, request: &HeaderMap, keep: Keep) -> Response {
    let mut headers = HeaderMap::new();
    // A worker runs under the policy of its own script: one that allows nothing would stop it.
    let policy = HeaderValue::from_static("frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let forms = asset.forms();
    if forms.len() > 1 {
        let vary = HeaderValue::from_static("accept-encoding");
        headers.insert(header::VARY, vary);
    }
    let there: Vec<_> = forms.iter().map(|form| form.encoding).collect();
    let liked = encoding::liked(request, &there);
    let Some(form) = forms.iter().find(|form| Some(form.encoding) == liked) else {
        let sentence =
            "This comes in br, gzip and as it is, where that is less; none of them is accepted.\n";
        return (StatusCode::NOT_ACCEPTABLE, headers, sentence).into_response();
    };
    let kept = match keep {
        Keep::Ask => "no-cache",
        Keep::ForGood => "public, max-age=31536000, immutable",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::ETAG, form.etag.clone());
    if has_it(request, &form.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Some(name) = form.encoding.name() {
        let name = HeaderValue::from_static(name);
        headers.insert(header::CONTENT_ENCODING, name);
    }
    headers.insert(header::CONTENT_TYPE, asset.media_type.clone());
    (headers, Body::from(form.bytes.clone())).into_response()
}

/// Whether whoever asks has this one already (`If-None-Match`, RFC 9110, 13.1.2). Something in between may have made
/// the tag a weak one.
fn has_it(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter();
    let tags = lines.filter_map(|line| line.to_str().ok());
    tags.flat_map(|line| line.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
    })
}
