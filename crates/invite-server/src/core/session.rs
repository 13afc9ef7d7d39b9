//! Who somebody is, and that they are signed in: a row that a cookie names.

use std::collections::HashSet;
use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Moment, Refusal, User};

/// The issuer of the test sign-in's people.
pub const TEST_ISSUER: &str = "urn:invite-keys:test";

/// The issuer of people whom a trusted proxy names.
pub fn proxy_issuer(provider: &str) -> String {
    format!("urn:invite-keys:proxy:{provider}")
}

/// What a person is, for good (OpenID Connect Core 5.7). All names are labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The issuer.
    pub iss: String,
    /// What it calls them, and nobody else ever.
    pub sub: String,
}

/// A person, and the name that is theirs here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// Who it is.
    pub subject: Subject,
    /// The name they stand under.
    pub username: String,
    /// And whose it is.
    pub provider: String,
}

impl Account {
    /// Somebody's, as they are called here.
    pub fn of(subject: &Subject, user: &User) -> Account {
        Account {
            subject: subject.clone(),
            username: user.username.clone(),
            provider: user.provider.clone(),
        }
    }
}

/// What an issuer says of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claimed {
    /// Who it is.
    pub subject: Subject,
    /// The name they would have here, if nobody else has it and they have none yet.
    pub user: User,
    /// An address that the issuer has verified.
    pub email: Option<String>,
}

/// What the cookie holds: 32 random bytes. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// A fresh one.
    pub fn generate() -> Result<SessionToken, Refusal> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(&mut *bytes).map_err(|_| Refusal::ServerError)?;
        Ok(SessionToken(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes))))
    }

    /// The token that a text is, if it is shaped like one.
    pub fn parse(text: &str) -> Option<SessionToken> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let shaped = text.len() == 43 && text.bytes().all(plain);
        shaped.then(|| SessionToken(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the cookie alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place, and names the session.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionToken")
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who, as they are called here.
    pub user: User,
    /// Who, for good.
    pub subject: Subject,
    /// An address that the issuer had verified then.
    pub email: Option<String>,
    /// The issuer's name for its own session, by which it ends this one.
    pub sid: Option<String>,
    /// When it began.
    pub created_at: Moment,
    /// When it ends by itself.
    pub ends_at: Moment,
}

/// Which sessions end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// One, by its id.
    One(String),
    /// All of somebody, by their name here.
    Of(User),
    /// All of somebody, by the issuer's word.
    OfSubject(Subject),
    /// Those that began with a session at the issuer.
    OfSid {
        /// The issuer.
        iss: String,
        /// Its name for that session.
        sid: String,
        /// Whose that is, where it says so: nobody else's ends, and those of theirs do for which it never named a session.
        sub: Option<String>,
    },
}

/// An issuer's word that sessions end (OpenID Connect Back-Channel Logout 1.0). It counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// The issuer.
    pub iss: String,
    /// Its name for the token.
    pub jti: String,
    /// What ends.
    pub ends: Sessions,
    /// Until when it would count.
    pub until: Moment,
}

impl LogoutToken {
    /// What it is known by once it was told, beside receipts.
    pub fn name(&self) -> String {
        let hash = Sha256::new()
            .chain_update(Sha256::digest(&self.iss))
            .chain_update(&self.jti);
        format!("logout_{}", URL_SAFE_NO_PAD.encode(hash.finalize()))
    }
}

/// The people of a server and who of them is signed in, for whoever has to tell who is asking.
pub trait Accounts: fmt::Debug + Send + Sync + 'static {
    /// Who somebody is here of whom an issuer says this; known from now on.
    fn recognise(&self, claimed: Claimed) -> BoxFuture<'_, Result<User, Refusal>>;

    /// Somebody is signed in for so many seconds.
    fn begin_session(
        &self,
        claimed: Claimed,
        sid: Option<String>,
        seconds: u32,
    ) -> BoxFuture<'_, Result<SessionToken, Refusal>>;

    /// A session that has not ended, by its id.
    fn session<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Session>, Refusal>>;

    /// The moment that sessions end by.
    fn now(&self) -> Moment;

    /// Which of these have not ended.
    fn live_sessions(&self, ids: Vec<String>) -> BoxFuture<'_, Result<HashSet<String>, Refusal>>;

    /// Which of these still stand under that name: whoever is erased does not, and the name may be another's.
    fn known_accounts(
        &self,
        accounts: Vec<Account>,
    ) -> BoxFuture<'_, Result<HashSet<Account>, Refusal>>;

    /// Ends sessions; those that have ended already are no error.
    fn end_sessions(&self, which: Sessions) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Ends sessions on the word of their issuer. Whether it was not told before; if it was, nothing ends.
    fn end_as_told(&self, told: LogoutToken) -> BoxFuture<'_, Result<bool, Refusal>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_shows_nothing_and_its_id_does_not_lead_back() {
        let token = SessionToken::generate().unwrap();
        let again = SessionToken::parse(token.reveal()).unwrap();
        assert_eq!(token.id(), again.id());
        assert!(!token.id().contains(token.reveal()) && !format!("{token:?}").contains("ey"));
        for other in ["", "x", &"x".repeat(44), &"=".repeat(43)] {
            assert!(SessionToken::parse(other).is_none(), "{other}");
        }
    }
}
