//! What was said and does nothing, as what it goes with was not said: told in a line at the start and by `config`.

use crate::unnoticed::{nobody, told};

/// What is said of what does nothing, by `config` and the log alike: `idle` lines of it, and no more.
fn does_nothing(arguments: &[&str], variables: &[(&str, &str)], idle: &[&str]) {
    let (shown, logged) = told(arguments, variables);
    for said in [&shown, &logged] {
        for line in idle {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert_eq!(said.matches(" does nothing ").count(), idle.len(), "{said}");
        assert!(!said.contains("marked"), "{said}");
    }
}

#[test]
fn a_secret_that_nobody_reads_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (database, secret) = (path("invites.db"), path("secret"));
    std::fs::write(&secret, "marked-and-sixteen-long").unwrap();
    let with = |more: &[&'static str]| [&["--database", database.as_str()], more].concat();
    let variables = [
        ("INVITE_SERVER_SMTP_PASSWORD", "marked"),
        ("INVITE_SERVER_METRICS_BEARER", "marked-and-sixteen-long"),
        ("INVITE_SERVER_OIDC_CLIENT_SECRET", "marked"),
    ];
    does_nothing(
        &with(&[]),
        &variables,
        &[
            "the environment variable INVITE_SERVER_SMTP_PASSWORD does nothing without --smtp",
            "the environment variable INVITE_SERVER_METRICS_BEARER does nothing without --metrics",
            "the environment variable INVITE_SERVER_OIDC_CLIENT_SECRET does nothing without --oidc-client-id",
        ],
    );
    let mail = ["--mail-from", "a@b.example", "--smtp"];
    let nobody = "INVITE_SERVER_SMTP_PASSWORD does nothing while --smtp names no user, as in smtp://USER@HOST";
    let smtp = [&mail[..], &["smtp://127.0.0.1:9"]].concat();
    does_nothing(&with(&smtp), &variables[..1], &[nobody]);
    let smtp = [&mail[..], &["smtp://me@127.0.0.1:9"]].concat();
    does_nothing(&with(&smtp), &variables[..1], &[]);
    let mut files = with(&smtp);
    files.extend(["--smtp-password-file", &secret, "--metrics", "127.0.0.1:0"]);
    files.extend(["--metrics-bearer-file", &secret]);
    does_nothing(
        &files,
        &variables[..2],
        &[
            "INVITE_SERVER_SMTP_PASSWORD does nothing beside --smtp-password-file",
            "INVITE_SERVER_METRICS_BEARER does nothing beside --metrics-bearer-file",
        ],
    );
    // Empty is not set, as in a file of variables for every machine.
    does_nothing(&with(&[]), &[("INVITE_SERVER_METRICS_BEARER", "")], &[]);
}

#[test]
fn an_option_that_goes_with_what_was_not_said_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (database, file) = (path("invites.db"), path("invites.toml"));
    let with = |more: &[&'static str]| [&["--database", database.as_str()], more].concat();
    // Each with a value of its own; none is the default's.
    let options = [
        ("mail-language", "da", "without --smtp"),
        ("limit-mails", "7", "without --smtp"),
        ("quota-mails", "7", "without --smtp"),
        (
            "oidc-provider-name",
            "corp",
            "without an --oidc-issuer that has no name",
        ),
        (
            "oidc-scopes",
            "openid",
            "without an --oidc-issuer that has no name",
        ),
        (
            "oidc-audience",
            "us",
            "without an --oidc-issuer that has no name",
        ),
        (
            "oidc-username-claim",
            "sub",
            "without an --oidc-issuer that has no name",
        ),
        (
            "oidc-sign-out",
            "here",
            "without an --oidc-issuer that has no name",
        ),
        ("session-hours", "7", "without a way to sign in here"),
        ("trust-provider-name", "front", "without --trust-header"),
        ("database-connections", "7", "with a SQLite file"),
    ];
    let lines = options.map(|(name, _, why)| format!("--{name} does nothing {why}"));
    let lines = lines.each_ref().map(String::as_str);
    let flags = options.map(|(name, value, _)| format!("--{name}={value}"));
    let mut all = with(&[]);
    all.extend(flags.iter().map(String::as_str));
    does_nothing(&all, &[], &lines);
    // From wherever it comes.
    let text = options.map(|(name, value, _)| format!("{name} = '{value}'\n"));
    std::fs::write(&file, text.concat()).unwrap();
    does_nothing(&with(&[]), &[("INVITE_SERVER_CONFIG", &file)], &lines);
    does_nothing(
        &with(&[]),
        &[("INVITE_SERVER_LIMIT_MAILS", "7")],
        &["--limit-mails does nothing without --smtp"],
    );
    does_nothing(&with(&[]), &[], &[]);

    let to_mail = ["--mail-from", "a@b.example", "--limit-mails", "7", "--smtp"];
    does_nothing(
        &with(&[&to_mail[..], &["smtp://127.0.0.1:9"]].concat()),
        &[],
        &[],
    );
    does_nothing(
        &with(&["--demo", "--session-hours", "7", "--webhooks-to", "public"]),
        &[],
        &["--webhooks-to does nothing with --demo, where they go to this machine, too"],
    );
}

#[test]
fn what_is_said_of_an_issuer_asks_for_a_client_there() {
    let (issuer, folder) = (nobody(), tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (database, file) = (path("invites.db"), path("invites.toml"));
    let details = "[oidc.corp]\nlabel = 'The Corp'\nscopes = 'openid'\naudience = ['us']\n";
    std::fs::write(&file, details).unwrap();
    let corp = format!("corp={issuer}/corp");
    let all = [
        "--database",
        &database,
        "--config",
        &file,
        "--oidc-issuer",
        &issuer,
    ];
    let all = [
        &all[..],
        &["--oidc-issuer", &corp, "--oidc-scopes", "openid"],
    ]
    .concat();
    let idle = [
        "--oidc-scopes does nothing without --oidc-client-id",
        "label under [oidc.corp] does nothing without client-id there",
        "scopes under [oidc.corp] does nothing without client-id there",
    ];
    does_nothing(&all, &[], &idle);
    // With a client for one of them, whose secret stands in a file.
    let secret = path("secret");
    std::fs::write(&secret, "hush").unwrap();
    let client = [
        "--oidc-client-id",
        "us",
        "--oidc-client-secret-file",
        &secret,
    ];
    does_nothing(
        &[&all[..], &client].concat(),
        &[("INVITE_SERVER_OIDC_CLIENT_SECRET", "marked")],
        &[
            "INVITE_SERVER_OIDC_CLIENT_SECRET does nothing beside --oidc-client-secret-file",
            idle[1],
            idle[2],
        ],
    );
}
