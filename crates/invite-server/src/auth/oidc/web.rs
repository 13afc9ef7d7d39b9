//! Asking the issuer over HTTP: a time limit, a size limit, no redirects, TLS except on loopback.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_BYTES: usize = 256 * 1024;

/// Why the issuer could not be asked. It holds nothing that was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// No answer.
    #[error("no answer: {0}")]
    Silent(String),
    /// An answer that says no.
    #[error("it answers {0}")]
    Status(StatusCode),
    /// More than any answer should be.
    #[error("its answer is longer than {ANSWER_BYTES} bytes")]
    TooLong,
    /// Something else than was asked for.
    #[error("its answer is not what it should be: {0}")]
    Unreadable(String),
    /// It was asked a moment ago, to no avail.
    #[error("it was asked a moment ago")]
    Resting,
}

/// A client for the issuer.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .timeout(ANSWER_TIME)
        .redirect(redirect::Policy::none())
        .build()
}

/// Sends a request and reads the JSON that comes back.
pub(super) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Trouble> {
    let silent = |error: reqwest::Error| Trouble::Silent(reasons(&error.without_url()));
    let mut response = request
        .header("accept", "application/json, application/jwk-set+json")
        .send()
        .await
        .map_err(silent)?;
    if !response.status().is_success() {
        return Err(Trouble::Status(response.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(silent)? {
        if bytes.len() + chunk.len() > ANSWER_BYTES {
            return Err(Trouble::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    // serde_json's words may quote the answer, which may hold a token.
    serde_json::from_slice(&bytes).map_err(|error| {
        Trouble::Unreadable(format!("no such JSON, see its line {}", error.line()))
    })
}

/// What failed and why: a certificate that nobody knows, an address where nobody listens.
fn reasons(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    let all: Vec<String> = all.map(ToString::to_string).collect();
    all.join(": ")
}
