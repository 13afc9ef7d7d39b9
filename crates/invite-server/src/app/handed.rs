//! From what the operator asks for to what each part is given: plain values, so that no part knows how they are asked
//! for.

use std::path::PathBuf;
use std::sync::Arc;

use crate::address::Origins;
use crate::auth::seal::Sealer;
use crate::auth::{
    Auth, ClientAccount, Face, Issuer, IssuerSettings, Proxies, SignOut, TrustedProxy, Ways,
};
use crate::config::{self, Config, IssuerOptions, MailLanguage, SecretUnusable, SignInUnusable};
use crate::core::{Accounts, Quotas, Refusal, Secrets, TEST_ISSUER, TEST_PROVIDER, proxy_issuer};
use crate::invites::Invites;
use crate::limits::Numbers;
use crate::mail::{Language, MailSettings};
use crate::site::{Assets, Look, LookUnusable, Site, Wishes};

use super::StartError;

/// How people may be recognised.
pub(super) fn ways(config: &Config, origins: &Origins, look: &Look) -> Result<Ways, StartError> {
    let options = &config.sign_in;
    options.validate()?;
    let mut issuers = Vec::new();
    for issuer in options.issuers()? {
        let settings = issuer_settings(&issuer)?;
        issuers.push(Issuer::new(settings, origins.first())?);
    }
    Ok(Ways {
        issuers,
        proxy: options.trust_header.clone().map(|username| TrustedProxy {
            proxies: proxies(config),
            username,
            shown_name: options.trust_name_header.clone(),
            email: options.trust_email_header.clone(),
            provider: options.trust_provider_name.clone(),
        }),
        test: config.demo,
        session_seconds: Some(u64::from(config.sign_in.session_hours) * 3600),
        face: Face {
            name: look.name().to_owned(),
            icon: look.picture(),
            contact: look.contact().map(str::to_owned),
            privacy: look.privacy().map(str::to_owned),
        },
    })
}

/// Who may be asking.
pub(super) fn sign_in(
    config: &Config,
    secrets: &Secrets,
    origins: Origins,
    ways: Ways,
    accounts: Arc<dyn Accounts>,
) -> Auth {
    // Whoever was anybody in a demo is nobody when the same files are served to the world.
    let label = if config.demo {
        "demo sign-in"
    } else {
        "sign-in"
    };
    let sealer = Sealer::new(secrets.clone(), label);
    Auth::with(sealer, origins, ways, accounts)
}

/// The names under which people stand: none of them can be given to the people of another.
pub(super) async fn name_issuers(config: &Config, invites: &Invites) -> Result<(), Refusal> {
    let options = &config.sign_in;
    // What cannot be was refused before.
    for issuer in options.issuers().unwrap_or_default() {
        invites.name_issuer(&issuer.name, &issuer.address).await?;
    }
    if options.trust_header.is_some() {
        let name = &options.trust_provider_name;
        invites.name_issuer(name, &proxy_issuer(name)).await?;
    }
    if config.demo {
        invites.name_issuer(TEST_PROVIDER, TEST_ISSUER).await?;
    }
    Ok(())
}

fn issuer_settings(issuer: &IssuerOptions) -> Result<IssuerSettings, SignInUnusable> {
    let client = match issuer.details.client_id.clone() {
        Some(id) => Some(ClientAccount {
            id,
            secret: issuer.client_secret()?,
            scopes: issuer.scopes().to_owned(),
        }),
        None => None,
    };
    Ok(IssuerSettings {
        address: issuer.address.clone(),
        client,
        provider: issuer.name.clone(),
        label: issuer.label(),
        is_named: issuer.is_named,
        username_claim: issuer.username_claim().to_owned(),
        audiences: issuer.details.audience.clone(),
        sign_out: match issuer.details.sign_out {
            Some(config::SignOut::Here) => SignOut::Here,
            Some(config::SignOut::IssuerAndBack) => SignOut::IssuerAndBack,
            Some(config::SignOut::Issuer) | None => SignOut::Issuer,
        },
    })
}

/// The proxies in front.
pub(super) fn proxies(config: &Config) -> Proxies {
    Proxies::new(config.proxy.trust_proxy.clone())
}

