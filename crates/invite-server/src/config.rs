//! What the operator asks for: flags, environment variables and the checks that need no network.

mod database;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;

pub use database::DatabaseAddress;

/// A server for invite keys: create, list, check, accept and remove them over HTTP and the Webstrates socket.
///
/// Try it:  invite-server --demo   then open the address it prints and sign in as alice or bob.
///
/// Invites are kept in one SQLite file. The keys themselves are in no file: they are derived from the secret file,
/// so keep that one as safe as the invites, and keep both when you make a copy.
#[derive(Debug, Clone, Parser)]
#[command(name = "invite-server", version, max_term_width = 100)]
pub struct Config {
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
    /// secret file. A password belongs into the environment variable, as others can read a command line
    /// [default: ./invites.db]
    #[arg(
        long,
        value_name = "PATH|URL",
        env = "INVITE_SERVER_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<DatabaseAddress>,

    /// File with the secret that keys and sessions are made from, created with mode 0600 at the first start
    /// [default: the SQLite file's path ending in .secret; with PostgreSQL ./invites.secret]
    #[arg(long, value_name = "PATH", env = "INVITE_SERVER_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,

    /// The address people see, as in https://invites.example.com. Every Origin check uses it, never the Host header
    /// [default: http:// and the listening address]
    #[arg(long, value_name = "URL", env = "INVITE_SERVER_PUBLIC_URL")]
    pub public_url: Option<String>,

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
    pub command: Option<crate::operate::Command>,

    /// How much to log, on the standard error stream. No level ever logs a key, a query or a body
    #[arg(
        long,
        value_name = "LEVEL",
        env = "INVITE_SERVER_LOG",
        default_value = "info"
    )]
    pub log: LogLevel,

    /// Log as text for people or as one JSON object a line
    #[arg(
        long,
        value_name = "FORMAT",
        env = "INVITE_SERVER_LOG_FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// Connections at once; further ones wait in the system's queue
    #[arg(long, value_name = "NUMBER", env = "INVITE_SERVER_MAX_CONNECTIONS", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = "Limits")]
    pub max_connections: u32,

    /// Another server's behaviour instead of our own.
    #[cfg(feature = "emulate")]
    #[command(flatten)]
    pub emulate: crate::emulate::EmulateOptions,

    /// Connections to PostgreSQL at once; all copies together need fewer than its max_connections
    #[arg(long, value_name = "NUMBER", env = "INVITE_SERVER_DATABASE_CONNECTIONS", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Limits")]
    pub database_connections: u32,
}

/// How much the server logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// And what is odd.
    Warn,
    /// And start, stop and each request.
    Info,
    /// And each socket.
    Debug,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For log collectors.
    Json,
}

/// A configuration that cannot be meant, in a sentence that says what to change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The test sign-in lets anybody be anybody.
    #[error(
        "--demo lets anybody sign in as anybody, so it listens on loopback only: use --listen 127.0.0.1:PORT, not {0}"
    )]
    DemoOffLoopback(IpAddr),
    /// A proxy in front would bring the test sign-in to the internet.
    #[error(
        "--demo lets anybody sign in as anybody, so --public-url cannot be {0:?}: leave it out, or leave --demo out"
    )]
    DemoPublic(String),
    /// The emulator accepts on GET, validates nothing, and takes orders from tests.
    #[cfg(feature = "emulate")]
    #[error(
        "--emulate shows faults on purpose, so it listens on loopback only: use --listen 127.0.0.1:PORT, not {0}"
    )]
    EmulateOffLoopback(IpAddr),
    /// Off loopback the address people see cannot be known.
    #[error(
        "listening on {0} needs --public-url, the address people will see, as in https://invites.example.com"
    )]
    PublicUrlMissing(IpAddr),
    /// Not an origin.
    #[error(
        "--public-url {0:?} is not an address like https://invites.example.com: scheme http or https, host, optional port, nothing after it"
    )]
    PublicUrl(String),
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
        #[cfg(feature = "emulate")]
        if self.emulate.server.is_some() && !address.is_loopback() {
            return Err(ConfigError::EmulateOffLoopback(address));
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

/// The origins that count as this server itself: one, or on loopback all of loopback's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    all: Vec<String>,
}

