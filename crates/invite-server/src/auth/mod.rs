//! Who is asking: the session cookie, a bearer, a trusted proxy's header, or nobody; and whether the request came from
//! our own pages.

mod bearer;
mod cookie;
mod demo;
mod destination;
mod face;
mod grounds;
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
pub use face::Face;
pub use grounds::{Grounds, GroundsWatch};
pub use identity::Identity;
pub use names::display_name;
pub use oidc::{ClientAccount, Issuer, IssuerSettings, IssuerUnusable, SignOut, issuer_trouble};
pub use origin::Source;
pub use proxies::Proxies;
pub use proxy::TrustedProxy;

use crate::address::Origins;
use crate::core::{
    Accounts, Actor, Claimed, LogoutToken, Refusal, Secrets, Session, SessionToken, Sessions,
    TEST_ISSUER, TEST_PROVIDER, User, proxy_issuer,
};
use crate::dialect::{Cors, Cost, Dialect, Dialects, Identify, Peer, once, plainly};
use grounds::Vouched;
use identity::Who;
use nobody::Nobody;
use proxy::Said;
use seal::{Opened, Purpose, Sealer};
use sessions::SignedIn;

/// How long a session lasts unless the operator says otherwise, in seconds: 30 days.
const SESSION_SECONDS: u64 = 30 * 24 * 3600;
/// How long a proxy's word counts for what is open longer than the request that it came with, in seconds. It says no end
/// itself, nor when somebody signs out there.
const PROXY_SECONDS: u64 = 3600;

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
    /// How the pages look on which people sign in.
    pub face: Face,
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

    fn face(&self) -> &Face {
        &self.inner.ways.face
    }

    fn signed_in(&self) -> &SignedIn {
        &self.inner.signed_in
    }

    /// To be told when something stands on nothing any more that was opened with these.
    pub fn watch(&self, grounds: &Grounds) -> GroundsWatch {
        self.signed_in().watch(grounds.clone(), self.sealer())
    }

    /// The session with which something ends that somebody takes along from here, which counts for so many seconds: their
    /// own, or one that begins for it and that nobody has a cookie of. Signing out and erasing end it either way.
    ///
    /// # Errors
    /// Where nobody is signed in, or the database does not answer.
    pub async fn session_for(&self, identity: &Identity, seconds: u32) -> Result<String, Refusal> {
        if let Some(session) = &identity.grounds.session {
            return Ok(session.clone());
        }
        let vouched = identity.grounds.vouched.as_ref();
        let Vouched { claimed, sid } = vouched.ok_or(Refusal::NotSignedIn)?.as_ref();
        let begun = self
            .signed_in()
            .begin(claimed.clone(), sid.clone(), seconds);
        Ok(begun.await?.id())
    }

    /// Who is signed in by what was sealed for `purpose` and names this session, and what that stands on.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn signed_in_by(
        &self,
        purpose: Purpose,
        sealed: Opened<String>,
    ) -> Result<Option<(Actor, Grounds)>, Refusal> {
        let id = sealed.content;
        let Some(session) = self.live_session(&id).await? else {
            return Ok(None);
        };
        let until = sealed.until.min(self.signed_in().seconds_of(&session));
        let grounds = Grounds {
            session: Some(id),
            sealed: Some((purpose, sealed.secret)),
            ..Grounds::until(until)
        };
        Ok((seal::now() < until).then(|| (actor_of(session), grounds)))
    }

    /// Tells whoever stands on what was taken back, on whatever copy: for somebody to call every second or two.
    pub async fn look_after_what_is_open(&self) {
        self.signed_in().look_after(self.sealer()).await;
    }

    /// Sessions have ended by another way than [`Self::end_sessions`]: noticed here at once.
    pub async fn sessions_have_ended(&self) {
        self.signed_in().forget(self.sealer()).await;
    }

    /// Ends sessions, on this copy at once.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn end_sessions(&self, which: Sessions) -> Result<(), Refusal> {
        self.signed_in().end(which, self.sealer()).await
    }

    /// The same on the word of their issuer. Whether it was not told before; if it was, nothing ends.
    async fn end_as_told(&self, told: LogoutToken) -> Result<bool, Refusal> {
        self.signed_in().end_as_told(told, self.sealer()).await
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
            grounds: found.grounds,
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
            // What other credentials there are were the proxy's business.
            (None, Said::Somebody(claimed)) => {
                let until = seal::now().saturating_add(PROXY_SECONDS);
                self.vouched(claimed, None, until, Who::Proxied).await
            }
            (None, _) if credentials.is_some() => Who::BadCredentials.into(),
            (None, _) => self.by_session(headers).await,
        }
    }

    async fn by_session(&self, headers: &HeaderMap) -> Found {
        match self.session(headers).await {
            Ok(Some((id, session))) => Found {
                grounds: Grounds {
                    session: Some(id),
                    ..Grounds::until(self.signed_in().seconds_of(&session))
                },
                who: Who::Ambient(actor_of(session)),
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
        let ways = &self.inner.ways;
        let is_proxy_s = |proxy: &TrustedProxy| proxy_issuer(&proxy.provider) == iss;
        ways.issuers.iter().any(|issuer| issuer.name() == iss)
            || ways.proxy.as_ref().is_some_and(is_proxy_s)
            || ways.test && iss == TEST_ISSUER
    }

    /// Asks each issuer what it says of itself, so that the operator hears early of one that does not answer.
    pub fn look_at_issuers(&self) {
        for issuer in self.issuers() {
            let issuer = issuer.clone();
            tokio::spawn(async move { issuer.look().await });
        }
    }

    /// Whom an issuer or a proxy names, until then at most.
    async fn vouched(
        &self,
        claimed: Claimed,
        sid: Option<String>,
        until: u64,
        by: fn(Actor) -> Who,
    ) -> Found {
        match self.signed_in().recognise(claimed.clone()).await {
            Ok(user) => {
                let actor = with_address(actor(user.clone()), claimed.email.clone());
                let claimed = Claimed { user, ..claimed };
                Found {
                    who: by(actor),
                    grounds: Grounds {
                        vouched: Some(Box::new(Vouched { claimed, sid })),
                        ..Grounds::until(until)
                    },
                }
            }
            Err(Refusal::TryAgain | Refusal::ServerError) => Who::Unknown.into(),
            Err(refusal) => {
                tracing::warn!(
                    code = refusal.code(),
                    "somebody has a name here that another has"
                );
                Who::BadCredentials.into()
            }
        }
    }
}

/// Who is asking, and on what grounds.
struct Found {
    who: Who,
    grounds: Grounds,
}

impl From<Who> for Found {
    fn from(who: Who) -> Self {
        Self {
            who,
            grounds: Grounds::default(),
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