/// How often one may call: the operator's numbers, or else the usual ones; a demo has no limits that it was not given.
pub(super) fn numbers(config: &Config) -> Numbers {
    let options = &config.limits;
    let usual = if config.demo {
        Numbers::NONE
    } else {
        Numbers::USUAL
    };
    Numbers {
        address: options.limit_address.unwrap_or(usual.address),
        user: options.limit_user.unwrap_or(usual.user),
        app: options.limit_app.unwrap_or(usual.app),
        signed_out_check: options
            .limit_signed_out_check
            .unwrap_or(usual.signed_out_check),
        pending: options.limit_pending.unwrap_or(usual.pending),
        wrong_keys: options.limit_wrong_keys.unwrap_or(usual.wrong_keys),
        names: options.limit_names.unwrap_or(usual.names),
        mails: options.limit_mails.unwrap_or(usual.mails),
        connections: options.limit_connections.unwrap_or(usual.connections),
        sockets: options.limit_sockets.unwrap_or(usual.sockets),
        streams: options.limit_streams.unwrap_or(usual.streams),
    }
}

/// How much of something there may be: the operator's numbers, or else the usual ones; a demo has no quotas that it was
/// not given.
pub(super) fn quotas(config: &Config) -> Quotas {
    let options = &config.quotas;
    let usual = if config.demo {
        Quotas::NONE
    } else {
        Quotas::USUAL
    };
    Quotas {
        invites: options.quota_invites.unwrap_or(usual.invites),
        resources: options.quota_resources.unwrap_or(usual.resources),
        mails: options.quota_mails.unwrap_or(usual.mails),
    }
}

/// How invites are mailed; `None` if they are not.
pub(super) fn mail(config: &Config) -> Result<Option<MailSettings>, SecretUnusable> {
    let options = &config.mail;
    let Some(server) = options.smtp.clone() else {
        return Ok(None);
    };
    Ok(Some(MailSettings {
        server,
        password: options.password()?,
        password_file: options.smtp_password_file.is_some(),
        authorities: options.smtp_ca_file.clone(),
        from: options.mail_from.clone().unwrap_or_default(),
        page: options.mail_page.clone(),
        templates: options.mail_templates.clone(),
        language: match options.mail_language {
            MailLanguage::En => Language::En,
            MailLanguage::Da => Language::Da,
            MailLanguage::De => Language::De,
        },
    }))
}

/// Pages and package.
pub(super) fn site(config: &Config, origins: &Origins, look: Look) -> Result<Site, StartError> {
    let pages = folder("--www", config.www.as_ref())?;
    let package = folder("--sdk", config.sdk.as_ref())?;
    let pages = pages.unwrap_or_else(Assets::pages);
    let package = package.unwrap_or_else(Assets::package);
    Ok(Site::new(pages, package, origins.clone(), look))
}

/// What the operator has instead of what is built in.
fn folder(option: &'static str, path: Option<&PathBuf>) -> Result<Option<Assets>, StartError> {
    let Some(path) = path else { return Ok(None) };
    path.read_dir().map_err(|cause| StartError::Folder {
        option,
        path: path.clone(),
        cause,
    })?;
    Ok(Some(Assets::folder(path.clone())))
}

/// How the pages look.
pub(super) fn look(config: &Config) -> Result<Look, StartError> {
    let options = &config.pages;
    let read =
        |path: &PathBuf| std::fs::read(path).map_err(|error| StartError::Logo(path.clone(), error));
    let look: Result<Look, LookUnusable> = Look::new(Wishes {
        demo: config.demo,
        name: options.name.clone(),
        logo: options.logo.as_ref().map(read).transpose()?,
        color: options.color.clone(),
        open: options.open_url.clone(),
        contact: options.contact_url.clone(),
        privacy: options.privacy_url.clone(),
    });
    Ok(look?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[test]
    fn a_demo_has_the_limits_it_was_given_and_no_others() {
        let given =
            |more: &[&str]| numbers(&Config::parse_from([&["invite-server"], more].concat()));
        assert_eq!(given(&[]), Numbers::USUAL);
        assert_eq!(given(&["--demo"]), Numbers::NONE);
        let quotas =
            |more: &[&str]| quotas(&Config::parse_from([&["invite-server"], more].concat()));
        assert_eq!(quotas(&[]), Quotas::USUAL);
        assert_eq!(quotas(&["--demo"]), Quotas::NONE);
        let mails = Quotas {
            mails: 7,
            ..Quotas::USUAL
        };
        assert_eq!(quotas(&["--quota-mails", "7"]), mails);
        let one = given(&["--demo", "--limit-user", "7"]);
        assert_eq!(
            one,
            Numbers {
                user: 7,
                ..Numbers::NONE
            }
        );
    }
}
