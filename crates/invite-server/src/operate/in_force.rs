//! `config`: the options in force, what they put at risk, and what of them comes to nothing.

use futures_util::future::join_all;

use crate::auth::issuer_trouble;
use crate::conditions::ISSUER_SILENT;
use crate::config::{Config, IssuerOptions};

/// As a configuration file would have it, all else in comments.
pub(super) async fn run(config: &Config) -> String {
    let risks = config.risks();
    let risks = risks.iter().map(|risk| format!("# risk: {risk}"));
    // What cannot be is refused at the start.
    let issuers = config.sign_in.issuers().unwrap_or_default();
    let silent = join_all(issuers.iter().map(silent)).await;
    let lines = config.unheeded.iter().cloned();
    let warnings = lines.chain(silent.into_iter().flatten());
    let warnings = warnings.map(|line| format!("# warning: {line}"));
    let all = config
        .effective
        .iter()
        .cloned()
        .chain(risks)
        .chain(warnings);
    all.collect::<Vec<_>>().join("\n")
}

/// What the log would say of an issuer that does not answer.
async fn silent(issuer: &IssuerOptions) -> Option<String> {
    let cause = issuer_trouble(&issuer.address).await?;
    let (sentence, remedy) = (ISSUER_SILENT.sentence, ISSUER_SILENT.remedy);
    Some(format!(
        "{sentence}: {remedy} ({}: {cause})",
        issuer.address
    ))
}
