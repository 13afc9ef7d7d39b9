//! Who is asking: the seam between our HTTP API and sign-in.

use std::{future::Future, pin::Pin};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};

use super::{ApiError, Cookies, Shared};
use crate::auth::{Auth, Grounds, GroundsWatch, Identity};
use crate::core::{Actor, AppKey, Refusal, options::person_option};
use crate::dialect::{Apps, Brought, once};
use crate::invites::Invites;

/// Whom an app acts for: `username:provider`.
const ON_BEHALF_OF: &str = "on-behalf-of";

/// Who sent a request, and how they proved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// The person; `None` when nobody is signed in.
    pub actor: Option<Actor>,
    /// What proved it.
    pub proof: Proof,
    /// Whether the browser says that the request came from one of our own pages: `Origin` is a public origin of ours,
    /// or `Sec-Fetch-Site` is `same-origin`.
    pub from_own_page: bool,
    /// What the proof stands on.
    pub grounds: Grounds,
    /// Why a change is refused that comes from no page of ours, where it would be.
    pub refused: Option<Refusal>,
}

/// What a request brought to prove who sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    #[default]
    Nothing,
    /// A cookie, or the header of a trusted proxy: it comes along by itself, so a change also has to come from one of
    /// our own pages.
    Ambient,
    /// Something that only code which knows it can send, such as a bearer token.
    Bearer,
}

/// Finds out who sent a request.
pub trait Authenticator: Send + Sync + 'static {
    /// Looks at the head of a request. One that brings nothing is anonymous, not refused; one that brings a bad bearer
    /// is refused with [`Refusal::BadCredentials`].
    fn identify<'a>(
        &'a self,
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Asker, Refusal>> + Send + 'a>>;

    /// What the cookies of waiting invites are sealed with; without it none can wait.
    fn cookies(&self) -> Option<Cookies<'_>> {
        None
    }

    /// To be told when a proof counts no longer.
    fn watch(&self, _grounds: &Grounds) -> Option<GroundsWatch> {
        None
    }

    /// Sessions have ended: takes none of them for alive any more.
    fn sessions_have_ended(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

impl Authenticator for Auth {
    fn cookies(&self) -> Option<Cookies<'_>> {
        Some(Cookies {
            sealer: self.sealer(),
            secure: self.origins().is_secure(),
        })
    }

    fn watch(&self, grounds: &Grounds) -> Option<GroundsWatch> {
        Some(Auth::watch(self, grounds))
    }

    fn sessions_have_ended(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Auth::sessions_have_ended(self))
    }

    fn identify<'a>(
        &'a self,
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Asker, Refusal>> + Send + 'a>> {
        Box::pin(async move {
            // The middleware has found it out; without it the address of whoever asks is not known.
            let identity = match request.extensions.get::<Identity>() {
                Some(identity) => identity.clone(),
                None => Auth::identify(self, &request.headers, None).await,
            };
            let actor = identity.reader()?.cloned();
            let proof = match &actor {
                None => Proof::Nothing,
                Some(_) if identity.is_ambient() => Proof::Ambient,
                Some(_) => Proof::Bearer,
            };
            Ok(Asker {
                actor,
                proof,
                from_own_page: identity.is_from_own_page(),
                grounds: identity.grounds().clone(),
                refused: identity.is_ambient().then(|| identity.not_from_own_page()),
            })
        })
    }
}

/// Whoever asks, allowed to ask at all: extracting it refuses bad credentials, and changes that a page of another
/// site made the browser send.
pub(super) struct Caller {
    actor: Option<Actor>,
    grounds: Grounds,
}

impl Caller {
    pub(super) fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// What proved it.
    pub(super) fn grounds(&self) -> &Grounds {
        &self.grounds
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Caller, ApiError> {
        if let Some(key) = app_key(&parts.headers) {
            return by_app(state, &parts.headers, &key).await;
        }
        let asker = state.authenticator.identify(parts).await?;
        let changes = !matches!(parts.method, Method::GET | Method::HEAD);
        if changes && asker.proof == Proof::Ambient && !asker.from_own_page {
            let refusal = asker.refused.unwrap_or(Refusal::NotSignedIn);
            return Err(ApiError::from(refusal));
        }
        Ok(Caller {
            actor: asker.actor,
            grounds: asker.grounds,
        })
    }
}

fn app_key(headers: &HeaderMap) -> Option<AppKey> {
    let value = once(headers, header::AUTHORIZATION).ok()??.to_str().ok()?;
    let (scheme, bearer) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| AppKey::parse(bearer.trim()))
        .flatten()
}

/// App keys, before anybody looks into what comes with them.
pub(super) struct AppKeys(pub(super) Invites);

impl Apps for AppKeys {
    fn brought(&self, headers: &HeaderMap) -> Option<Brought> {
        app_key(headers).map(|key| key.hash().0)
    }

    fn whose<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>> {
        Box::pin(async move { self.0.app(&app_key(headers)?).await.ok()? })
    }
}

/// An app acts for somebody, whom it names and vouches for.
async fn by_app(state: &Shared, headers: &HeaderMap, key: &AppKey) -> Result<Caller, ApiError> {
    let app = app_named(state, key).await?;
    let named = once(headers, ON_BEHALF_OF).ok().flatten();
    let named = named
        .and_then(|value| person_option(ON_BEHALF_OF, str::from_utf8(value.as_bytes()).ok()?).ok());
    let user = named.ok_or_else(|| Refusal::Forbidden {
        sentence:
            "An app key acts for somebody. Name them once in On-Behalf-Of as username:provider."
                .into(),
    })?;
    Ok(Caller {
        actor: Some(Actor::new(user).by_app(app)),
        grounds: Grounds::default(),
    })
}

async fn app_named(state: &Shared, key: &AppKey) -> Result<String, Refusal> {
    let app = state.invites.app(key).await?;
    app.ok_or(Refusal::BadCredentials)
}

/// An app by its name, in nobody's else.
pub(super) struct AppCaller(pub(super) String);

impl FromRequestParts<Shared> for AppCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<AppCaller, ApiError> {
        if let Some(key) = app_key(&parts.headers) {
            return Ok(AppCaller(app_named(state, &key).await?));
        }
        let asker = state.authenticator.identify(parts).await?;
        let refusal = match asker.actor {
            None => Refusal::NotSignedIn,
            Some(_) => Refusal::Forbidden {
                sentence: "Only backends do this, with an app key.".into(),
            },
        };
        Err(refusal.into())
    }
}
