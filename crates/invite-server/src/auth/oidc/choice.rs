//! The page that asks where somebody has an account.

use axum::response::Response;

use super::Issuer;
use crate::auth::face::Face;
use crate::html::escaped;

/// No `form-action`: browsers hold it against where the form's answer sends people on to, which is the issuer.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The page. It posts to its own address, so that where to go on stays there.
pub(super) fn page(face: &Face, issuers: &[&Issuer]) -> Response {
    let buttons: String = issuers
        .iter()
        .map(|issuer| {
            let (name, label) = (issuer.provider(), escaped(issuer.label()));
            format!("<button name=\"issuer\" value=\"{name}\">{label}</button>\n")
        })
        .collect();
    let body = format!(
        "<p id=\"with\">Where do you have an account?</p>\n\
         <form method=\"post\" aria-describedby=\"with\">\n{buttons}</form>\n"
    );
    face.page(POLICY, "Sign in", &body)
}
