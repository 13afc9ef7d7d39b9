//! The server that takes our mail.

use std::path::Path;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::MailUnusable;

const PASSWORD: &str = "INVITE_SERVER_SMTP_PASSWORD";
/// How long the server may take for one answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// From `smtp://USER@HOST:PORT`, and a password from the environment or a file.
pub(super) fn connect(
    address: &str,
    password_file: Option<&Path>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailUnusable> {
    let url = Url::parse(address).map_err(|_| MailUnusable::Smtp("it cannot be read"))?;
    if url.password().is_some() {
        let sentence = "leave the password out, others can read a command line; put it into \
                        INVITE_SERVER_SMTP_PASSWORD or --smtp-password-file";
        return Err(MailUnusable::Smtp(sentence));
    }
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or(MailUnusable::Smtp("the host is missing"))?;
    let plain = match url.query() {
        None => is_here(&url),
        Some("tls=none") => true,
        Some("tls=required") => false,
        Some(_) => return Err(MailUnusable::Smtp("all it may end with is ?tls=none")),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(MailUnusable::Smtp("nothing follows the port"));
    }
    let parameters = || {
        TlsParameters::new(host.to_owned()).map_err(|error| MailUnusable::Tls(error.to_string()))
    };
    let (tls, port) = match url.scheme() {
        "smtps" => (Tls::Wrapper(parameters()?), 465),
        "smtp" if plain => (Tls::None, 25),
        "smtp" => (Tls::Required(parameters()?), 587),
        _ => return Err(MailUnusable::Smtp("it begins with smtp:// or smtps://")),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(ANSWER_TIME));
    if !url.username().is_empty() {
        let user = percent_decode_str(url.username())
            .decode_utf8()
            .map_err(|_| MailUnusable::Smtp("the user cannot be read"))?;
        builder = builder.credentials(Credentials::new(
            user.into_owned(),
            password(password_file)?,
        ));
    }
    Ok(builder.build())
}

fn password(file: Option<&Path>) -> Result<String, MailUnusable> {
    if let Some(path) = file {
        let read = std::fs::read_to_string(path).map_err(|cause| MailUnusable::Password {
            path: path.to_owned(),
            cause,
        })?;
        return Ok(read.trim_end_matches(['\r', '\n']).to_owned());
    }
    std::env::var(PASSWORD).map_err(|_| {
        MailUnusable::Smtp(
            "it names a user: put the password into INVITE_SERVER_SMTP_PASSWORD or --smtp-password-file",
        )
    })
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

/// What went wrong, in our own words: the server's may repeat what it was sent.
pub(super) fn class(error: &lettre::transport::smtp::Error) -> String {
    if let Some(code) = error.status() {
        return format!("the mail server answered {code}");
    }
    let words = if error.is_timeout() {
        "the mail server did not answer in time"
    } else if error.is_tls() {
        "TLS with the mail server failed"
    } else if error.is_client() {
        "the mail server does not offer what we need"
    } else if error.is_response() {
        "the mail server's answer could not be read"
    } else {
        "the mail server could not be reached"
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_refused() {
        for good in [
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://mail.example.com",
            "smtps://mail.example.com:465",
            "smtp://relay:25?tls=none",
        ] {
            assert!(connect(good, None).is_ok(), "{good}");
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
            ("smtp://", "host is missing"),
        ] {
            let said = connect(bad, None).map(|_| ()).unwrap_err().to_string();
            assert!(
                said.contains(sentence) && !said.contains("secret"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_password_is_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "secret\n").unwrap();
        assert_eq!(password(Some(&path)).unwrap(), "secret");
        assert!(connect("smtps://me%40example.com@mail.example.com", Some(&path)).is_ok());
        assert!(
            connect(
                "smtps://me@mail.example.com",
                Some(&folder.path().join("none"))
            )
            .is_err()
        );
    }
}
