//! Which app brings its credentials: it counts as itself wherever it calls from, and not as its address.

use std::pin::Pin;

use axum::http::HeaderMap;

/// What a request brings as an app's credentials, hashed.
pub type Brought = [u8; 32];

/// How a dialect knows its apps.
pub trait Apps: Send + Sync + 'static {
    /// What a request brings; `None` where it cannot be an app's. Looks at nothing but the request: it is asked before
    /// anything is counted.
    fn brought(&self, headers: &HeaderMap) -> Option<Brought>;

    /// The name of the app whose credentials these are.
    fn whose<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;
}
