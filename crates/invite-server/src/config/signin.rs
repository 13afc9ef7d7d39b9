//! Who may be asking, as the operator says it: an OIDC issuer, a reverse proxy that names people, other origins' pages.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue};
use clap::Args;

use super::issuers::{IssuerDetails, IssuerOptions, provider_name};
use super::secret::SecretUnusable;
use crate::address::Origins;
use crate::core::{CLIENT_PROVIDER, TEST_PROVIDER};

/// The environment variable with the secret of the client. It is no option, as others can read a command line.
pub(super) const CLIENT_SECRET: &str = "INVITE_SERVER_OIDC_CLIENT_SECRET";

/// Options about who is asking.
#[derive(Debug, Clone, Args)]
pub struct SignInOptions {
    /// An OpenID Connect issuer whose people sign in here and whose bearer tokens count, as in
    /// https://login.example.com/realms/main. Plain http only on loopback. Several at once each have a NAME=, as in
    /// google=https://accounts.google.com (one may go without): their people are alice:NAME, the options below are a table
    /// [oidc.NAME] of the configuration file each (label, client-id, client-secret-file, scopes, audience,
    /// username-claim, sign-out), and the redirect address is PUBLIC-URL/auth/oidc/callback/NAME. A name cannot be given
    /// to another issuer, nor an issuer another name
    #[arg(
        long,
        value_name = "[NAME=]URL",
        env = "INVITE_SERVER_OIDC_ISSUER",
        value_delimiter = ',',
        help_heading = "Sign-in"
    )]
    pub oidc_issuer: Vec<String>,

    /// What the configuration file says of those that have a name.
    #[arg(skip)]
    pub oidc: BTreeMap<String, IssuerDetails>,

    /// The name of this server at the issuer. Register the redirect address PUBLIC-URL/auth/oidc/callback there.
    /// Without it only bearer tokens count and there is no sign-in page. A confidential client's secret comes from
    /// --oidc-client-secret-file or the environment variable INVITE_SERVER_OIDC_CLIENT_SECRET
    #[arg(
        long,
        value_name = "ID",
        env = "INVITE_SERVER_OIDC_CLIENT_ID",
        requires = "oidc_issuer",
        help_heading = "Sign-in"
    )]
    pub oidc_client_id: Option<String>,

    /// File that holds the client's secret and nothing else
    #[arg(
        long,
        value_name = "PATH",
        env = "INVITE_SERVER_OIDC_CLIENT_SECRET_FILE",
        requires = "oidc_client_id",
        help_heading = "Sign-in"
    )]
    pub oidc_client_secret_file: Option<PathBuf>,

    /// What the issuer's people are called behind the colon, as in alice:oidc. Permissions are kept under that name:
    /// another one makes everybody somebody else
    #[arg(
        long,
        value_name = "NAME",
        env = "INVITE_SERVER_OIDC_PROVIDER_NAME",
        default_value = "oidc",
        help_heading = "Sign-in"
    )]
    pub oidc_provider_name: String,

    /// What to ask the issuer for
    #[arg(
        long,
        value_name = "SCOPES",
        env = "INVITE_SERVER_OIDC_SCOPES",
        default_value = "openid profile email",
        help_heading = "Sign-in"
    )]
    pub oidc_scopes: String,

    /// Whom a bearer token must be for (its aud); several are separated by commas
    /// [default: the client id and the public URL]
    #[arg(
        long,
        value_name = "AUDIENCE",
        env = "INVITE_SERVER_OIDC_AUDIENCE",
        value_delimiter = ',',
        help_heading = "Sign-in"
    )]
    pub oidc_audience: Vec<String>,

    /// The claim that names people, instead of their sub, which nobody else of the issuer ever has. A name stays that of
    /// whoever came with it first; another who comes with it is refused. It has to be in bearer tokens too; whoever has
    /// none that can be a name is named after their sub. email counts with email_verified alone
    #[arg(
        long,
        value_name = "CLAIM",
        env = "INVITE_SERVER_OIDC_USERNAME_CLAIM",
        default_value = "sub",
        help_heading = "Sign-in"
    )]
    pub oidc_username_claim: String,

    /// What people of the issuer end when they sign out. here: their session with this server; whoever uses the browser
    /// next is signed in as them again without a password, as the issuer still knows them. issuer: that too, and the
    /// browser goes on to the issuer, if it offers it, which asks whether to sign out there as well. issuer-and-back: and
    /// comes back from there; register PUBLIC-URL/ with the slash at the issuer as an address to go to after sign-out
    #[arg(
        long,
        value_name = "WHERE",
        env = "INVITE_SERVER_OIDC_SIGN_OUT",
        default_value = "issuer",
        hide_possible_values = true,
        help_heading = "Sign-in"
    )]
    pub oidc_sign_out: SignOut,

    /// How long people stay signed in
    #[arg(long, value_name = "HOURS", env = "INVITE_SERVER_SESSION_HOURS", default_value_t = 720,
          value_parser = clap::value_parser!(u32).range(1..=8760), help_heading = "Sign-in")]
    pub session_hours: u32,

    /// The header in which a reverse proxy says who is asking, as in X-Forwarded-User. It is believed, and whoever can
    /// reach this server from a --trust-proxy address can be anybody: the proxy must overwrite what clients send. From
    /// everywhere else it means nothing
    #[arg(
        long,
        value_name = "HEADER",
        env = "INVITE_SERVER_TRUST_HEADER",
        requires = "trust_proxy",
        help_heading = "Sign-in"
    )]
    pub trust_header: Option<HeaderName>,

    /// The header with the name to show to people
    #[arg(
        long,
        value_name = "HEADER",
        env = "INVITE_SERVER_TRUST_NAME_HEADER",
        requires = "trust_header",
        help_heading = "Sign-in"
    )]
    pub trust_name_header: Option<HeaderName>,

    /// The header with the e-mail address, which counts as verified
    #[arg(
        long,
        value_name = "HEADER",
        env = "INVITE_SERVER_TRUST_EMAIL_HEADER",
        requires = "trust_header",
        help_heading = "Sign-in"
    )]
    pub trust_email_header: Option<HeaderName>,

    /// What the proxy's people are called behind the colon
    #[arg(
        long,
        value_name = "NAME",
        env = "INVITE_SERVER_TRUST_PROVIDER_NAME",
        default_value = "proxy",
        help_heading = "Sign-in"
    )]
    pub trust_provider_name: String,

    /// Another origin whose pages may call this server with a bearer token, as in https://app.example.com; several are
    /// separated by commas. Cookies count from this server's own pages only
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "INVITE_SERVER_ALLOW_ORIGIN",
        value_delimiter = ',',
        help_heading = "Sign-in"
    )]
    pub allow_origin: Vec<String>,
}

