//! Who is asking: the session cookie, a bearer, or nobody; and whether the request came from our own pages.

mod cookie;
mod demo;
mod origin;
pub mod seal;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

pub use demo::{
    PROVIDER as TEST_PROVIDER, display_name, is_username, router as demo_router, stays_here,
};
pub use origin::Source;

use crate::api::{Asker, Authenticator, Cookies, Proof};
use crate::config::Origins;
use crate::core::{Actor, Refusal, User};
use seal::{Purpose, Sealer};

/// How long a session cookie lasts, in seconds: 30 days.
pub const SESSION_SECONDS: u64 = 30 * 24 * 3600;
/// How long a bearer of the test sign-in lasts, in seconds.
pub const BEARER_SECONDS: u64 = 12 * 3600;

/// What sign-in needs to know. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sealer: Sealer,
    origins: Origins,
}

impl Auth {
    /// Sign-in for a server of these origins, sealing with this secret.
    pub fn new(secret: &[u8; 32], origins: Origins) -> Self {
        Self {
            inner: Arc::new(Inner {
                sealer: Sealer::new(secret),
                origins,
            }),
        }
    }

    /// What writes and reads our own signed texts.
    pub fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// The origins that count as ours.
    pub fn origins(&self) -> &Origins {
        &self.inner.origins
    }

    /// Who the headers of a request say is asking.
    pub fn identify(&self, headers: &HeaderMap) -> Identity {
        let source = Source::of(headers, self.origins());
        let now = seal::now();
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let bearer = value.to_str().ok().and_then(bearer_of);
            let user =
                bearer.and_then(|text| self.sealer().open::<User>(Purpose::Bearer, text, now));
            return match user {
                Some(user) => Identity {
                    who: Who::Bearer(actor(user)),
                    source,
                },
                None => Identity {
                    who: Who::BadCredentials,
                    source,
                },
            };
        }
        // As in Webstrates, a cookie that is broken or out of date is no error: whoever sends it is nobody.
        let user = cookie::session(headers)
            .and_then(|text| self.sealer().open::<User>(Purpose::Session, text, now));
        let who = user.map_or(Who::Nobody, |user| Who::Cookie(actor(user)));
        Identity { who, source }
    }
}

/// With the address that counts as verified: the test sign-in, where anybody is anybody, gives everybody one.
fn actor(user: User) -> Actor {
    if user.provider == TEST_PROVIDER {
        let email = format!("{}@example.com", user.username);
        return Actor::new(user).with_email(email);
    }
    Actor::new(user)
}

