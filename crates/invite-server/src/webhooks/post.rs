//! One attempt: a signed POST to where the operator allows, and what its answer means.

use std::{error::Error, fmt, net::IpAddr, sync::Arc, time::Duration};

use reqwest::{
    Client, ClientBuilder, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use url::{Host, Url};

use super::Reach;
use crate::core::{Delivery, Moment, WebhookSecret};

/// How long an attempt may take.
pub(super) const TIME: Duration = Duration::from_secs(15);
const CONNECTING: Duration = Duration::from_secs(5);
/// So much of an answer is read, so that the connection can be used again.
const ANSWER_BYTES: usize = 16 * 1024;
const TROUBLE_CHARACTERS: usize = 160;

/// How an attempt went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was taken.
    Delivered,
    /// Nobody is there to tell any more (410).
    Gone,
    /// Not yet.
    Failed {
        /// Why, for the operator.
        trouble: String,
        /// How many seconds the backend asks to be left alone.
        retry_after: Option<u32>,
    },
}

/// What sends. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Post {
    client: Option<Client>,
    reach: Reach,
}

impl Post {
    pub(super) fn new(reach: Reach) -> Post {
        let builder = || -> ClientBuilder {
            Client::builder()
                .user_agent(concat!("invite-server/", env!("CARGO_PKG_VERSION")))
                // Where it goes is the operator's word: neither an answer nor the environment leads elsewhere.
                .redirect(Policy::none())
                .no_proxy()
                .dns_resolver(Arc::new(Allowed(reach)))
                .connect_timeout(CONNECTING)
                .timeout(TIME)
        };
        // A system without any certificates reaches itself, at least.
        let client = builder()
            .build()
            .or_else(|_| builder().tls_certs_only([]).build());
        Post {
            client: client.ok(),
            reach,
        }
    }

    /// Sends one delivery, once.
    pub(super) async fn send(
        &self,
        url: &str,
        secret: &WebhookSecret,
        delivery: &Delivery,
        now: Moment,
    ) -> Outcome {
        let Some(client) = &self.client else {
            return failed("this machine cannot make connections");
        };
        let url = match Url::parse(url) {
            Ok(url) => url,
            Err(_) => return failed("its address cannot be read"),
        };
        // Names are looked up by `Allowed`; numbers are not looked up.
        let number = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if number.is_some_and(|address| !self.reach.allows(address)) {
            return failed(&NotAllowed.to_string());
        }
        let timestamp = now.0.div_euclid(1000);
        let signature = secret.sign(&delivery.message, timestamp, &delivery.body);
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &delivery.message)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(delivery.body.clone());
        match request.send().await {
            Ok(response) => answered(response).await,
            Err(error) => failed(&trouble(&error)),
        }
    }
}

async fn answered(mut response: Response) -> Outcome {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER_BYTES {
            break;
        }
    }
    if status.is_success() {
        return Outcome::Delivered;
    }
    if status == StatusCode::GONE {
        return Outcome::Gone;
    }
    let more = if status.is_redirection() {
        ", and redirects are not followed"
    } else {
        ""
    };
    Outcome::Failed {
        trouble: format!("it answered {}{more}", status.as_u16()),
        retry_after,
    }
}

fn failed(trouble: &str) -> Outcome {
    Outcome::Failed {
        trouble: trouble.to_owned(),
        retry_after: None,
    }
}

/// What the innermost error says: the outer ones repeat the address, which may hold something that nobody else knows.
fn trouble(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = if cause.is::<NotAllowed>() {
        cause.to_string()
    } else if error.is_timeout() {
        format!("no answer within {} seconds", TIME.as_secs())
    } else if std::ptr::addr_eq(cause, error) {
        "no answer".to_owned()
    } else {
        format!("no answer: {cause}")
    };
    let printable = text
        .chars()
        .map(|one| if one.is_control() { ' ' } else { one });
    printable.take(TROUBLE_CHARACTERS).collect()
}

/// Looks names up, and knows only the addresses that are allowed: what was looked at is what is connected to.
struct Allowed(Reach);

impl Resolve for Allowed {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|one| reach.allows(one.ip())).collect();
            if allowed.is_empty() {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug)]
struct NotAllowed;

impl fmt::Display for NotAllowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it is not on the internet; see the server's option --webhooks-to")
    }
}

impl Error for NotAllowed {}
