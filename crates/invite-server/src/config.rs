//! What the operator asks for: flags, environment variables and the checks that need no network.

mod commands;
mod database;
mod error;
mod file;
mod idle;
mod issuers;
mod like;
mod limits;
mod log;
mod mail;
mod operation;
mod pages;
mod proxy;
mod purge;
mod quotas;
mod resources;
mod risks;
mod rkvst;
pub(crate) mod secret;
mod signin;
#[cfg(test)]
mod tests;
mod unheeded;
mod webhooks;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

use crate::address::{DatabaseAddress, Origins};

pub use commands::{Apps, Backup, Command, Erase, Keys, People, Purge, Restore};
pub use error::ConfigError;
pub use file::Unread;
pub use issuers::{IssuerDetails, IssuerOptions};
pub use limits::LimitOptions;
pub use log::{LogFormat, LogLevel};
pub use mail::{MailLanguage, MailOptions};
pub use operation::{MetricsUnusable, OperationOptions};
pub use pages::PageOptions;
pub use proxy::ProxyOptions;
pub use purge::{Period, PurgeOptions};
pub use quotas::QuotaOptions;
pub use resources::ResourceOptions;
pub use rkvst::RkvstOptions;
pub use secret::SecretUnusable;
pub use signin::{SignInOptions, SignInUnusable, SignOut};
pub use webhooks::{WebhookOptions, WebhooksTo};

/// A server for invite keys: create, list, check, accept and remove them over HTTP and the Webstrates socket.
///
/// Try it:  invite-server --demo   then open the address it prints and sign in as alice or bob.
///
/// Invites are kept in one SQLite file. The keys themselves are in no file: they are derived from the secret file,
/// so keep that one as safe as the invites, and keep both when you make a copy.
#[derive(Debug, Clone, Parser)]
#[command(name = "invite-server", version, max_term_width = 100)]
pub struct Config {
    /// File with any of the options below, as TOML: listen = "0.0.0.0:7007". Flags and environment variables come
    /// before it. With a password in it nobody else may read it (chmod 600). `invite-server config` shows what is in
    /// force
    #[arg(long, value_name = "FILE", env = "INVITE_SERVER_CONFIG")]
    pub config: Option<PathBuf>,

    /// Every option in force and where it comes from, a line each, without secrets.
    #[arg(skip)]
    pub effective: Vec<String>,

    /// What was said and does nothing, a line each.
    #[arg(skip)]
    pub unheeded: Vec<String>,

    /// Test sign-in (any password), sample people and resources, a database that is gone afterwards unless
    /// --database names one. Loopback addresses only.
    #[arg(long, env = "INVITE_SERVER_DEMO")]
    pub demo: bool,