fn bearer_of(value: &str) -> Option<&str> {
    let (scheme, text) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

/// Who is asking, and from where. An extractor: `identity: Identity`.
#[derive(Debug, Clone)]
pub struct Identity {
    who: Who,
    source: Source,
}

#[derive(Debug, Clone)]
enum Who {
    Nobody,
    BadCredentials,
    Cookie(Actor),
    Bearer(Actor),
}

impl Identity {
    /// Nobody, from nowhere in particular.
    pub fn nobody() -> Self {
        Self {
            who: Who::Nobody,
            source: Source::Elsewhere,
        }
    }

    /// Whoever asks to **see** something; `None` when nobody is signed in.
    ///
    /// # Errors
    /// [`Refusal::BadCredentials`] if credentials were sent that are no good.
    pub fn reader(&self) -> Result<Option<&Actor>, Refusal> {
        match &self.who {
            Who::Nobody => Ok(None),
            Who::BadCredentials => Err(Refusal::BadCredentials),
            Who::Cookie(actor) | Who::Bearer(actor) => Ok(Some(actor)),
        }
    }

    /// Whoever asks to **change** something. A cookie comes along from every page of every site, so with a cookie the
    /// request must have come from our own origin; a bearer was put there on purpose.
    ///
    /// # Errors
    /// [`Refusal::BadCredentials`], or [`Refusal::Forbidden`] for a cookie from elsewhere.
    pub fn changer(&self) -> Result<Option<&Actor>, Refusal> {
        match &self.who {
            Who::Cookie(_) if self.source != Source::OwnOrigin => Err(Refusal::Forbidden {
                sentence: "A change with the session cookie must come from this server's own pages: send Origin, \
                           or use a bearer."
                    .into(),
            }),
            _ => self.reader(),
        }
    }

    /// Whoever opens a **socket**: the cookie counts from our own origin only, and anybody else is nobody, as
    /// browsers let every page open one.
    pub fn socket(&self) -> Option<&Actor> {
        match &self.who {
            Who::Cookie(actor) if self.source == Source::OwnOrigin => Some(actor),
            Who::Bearer(actor) => Some(actor),
            _ => None,
        }
    }
}

/// Middleware: puts the [`Identity`] where the extractor finds it.
pub async fn identify(State(auth): State<Auth>, mut request: Request, next: Next) -> Response {
    let identity = auth.identify(request.headers());
    request.extensions_mut().insert(identity);
    next.run(request).await
}

impl Authenticator for Auth {
    fn cookies(&self) -> Option<Cookies<'_>> {
        Some(Cookies {
            sealer: self.sealer(),
            secure: self.origins().is_secure(),
        })
    }

    fn identify<'a>(
        &'a self,
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Asker, Refusal>> + Send + 'a>> {
        let Identity { who, source } = self.identify(&request.headers);
        let from_own_page = source == Source::OwnOrigin;
        let (actor, proof) = match who {
            Who::Nobody => (None, Proof::Nothing),
            Who::BadCredentials => {
                return Box::pin(std::future::ready(Err(Refusal::BadCredentials)));
            }
            Who::Cookie(actor) => (Some(actor), Proof::Cookie),
            Who::Bearer(actor) => (Some(actor), Proof::Bearer),
        };
        Box::pin(std::future::ready(Ok(Asker {
            actor,
            proof,
            from_own_page,
        })))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::nobody))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn auth() -> Auth {
        Auth::new(&[1; 32], Origins::public("https://a.example").unwrap())
    }

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn sealed(auth: &Auth, purpose: Purpose) -> String {
        auth.sealer()
            .seal(purpose, &User::new("alice", "test"), seal::now() + 60)
    }

    #[test]
    fn a_cookie_changes_things_from_our_origin_only() {
        let auth = auth();
        let cookie = format!("other=1; session={}", sealed(&auth, Purpose::Session));
        let own: &[&[(&str, &str)]] = &[
            &[("origin", "https://a.example")],
            &[("sec-fetch-site", "same-origin")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        ];
        let other: &[&[(&str, &str)]] = &[
            &[],
            &[("origin", "https://b.example")],
            &[("origin", "null")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[
                ("origin", "https://b.example"),
                ("sec-fetch-site", "same-origin"),
            ],
        ];
        for (cases, allowed) in [(own, true), (other, false)] {
            for case in cases {
                let mut all = headers(case);
                all.insert("cookie", HeaderValue::from_str(&cookie).unwrap());
                let identity = auth.identify(&all);
                assert_eq!(identity.changer().is_ok(), allowed, "{case:?}");
                assert_eq!(identity.socket().is_some(), allowed, "{case:?}");
                assert_eq!(identity.reader().unwrap().unwrap().user.username, "alice");
            }
        }
    }

    #[test]
    fn a_bearer_counts_from_anywhere_and_a_bad_one_is_said() {
        let auth = auth();
        let good = auth.identify(&headers(&[(
            "authorization",
            &format!("bearer {}", sealed(&auth, Purpose::Bearer)),
        )]));
        assert_eq!(good.changer().unwrap().unwrap().user.username, "alice");
        for bad in [
            format!("Bearer {}", sealed(&auth, Purpose::Session)),
            "Bearer x".into(),
            "Basic YTpi".into(),
            "Bearer".into(),
        ] {
            let identity = auth.identify(&headers(&[("authorization", &bad)]));
            assert_eq!(
                identity.reader().unwrap_err(),
                Refusal::BadCredentials,
                "{bad}"
            );
            assert!(identity.socket().is_none());
        }
    }

    #[test]
    fn a_bearer_is_no_cookie_and_a_broken_cookie_is_nobody() {
        let auth = auth();
        for cookie in [
            format!("session={}", sealed(&auth, Purpose::Bearer)),
            "session=".into(),
            "session=x".into(),
            "sessions=1".into(),
        ] {
            let identity = auth.identify(&headers(&[
                ("cookie", &cookie),
                ("origin", "https://a.example"),
            ]));
            assert!(identity.changer().unwrap().is_none(), "{cookie}");
        }
    }
}
