//! Backends that take part, by app keys.

use std::fmt;

use invite_key::permissions::Permissions;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Moment, Refusal, random, state::KeyHash};

const PREFIX: &str = "ika_";
const NAME_LIMIT: usize = 64;

/// The secret of an app: `ika_` and 64 hex digits. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct AppKey(Zeroizing<String>);

impl AppKey {
    /// A fresh one of 32 random bytes.
    pub fn generate() -> Result<AppKey, Refusal> {
        Ok(AppKey(random::secret_text(PREFIX)?))
    }

    /// The app key that a bearer is, if it is shaped like one.
    pub fn parse(bearer: &str) -> Option<AppKey> {
        let digits = bearer.strip_prefix(PREFIX)?;
        let shaped = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        shaped.then(|| AppKey(Zeroizing::new(bearer.to_owned())))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ika_…")
    }
}

/// What an app speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppDialect {
    /// Our own API, with an app key.
    Http,
    /// RKVST's Invites API, with a client id and a secret.
    Rkvst,
}

impl AppDialect {
    const ALL: [AppDialect; 2] = [AppDialect::Http, AppDialect::Rkvst];

    /// The name on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            AppDialect::Http => "http",
            AppDialect::Rkvst => "rkvst",
        }
    }

    /// The dialect of that name.
    pub fn parse(text: &str) -> Option<AppDialect> {
        AppDialect::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// An app, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub dialect: AppDialect,
    /// The id by which it is known beside its name, where its dialect has one.
    pub id: Option<String>,
    /// Whether it acts on everything, on the operator's word.
    pub all_resources: bool,
    /// What it created or was given, by name, and what its invites grant there where its dialect does not say.
    pub resources: Vec<(String, Option<Permissions>)>,
    /// When it was added.
    pub created_at: Moment,
}

/// Refuses what cannot be an app's name.
pub(super) fn validate_app_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=NAME_LIMIT).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid_option(
        "name",
        "An app's name is 1 to 64 letters, digits, dots, hyphens or underscores.",
    ))
}

/// What an app hears that asks about what is not its own: the same whether it exists or not.
pub(super) fn not_its_own() -> Refusal {
    Refusal::Forbidden {
        sentence: "This app neither created this resource nor was it given it: invite-server apps grant does that."
            .into(),
    }
}
