//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use invite_key::KeyKind;
use invite_key::signed::DEFAULT_LEEWAY;

const AFTER_HELP: &str = "\
Nothing here asks a network: whether a key still works only its server can tell.
A key given as an argument stands in the shell's history and in the list of
processes; one on standard input does not.

Exit codes:
  0  every key is what it should be (inspect: plausible; verify: authentic),
     or find has found one
  1  one is not, or find has found none
  2  the command line makes no sense
  3  something could not be read or written

Examples:
  invite-key inspect                  paste a key or a link, then Enter
  invite-key find mail.eml            the invites in a mail, whatever transports did to them
  pbpaste | invite-key find --json    the same with what was copied
  curl -s https://invites.example/.well-known/jwks.json > jwks.json
  invite-key verify --jwks jwks.json --audience https://invites.example/notes < key.txt
  invite-key generate                 a new key";

/// Says what an invite key is, without asking anyone: its kind, what is wrong with it, who issued it, what it would grant.
#[derive(Debug, Parser)]
#[command(
    name = "invite-key",
    version,
    after_help = AFTER_HELP,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// One JSON object for each key, each on a line of its own
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at a key, or at a link with one: its kind, what is wrong with it, what a signed key says of itself
    Inspect(Inspect),
    /// Find the invites in a text, such as a mail, and undo what transports did to them
    Find(Find),
    /// Prove who issued a signed key, for what, and that its time has come and is not over
    Verify(Verify),
    /// Make new random keys
    Generate(Generate),
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// The key or the link; without it, standard input is read, one key or link a line
    #[arg(value_name = "KEY|LINK")]
    pub(crate) key: Option<String>,

    /// The name of the parameter that carries the key in links
    #[arg(long, value_name = "NAME", default_value = "acceptInvite")]
    pub(crate) parameter: String,
}

#[derive(Args)]
pub(crate) struct Find {
    /// The file with the text; without it, or for `-`, standard input
    pub(crate) file: Option<PathBuf>,

    /// Show the keys too: whoever sees them holds the invites
    #[arg(long)]
    pub(crate) reveal: bool,

    /// The name of the parameter that carries the key in links
    #[arg(long, value_name = "NAME", default_value = "acceptInvite")]
    pub(crate) parameter: String,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The key or the link; without it, standard input is read, one key or link a line
    #[arg(value_name = "KEY|LINK")]
    pub(crate) key: Option<String>,

    /// The issuer's public keys: what its server serves at /.well-known/jwks.json
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks: PathBuf,

    /// What the key has to be for: the server's address, alone or with `/` and a resource behind it
    #[arg(long, value_name = "URL")]
    pub(crate) audience: String,

    /// The time to judge by, in seconds since 1970-01-01 UTC; without it, now
    #[arg(long, value_name = "SECONDS")]
    pub(crate) now: Option<u64>,

    /// How many seconds the issuer's clock may differ from that, 3600 at most
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_LEEWAY)]
    pub(crate) leeway: u64,

    /// The name of the parameter that carries the key in links
    #[arg(long, value_name = "NAME", default_value = "acceptInvite")]
    pub(crate) parameter: String,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What sort of key
    #[arg(long, value_enum, default_value_t = Kind::Opaque)]
    pub(crate) kind: Kind,

    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) count: u32,
}

/// The kinds of keys that can be made of chance alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// inv1_, 30 random characters and a checksum
    Opaque,
    /// 64 hex digits, as Webstrates makes them
    Webstrates,
}

impl From<Kind> for KeyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Opaque => Self::Opaque,
            Kind::Webstrates => Self::Webstrates,
        }
    }
}

// By hand: the derived ones would show the key, or the file's name, which may be a key by mistake.
macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

redacted!(Inspect, Find, Verify);
