//! Sample people and resources of `--demo`, and a way for tests to make their own.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Json, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use invite_key::permissions::Permissions;
use invite_key::resource;
use serde::Deserialize;
use serde_json::json;

use crate::auth::{Auth, Source};
use crate::core::{Actor, Quotas, Refusal, TEST_PROVIDER, User, is_username};
use crate::dialect::{Cors, Cost, Dialect, Identify, plainly};
use crate::invites::Invites;

const RESOURCES: [(&str, &str, &str); 3] = [
    ("notes", "Team notes", "alice"),
    ("roadmap", "Roadmap 2027", "alice"),
    ("recipes", "Bob's recipes", "bob"),
];

/// Makes the sample resources where they are not there yet.
///
/// # Errors
/// What the store says.
pub(crate) async fn fill(invites: &Invites) -> Result<(), Refusal> {
    let invites = invites.clone().within(Quotas::NONE);
    for (resource, title, owner) in RESOURCES {
        let owner = Actor::new(person(owner));
        match invites
            .create_resource(Some(&owner), resource, Some(title))
            .await
        {
            Ok(_) | Err(Refusal::AlreadyExists { .. }) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let carol = person("carol");
    let current = invites
        .permissions(Some(&Actor::new(carol.clone())), "roadmap")
        .await?;
    if current.is_empty() {
        invites
            .appoint("roadmap", &carol, Permissions::READ)
            .await?;
    }
    Ok(())
}

fn person(username: &str) -> User {
    User {
        display_name: Some(crate::auth::display_name(username)),
        ..User::new(username, TEST_PROVIDER)
    }
}

#[derive(Clone)]
struct Demo {
    invites: Invites,
    auth: Auth,
}

/// `POST /demo/members/{resource}`: anybody may give anybody anything, which is why it exists in `--demo` only.
pub(crate) fn dialect(invites: Invites, auth: Auth) -> Dialect {
    Dialect {
        name: "demo",
        wire: None,
        routes: Router::new()
            .route("/demo/members/{resource}", post(appoint))
            .with_state(Demo { invites, auth }),
        prefix: &["/demo/"],
        identify: Identify::People,
        apps: None,
        cost: |_, _| Cost::default(),
        refuse: plainly,
        cors: Cors::listed(),
    }
}

#[derive(Deserialize)]
struct Membership {
    username: String,
    permissions: Option<String>,
}

async fn appoint(
    State(demo): State<Demo>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Membership>, JsonRejection>,
) -> Response {
    if Source::of(&headers, demo.auth.origins()) == Source::OtherOrigin {
        return (
            StatusCode::FORBIDDEN,
            "Only this server's own pages and tests may do this.",
        )
            .into_response();
    }
    let Ok(Json(body)) = body else {
        return unusable("Send JSON: username, and permissions or null.");
    };
    let permissions = match body.permissions.as_deref() {
        None | Some("") => Permissions::NONE,
        Some(text) => match Permissions::parse(text) {
            Ok(permissions) => permissions,
            Err(error) => return unusable(error.sentence()),
        },
    };
    if !is_username(&body.username) || !resource::is_valid(&name) || resource::is_reserved(&name) {
        return unusable("The user or the resource has a name that cannot be.");
    }
    match demo.invites.appoint(&name, &person(&body.username), permissions).await {
        Ok(()) => Json(json!({ "resource": name, "username": body.username, "permissions": permissions.as_str() }))
            .into_response(),
        Err(refusal) => (StatusCode::SERVICE_UNAVAILABLE, refusal.sentence()).into_response(),
    }
}

fn unusable(sentence: &'static str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, sentence).into_response()
}
