//! The pages and the package: `www/` at `/` and `/site/`, the accept page at every resource, `pkg/` at `/sdk/`.
//!
//! Reading a page changes nothing, whatever its address carries: accepting is the SDK's POST or socket message.

mod assets;
mod policy;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub use assets::{Asset, Assets};
pub use policy::NOTHING;

use crate::address::Origins;
use crate::dialect::{Cors, Cost, Dialect, Identify, Readers, plainly};

/// Where the manager page is.
const MANAGER: &str = "index.html";
/// The page of a resource, which also takes up an invite.
const ACCEPT: &str = "accept.html";
/// The snippet for `<head>`.
const SNIPPET: &str = "head.js";

/// Pages and package of this server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pages: Assets,
    package: Assets,
    origins: Origins,
}

impl Site {
    /// These files for a server of these origins.
    pub fn new(pages: Assets, package: Assets, origins: Origins) -> Self {
        Self {
            inner: Arc::new(Inner {
                pages,
                package,
                origins,
            }),
        }
    }

    /// The page of a resource; the same for everybody and every resource, so that it tells nobody what exists.
    pub fn accept_page(&self) -> Response {
        self.page(ACCEPT)
    }

    fn page(&self, name: &str) -> Response {
        let Some(file) = self.inner.pages.get(name) else {
            return not_found();
        };
        let snippet = self.inner.package.get(SNIPPET);
        let snippet = snippet
            .as_ref()
            .and_then(|asset| std::str::from_utf8(&asset.bytes).ok());
        let (html, policy) = policy::render(
            &String::from_utf8_lossy(&file.bytes),
            snippet,
            &self.inner.origins,
        );
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (headers, html).into_response()
    }
}

/// Pages and files, as what stands around them sees them.
pub fn dialect(site: Site) -> Dialect {
    Dialect {
        name: "site",
        wire: None,
        routes: router(site),
        prefix: &["/join", "/site/", "/sdk/", "/favicon.ico", "/robots.txt"],
        identify: Identify::People,
        cost,
        refuse: plainly,
        cors: Cors {
            readers,
            ..Cors::listed()
        },
    }
}

// Files are the same for everybody and cost next to nothing, and a page brings many at once.
fn cost(_: &Method, route: &str) -> Cost {
    let file = route.starts_with("/sdk/") || route.starts_with("/site/");
    match route {
        _ if file => Cost::FREE,
        "/favicon.ico" | "/robots.txt" => Cost::FREE,
        _ => Cost::default(),
    }
}

// The package has its own answer, so only browsers that ask beforehand are answered in front of it.
fn readers(request: &Parts) -> Readers {
    match (request.uri.path().starts_with("/sdk/"), &request.method) {
        (false, _) => Readers::Listed,
        (true, &Method::OPTIONS) => Readers::Everybody,
        (true, _) => Readers::Nobody,
    }
}

fn router(site: Site) -> Router {
    Router::new()
        .route(
            "/join",
            get(|State(site): State<Site>| async move { site.accept_page() }),
        )
        .route("/site/{*path}", get(page_file))
        .route(
            "/favicon.ico",
            get(|State(site): State<Site>| async move { favicon(&site) }),
        )
        .route(
            "/robots.txt",
            get(|| async { "User-agent: *\nDisallow: /\n" }),
        )
        .route("/sdk/{*path}", get(package_file).options(preflight))
        .with_state(site)
}

/// The manager page at `/`.
pub fn manager_page(site: &Site) -> Response {
    site.page(MANAGER)
}

async fn page_file(
    State(site): State<Site>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    if path.ends_with(".html") {
        return site.page(&path);
    }
    site.inner
        .pages
        .get(&path)
        .map_or_else(not_found, |asset| file(&asset, &headers))
}

// Any page of any origin may import the package; it holds nothing of anybody.
async fn package_file(
    State(site): State<Site>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(asset) = site.inner.package.get(&path) else {
        return not_found();
    };
    (cors(), file(&asset, &headers)).into_response()
}

async fn preflight() -> Response {
    let methods = (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD"),
    );
    (StatusCode::NO_CONTENT, cors(), [methods]).into_response()
}

fn cors() -> [(header::HeaderName, HeaderValue); 2] {
    [
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ]
}

// Kept by browsers and asked about every time, so that nobody runs yesterday's code.
fn file(asset: &Asset, request: &HeaderMap) -> Response {
    let etag = asset.etag();
    let mut headers = HeaderMap::new();
    // A worker runs under the policy of its own script: one that allows nothing would stop it.
    let policy = HeaderValue::from_static("frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(etag) = &etag {
        headers.insert(header::ETAG, etag.clone());
    }
    if etag.is_some() && request.get(header::IF_NONE_MATCH) == etag.as_ref() {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, asset.media_type.clone());
    (headers, Body::from(asset.bytes.clone().into_owned())).into_response()
}

fn favicon(site: &Site) -> Response {
    match site.inner.pages.get("favicon.ico") {
        Some(asset) => file(&asset, &HeaderMap::new()),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Nothing is at this address.
pub fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        "There is nothing here. Check the address.\n",
    )
        .into_response()
}
