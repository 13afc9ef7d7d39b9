//! The pages and the package: `www/` at `/` and `/site/`, the accept page at every resource, `pkg/` at `/sdk/`.
//!
//! Reading a page changes nothing, whatever its address carries: accepting is the SDK's POST or socket message.

mod assets;
mod color;
mod compressed;
mod encoding;
mod file;
mod look;
mod pages;
mod policy;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub use assets::Assets;
pub use look::{Look, LookUnusable, Wishes};
pub use policy::NOTHING;

use crate::address::Origins;
use crate::dialect::{Cors, Cost, Dialect, Identify, Readers, plainly};
use encoding::Encoding;
use file::{Keep, file};
use pages::{ACCEPT, MANAGER, MISSING, Page, Pages, Unwritten};

/// What a picture with scripts in it may do when somebody opens it by itself.
const PICTURE: &str =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

/// Pages and package of this server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    pages: Arc<Pages>,
}

impl Site {
    /// These files for a server of these origins, looking like that.
    pub fn new(pages: Assets, package: Assets, origins: Origins, look: Look) -> Self {
        Self {
            pages: Arc::new(Pages::new(pages, package, origins, look)),
        }
    }

    /// The page of a resource; the same for everybody and every resource, so that it tells nobody what exists.
    pub fn accept_page(&self, request: &HeaderMap) -> Response {
        self.page(ACCEPT, request)
    }

    /// The manager page at `/`.
    pub fn manager_page(&self, request: &HeaderMap) -> Response {
        self.page(MANAGER, request)
    }

    /// Nothing is at this address: a page for people, a line for everything else.
    pub fn not_found(&self, request: &HeaderMap) -> Response {
        let accepts = request.get(header::ACCEPT).map(HeaderValue::as_bytes);
        let wants_page = accepts.is_some_and(|all| all.starts_with(b"text/html"));
        match self.pages.page(MISSING) {
            Some(Ok(page)) if wants_page => shown(StatusCode::NOT_FOUND, page, request),
            _ => not_found(),
        }
    }

    fn page(&self, name: &str, request: &HeaderMap) -> Response {
        match self.pages.page(name) {
            Some(Ok(page)) => shown(StatusCode::OK, page, request),
            Some(Err(Unwritten)) => {
                let sentence = "This page cannot be shown just now.\n";
                (StatusCode::INTERNAL_SERVER_ERROR, sentence).into_response()
            }
            None => not_found(),
        }
    }
}

fn shown(status: StatusCode, page: Page, request: &HeaderMap) -> Response {
    let mut coding = HeaderMap::new();
    let mut body = page.html;
    if let Some(gzip) = page.gzip {
        let vary = HeaderValue::from_static("accept-encoding");
        coding.insert(header::VARY, vary);
        if encoding::liked(request, &[Encoding::Gzip, Encoding::Identity]) == Some(Encoding::Gzip) {
            let gzipped = HeaderValue::from_static("gzip");
            coding.insert(header::CONTENT_ENCODING, gzipped);
            body = gzip;
        }
    }
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CONTENT_SECURITY_POLICY, page.policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, coding, body).into_response()
}

/// Pages and files, as what stands around them sees them.
pub fn dialect(site: Site) -> Dialect {
    Dialect {
        name: "site",
        wire: None,
        routes: router(site),
        prefix: &["/join", "/site/", "/sdk/", "/favicon.ico", "/robots.txt"],
        identify: Identify::People,
        apps: None,
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
            get(|State(site): State<Site>, headers: HeaderMap| async move {
                site.accept_page(&headers)
            }),
        )
        .route("/site/{*path}", get(page_file))
        .route("/favicon.ico", get(favicon))
        .route(
            "/robots.txt",
            get(|| async { "User-agent: *\nDisallow: /\n" }),
        )
        .route("/sdk/{*path}", get(package_file).options(preflight))
        .with_state(site)
}

async fn page_file(
    State(site): State<Site>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let pages = &site.pages;
    let (path, keep) = wanted(&path, &pages.pages);
    if path.ends_with(".html") {
        return match pages.page(path) {
            Some(_) => site.page(path, &headers),
            None => site.not_found(&headers),
        };
    }
    let asset = pages.pages.get(path).filter(|_| pages.is_shown(path));
    let Some(asset) = asset else {
        return site.not_found(&headers);
    };
    let mut response = file(&asset, &headers, keep);
    if path.ends_with(".svg") {
        let policy = HeaderValue::from_static(PICTURE);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

// Any page of any origin may import the package; it holds nothing of anybody.
async fn package_file(
    State(site): State<Site>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let package = &site.pages.package;
    let (path, keep) = wanted(&path, package);
    let Some(asset) = package.get(path) else {
        return site.not_found(&headers);
    };
    (cors(), file(&asset, &headers, keep)).into_response()
}

/// Behind `@` and a version, a file of that version. Of another one, which another copy of the server has while they are
/// replaced one after another, ours, which is not kept.
fn wanted<'path>(path: &'path str, assets: &Assets) -> (&'path str, Keep) {
    let versioned = path.strip_prefix('@').and_then(|rest| rest.split_once('/'));
    match versioned {
        Some((version, path)) if assets.version() == Some(version) => (path, Keep::ForGood),
        Some((_, path)) => (path, Keep::Ask),
        None => (path, Keep::Ask),
    }
}

async fn preflight() -> Response {
    let methods = (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD"),
    );
    (StatusCode::NO_CONTENT, cors(), [methods]).into_response()
}

fn cors() -> [(HeaderName, HeaderValue); 2] {
    [
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ]
}

async fn favicon(State(site): State<Site>, headers: HeaderMap) -> Response {
    match site.pages.pages.get("favicon.ico") {
        Some(asset) => file(&asset, &headers, Keep::Ask),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        "There is nothing here. Check the address.\n",
    )
        .into_response()
}
