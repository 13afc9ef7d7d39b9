//! The page that asks where somebody has an account.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::Issuer;

/// No `form-action`: browsers hold it against where the form's answer sends people on to, which is the issuer.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The page. It posts to its own address, so that where to go on stays there.
pub(super) fn page(issuers: &[&Issuer]) -> Response {
    let buttons: String = issuers
        .iter()
        .map(|issuer| {
            let (name, label) = (issuer.provider(), escaped(issuer.label()));
            format!("<button name=\"issuer\" value=\"{name}\">{label}</button>\n")
        })
        .collect();
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/site/sign-in.css">
<main>
<h1>Sign in</h1>
<p id="with">Where do you have an account?</p>
<form method="post" aria-describedby="with">
{buttons}</form>
</main>
</html>
"#
    );
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (policy, Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