/// What people of the issuer end when they sign out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignOut {
    /// Their session with this server.
    Here,
    /// That, and the browser goes on to the issuer.
    Issuer,
    /// That, and it comes back from there.
    IssuerAndBack,
}

/// An option about who is asking that cannot be meant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignInUnusable {
    /// Not an issuer.
    #[error(
        "--oidc-issuer {0:?} is not an address like https://login.example.com: https (http on loopback only), no query, no fragment"
    )]
    Issuer(String),
    /// A provider's name is part of who somebody is.
    #[error(
        "the provider name {0:?} cannot be: 1 to 64 of A-Z, a-z, 0-9, dot, dash and underscore, and neither {TEST_PROVIDER:?}, which is the test sign-in's, nor {CLIENT_PROVIDER:?}, which is the RKVST clients'"
    )]
    ProviderName(String),
    /// Nobody could tell their people apart.
    #[error(
        "the name {0:?} is given twice: the people of each issuer, and of the proxy, stand under a name of their own, as in --oidc-issuer corp=https://login.example.com"
    )]
    NameTwice(String),
    /// One issuer, two names.
    #[error("the issuer {0} stands there twice")]
    IssuerTwice(String),
    /// Details of nobody.
    #[error(
        "the configuration file has [oidc.{0}], and no issuer has that name: --oidc-issuer {0}=https://…"
    )]
    NoSuchIssuer(String),
    /// Which issuer knows us by it nobody said.
    #[error(
        "--oidc-client-id is for an issuer without a name: of a named one it is client-id under [oidc.NAME] in the configuration file"
    )]
    ClientOfNone,
    /// What people read.
    #[error("the label of the issuer {0:?} is 1 to 64 characters on one line")]
    Label(String),
    /// Without it the issuer gives no ID token.
    #[error("--oidc-scopes has to name openid")]
    Scopes,
    /// The secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretUnusable),
    /// Not an origin.
    #[error(
        "--allow-origin {0:?} is not an origin like https://app.example.com: scheme http or https, host, optional port, nothing after it"
    )]
    Origin(String),
}

