//! The test sign-in of `--demo`: any name, any password, as Webstrates' own `/auth/test` takes it.

use axum::Router;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::session::wants_json;
use super::{Auth, Source, bearer, display_name, stays_here};
use crate::core::{Claimed, Subject, TEST_ISSUER, TEST_PROVIDER, User, is_username};

// The form posts to its own address, so what to go on with stays in the query: no attribute ever holds it.
const FORM: &str = r#"<p>Any name and any password will do. The sample data knows alice, bob and carol.</p>
<form method="post">
<p><label>Name<br><input name="username" required autofocus maxlength="64" pattern="[A-Za-z0-9_.\-]+" autocomplete="username"></label></p>
<p><label>Password<br><input name="password" type="password" autocomplete="current-password"></label></p>
<p><button>Sign in</button></p>
</form>
"#;

const FORM_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                           base-uri 'none'; frame-ancestors 'none'";

/// Where anybody signs in as anybody.
pub(super) const SIGN_IN: &str = "/auth/test";

/// That address.
pub(super) fn router(auth: Auth) -> Router {
    Router::new()
        .route(SIGN_IN, get(form).post(sign_in))
        .with_state(auth)
}

async fn form(State(auth): State<Auth>) -> Response {
    auth.face().page(FORM_POLICY, "Test sign-in", FORM)
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    #[serde(default, rename = "continue")]
    go_on: Option<String>,
}

#[derive(Deserialize)]
struct Destination {
    #[serde(default, rename = "continue")]
    go_on: Option<String>,
}

async fn sign_in(
    State(auth): State<Auth>,
    query: Result<Query<Destination>, QueryRejection>,
    headers: HeaderMap,
    credentials: Result<Form<Credentials>, FormRejection>,
) -> Response {
    // Another site must not sign a visitor in as somebody else.
    if Source::of(&headers, auth.origins()) == Source::OtherOrigin {
        return refuse(
            StatusCode::FORBIDDEN,
            "Sign in from this server's own page.",
        );
    }
    let Ok(Form(credentials)) = credentials else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Send username and password as a form.",
        );
    };
    let name = credentials.username;
    if !is_username(&name) {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "A name is 1 to 64 of A-Z, a-z, 0-9, dot, dash and underscore.",
        );
    }

    let user = User {
        display_name: Some(display_name(&name)),
        ..User::new(name, TEST_PROVIDER)
    };
    let claimed = Claimed {
        subject: Subject {
            iss: TEST_ISSUER.into(),
            sub: user.username.clone(),
        },
        user: user.clone(),
        email: None,
    };
    let Ok((cookie, session)) = auth.sign_in(claimed, None).await else {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "The session could not be written. Try again in a moment.",
        );
    };
    if wants_json(&headers) {
        let (bearer, seconds) = bearer::of(auth.sealer(), session);
        let answer = json!({ "username": user.username, "provider": user.provider, "displayName": user.display_name,
                             "bearer": bearer, "expiresIn": seconds });
        return ([(header::SET_COOKIE, cookie)], Json(answer)).into_response();
    }
    let go_on = credentials
        .go_on
        .or(query.ok().and_then(|Query(query)| query.go_on));
    let location = go_on
        .filter(|path| stays_here(path))
        .unwrap_or_else(|| "/".into());
    (
        StatusCode::FOUND,
        [(header::SET_COOKIE, cookie)],
        [(header::LOCATION, location)],
    )
        .into_response()
}

fn refuse(status: StatusCode, sentence: &'static str) -> Response {
    (status, sentence).into_response()
}
