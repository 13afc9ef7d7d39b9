//! What goes wrong around the server, and the one line that the log has for each: the cause, the place and what to do.
//!
//! A condition that lasts is told when it begins and once a minute, with how often it was met meanwhile. `LOG.md` is
//! written from this table.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::Level;

/// How long a condition that was told is only counted.
const QUIET: Duration = Duration::from_secs(60);

/// One of them.
#[derive(Debug)]
pub struct Condition {
    /// What its line is found by.
    pub name: &'static str,
    /// How loud it is.
    pub level: Level,
    /// What is the matter, and what that means.
    pub sentence: &'static str,
    /// What to do.
    pub remedy: &'static str,
    seen: Mutex<Option<Seen>>,
}

/// That it is there.
#[derive(Debug)]
struct Seen {
    told: Instant,
    /// How often it was met since it was told.
    untold: u64,
}

impl Condition {
    const fn new(
        name: &'static str,
        level: Level,
        sentence: &'static str,
        remedy: &'static str,
    ) -> Condition {
        Condition {
            name,
            level,
            sentence,
            remedy,
            seen: Mutex::new(None),
        }
    }

    /// It was met here, for this reason; neither may hold what anybody sent.
    pub fn met(&self, place: impl Display, cause: impl Display) {
        if let Some(times) = self.is_to_be_told(Instant::now()) {
            self.tell(&place, &cause, times);
        }
    }

    /// It was met so often here, and is told: by whoever sees themselves that it is not told too often, since it is met at
    /// many places at once.
    pub fn met_often(&self, place: impl Display, cause: impl Display, times: u64) {
        self.tell(&place, &cause, times);
    }

    /// It is over. Told where it was there.
    pub fn is_over(&self, place: impl Display) {
        let seen = self.seen().take();
        if seen.is_some() {
            tracing::info!(condition = self.name, %place, "over");
        }
    }

    /// How often it was met, where it is to be told now.
    fn is_to_be_told(&self, now: Instant) -> Option<u64> {
        let mut seen = self.seen();
        match &mut *seen {
            Some(Seen { told, untold }) if now.saturating_duration_since(*told) < QUIET => {
                *untold = untold.saturating_add(1);
                None
            }
            held => {
                let before = held.as_ref().map_or(0, |seen| seen.untold);
                *held = Some(Seen {
                    told: now,
                    untold: 0,
                });
                Some(before.saturating_add(1))
            }
        }
    }

