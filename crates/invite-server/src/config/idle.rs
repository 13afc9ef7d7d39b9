//! What was said and does nothing, as what it goes with was not said.

use super::{Config, IssuerOptions, mail, operation, signin};
use crate::address::{DatabaseAddress, is_loopback_host};

/// A line for each: of the options, `is_said` knows which were.
pub(super) fn idle(config: &Config, is_said: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (names, why) in options(config) {
        let said = names.iter().filter(|name| is_said(name));
        let told = said.map(|name| format!("--{} does nothing {why}", name.replace('_', "-")));
        lines.extend(told);
    }
    for (name, why) in secrets(config) {
        if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
            lines.push(format!(
                "the environment variable {name} does nothing {why}"
            ));
        }
    }
    let named = config.sign_in.issuers().unwrap_or_default();
    lines.extend(named.iter().flat_map(details));
    lines.extend(unread_certificates(config));
    lines
}

/// What does nothing now, and why.
fn options(config: &Config) -> Vec<(&'static [&'static str], &'static str)> {
    let (mail, sign_in) = (&config.mail, &config.sign_in);
    let mut idle: Vec<(&'static [&'static str], &'static str)> = Vec::new();
    if mail.smtp.is_none() {
        idle.push((
            &["mail_language", "limit_mails", "quota_mails"],
            "without --smtp",
        ));
    } else if is_plain(config) {
        let why = "without TLS: end --smtp with ?tls=required, or begin it with smtps://";
        idle.push((&["smtp_ca_file"], why));
    }
    // What cannot be is refused.
    if let Ok(issuers) = sign_in.issuers() {
        if issuers.iter().all(|issuer| issuer.is_named) {
            idle.push((
                &[
                    "oidc_provider_name",
                    "oidc_scopes",
                    "oidc_audience",
                    "oidc_username_claim",
                    "oidc_sign_out",
                ],
                "without an --oidc-issuer that has no name",
            ));
        } else if sign_in.oidc_client_id.is_none() {
            idle.push((
                &["oidc_scopes", "oidc_sign_out"],
                "without --oidc-client-id",
            ));
        }
    }
    if !config.demo && !sign_in.signs_people_in() {
        idle.push((&["session_hours"], "without a way to sign in here"));
    }
    if sign_in.trust_header.is_none() {
        idle.push((&["trust_provider_name"], "without --trust-header"));
    }
    if !matches!(config.database, Some(DatabaseAddress::Postgres(_))) {
        idle.push((&["database_connections"], "with a SQLite file"));
    }
    if config.webhooks.webhooks_to < config.webhooks_to() {
        idle.push((
            &["webhooks_to"],
            "with --demo, where they go to this machine, too",
        ));
    }
    idle
}

/// The secrets in variables that nobody reads now, and why.
fn secrets(config: &Config) -> Vec<(&'static str, &'static str)> {
    let of_mail = match config.mail.smtp.as_deref() {
        None => Some("without --smtp"),
        Some(_) if config.mail.smtp_password_file.is_some() => Some("beside --smtp-password-file"),
        Some(smtp) => url::Url::parse(smtp)
            .is_ok_and(|url| url.username().is_empty())
            .then_some("while --smtp names no user, as in smtp://USER@HOST"),
    };
    let of_metrics = match config.operation.metrics {
        None => Some("without --metrics"),
        Some(_) => (config.operation.metrics_bearer_file.is_some())
            .then_some("beside --metrics-bearer-file"),
    };
    let of_client = match config.sign_in.oidc_client_id {
        None => Some("without --oidc-client-id"),
        Some(_) => (config.sign_in.oidc_client_secret_file.is_some())
            .then_some("beside --oidc-client-secret-file"),
    };
    let all = [
        (mail::PASSWORD, of_mail),
        (operation::BEARER, of_metrics),
        (signin::CLIENT_SECRET, of_client),
    ];
    let idle = all.into_iter().filter_map(|(name, why)| Some((name, why?)));
    idle.collect()
}

/// What the configuration file says of an issuer with a name for signing in there, which nobody can.
fn details(issuer: &IssuerOptions) -> Vec<String> {
    let details = &issuer.details;
    if !issuer.is_named || details.client_id.is_some() {
        return Vec::new();
    }
    let said = [
        ("label", details.label.is_some()),
        ("client-secret-file", details.client_secret_file.is_some()),
        ("scopes", details.scopes.is_some()),
        ("sign-out", details.sign_out.is_some()),
    ];
    let idle = said.into_iter().filter(|(_, is_said)| *is_said);
    let line = |name| {
        format!(
            "{name} under [oidc.{}] does nothing without client-id there",
            issuer.name
        )
    };
    idle.map(|(name, _)| line(name)).collect()
}

/// Whether mail goes to its server without TLS.
fn is_plain(config: &Config) -> bool {
    let Some(Ok(url)) = config.mail.smtp.as_deref().map(url::Url::parse) else {
        return false;
    };
    let is_here = url.host_str().is_some_and(is_loopback_host);
    url.scheme() == "smtp" && (url.query() == Some("tls=none") || is_here && url.query().is_none())
}

/// What stands in the database's address about certificates, and is not read.
fn unread_certificates(config: &Config) -> Option<String> {
    let Some(DatabaseAddress::Postgres(address)) = &config.database else {
        return None;
    };
    let (_, query) = address.split_once('?')?;
    let has = |wanted: &str| {
        let mut all = url::form_urlencoded::parse(query.as_bytes());
        all.find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    has("sslrootcert")?;
    let mode = has("sslmode").unwrap_or_else(|| "prefer".to_owned());
    let is_read = mode.starts_with("verify-");
    (!is_read).then(|| {
        format!("sslrootcert in --database does nothing with sslmode={mode}: verify-full looks at certificates")
    })
}