    /// Address and port to listen on; port 0 takes a free one. Anything but loopback needs --public-url.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "INVITE_SERVER_LISTEN",
        default_value = "127.0.0.1:7007"
    )]
    pub listen: SocketAddr,

    /// Where invites are kept: a SQLite file, made if it is not there, or postgres://USER@HOST:PORT/DATABASE for any
    /// engine that speaks PostgreSQL's protocol; there several copies of the server may share one database and one
    /// secret file. A password belongs into the environment variable or the configuration file, as others can read a
    /// command line. ?sslmode= in the URL is disable, prefer (the default: encrypted where the database can), require
    /// (always encrypted, whoever answers) or verify-full (and its certificate has to fit its name, vouched for by whom
    /// this machine trusts, or by the certificates in &sslrootcert=FILE) [default: ./invites.db]
    #[arg(
        long,
        value_name = "PATH|URL",
        env = "INVITE_SERVER_DATABASE",
        hide_env_values = true,
        help_heading = "Database"
    )]
    pub database: Option<DatabaseAddress>,

    /// File with the secret that keys and sessions are made from, created with mode 0600 at the first start
    /// [default: the SQLite file's path ending in .secret; with PostgreSQL ./invites.secret]
    #[arg(
        long,
        value_name = "PATH",
        env = "INVITE_SERVER_SECRET_FILE",
        help_heading = "Database"
    )]
    pub secret_file: Option<PathBuf>,

    /// The address people see, as in https://invites.example.com. Every Origin check uses it, never the Host header
    /// [default: http:// and the listening address]
    #[arg(long, value_name = "URL", env = "INVITE_SERVER_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// Who may be asking.
    #[command(flatten)]
    pub sign_in: SignInOptions,

    /// How the pages look.
    #[command(flatten)]
    pub pages: PageOptions,

    /// Serve the pages from this folder instead of the built-in ones (for work on them)
    #[arg(
        long,
        value_name = "FOLDER",
        env = "INVITE_SERVER_WWW",
        help_heading = "Development"
    )]
    pub www: Option<PathBuf>,

    /// Serve /sdk/ from this folder instead of the built-in package (for work on it)
    #[arg(
        long,
        value_name = "FOLDER",
        env = "INVITE_SERVER_SDK",
        help_heading = "Development"
    )]
    pub sdk: Option<PathBuf>,

    /// Something else to do than to serve.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How much to log, on the standard error stream. No level ever logs a key, a query or a body
    #[arg(
        long,
        value_name = "LEVEL",
        env = "INVITE_SERVER_LOG",
        help_heading = "Logs and metrics",
        default_value = "info"
    )]
    pub log: LogLevel,

    /// Log as text for people or as one JSON object a line
    #[arg(
        long,
        value_name = "FORMAT",
        env = "INVITE_SERVER_LOG_FORMAT",
        help_heading = "Logs and metrics",
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// Connections at once, and as many WebSockets beside them; further ones wait in the system's queue. Each is a file of
    /// those that the system lets a program have open: no more than there are of these [default: 4096]
    #[arg(long, value_name = "NUMBER", env = "INVITE_SERVER_MAX_CONNECTIONS",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = "Limits")]
    pub max_connections: Option<u32>,

    /// Telling backends what happens.
    #[command(flatten)]
    pub webhooks: WebhookOptions,

    /// When to forget.
    #[command(flatten)]
    pub purge: PurgeOptions,

    /// RKVST's Invites API.
    #[command(flatten)]
    pub rkvst: RkvstOptions,

    /// Connections to PostgreSQL at once, and two more, for /readyz and for what copies tell each other; all copies
    /// together need fewer than its max_connections
    #[arg(long, value_name = "NUMBER", env = "INVITE_SERVER_DATABASE_CONNECTIONS", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Database")]
    pub database_connections: u32,

    /// How often one may call.
    #[command(flatten)]
    pub limits: LimitOptions,

    /// How much of something there may be.
    #[command(flatten)]
    pub quotas: QuotaOptions,

    /// How invites are mailed.
    #[command(flatten)]
    pub mail: MailOptions,

    /// What the operator watches.
    #[command(flatten)]
    pub operation: OperationOptions,

    /// Who stands in front.
    #[command(flatten)]
    pub proxy: ProxyOptions,

    /// Who creates resources.
    #[command(flatten)]
    pub resources: ResourceOptions,
}

impl Config {
    /// Checks what clap cannot: combinations.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let address = self.listen.ip();
        if self.demo && !address.is_loopback() {
            return Err(ConfigError::DemoOffLoopback(address));
        }
        if self.sign_in.trust_header.is_some()
            && let Some(wide) = self.proxy.internet()
        {
            return Err(ConfigError::TrustsTheInternet(wide));
        }
        match &self.public_url {
            None if !address.is_loopback() => Err(ConfigError::PublicUrlMissing(address)),
            None => Ok(()),
            Some(url) => match Origins::public(url)? {
                origins if self.demo && !origins.is_loopback() => {
                    Err(ConfigError::DemoPublic(url.clone()))
                }
                _ => Ok(()),
            },
        }
    }

    /// What is missing for people to sign in, and how to have it; pages say no more than that there is no way.
    pub fn sign_in_missing(&self) -> Option<&'static str> {
        let options = &self.sign_in;
        if self.demo || options.trust_header.is_some() || options.signs_people_in() {
            return None;
        }
        if !options.oidc_issuer.is_empty() {
            return Some(
                "nobody can sign in with a browser: --oidc-client-id is missing (client-id under [oidc.NAME] for an issuer \
                 with a name), so that the issuer's people come with bearer tokens alone, and the pages say that there is no way to sign in",
            );
        }
        Some(
            "nobody can sign in. There are three ways: an OpenID Connect issuer (--oidc-issuer, with \
             --oidc-client-id for sign-in in the browser), a reverse proxy that names people (--trust-header with \
             --trust-proxy), and the test sign-in on loopback (--demo)",
        )
    }

    /// Where webhooks may go.
    pub fn webhooks_to(&self) -> WebhooksTo {
        let least = if self.demo {
            WebhooksTo::Loopback
        } else {
            WebhooksTo::Public
        };
        self.webhooks.webhooks_to.max(least)
    }

    /// The SQLite file when the operator did not say and it is not a demo.
    pub fn default_database() -> PathBuf {
        PathBuf::from("invites.db")
    }

    /// The secret file for a database.
    pub fn secret_file_for(&self, database: &DatabaseAddress) -> PathBuf {
        self.secret_file.clone().unwrap_or_else(|| match database {
            DatabaseAddress::File(path) => path.with_extension("secret"),
            DatabaseAddress::Postgres(_) => Self::default_database().with_extension("secret"),
        })
    }
}