    fn tell(&self, place: &dyn Display, cause: &dyn Display, times: u64) {
        let Condition {
            name: condition,
            sentence,
            remedy,
            ..
        } = self;
        // A line's level is a constant where it is written.
        if self.level == Level::ERROR {
            tracing::error!(condition, %place, %cause, times, "{sentence}: {remedy}");
        } else {
            tracing::warn!(condition, %place, %cause, times, "{sentence}: {remedy}");
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The table: each with a name in the code, and all in one list.
macro_rules! conditions {
    ($($(#[$about:meta])* $constant:ident $level:ident $name:literal $sentence:literal $remedy:literal)*) => {
        $($(#[$about])* pub static $constant: Condition = Condition::new($name, Level::$level, $sentence, $remedy);)*

        /// All of them.
        pub static ALL: &[&Condition] = &[$(&$constant),*];
    };
}

conditions! {
    /// No room for what is to be written.
    DISK_FULL ERROR "disk_full"
        "the disk of the database is full, and nothing can be changed"
        "make room there; the server goes on by itself"
    /// What is to be written to takes nothing.
    DISK_READ_ONLY ERROR "disk_read_only"
        "the database's file or disk takes no writes, and nothing can be changed"
        "see how it is mounted (a disk that fails is often made read-only: dmesg) and whose the file is; the server goes on by itself"
    /// The disk does not do what it is told.
    DISK_FAILING ERROR "disk_failing"
        "the disk of the database fails, and nothing can be changed"
        "see what the system says of it (dmesg), take a backup, and move the database to another disk"
    /// What is in the file cannot be.
    DATABASE_DAMAGED ERROR "database_damaged"
        "the database file is damaged"
        "stop the server, keep the file with those beside it, and bring the last backup back (invite-server restore)"
    /// Another file stands in the place of the one that is open.
    DATABASE_REPLACED ERROR "database_replaced"
        "the database file was deleted or replaced under the running server, and changes are refused, since they would be lost"
        "put the file back, with those beside it; where they are gone, stop the server, which writes all that it has into the file that it has open, put that one in place and start again"
    /// The log cannot be emptied.
    LOG_LONG WARN "log_long"
        "the database's log grows, since another program has been reading for long"
        "end that program (a backup, a sqlite3 shell); beyond 1 GiB changes are refused until it ends"
    /// By this machine's clock much would have ended that has not, or nothing ends.
    CLOCK_LEAPT ERROR "clock_leapt"
        "this machine's clock is not what it should be, so nothing that has ended is deleted, and nobody is told of ends"
        "set it right; the server goes on by itself. Where it is right, say so: invite-server purge --clock-is-right"
    /// There is no way to the database.
    DATABASE_UNREACHABLE ERROR "database_unreachable"
        "the database cannot be reached"
        "see what the cause names; the server goes on by itself"
    /// The database takes no changes.
    DATABASE_READ_ONLY ERROR "database_read_only"
        "the database takes no changes: it is a standby, or default_transaction_read_only is set"
        "name the primary in --database, or end what makes it read-only (ALTER SYSTEM, DATABASE or ROLE … RESET default_transaction_read_only); the server goes on by itself"
    /// A connection does not answer.
    CONNECTION_DEAD WARN "connection_dead"
        "a connection to the database answered nothing in time and was replaced, with those that nobody used"
        "where it goes on, see what lies between (NAT, a firewall, a moved address), and whether a pooler has as many connections as all copies ask for (--database-connections, and two more)"
    /// All connections are in use.
    CONNECTIONS_BUSY WARN "connections_busy"
        "no connection to the database became free in time"
        "see what holds them (pg_stat_activity, pg_locks), or allow more: --database-connections"
    /// Somebody else holds what a statement needs.
    DATABASE_HELD WARN "database_held"
        "a statement was ended at its time limit, as it waited for what somebody else holds in the database or took too long, and the call was refused"
        "see who that is (pg_locks and pg_stat_activity; of a SQLite file: fuser) and end it; the server goes on by itself"
    /// A commit of which nobody knows.
    COMMIT_UNKNOWN ERROR "commit_unknown"
        "nobody knows whether a commit was carried out, and whoever asked for it is told so"
        "see that the database runs, and, where it waits for a standby, that one is there (pg_stat_replication)"
    /// A call took too long.
    CALL_ENDED ERROR "call_ended"
        "a call was ended at its time limit"
        "see what it waited for"
    /// Whoever reads the log does not, or has no room.
    LOG_LOST WARN "log_lost"
        "lines of this log were lost, as whoever reads the standard error stream does not take them in time, or has no room for them"
        "look after the log's reader and its disk"
    /// There are more connections to be than files.
    FILES_FEW WARN "files_few"
        "the system lets this program open too few files, so that there are fewer connections at once"
        "raise the limit with ulimit -n, or LimitNOFILE= of systemd, or say a smaller --max-connections"
    /// Somebody does not want to wait.
    TOLD_TWICE WARN "told_twice"
        "told to stop a second time, so it ends at once and what was begun is cut off"
        "what was acknowledged is there, and whoever was not answered tries again"
    /// Somebody calls too often, or has too much open. Told of each once a minute.
    OVER_LIMIT WARN "over_limit"
        "a caller is over a limit, and what is more is refused"
        "speak to them, or raise the limit"
    /// The mail server takes mail, and not at once.
    MAIL_SLOW WARN "mail_slow"
        "mails to one host are taken slowly, so that further ones to it wait, and those to others do not"
        "look at what the mail server says of that host"
    /// The mail server takes no mail at all.
    MAIL_STUCK WARN "mail_stuck"
        "no mail can be sent now, and what is to be sent waits, for a day at most"
        "look at --smtp and the mail server; mail goes on by itself"
    /// A mail is not sent any more.
    MAIL_GIVEN_UP ERROR "mail_given_up"
        "a mail was given up, and its inviter is told why"
        "mend the cause, and have it sent again"
    /// A backend hears nothing.
    WEBHOOK_BARRED WARN "webhook_barred"
        "a webhook is told nothing, as its address is not one that this server may reach"
        "start the server with the --webhooks-to that is said here, or set another address (apps webhook)"
    /// An issuer cannot be asked.
    ISSUER_SILENT WARN "issuer_silent"
        "nobody can sign in at an issuer now, as it does not answer as it should"
        "look at --oidc-issuer, at the client's id and secret, and whether this machine reaches it"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_told_once_a_minute_and_counted_meanwhile() {
        let condition = Condition::new("test", Level::ERROR, "it rains", "wait");
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(condition.is_to_be_told(began), Some(1));
        for second in 1..60 {
            assert_eq!(condition.is_to_be_told(after(second)), None);
        }
        assert_eq!(condition.is_to_be_told(after(60)), Some(60));
        condition.is_over("here");
        assert_eq!(
            condition.is_to_be_told(after(61)),
            Some(1),
            "it begins anew"
        );
    }

    #[test]
    fn each_has_a_name_of_its_own_and_says_what_to_do() {
        let mut names: Vec<_> = ALL.iter().map(|one| one.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for one in ALL {
            assert!(
                !one.remedy.is_empty() && !one.sentence.ends_with('.'),
                "{one:?}"
            );
        }
    }
}
