//! Who is asking: the session cookie, a bearer, a trusted proxy's header, or nobody; and whether the request came from
//! our own pages.

mod bearer;
mod cookie;
mod demo;
mod destination;
mod identity;
mod names;
mod nobody;
mod oidc;
mod origin;
mod proxies;
mod proxy;
pub mod seal;
mod session;
mod sessions;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

pub use destination::stays_here;
pub use identity::Identity;
pub use names::display_name;
pub use oidc::{ClientAccount, Issuer, IssuerSettings, IssuerUnusable, SignOut};
pub use origin::Source;
pub use proxies::Proxies;
pub use proxy::TrustedProxy;
pub use sessions::SessionWatch;

use crate::address::Origins;
use crate::core::{
    Accounts, Actor, Claimed, LogoutToken, Refusal, Secrets, Session, SessionToken, Sessions,
    TEST_ISSUER, TEST_PROVIDER, User,
};
use crate::dialect::{Cors, Cost, Dialect, Dialects, Identify, Peer, once, plainly};
use identity::Who;
use nobody::Nobody;
use proxy::Said;
use seal::Sealer;
use sessions::SignedIn;

/// How long a session lasts unless the operator says otherwise, in seconds: 30 days.
const SESSION_SECONDS: u64 = 30 * 24 * 3600;

/// What sign-in needs to know. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

/// The ways to be recognised beside our own cookies and bearers.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// The issuers whose tokens count.
    pub issuers: Vec<Issuer>,
    /// The proxy that is believed.
    pub proxy: Option<TrustedProxy>,
    /// Whether anybody may be anybody: the test sign-in.
    pub test: bool,
    /// How long people stay signed in, in seconds; 30 days if it is not said.
    pub session_seconds: Option<u64>,
}

#[derive(Debug)]
struct Inner {
    sealer: Sealer,
    origins: Origins,
    ways: Ways,
    signed_in: SignedIn,
}

impl Auth {
    /// Sign-in for a server of these origins, with these secrets. It keeps no sessions: bearers alone count.
    pub fn new(secrets: &Secrets, origins: Origins) -> Self {
        let sealer = Sealer::new(secrets.clone(), "sign-in");
        Self::with(sealer, origins, Ways::default(), Arc::new(Nobody))
    }

    /// The same with other ways to be recognised, and with people who are signed in.
    pub fn with(sealer: Sealer, origins: Origins, ways: Ways, accounts: Arc<dyn Accounts>) -> Self {
        Self {
            inner: Arc::new(Inner {
                sealer,
                origins,
                ways,
                signed_in: SignedIn::new(accounts),
            }),
        }
    }

    fn signed_in(&self) -> &SignedIn {
        &self.inner.signed_in
    }

    /// To be told when the session ends by which somebody was recognised; `None` if it was by something else.
    pub fn watch(&self, identity: &Identity) -> Option<SessionWatch> {
        let id = identity.session.as_deref()?;
        Some(self.signed_in().watch(id))
    }

