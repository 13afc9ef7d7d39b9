//! The server that takes our mail.

use std::error::Error as _;
use std::time::Duration;

use invite_key::percent;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use rustls::{CertificateError, InvalidMessage};
use url::{Host, Url};

use super::{MailSettings, MailUnusable};
use crate::tls::certificates;

/// How long the server may take for one answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// What is said of a mail server that took longer for all of it than we wait.
pub(super) const TOO_LONG: &str = "it took too long";

/// From `smtp://USER@HOST:PORT`, and the options beside it.
pub(super) fn connect(
    settings: &MailSettings,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailUnusable> {
    let url = Url::parse(&settings.server).map_err(|_| MailUnusable::Smtp("it cannot be read"))?;
    if url.password().is_some() {
        let sentence = "leave the password out, others can read a command line; put it into \
                        INVITE_SERVER_SMTP_PASSWORD or --smtp-password-file";
        return Err(MailUnusable::Smtp(sentence));
    }
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        // The brackets around an IPv6 address belong to URLs alone.
        .map(|host| host.trim_start_matches('[').trim_end_matches(']'))
        .ok_or(MailUnusable::Smtp("the host is missing"))?;
    let plain = match url.query() {
        None => is_here(&url),
        Some("tls=none") => true,
        Some("tls=required") => false,
        Some(_) => {
            let sentence = "all it may end with is ?tls=none or ?tls=required";
            return Err(MailUnusable::Smtp(sentence));
        }
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(MailUnusable::Smtp("nothing follows the port"));
    }
    let (tls, port) = match url.scheme() {
        "smtps" if url.query() == Some("tls=none") => {
            let sentence = "smtps:// is TLS from the start, so that ?tls=none cannot be meant";
            return Err(MailUnusable::Smtp(sentence));
        }
        "smtps" => (Tls::Wrapper(parameters(host, settings)?), 465),
        "smtp" if plain => (Tls::None, 25),
        "smtp" => (Tls::Required(parameters(host, settings)?), 587),
        _ => return Err(MailUnusable::Smtp("it begins with smtp:// or smtps://")),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(ANSWER_TIME));
    if !url.username().is_empty() {
        let user = String::from_utf8(percent::decode(url.username()).collect())
            .map_err(|_| MailUnusable::Smtp("the user cannot be read"))?;
        let password = settings.password.as_ref().ok_or(MailUnusable::Smtp(
            "it names a user: put the password into INVITE_SERVER_SMTP_PASSWORD or --smtp-password-file",
        ))?;
        let credentials = Credentials::new(user, password.as_str().to_owned());
        builder = builder.credentials(credentials);
    } else if settings.password_file {
        let sentence = "with --smtp-password-file it has to name a user, as in smtp://USER@HOST";
        return Err(MailUnusable::Smtp(sentence));
    }
    Ok(builder.build())
}

/// Whom to believe that they are the mail server.
fn parameters(host: &str, settings: &MailSettings) -> Result<TlsParameters, MailUnusable> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.authorities {
        let wrong = |cause: String| MailUnusable::Authorities {
            path: path.clone(),
            cause,
        };
        builder = builder.certificate_store(CertificateStore::None);
        for certificate in certificates(path).map_err(wrong)? {
            let certificate = Certificate::from_der(certificate.to_vec());
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder
        .build()
        .map_err(|error| MailUnusable::Tls(error.to_string()))
}

/// On this machine nobody listens in between.
fn is_here(url: &Url) -> bool {
    match url.host() {
        // Hosts of schemes that are not the web's are not taken apart.
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the server refused this very mail for good. What it has against us, the operator can mend, and the mail waits.
pub(super) fn is_about_the_mail(error: &lettre::transport::smtp::Error) -> bool {
    error.is_permanent() && !error.status().is_some_and(|code| is_about_us(code.into()))
}

/// Whether it is about this mail or its recipient, for now or for good; what is not is the operator's to mend.
pub(super) fn is_about_the_recipient(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| !is_about_us(code.into()))
}

/// What the codes of RFC 5321 mean to whoever asked for the mail.
fn meant(code: u16) -> &'static str {
    match code {
        550 | 551 | 553 => "it does not take mail for this address",
        452 | 552 => "the mailbox is full",
        500.. => "it does not take this mail",
        _ => "it takes no mail for this address now",
    }
}

/// The codes of RFC 4954 and RFC 3207 that mean the login or TLS. Some servers say 503 where a login has to come first.
fn is_about_us(code: u16) -> bool {
    matches!(code, 503 | 530 | 534 | 535 | 538)
}

/// What went wrong and what to do, in our own words: the server's may repeat what it was sent.
pub(super) fn class(error: &lettre::transport::smtp::Error) -> String {
    if let Some(code) = error.status().map(u16::from) {
        return match code {
            503 | 530 => format!(
                "the mail server answered {code}: it wants a login or TLS; write --smtp as \
                 smtp://USER@HOST and leave ?tls=none out"
            ),
            code if is_about_us(code) => format!(
                "the mail server answered {code}: it does not take the user in --smtp with this password"
            ),
            code => format!("the mail server answered {code}: {}", meant(code)),
        };
    }
    if let Some(cause) = tls_cause(error) {
        return cause;
    }
    let words = if error.is_timeout() {
        "the mail server did not answer in time; if it speaks TLS from the start (port 465), write smtps://"
    } else if error.is_client()
        && error
            .source()
            .is_some_and(|cause| cause.to_string().contains("STARTTLS"))
    {
        "the mail server does not offer STARTTLS, so nothing was sent; write smtps:// if it speaks TLS from the start"
    } else if error.is_client() {
        "the mail server offers no login that we know (PLAIN or LOGIN); if it needs none, leave the user out of --smtp"
    } else if error.is_response() {
        "the mail server's answer could not be read"
    } else {
        "the mail server could not be reached; look at the host and the port in --smtp"
    };
    words.to_owned()
}

fn tls_cause(error: &lettre::transport::smtp::Error) -> Option<String> {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    let io = causes.find_map(|cause| cause.downcast_ref::<std::io::Error>())?;
    let cause = io.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match cause {
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => "nobody whom we trust vouches for the mail server's certificate; name who does with --smtp-ca-file"
            .to_owned(),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the mail server's certificate is for another name than the host in --smtp".to_owned(),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the mail server does not speak TLS from the start; write smtp:// for STARTTLS".to_owned()
        }
        other => format!("TLS with the mail server failed: {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_out(server: &str, settings: MailSettings) -> Result<(), MailUnusable> {
        let server = server.to_owned();
        connect(&MailSettings { server, ..settings }).map(|_| ())
    }

    #[test]
    fn addresses_are_read_and_passwords_refused() {
        let none = MailSettings::default;
        for good in [
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://localhost?tls=required",
            "smtp://mail.example.com",
            "smtps://mail.example.com:465",
            "smtps://[::1]",
            "smtp://relay:25?tls=none",
        ] {
            assert!(try_out(good, none()).is_ok(), "{good}");
        }
        for (bad, sentence) in [
            (
                "smtp://user:secret@mail.example.com",
                "leave the password out",
            ),
            ("smtp://user@mail.example.com", "it names a user"),
            ("mail.example.com", "cannot be read"),
            ("http://mail.example.com", "begins with smtp://"),
            ("smtp://mail.example.com/box", "nothing follows"),
            ("smtp://mail.example.com?tls=maybe", "tls=none"),
            ("smtps://mail.example.com?tls=none", "cannot be meant"),
            ("smtp://", "host is missing"),
        ] {
            let said = try_out(bad, none()).unwrap_err().to_string();
            assert!(
                said.contains(sentence) && !said.contains("secret"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_password_is_somebodys() {
        let settings = || MailSettings {
            password: Some("secret".to_owned().into()),
            password_file: true,
            ..MailSettings::default()
        };
        assert!(try_out("smtps://me%40example.com@mail.example.com", settings()).is_ok());
        let said = try_out("smtps://mail.example.com", settings()).unwrap_err();
        assert!(said.to_string().contains("has to name a user"));
    }

    #[test]
    fn authorities_are_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let settings = || MailSettings {
            authorities: Some(path.clone()),
            ..MailSettings::default()
        };
        let refused = || try_out("smtps://mail.example.com", settings());
        assert!(
            refused()
                .unwrap_err()
                .to_string()
                .contains("--smtp-ca-file")
        );
        std::fs::write(&path, "no certificate").unwrap();
        let said = refused().unwrap_err().to_string();
        assert!(said.contains("there is no certificate in it"), "{said}");
    }
}
