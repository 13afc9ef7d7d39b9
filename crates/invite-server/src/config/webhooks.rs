//! Which addresses webhooks may go to.

use clap::{Args, ValueEnum};

use crate::address::Reach;

/// Telling backends what happens.
#[derive(Debug, Clone, Args)]
pub struct WebhookOptions {
    /// Where webhooks may go. Their addresses are the operator's to set (`apps webhook`), but what a name stands for is
    /// not: without this, a name that somebody points at a machine inside would be reached. With --demo at least
    /// loopback
    #[arg(
        long,
        value_name = "WHERE",
        env = "INVITE_SERVER_WEBHOOKS_TO",
        default_value = "public",
        help_heading = "Backends"
    )]
    pub webhooks_to: WebhooksTo,
}

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum WebhooksTo {
    /// Addresses of the internet.
    Public,
    /// And this machine, where http:// will do.
    Loopback,
    /// And the networks around it (10.0.0.0/8, 192.168.0.0/16, fd00::/8 and the like).
    Private,
}

impl WebhooksTo {
    /// The addresses that it stands for.
    pub fn reach(self) -> Reach {
        match self {
            WebhooksTo::Public => Reach::Public,
            WebhooksTo::Loopback => Reach::Loopback,
            WebhooksTo::Private => Reach::Private,
        }
    }
}