    /// Whether somebody is still signed in by this session.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn is_signed_in(&self, session: &str) -> Result<bool, Refusal> {
        Ok(self.live_session(session).await?.is_some())
    }

    /// To be told when this session ends.
    pub fn watch_session(&self, id: &str) -> SessionWatch {
        self.signed_in().watch(id)
    }

    /// Tells whoever watches a session that has ended, on whatever copy: for somebody to call twice a second.
    pub async fn look_after_sessions(&self) {
        self.signed_in().look_after().await;
    }

    /// Sessions have ended by another way than [`Self::end_sessions`]: noticed here at once.
    pub async fn sessions_have_ended(&self) {
        self.signed_in().forget().await;
    }

    /// Ends sessions, on this copy at once.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_sessions(&self, which: Sessions) -> Result<(), Refusal> {
        self.signed_in().end(which).await
    }

    /// The same on the word of their issuer. Whether it was not told before; if it was, nothing ends.
    async fn end_as_told(&self, told: LogoutToken) -> Result<bool, Refusal> {
        self.signed_in().end_as_told(told).await
    }

    /// What writes and reads our own signed texts.
    pub fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// The origins that count as ours.
    pub fn origins(&self) -> &Origins {
        &self.inner.origins
    }

    fn issuers(&self) -> &[Issuer] {
        &self.inner.ways.issuers
    }

    /// The address where people sign in, if they can.
    pub fn sign_in_address(&self) -> Option<&'static str> {
        if self.issuers().iter().any(Issuer::signs_people_in) {
            return Some(oidc::LOGIN);
        }
        self.inner.ways.test.then_some(demo::SIGN_IN)
    }

    fn session_seconds(&self) -> u64 {
        self.inner.ways.session_seconds.unwrap_or(SESSION_SECONDS)
    }

    /// Who the headers of a request from this address say is asking.
    pub async fn identify(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Identity {
        let source = Source::of(headers, self.origins());
        let found = self.who(headers, peer).await;
        Identity {
            who: found.who,
            source,
            until: found.until,
            session: found.session,
        }
    }

    async fn who(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Found {
        let proxy = self.inner.ways.proxy.as_ref();
        let said = proxy.map_or(Said::Nothing, |proxy| proxy.read(headers, peer));
        let (Ok(credentials), false) =
            (once(headers, header::AUTHORIZATION), said == Said::Nonsense)
        else {
            return Who::BadCredentials.into();
        };
        let bearer = credentials.and_then(|value| bearer_of(value.to_str().ok()?));
        match (bearer, said) {
            (Some(bearer), _) => self.by_bearer(bearer).await,
            // What other credentials there are were the proxy's business, and so is how long its word counts.
            (None, Said::Somebody(claimed)) => match self.recognised(claimed).await {
                Ok(actor) => Who::Ambient(actor).into(),
                Err(who) => who.into(),
            },
            (None, _) if credentials.is_some() => Who::BadCredentials.into(),
            (None, _) => self.by_session(headers).await,
        }
    }

    async fn by_session(&self, headers: &HeaderMap) -> Found {
        match self.session(headers).await {
            Ok(Some((id, session))) => Found {
                until: Some(self.signed_in().seconds_of(&session)),
                who: Who::Ambient(actor_of(session)),
                session: Some(id),
            },
            Ok(None) => Who::Nobody.into(),
            Err(_) => Who::Unknown.into(),
        }
    }

    /// Whom the session cookie of a request is for. As in Webstrates, one that is broken, out of date or taken back is no
    /// error: whoever sends it is nobody. So is whoever came by a way that there is no more.
    async fn session(&self, headers: &HeaderMap) -> Result<Option<(String, Session)>, Refusal> {
        let text = cookie::session(headers, self.origins().is_secure());
        let Some(token) = text.and_then(SessionToken::parse) else {
            return Ok(None);
        };
        let id = token.id();
        let session = self.live_session(&id).await?;
        Ok(session.map(|session| (id, session)))
    }

    async fn live_session(&self, id: &str) -> Result<Option<Session>, Refusal> {
        let session = self.signed_in().session(id).await?;
        Ok(session.filter(|session| self.knows(&session.subject.iss)))
    }

    fn knows(&self, iss: &str) -> bool {
        let issuer = self.issuers().iter().any(|issuer| issuer.name() == iss);
        issuer || self.inner.ways.test && iss == TEST_ISSUER
    }

    async fn recognised(&self, claimed: Claimed) -> Result<Actor, Who> {
        let email = claimed.email.clone();
        match self.signed_in().recognise(claimed).await {
            Ok(user) => Ok(with_address(actor(user), email)),
            Err(Refusal::TryAgain | Refusal::ServerError) => Err(Who::Unknown),
            Err(refusal) => {
                tracing::warn!(
                    code = refusal.code(),
                    "somebody has a name here that another has"
                );
                Err(Who::BadCredentials)
            }
        }
    }
}

/// Who is asking, until when in seconds since 1970, and by which session.
struct Found {
    who: Who,
    until: Option<u64>,
    session: Option<String>,
}

impl From<Who> for Found {
    fn from(who: Who) -> Self {
        Self {
            who,
            until: None,
            session: None,
        }
    }
}

fn actor_of(session: Session) -> Actor {
    with_address(actor(session.user), session.email)
}

fn with_address(actor: Actor, email: Option<String>) -> Actor {
    match email {
        Some(email) => actor.with_email(email),
        None => actor,
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

/// Signing in and out, as what stands around it sees it.
pub fn dialect(auth: &Auth) -> Dialect {
    let mut routes = session::router(auth.clone()).merge(oidc::login_router(auth));
    if auth.inner.ways.test {
        routes = routes.merge(demo::router(auth.clone()));
    }
    Dialect {
        name: "auth",
        wire: None,
        routes,
        prefix: &["/auth/"],
        identify: Identify::People,
        apps: None,
        cost: |_, _| Cost::default(),
        refuse: plainly,
        cors: Cors::listed(),
    }
}

/// Middleware: puts the [`Identity`] where the extractor finds it.
pub async fn identify(
    State((auth, dialects)): State<(Auth, Dialects)>,
    mut request: Request,
    next: Next,
) -> Response {
    let dialect = dialects.at(request.uri().path());
    let identity = if dialect.is_some_and(|dialect| dialect.identify == Identify::Own) {
        Identity::nobody()
    } else {
        let peer = request.extensions().get().map(|Peer(address)| *address);
        auth.identify(request.headers(), peer).await
    };
    request.extensions_mut().insert(identity);
    next.run(request).await
}
