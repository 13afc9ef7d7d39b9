//! Keeping the time by which is done what cannot be taken back.
//!
//! PostgreSQL's clock decides where there is one: all copies go by it. Beside a file it is this machine's, as long as it
//! neither jumps nor is far from the highest time that the file has ever seen.

use std::time::Duration;

use tokio::time::sleep;

use crate::conditions::CLOCK_LEAPT;
use crate::core::{Clock, ClockJudge, ClockJump, Moment, Refusal, TrustedTime, Uptime};
use crate::stop::Running;
use crate::store::{Database, TimeSeen};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often the database is asked or told, in milliseconds.
const TELL: i64 = 60_000;
/// What stands in the log for where it was met.
const PLACE: &str = "the clock of this machine";
/// How long the database's last word counts, in milliseconds.
const WORD: i64 = 10 * TELL;

/// Keeps the time. Until it is told to stop, [`TrustedTime`] is what it gives.
#[derive(Debug)]
pub struct Timekeeper {
    database: Database,
    clock: Clock,
    uptime: Uptime,
    time: TrustedTime,
    judge: Option<ClockJudge>,
    /// What stands in the file.
    seen: Option<Moment>,
    told: Option<i64>,
    /// Whether it was said that a clock has to stand for a while.
    waits: bool,
}

impl Timekeeper {
    /// By these clocks; nothing is known yet.
    pub fn new(database: Database, clock: Clock, uptime: Uptime) -> Timekeeper {
        Timekeeper {
            time: TrustedTime::unknown(uptime.clone()),
            database,
            clock,
            uptime,
            judge: None,
            seen: None,
            told: None,
            waits: false,
        }
    }

    /// The time that it keeps.
    pub fn time(&self) -> TrustedTime {
        self.time.clone()
    }

    /// Keeps it until it is told to stop.
    pub async fn run(mut self, mut running: Running) {
        loop {
            tokio::select! {
                () = self.look() => {}
                () = running.told() => return,
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = running.told() => return,
            }
        }
    }

    /// Looks once.
    pub async fn look(&mut self) {
        let uptime = self.uptime.now();
        let due = self.told.is_none_or(|told| uptime - told >= TELL);
        if !due && self.time.now().is_some() {
            if self.judge.is_some() {
                self.judge(self.seen, uptime, false).await;
            }
            return;
        }
        // Also where nothing is known: the operator may have spoken.
        match self.database.time().await {
            Ok(TimeSeen::Now(at)) => {
                self.told = Some(uptime);
                self.time.set(Some(at));
            }
            Ok(TimeSeen::Highest(seen)) => self.judge(seen, uptime, due).await,
            // Its cause is logged where it happened.
            Err(_) if self.told.is_some_and(|told| uptime - told < WORD) => {}
            Err(_) => self.time.set(None),
        }
    }

    async fn judge(&mut self, seen: Option<Moment>, uptime: i64, due: bool) {
        let clock = self.clock.now();
        // Nobody but the operator writes what this one has not: the clock is judged anew.
        let spoken = seen != self.seen;
        let fresh = || ClockJudge::new(seen, clock, uptime);
        if spoken || self.judge.is_none() {
            self.judge = Some(fresh());
            self.seen = seen;
        }
        let judge = self.judge.get_or_insert_with(fresh);
        match judge.judge(clock, uptime) {
            Ok(at) => {
                CLOCK_LEAPT.is_over(PLACE);
                if at < clock && !self.waits {
                    tracing::warn!(
                        "this machine's clock is {} minutes later than the last time that was seen: what has ended since \
                         is deleted and told in an hour, if the clock is the same then. If it is right, say so: \
                         invite-server purge --clock-is-right",
                        (clock.0 - at.0) / 60_000
                    );
                }
                self.waits = at < clock;
                self.time.set(Some(at));
                if due || spoken {
                    self.told = Some(uptime);
                    let higher = self.seen.is_none_or(|seen| seen < at);
                    if higher && self.database.saw_time(at).await.is_ok() {
                        self.seen = Some(at);
                    }
                }
            }
            Err(jump) => {
                self.time.set(None);
                CLOCK_LEAPT.met(PLACE, jump);
            }
        }
    }
}

/// The latest time that the database knows of, if it knows any.
///
/// # Errors
/// When the database does not answer.
pub async fn latest(database: &Database) -> Result<Option<Moment>, Refusal> {
    Ok(match database.time().await? {
        TimeSeen::Now(at) => Some(at),
        TimeSeen::Highest(seen) => seen,
    })
}

/// The time for what the operator wants deleted now; where it cannot be trusted, what is wrong with the clock, unless the
/// operator says that it is right.
///
/// # Errors
/// When the database does not answer.
pub async fn now(
    database: &Database,
    clock: &Clock,
    is_right: bool,
) -> Result<Result<Moment, ClockJump>, Refusal> {
    let at = clock.now();
    let seen = match database.time().await? {
        TimeSeen::Now(at) => return Ok(Ok(at)),
        TimeSeen::Highest(seen) => seen,
    };
    if is_right {
        database.set_time(at).await?;
        return Ok(Ok(at));
    }
    Ok(ClockJudge::new(seen, at, 0).judge(at, 0))
}
