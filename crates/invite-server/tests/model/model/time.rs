//! The clock of the machine, and the time that is trusted for what cannot be taken back.
//!
//! Beside PostgreSQL that is the database's, which is right here. Beside a file it is the machine's, as long as it
//! neither jumps nor is far from the highest that the file has seen.

use crate::answer::Answer;
use crate::history::{DAY, SECOND};

/// Clocks are set right by so much; more is a jump.
const TOLERANCE: i64 = 300 * SECOND;
/// How long a clock has to stand that is later at a start than was seen.
const STANDS: i64 = 3600 * SECOND;
/// How often the highest time is written down.
const WRITTEN: i64 = 60 * SECOND;

/// What kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Both clocks, and what a file knows.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    engine: Engine,
    /// What the machine's clock says.
    pub(crate) wall: i64,
    /// What time it is.
    pub(crate) truth: i64,
    /// What time it is for sure, beside a file.
    sure: Option<i64>,
    /// How much later than was seen the clock is since the start, and since when it is.
    later: Option<(i64, i64)>,
    /// What the clock was at the last look, how far it had been off then, and how much more it may be.
    judged: Option<(i64, i64, i64)>,
    /// The highest time that the file has seen; the server knows it as of when it read it.
    highest: Option<i64>,
    known: Option<i64>,
    written: Option<i64>,
}

impl Time {
    pub(super) fn new(engine: Engine, begin: i64) -> Time {
        let mut time = Time {
            engine,
            wall: begin,
            truth: begin,
            sure: None,
            later: None,
            judged: None,
            highest: None,
            known: None,
            written: None,
        };
        time.look();
        time
    }

    /// The time by which is done what cannot be taken back.
    pub(crate) fn trusted(&self) -> Option<i64> {
        match self.engine {
            Engine::Postgres => Some(self.truth),
            Engine::Sqlite => self.sure,
        }
    }

    pub(super) fn pass(&mut self, time: i64) -> Answer {
        self.wall += time;
        self.truth += time;
        self.look();
        Answer::Done
    }

    pub(super) fn jump(&mut self, time: i64) -> Answer {
        self.wall += time;
        self.look();
        Answer::Done
    }

    pub(super) fn restart(&mut self, away: i64) -> Answer {
        (self.judged, self.known, self.written) = (None, None, None);
        (self.sure, self.later) = (None, None);
        self.pass(away)
    }

    pub(super) fn is_right(&mut self) -> Answer {
        if self.trusted().is_none() {
            self.highest = Some(self.wall);
            self.look();
        }
        Answer::Done
    }

    /// The server looks at the clock.
    fn look(&mut self) {
        if self.engine == Engine::Postgres {
            return;
        }
        let due = self.written.is_none_or(|at| self.truth - at >= WRITTEN);
        let spoken = (due || self.sure.is_none()) && self.highest != self.known;
        if spoken || self.judged.is_none() {
            self.known = self.highest;
            self.later = None;
            // Nobody has seen how long the server was away.
            self.judged = Some(match self.highest {
                Some(highest) => (highest, self.truth, DAY),
                None => (self.wall, self.truth, 0),
            });
        }
        let Some((clock, truth, unseen)) = self.judged else {
            return;
        };
        let expected = clock + self.truth - truth;
        let later = self.wall - expected;
        if !(-TOLERANCE..=unseen + TOLERANCE).contains(&later) {
            (self.sure, self.later) = (None, None);
            return;
        }
        let before = self
            .later
            .filter(|(before, _)| (later - before).abs() <= TOLERANCE);
        let since = before.map_or(self.truth, |(_, since)| since);
        let sure = if later > TOLERANCE && self.truth - since < STANDS {
            self.later = before.or(Some((later, since)));
            expected
        } else {
            self.later = None;
            self.judged = Some((self.wall, self.truth, 0));
            self.wall
        };
        self.sure = Some(sure);
        if due || spoken {
            self.written = Some(self.truth);
            if self.known.is_none_or(|known| known < sure) {
                self.highest = self.highest.max(Some(sure));
                self.known = Some(sure);
            }
        }
    }
}