impl SignInOptions {
    /// Checks what clap cannot.
    ///
    /// # Errors
    /// [`SignInUnusable`], a sentence for the operator.
    pub fn validate(&self) -> Result<(), SignInUnusable> {
        self.issuers()?;
        provider_name(&self.oidc_provider_name)?;
        provider_name(&self.trust_provider_name)?;
        self.allowed_origins().map(|_| ())
    }

    /// The other origins whose pages may call.
    ///
    /// # Errors
    /// [`SignInUnusable::Origin`] for what is none.
    pub fn allowed_origins(&self) -> Result<Vec<HeaderValue>, SignInUnusable> {
        let all = self.allow_origin.iter().map(|origin| {
            Origins::public(origin)
                .ok()
                .and_then(|origins| HeaderValue::from_str(origins.first()).ok())
                .ok_or_else(|| SignInUnusable::Origin(origin.clone()))
        });
        all.collect()
    }

    /// Whether people can sign in at an issuer with a browser.
    pub fn signs_people_in(&self) -> bool {
        let has_client = |one: &IssuerOptions| one.details.client_id.is_some();
        self.issuers().is_ok_and(|all| all.iter().any(has_client))
    }

    /// Whether anybody can prove who they are.
    pub fn is_configured(&self) -> bool {
        !self.oidc_issuer.is_empty() || self.trust_header.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use clap::Parser as _;

    fn options(arguments: &[&str]) -> Result<SignInOptions, clap::Error> {
        Config::try_parse_from([&["invite-server"], arguments].concat())
            .map(|config| config.sign_in)
    }

    #[test]
    fn issuers_speak_tls_off_loopback() {
        for (issuer, fine) in [
            ("https://login.example.com", true),
            ("https://login.example.com/realms/main/", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("http://localhost:9000/a", true),
            ("http://login.example.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("ftp://login.example.com", false),
            ("https://login.example.com/?a=b", false),
            ("https://login.example.com/#a", false),
            ("https://user:password@login.example.com", false),
            ("login.example.com", false),
        ] {
            let valid = options(&["--oidc-issuer", issuer]).unwrap().validate();
            assert_eq!(valid.is_ok(), fine, "{issuer}: {valid:?}");
        }
    }

    #[test]
    fn nobody_else_is_of_the_test_sign_in() {
        for name in ["test", "rkvst", "", "a:b", "a b"] {
            for option in ["--oidc-provider-name", "--trust-provider-name"] {
                let valid = options(&[option, name]).unwrap().validate();
                assert_eq!(valid, Err(SignInUnusable::ProviderName(name.into())));
            }
        }
    }

    #[test]
    fn a_header_is_trusted_together_with_an_address_only() {
        assert!(options(&["--trust-header", "x-user"]).is_err());
        let both = ["--trust-header", "X-User", "--trust-proxy", "10.0.0.1"];
        let options = options(&both).unwrap();
        assert!(options.is_configured() && options.validate().is_ok());
    }

    #[test]
    fn allowed_origins_are_origins() {
        let fine = options(&["--allow-origin", "https://a.example,http://localhost:5173"]);
        let fine = fine.unwrap().allowed_origins().unwrap();
        assert_eq!(fine, ["https://a.example", "http://localhost:5173"]);
        for bad in ["*", "null", "https://*.example", "https://a.example/x"] {
            let options = options(&["--allow-origin", bad]).unwrap();
            assert_eq!(options.validate(), Err(SignInUnusable::Origin(bad.into())));
        }
    }

    #[test]
    fn a_secret_file_holds_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let needed = [
            "--oidc-issuer",
            "https://a.example",
            "--oidc-client-id",
            "a",
        ];
        let file = ["--oidc-client-secret-file", path.to_str().unwrap()];
        let options = options(&[&needed[..], &file].concat()).unwrap();
        let secret = || options.issuers().unwrap()[0].client_secret();
        assert!(secret().is_err());
        std::fs::write(&path, "\n").unwrap();
        assert!(secret().is_err());
        std::fs::write(&path, "hush\n").unwrap();
        assert_eq!(**secret().unwrap().as_ref().unwrap(), "hush");
    }
}
