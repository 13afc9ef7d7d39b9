//! How often one may call.

use clap::Args;

/// How often one may call: so many in a minute, at once or spread. Without a number, a demo has no limits.
#[derive(Debug, Clone, Default, Args)]
pub struct LimitOptions {
    /// Calls a minute from one address, at once or spread, over all copies' own counts; 0 for any number. An IPv6
    /// address counts together with its /64 [default: 3000; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_ADDRESS",
        help_heading = "Limits"
    )]
    pub limit_address: Option<u32>,

    /// Calls a minute by one person, from wherever; 0 for any number [default: 600; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_USER",
        help_heading = "Limits"
    )]
    pub limit_user: Option<u32>,

    /// Calls a minute by one app, from wherever and for whomever: neither its address nor whom it acts for is charged with
    /// them; 0 for any number [default: 30000; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_APP",
        help_heading = "Limits"
    )]
    pub limit_app: Option<u32>,

    /// Invites a minute that one address may look up without being signed in; 0 for any number
    /// [default: 30; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_SIGNED_OUT_CHECK",
        help_heading = "Limits"
    )]
    pub limit_signed_out_check: Option<u32>,

    /// Invites a minute that one address may have kept in a cookie until it has signed in; 0 for any number
    /// [default: 30; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_PENDING",
        help_heading = "Limits"
    )]
    pub limit_pending: Option<u32>,

    /// Keys a minute that one person, one app, or one address that is not signed in, may try and that open nothing; after that
    /// none is looked up; 0 for any number [default: 20; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_WRONG_KEYS",
        help_heading = "Limits"
    )]
    pub limit_wrong_keys: Option<u32>,

    /// Ids a minute that one person may try to give to a resource (PUT), and that one app may try in vain, after which none
    /// is tried for a while: nobody finds out quickly which there are. Ids that the server chooses (POST) do not count;
    /// 0 for any number [default: 30; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_NAMES",
        help_heading = "Limits"
    )]
    pub limit_names: Option<u32>,

    /// Invites an hour that one person may have mailed or mailed again; 0 for any number [default: 60; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_MAILS",
        help_heading = "Limits"
    )]
    pub limit_mails: Option<u32>,

    /// Connections at once from one address; further ones are closed at once; 0 for any number. Those of a --trust-proxy
    /// are not counted [default: 512; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_CONNECTIONS",
        help_heading = "Limits"
    )]
    pub limit_connections: Option<u32>,

    /// WebSockets at once from one address, behind a --trust-proxy from the one that it names; 0 for any number
    /// [default: 256; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_SOCKETS",
        help_heading = "Limits"
    )]
    pub limit_sockets: Option<u32>,

    /// Streams of events at once from one address, behind a --trust-proxy from the one that it names, or by one app, from
    /// wherever; 0 for any number. Of all that may be open, half of --max-connections, one resource has half and one person 64
    /// [default: 256; with --demo 0]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "INVITE_SERVER_LIMIT_STREAMS",
        help_heading = "Limits"
    )]
    pub limit_streams: Option<u32>,

    /// Show nothing of an invite to whoever is not signed in: to them every key is an invalid one
    #[arg(long, env = "INVITE_SERVER_NO_PUBLIC_CHECK", help_heading = "Limits")]
    pub no_public_check: bool,
}

impl LimitOptions {
    /// The limits that the operator has switched off.
    pub(super) fn switched_off(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("limit-address", self.limit_address),
            ("limit-user", self.limit_user),
            ("limit-app", self.limit_app),
            ("limit-signed-out-check", self.limit_signed_out_check),
            ("limit-pending", self.limit_pending),
            ("limit-wrong-keys", self.limit_wrong_keys),
            ("limit-names", self.limit_names),
            ("limit-mails", self.limit_mails),
            ("limit-connections", self.limit_connections),
            ("limit-sockets", self.limit_sockets),
            ("limit-streams", self.limit_streams),
        ];
        let off = all.into_iter().filter(|(_, number)| *number == Some(0));
        off.map(|(name, _)| name)
    }
}
