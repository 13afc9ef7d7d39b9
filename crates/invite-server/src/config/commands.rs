//! What to do instead of serving.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use invite_key::Permissions;

use super::Period;
use crate::core::{AppDialect, User};

/// What to do instead of serving. The options for the database and the secret file go before it.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The backends that take part, each with what it may act on
    #[command(subcommand)]
    Apps(Apps),
    /// People and their sessions
    #[command(subcommand)]
    People(People),
    /// The secrets that keys are derived from and signed with
    #[command(subcommand)]
    Keys(Keys),
    /// Delete what has ended: invites that expired or were removed long ago, events as old, used-up receipts and
    /// Idempotency-Keys. A running server does it by itself once an hour. Nobody loses access
    Purge(Purge),
    /// Delete what names a person, as the law may ask you to. It cannot be undone
    Erase(Erase),
    /// Copy every row, as of one moment, and the secret file into a new folder. The server may go on serving. From
    /// PostgreSQL too: the rows come as a SQLite file, from which either database can be filled again
    Backup(Backup),
    /// Fill the database and the secret file from a backup: every key that worked then works again. Stop all copies of
    /// the server first
    Restore(Restore),
    /// Show the options in force and where each comes from, without secrets, as a configuration file would have them; then
    /// what they put at risk, which of them do nothing, and which issuers do not answer
    Config,
}

/// What to do with the apps. A running server knows of it at once.
#[derive(Debug, Clone, Subcommand)]
pub enum Apps {
    /// Let a backend take part: prints its key, or its id and on a second line its secret, which is never shown again. It
    /// acts on what it creates and on what `apps grant` gives it
    Add {
        /// 1 to 64 letters, digits, dots, hyphens or underscores; in RKVST's dialect, where people see it, spaces too
        name: String,
        /// What it speaks. http: our own API, with a key (ika_…), in the name of the people it names. rkvst: RKVST's
        /// Invites API, with a client id and a secret (ics_…) for which it gets a bearer at
        /// PUBLIC-URL/archivist/iam/v1/appidp/token; it becomes an admin of its one resource, and people learn of its
        /// invites by mail: see --smtp
        #[arg(long, value_name = "DIALECT", default_value = "http", value_parser = dialect)]
        dialect: AppDialect,
        /// rkvst: what it invites to, its tenancy; made where it does not exist
        #[arg(long, value_name = "ID", required_if_eq("dialect", "rkvst"))]
        resource: Option<String>,
        /// rkvst: what its invites grant, one to three of the letters a (admin), r (read) and w (write)
        /// [default: r]
        #[arg(long, value_name = "LETTERS", requires = "resource", value_parser = Permissions::parse)]
        permissions: Option<Permissions>,
        /// http: let it act on every resource, whoever created it, and be told of all
        #[arg(long, conflicts_with = "resource")]
        all_resources: bool,
    },
    /// Let a backend act on a resource that it did not create, and be told of it
    Grant {
        /// The app's name
        name: String,
        /// The resource
        resource: String,
    },
    /// Let a backend act on a resource no longer, be it that the backend created it; what it has yet to be told of it is
    /// forgotten
    Revoke {
        /// The app's name
        name: String,
        /// The resource
        resource: String,
    },
    /// List them: when each came, its name, its dialect, its id where it has one, and what it acts on
    List,
    /// Tell a backend what happens to the invites of its resources, as Standard Webhooks: prints the secret (whsec_…)
    /// that it verifies signatures with, which is never shown again. Setting it anew makes another secret and sends there
    /// at once what waits
    Webhook {
        /// The app's name
        name: String,
        /// https://…, or http:// on this machine; see --webhooks-to
        #[arg(required_unless_present = "none")]
        url: Option<String>,
        /// Tell it nothing any more; what waits is forgotten
        #[arg(long, conflicts_with = "url")]
        none: bool,
    },
    /// List where backends are told, how much waits, and what went wrong last
    Webhooks,
    /// Let a backend no longer take part: its key or bearers are refused at once. What it created stays; invites of an
    /// RKVST app that nobody accepted open nothing any more
    Remove {
        /// Its name, or its id
        #[arg(value_name = "NAME|ID")]
        name: String,
    },
}

fn dialect(text: &str) -> Result<AppDialect, String> {
    AppDialect::parse(text).ok_or_else(|| "write http or rkvst".into())
}

/// What to do about people. A running server knows of it within two seconds.
#[derive(Debug, Clone, Subcommand)]
pub enum People {
    /// End every session of somebody, and say how many were open: their cookies count no longer, and sockets and streams
    /// opened with them end
    SignOut {
        /// Who, as in alice:google
        #[arg(value_name = "USERNAME:PROVIDER", value_parser = named)]
        user: User,
    },
}

/// What to do with the secrets.
#[derive(Debug, Clone, Subcommand)]
pub enum Keys {
    /// List them: id, where it stands (next: published, and made with later; active: all is made with it; retired: what
    /// was made with it goes on), and what is out that was made with it
    List,
    /// Make all with the next secret from now on, and publish another. Running copies of the server take it up within a
    /// second or two, or at a SIGHUP, and refuse nothing that is good. Invites made with the secret of before go on;
    /// bearers, receipts and access tokens of it count until they end, those of the one before that no longer
    Rotate {
        /// Also where the next secret is so new that other copies and those who keep the JWK set may not know it
        #[arg(long)]
        at_once: bool,
    },
    /// End a leaked secret, on every copy of the server within a second or two, whichever file it has: everything made with
    /// it ends, invites and their keys too; says how many
    Revoke {
        /// Its id, as `keys list` shows it
        id: String,
    },
}

/// What to purge.
#[derive(Debug, Clone, Args)]
pub struct Purge {
    /// How long ago it must have ended, as in 12h or 7d; 0s takes all that has ended
    /// [default: what --keep-ended says]
    #[arg(long, value_name = "DURATION")]
    pub older_than: Option<Period>,

    /// This machine's clock is right, although it is far from the last time that the SQLite file has seen: a server that
    /// deletes nothing since then goes on, too
    #[arg(long)]
    pub clock_is_right: bool,
}

/// Whom to erase.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Erase {
    /// Somebody who has signed in, as in alice:google: what they may do, the invites they made, where they used an
    /// invite, what they did. They can sign in again as a newcomer: close their account at the provider first
    #[arg(long, value_name = "NAME:PROVIDER", value_parser = named)]
    pub user: Option<User>,

    /// Somebody with this address: the invites that only they may accept
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
}

/// Where to.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// A folder that is not there yet; it will hold invites.db and invites.secret, which nobody else may read. With both,
    /// every key works: keep it as safe as the server
    pub folder: PathBuf,
}

/// Where from.
#[derive(Debug, Clone, Args)]
pub struct Restore {
    /// A folder that `backup` has made, on this or the other sort of database
    pub folder: PathBuf,

    /// Delete what the database holds now. The secret file that is there is kept beside as ….replaced
    #[arg(long)]
    pub replace: bool,
}

/// Providers have no colon in their names; people may.
fn named(text: &str) -> Result<User, String> {
    match text.rsplit_once(':') {
        Some((name, provider)) if !name.is_empty() && !provider.is_empty() => {
            Ok(User::new(name, provider))
        }
        _ => Err("write the name and the sign-in provider, as in alice:google".into()),
    }
}
