//! Whether the way to the database is encrypted, and how the database proves that it is the right one: `sslmode` and
//! `sslrootcert` in its address, as PostgreSQL's own programs have them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::StoreUnusable;
use crate::tls::certificates;

/// After so long a silence the driver itself would ask whether anybody is there.
const DRIVERS_IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// What an address asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// The address without what the driver does not know.
    address: String,
    mode: Mode,
    /// Certificates of who may vouch for the database, as PEM.
    roots: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    Verify,
}

/// The driver's settings for an address, and how it encrypts.
pub(super) fn settings(
    address: &str,
) -> Result<(tokio_postgres::Config, MakeRustlsConnect), StoreUnusable> {
    let asked = asked(address)?;
    // Says nothing of what is wrong: it may be in the password.
    let mut config: tokio_postgres::Config = asked.address.parse().map_err(|_| {
        StoreUnusable(
            "the database's address cannot be read; write it as postgres://USER@HOST:PORT/DATABASE"
                .into(),
        )
    })?;
    let local = config.get_hosts().iter().all(is_socket);
    config.ssl_mode(match asked.mode {
        // Nobody can listen in on a socket of this machine, and PostgreSQL does not encrypt there.
        _ if local => SslMode::Disable,
        Mode::Disable => SslMode::Disable,
        Mode::Prefer => SslMode::Prefer,
        Mode::Require | Mode::Verify => SslMode::Require,
    });
    notice_silence(&mut config);
    if config.get_application_name().is_none() {
        // By which operators, and `restore`, know the connections of servers.
        config.application_name("invite-server");
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|cause| StoreUnusable(format!("TLS cannot be used: {cause}")))?;
    let trusting = matches!(asked.mode, Mode::Verify) || asked.roots.is_some();
    let client = if trusting && !local {
        client.with_root_certificates(roots(asked.roots)?)
    } else {
        client
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    };
    Ok((config, MakeRustlsConnect::new(client.with_no_client_auth())))
}

/// A machine that is gone without a word is noticed within half a minute, where the address does not say otherwise; one
/// that takes long to answer is not, since its system goes on answering for it.
fn notice_silence(config: &mut tokio_postgres::Config) {
    if config.get_keepalives_idle() == DRIVERS_IDLE {
        config.keepalives_idle(Duration::from_secs(15));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(Duration::from_secs(5));
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(3);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(30));
    }
}

#[cfg(unix)]
fn is_socket(host: &Host) -> bool {
    matches!(host, Host::Unix(_))
}

#[cfg(not(unix))]
fn is_socket(_host: &Host) -> bool {
    false
}

fn asked(address: &str) -> Result<Asked, StoreUnusable> {
    let (base, query) = address.split_once('?').unwrap_or((address, ""));
    let (mut mode, mut roots, mut others) = (Mode::Prefer, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", named)) => mode = mode_named(named)?,
            Some(("sslrootcert", path)) => {
                let decoded = url::form_urlencoded::parse(format!("p={path}").as_bytes())
                    .next()
                    .map(|(_, path)| path.into_owned());
                roots = decoded.filter(|path| path != "system").map(PathBuf::from);
            }
            _ => others.push(pair),
        }
    }
    let address = if others.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", others.join("&"))
    };
    Ok(Asked {
        address,
        mode,
        roots,
    })
}

fn mode_named(name: &str) -> Result<Mode, StoreUnusable> {
    match name {
        "disable" => Ok(Mode::Disable),
        "allow" | "prefer" => Ok(Mode::Prefer),
        "require" => Ok(Mode::Require),
        // Stricter than asked for: a certificate of the right issuer for another host is one of somebody else.
        "verify-ca" | "verify-full" => Ok(Mode::Verify),
        _ => Err(StoreUnusable(
            "sslmode in the database's address is disable, prefer, require or verify-full".into(),
        )),
    }
}

/// Whoever is named, or whoever this machine trusts.
fn roots(file: Option<PathBuf>) -> Result<RootCertStore, StoreUnusable> {
    let mut store = RootCertStore::empty();
    if let Some(path) = file {
        let wrong = |cause: &dyn std::fmt::Display| {
            StoreUnusable(format!(
                "the certificates in {} cannot be used: {cause}",
                path.display()
            ))
        };
        for certificate in certificates(&path).map_err(|cause| wrong(&cause))? {
            store.add(certificate).map_err(|cause| wrong(&cause))?;
        }
    } else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(store)
}

/// For `prefer` and `require`: encrypted, so that nobody who only listens reads along; whoever can put themselves between
/// is not kept out.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_asks_for_is_read_as_postgresql_reads_it() {
        for (query, rest, mode, roots) in [
            ("", "", Mode::Prefer, None),
            ("?sslmode=disable", "", Mode::Disable, None),
            (
                "?connect_timeout=3&sslmode=require",
                "?connect_timeout=3",
                Mode::Require,
                None,
            ),
            (
                "?sslmode=verify-full&sslrootcert=system",
                "",
                Mode::Verify,
                None,
            ),
            (
                "?sslrootcert=%2Fa%20b%2Fca.pem&sslmode=verify-ca&application_name=x",
                "?application_name=x",
                Mode::Verify,
                Some("/a b/ca.pem"),
            ),
        ] {
            let found = asked(&format!("postgres://me@db.example/x{query}")).unwrap();
            let expected = Asked {
                address: format!("postgres://me@db.example/x{rest}"),
                mode,
                roots: roots.map(PathBuf::from),
            };
            assert_eq!(found, expected, "{query}");
        }
        assert!(asked("postgres://me@db.example/x?sslmode=sometimes").is_err());
    }

    #[test]
    fn a_machine_that_is_gone_without_a_word_is_noticed() {
        let (config, _) = settings("postgres://me@db.example/x").unwrap();
        let silence = config.get_keepalives_idle()
            + config.get_keepalives_interval().unwrap() * config.get_keepalives_retries().unwrap();
        assert!(config.get_keepalives() && silence <= Duration::from_secs(30));
        assert_eq!(
            config.get_tcp_user_timeout(),
            Some(&Duration::from_secs(30))
        );

        let said = "postgres://me@db.example/x?keepalives_idle=60&tcp_user_timeout=5";
        let (config, _) = settings(said).unwrap();
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(60));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(5)));
    }
}
