//! `/sdk/`: our package as it was built, for the pages that tests put into webstrates. Not in the original.

use std::path::{Component, Path, PathBuf};

use axum::Router;
use axum::extract::{self, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Serves the folder to pages of every origin.
pub(super) fn router(folder: PathBuf) -> Router {
    Router::new()
        .route("/sdk/{*path}", get(file))
        .with_state(folder)
}

async fn file(
    State(folder): State<PathBuf>,
    extract::Path(path): extract::Path<String>,
) -> Response {
    let inside = Path::new(&path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    // Small files of a test's own disk: not worth a thread.
    let bytes = inside.then(|| std::fs::read(folder.join(&path)).ok());
    let Some(bytes) = bytes.flatten() else {
        let sentence = "The package has no such file. `cargo xtask build` makes it.";
        return (StatusCode::NOT_FOUND, sentence).into_response();
    };
    let media_type = mime_guess::from_path(&path).first_or_octet_stream();
    let media_type = HeaderValue::from_str(media_type.as_ref())
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, bytes).into_response()
}
