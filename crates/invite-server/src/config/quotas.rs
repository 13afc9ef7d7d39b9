//! How much of something there may be.

use clap::Args;

/// How much of something there may be, counted in the database, for all copies of the server together. Without a number,
/// a demo has no quotas.
#[derive(Debug, Clone, Default, Args)]
pub struct QuotaOptions {
    /// Invites of one person on one resource that can be accepted: what is over, used up or taken back does not count;
    /// 0 for any number [default: 1000; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_QUOTA_INVITES",
        help_heading = "Limits"
    )]
    pub quota_invites: Option<u32>,

    /// Resources that one person has created and that are still there, whoever acts for them; 0 for any number
    /// [default: 200; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_QUOTA_RESOURCES",
        help_heading = "Limits"
    )]
    pub quota_resources: Option<u32>,

    /// Mails to one address in any hour, whoever asks for them; 0 for any number [default: 3; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_QUOTA_MAILS",
        value_parser = clap::value_parser!(u32).range(0..=1000),
        help_heading = "Limits"
    )]
    pub quota_mails: Option<u32>,
}

impl QuotaOptions {
    /// The quotas that the operator has switched off.
    pub(super) fn switched_off(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("quota-invites", self.quota_invites),
            ("quota-resources", self.quota_resources),
            ("quota-mails", self.quota_mails),
        ];
        let off = all.into_iter().filter(|(_, number)| *number == Some(0));
        off.map(|(name, _)| name)
    }
}