impl Origins {
    /// From `--public-url`.
    ///
    /// # Errors
    /// [`ConfigError::PublicUrl`] unless it is scheme, host and optional port.
    pub fn public(url: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::PublicUrl(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => return Err(wrong()),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        let parsed: Option<axum::http::uri::Authority> = authority.parse().ok();
        if authority.is_empty()
            || !authority.chars().all(plain)
            || parsed.is_none_or(|a| a.host().is_empty())
        {
            return Err(wrong());
        }
        // Browsers leave the default port out of Origin.
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        Ok(Self {
            all: vec![format!("{scheme}://{authority}")],
        })
    }

    /// From the address that was bound, on loopback. People type `localhost` as readily as the number.
    pub fn loopback(bound: SocketAddr) -> Self {
        let port = bound.port();
        let own = format!("http://{bound}");
        let mut all = vec![own, format!("http://localhost:{port}")];
        let v4 = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
        if !all.contains(&v4) {
            all.push(v4);
        }
        if port == 80 {
            all = all
                .iter()
                .map(|origin| origin.trim_end_matches(":80").to_owned())
                .collect();
        }
        Self { all }
    }

    /// The one that links are made with.
    pub fn first(&self) -> &str {
        self.all.first().map_or("", String::as_str)
    }

    /// Whether an `Origin` header names this server.
    pub fn contains(&self, origin: &str) -> bool {
        self.all.iter().any(|own| own == origin)
    }

    /// Whether browsers reach it over TLS, so that cookies can be `Secure`.
    pub fn is_secure(&self) -> bool {
        self.first().starts_with("https://")
    }

    fn is_loopback(&self) -> bool {
        let host = self
            .first()
            .split_once("://")
            .map_or("", |(_, authority)| authority);
        let host = match host.strip_prefix('[') {
            Some(address) => address.split(']').next(),
            None => host.split(':').next(),
        };
        host.is_some_and(|host| {
            host == "localhost"
                || host
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        })
    }

    /// The same origins as WebSocket addresses, for the page's policy.
    pub fn sockets(&self) -> impl Iterator<Item = String> + '_ {
        self.all
            .iter()
            .map(|origin| origin.replacen("http", "ws", 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(arguments: &[&str]) -> Config {
        Config::parse_from([&["invite-server"], arguments].concat())
    }

    #[test]
    fn defaults_are_loopback_and_valid() {
        let config = config(&[]);
        assert_eq!(config.listen.to_string(), "127.0.0.1:7007");
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(
            config.secret_file_for(&DatabaseAddress::File("a/invites.db".into())),
            PathBuf::from("a/invites.secret")
        );
    }

    #[test]
    fn demo_refuses_every_address_but_loopback() {
        for address in ["0.0.0.0:7007", "[::]:7007", "192.168.1.5:7007"] {
            let all = [
                "--demo",
                "--listen",
                address,
                "--public-url",
                "https://example.com",
            ];
            assert!(
                matches!(
                    config(&all).validate(),
                    Err(ConfigError::DemoOffLoopback(_))
                ),
                "{address}"
            );
        }
        assert_eq!(
            config(&["--demo", "--listen", "[::1]:0"]).validate(),
            Ok(())
        );
    }

    #[test]
    fn demo_refuses_a_public_address_in_front() {
        for (url, fine) in [
            ("http://localhost:7007", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:7007", true),
            ("https://demo.example", false),
            ("https://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("http://10.0.0.1", false),
        ] {
            let valid = config(&["--demo", "--public-url", url]).validate().is_ok();
            assert_eq!(valid, fine, "{url}");
        }
    }

    #[test]
    fn off_loopback_needs_a_public_address() {
        assert!(matches!(
            config(&["--listen", "0.0.0.0:80"]).validate(),
            Err(ConfigError::PublicUrlMissing(_))
        ));
        assert_eq!(
            config(&[
                "--listen",
                "0.0.0.0:80",
                "--public-url",
                "https://a.example"
            ])
            .validate(),
            Ok(())
        );
    }

    #[test]
    fn public_address_is_an_origin_and_nothing_else() {
        assert_eq!(
            Origins::public("HTTPS://A.example:443/").unwrap().first(),
            "https://a.example"
        );
        assert_eq!(
            Origins::public("http://a.example:8080").unwrap().first(),
            "http://a.example:8080"
        );
        assert_eq!(
            Origins::public("http://[::1]:80").unwrap().first(),
            "http://[::1]"
        );
        for bad in [
            "",
            "a.example",
            "ftp://a.example",
            "https://",
            "https://a.example/x",
            "https://u:p@a.example",
            "https://a b",
            "https://a?x",
            "https://:80",
        ] {
            assert!(Origins::public(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_goes_by_all_its_names() {
        let origins = Origins::loopback("127.0.0.1:7007".parse().unwrap());
        assert!(
            origins.contains("http://127.0.0.1:7007") && origins.contains("http://localhost:7007")
        );
        for stranger in [
            "null",
            "",
            "http://localhost:7008",
            "https://localhost:7007",
            "http://evil.localhost:7007",
        ] {
            assert!(!origins.contains(stranger), "{stranger}");
        }
        assert!(
            origins
                .sockets()
                .any(|socket| socket == "ws://localhost:7007")
        );
    }

    #[test]
    fn help_is_built() {
        use clap::CommandFactory as _;
        Config::command().debug_assert();
    }
}
