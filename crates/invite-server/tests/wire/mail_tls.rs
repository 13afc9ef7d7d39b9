//! Mail over encrypted ways and with a login, through a real mail server: who is believed, and that nothing goes out in
//! the clear.

use std::path::Path;
use std::sync::Arc;

use mailin::AuthMechanism;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::authority::Authority;
use crate::post::{Encrypted, Manner, Post};
use crate::support::{PATIENCE, Server};

const PASSWORD: &str = "marked horse: staple/ä";

fn acceptor(authority: &Authority, host: &str) -> TlsAcceptor {
    let (certificate, key) = authority.vouch_for(host);
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// The files that the operator names.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The address with another scheme, a user or what follows.
fn address(post: &Post, scheme: &str, user: &str, query: &str) -> String {
    let host = post.url.strip_prefix("smtp://").unwrap();
    format!("{scheme}://{user}{host}{query}")
}

fn mailing(smtp: &str, arguments: &[&str]) -> Server {
    let mail = [
        "--smtp",
        smtp,
        "--mail-from",
        "Invites <invites@example.org>",
    ];
    Server::demo(&[&mail, arguments].concat())
}

async fn invite(server: &Server) -> Value {
    let alice = server.person("alice").await;
    let body = json!({ "email": "bob@example.com", "send": true });
    let path = "/api/v1/resources/notes/invites";
    let response = alice.request(Method::POST, path).json(&body).send().await;
    let response = response.unwrap();
    assert_eq!(response.status(), 201);
    response.json().await.unwrap()
}

/// Waits until the log says it, and gives the log.
async fn said(server: &Server, words: &str) -> String {
    let waiting = async {
        while !server.output().contains(words) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE * 3, waiting).await;
    assert!(waited.is_ok(), "{words:?} is not in {}", server.output());
    server.output()
}

fn holds_no_password(text: &str) {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(PASSWORD);
    assert!(
        !text.contains(PASSWORD) && !text.contains("marked horse"),
        "{text}"
    );
    assert!(!text.contains(&encoded), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_encrypted_with_either_login_from_the_start_or_after_asking() {
    let authority = Authority::new();
    let files = Files::new();
    let trusted = files.write("ca.pem", &authority.pem);
    let password = files.write("password", &format!("{PASSWORD}\n"));
    let acceptor = acceptor(&authority, "127.0.0.1");
    let options = [
        "--smtp-ca-file",
        &trusted,
        "--smtp-password-file",
        &password,
    ];
    for (mechanism, tls, scheme, query) in [
        (
            AuthMechanism::Plain,
            Encrypted::WhenAsked(acceptor.clone()),
            "smtp",
            "?tls=required",
        ),
        (
            AuthMechanism::Login,
            Encrypted::WhenAsked(acceptor.clone()),
            "smtp",
            "?tls=required",
        ),
        (
            AuthMechanism::Plain,
            Encrypted::FromTheStart(acceptor.clone()),
            "smtps",
            "",
        ),
        (
            AuthMechanism::Login,
            Encrypted::FromTheStart(acceptor.clone()),
            "smtps",
            "",
        ),
    ] {
        let mut post = Post::with(Manner {
            tls: Some(tls),
            login: Some((mechanism, "invites@example.org", PASSWORD)),
            ..Manner::default()
        })
        .await;
        let smtp = address(&post, scheme, "invites%40example.org@", query);
        let server = mailing(&smtp, &options);
        said(&server, "the mail server is ready").await;
        let invite = invite(&server).await;
        let mail = post.next().await;
        assert_eq!(
            (mail.to.as_str(), mail.key()),
            ("bob@example.com", invite["key"].as_str().unwrap())
        );
        let (_, output) = server.stop();
        holds_no_password(&output);
        let overheard = post.overheard();
        if scheme == "smtps" {
            assert_eq!(overheard, "");
        } else {
            let commands: Vec<&str> = overheard.lines().map(|line| &line[..4]).collect();
            assert!(
                commands.chunks(2).all(|pair| pair == ["EHLO", "STAR"]),
                "{overheard}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_prove_to_be_the_mail_server_gets_nothing() {
    let (ours, others) = (Authority::new(), Authority::new());
    let files = Files::new();
    let ours_file = files.write("ours.pem", &ours.pem);
    let others_file = files.write("others.pem", &others.pem);
    let password = files.write("password", PASSWORD);
    let here = || acceptor(&ours, "127.0.0.1");
    let elsewhere = acceptor(&ours, "mail.example");
    let vouches = "vouches for the mail server's certificate";
    for (tls, scheme, query, trusted, sentence) in [
        // Nobody that this machine trusts knows our authority.
        (
            Some(Encrypted::WhenAsked(here())),
            "smtp",
            "?tls=required",
            None,
            vouches,
        ),
        (
            Some(Encrypted::FromTheStart(here())),
            "smtps",
            "",
            None,
            vouches,
        ),
        (
            Some(Encrypted::WhenAsked(here())),
            "smtp",
            "?tls=required",
            Some(&others_file),
            vouches,
        ),
        (
            Some(Encrypted::FromTheStart(elsewhere)),
            "smtps",
            "",
            Some(&ours_file),
            "for another name than the host in --smtp",
        ),
        // Somebody in between has cut the offer out.
        (
            None,
            "smtp",
            "?tls=required",
            Some(&ours_file),
            "does not offer STARTTLS, so nothing was sent",
        ),
        (
            None,
            "smtps",
            "",
            Some(&ours_file),
            "does not speak TLS from the start",
        ),
    ] {
        let mut post = Post::with(Manner {
            tls,
            ..Manner::default()
        })
        .await;
        let smtp = address(&post, scheme, "invites@", query);
        let mut options = vec!["--smtp-password-file", &password];
        options.extend(
            trusted
                .iter()
                .flat_map(|path| ["--smtp-ca-file", path.as_str()]),
        );
        let server = mailing(&smtp, &options);
        let output = said(&server, "no mail can be sent now").await;
        assert!(output.contains(sentence), "{smtp} {trusted:?} {output}");
        invite(&server).await;
        said(&server, "mail not sent yet").await;
        let (_, output) = server.stop();
        holds_no_password(&output);
        assert!(post.is_empty());
        let overheard = post.overheard();
        for never in ["AUTH", "MAIL", "bob@example.com", "acceptInvite"] {
            assert!(!overheard.contains(never), "{scheme}{query}: {overheard}");
        }
        holds_no_password(&overheard);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_keeps_the_mail_until_it_is_right() {
    let authority = Authority::new();
    let files = Files::new();
    let trusted = files.write("ca.pem", &authority.pem);
    let wrong = files.write("wrong", "not this one");
    let right = files.write("right", PASSWORD);
    let database = files.folder.path().join("invites.db");
    let mut post = Post::with(Manner {
        tls: Some(Encrypted::WhenAsked(acceptor(&authority, "127.0.0.1"))),
        login: Some((AuthMechanism::Plain, "invites", PASSWORD)),
        ..Manner::default()
    })
    .await;
    let run = |user: &str, password: Option<&str>| {
        let smtp = address(&post, "smtp", user, "?tls=required");
        let mut options = vec!["--smtp-ca-file", &trusted, "--database", path(&database)];
        options.extend(
            password
                .iter()
                .flat_map(|file| ["--smtp-password-file", file]),
        );
        mailing(&smtp, &options)
    };
    let server = run("invites@", Some(&wrong));
    let output = said(&server, "no mail can be sent now").await;
    assert!(
        output.contains("answered 535: it does not take the user in --smtp"),
        "{output}"
    );
    let invite = invite(&server).await;
    said(&server, "mail not sent yet").await;
    let (_, output) = server.stop();
    assert!(
        !output.contains("mail_given_up") && !output.contains("not this one"),
        "{output}"
    );

    // It wants a login and is given none.
    let server = run("", None);
    let output = said(&server, "mail not sent yet").await;
    assert!(!output.contains("mail_given_up"), "{output}");
    server.stop();

    let server = run("invites@", Some(&right));
    let mail = post.next().await;
    assert_eq!(invite["key"], mail.key());
    let (_, output) = server.stop();
    holds_no_password(&output);
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
