//! The time by which is done what cannot be taken back: deleting what has ended, and telling of ends. Everything else goes
//! by the clock as it is.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Clock, Moment};

/// Clocks are set right by so much, in milliseconds; more is a jump.
const TOLERANCE: i64 = 5 * 60 * 1000;
/// So long, in milliseconds, a server may have been away while nobody watched the clock. More may as well be a clock that
/// was wrong when it started.
const AWAY: i64 = 24 * 3600 * 1000;
/// So long, in milliseconds, a clock has to stand that is later than was seen, before it is believed that a server was away:
/// where it was wrong when it started, somebody or something sets it right meanwhile.
const STANDS: i64 = 3600 * 1000;

/// How long this machine runs, in milliseconds, asleep or not. It never jumps. Cheap to clone.
#[derive(Clone)]
pub struct Uptime(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Uptime {
    /// This machine's.
    pub fn system() -> Uptime {
        let began = std::time::Instant::now();
        Uptime(Arc::new(move || {
            asleep_or_not()
                .unwrap_or_else(|| i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX))
        }))
    }

    /// One that the given function drives: tests move time with it.
    pub fn from_fn(uptime: impl Fn() -> i64 + Send + Sync + 'static) -> Uptime {
        Uptime(Arc::new(uptime))
    }

    /// How long it is now.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Uptime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Uptime")
    }
}

/// The usual monotonic clock stands while a machine sleeps.
#[cfg(target_os = "linux")]
fn asleep_or_not() -> Option<i64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec
        .checked_mul(1000)?
        .checked_add(time.tv_nsec / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
fn asleep_or_not() -> Option<i64> {
    None
}

/// What is known of the time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TrustedTime(Arc<Known>);

#[derive(Debug)]
enum Known {
    /// It is what this clock says.
    Clock(Clock),
    /// It was this when the machine had run for so long, if it is known at all.
    Since(Uptime, Mutex<Option<(Moment, i64)>>),
}

impl TrustedTime {
    /// Whatever this clock says.
    pub fn of(clock: Clock) -> TrustedTime {
        TrustedTime(Arc::new(Known::Clock(clock)))
    }

    /// Nothing is known yet; from where it is, it goes on as the machine runs.
    pub fn unknown(uptime: Uptime) -> TrustedTime {
        TrustedTime(Arc::new(Known::Since(uptime, Mutex::default())))
    }

    /// The time now; `None` where nobody can be sure of it.
    pub fn now(&self) -> Option<Moment> {
        match &*self.0 {
            Known::Clock(clock) => Some(clock.now()),
            Known::Since(uptime, known) => {
                let known = *known.lock().unwrap_or_else(PoisonError::into_inner);
                let (at, since) = known?;
                let passed = uptime.now().saturating_sub(since);
                Some(Moment(at.0.saturating_add(passed)))
            }
        }
    }

    /// It is this now, or nobody can be sure.
    pub fn set(&self, at: Option<Moment>) {
        if let Known::Since(uptime, known) = &*self.0 {
            let known_now = at.map(|at| (at, uptime.now()));
            *known.lock().unwrap_or_else(PoisonError::into_inner) = known_now;
        }
    }
}

/// Judges a clock by how long the machine runs, and by the highest time that was ever seen.
#[derive(Clone, Copy, Debug)]
pub struct ClockJudge {
    /// A time that was right, or nearly, and how long the machine had run by then.
    right: Moment,
    uptime: i64,
    /// How much later it may have been by then.
    unseen: i64,
    /// How much later the clock says that it was, and how long the machine had run when it first said so.
    said: Option<(i64, i64)>,
}

/// What is wrong with a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockJump {
    /// It is so many milliseconds, or more, ahead of what it may be.
    Ahead(i64),
    /// It is so many milliseconds behind.
    Behind(i64),
}

impl fmt::Display for ClockJump {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, how) = match self {
            ClockJump::Ahead(by) => (by, "ahead of"),
            ClockJump::Behind(by) => (by, "behind"),
        };
        write!(
            formatter,
            "this machine's clock is {} minutes {how} what it should be by the last time that was seen",
            by / 60_000
        )
    }
}

impl ClockJudge {
    /// Where the highest time seen so far was this; where none was seen, the clock is right.
    pub fn new(seen: Option<Moment>, clock: Moment, uptime: i64) -> ClockJudge {
        ClockJudge {
            right: seen.unwrap_or(clock),
            uptime,
            unseen: if seen.is_some() { AWAY } else { 0 },
            said: None,
        }
    }

    /// Whether the clock may be what it is; the time that is sure. It is the clock's, which the next one is judged by; but
    /// after a start at which it is later than was seen, it is no later than what was seen until it has stood for a while.
    pub fn judge(&mut self, clock: Moment, uptime: i64) -> Result<Moment, ClockJump> {
        let passed = uptime.saturating_sub(self.uptime);
        let earliest = self.right.0.saturating_add(passed);
        let latest = earliest.saturating_add(self.unseen);
        if clock.0 < earliest.saturating_sub(TOLERANCE) {
            self.said = None;
            return Err(ClockJump::Behind(earliest.saturating_sub(clock.0)));
        }
        if clock.0 > latest.saturating_add(TOLERANCE) {
            self.said = None;
            return Err(ClockJump::Ahead(clock.0.saturating_sub(latest)));
        }
        let later = clock.0.saturating_sub(earliest);
        if later > TOLERANCE {
            let said = self
                .said
                .filter(|(before, _)| (later - before).abs() <= TOLERANCE);
            let (_, since) = *self.said.insert(said.unwrap_or((later, uptime)));
            if uptime.saturating_sub(since) < STANDS {
                return Ok(Moment(earliest));
            }
        }
        *self = ClockJudge {
            right: clock,
            uptime,
            unseen: 0,
            said: None,
        };
        Ok(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 1_795_238_468_803;

    #[test]
    fn a_clock_that_runs_is_right_and_one_that_jumps_is_not() {
        let mut judge = ClockJudge::new(None, Moment(NOW), 1_000);
        assert!(judge.judge(Moment(NOW + DAY), 1_000 + DAY).is_ok());
        // Set right by a little, over and over.
        for step in 1..100 {
            let clock = Moment(NOW + DAY + step * 3 * MINUTE);
            assert_eq!(judge.judge(clock, 1_000 + DAY + step * MINUTE), Ok(clock));
        }
        let (clock, uptime) = (NOW + DAY + 297 * MINUTE, 1_000 + DAY + 99 * MINUTE);
        let year = 365 * DAY;
        assert_eq!(
            judge.judge(Moment(clock + year), uptime),
            Err(ClockJump::Ahead(year))
        );
        assert_eq!(
            judge.judge(Moment(clock - DAY), uptime),
            Err(ClockJump::Behind(DAY))
        );
        // Until it is back.
        let back = Moment(clock + 10 * MINUTE);
        assert_eq!(judge.judge(back, uptime + 10 * MINUTE), Ok(back));
    }

    #[test]
    fn a_server_may_have_been_away_and_a_clock_wrong_when_it_started() {
        let started = |clock: i64| {
            ClockJudge::new(Some(Moment(NOW)), Moment(clock), 7).judge(Moment(clock), 7)
        };
        assert!(started(NOW).is_ok());
        assert!(started(NOW + DAY).is_ok());
        assert!(started(NOW - MINUTE).is_ok());
        assert_eq!(started(NOW + 366 * DAY), Err(ClockJump::Ahead(365 * DAY)));
        assert_eq!(started(NOW - DAY), Err(ClockJump::Behind(DAY)));
        // What was away counts once.
        let mut judge = ClockJudge::new(Some(Moment(NOW)), Moment(NOW), 7);
        assert!(judge.judge(Moment(NOW + DAY), 7).is_ok());
        assert!(judge.judge(Moment(NOW + DAY + HOUR), 7 + HOUR).is_ok());
        assert!(judge.judge(Moment(NOW + 2 * DAY), 7 + HOUR).is_err());
    }

    #[test]
    fn a_clock_that_is_ahead_at_the_start_is_believed_once_it_has_stood() {
        let (ahead, uptime) = (20 * HOUR, 7);
        let started = || ClockJudge::new(Some(Moment(NOW)), Moment(NOW + ahead), uptime);
        let at = |judge: &mut ClockJudge, off: i64, passed: i64| {
            let judged = judge.judge(Moment(NOW + off + passed), uptime + passed);
            judged.map(|at| at.0 - NOW)
        };
        let mut judge = started();
        assert_eq!(at(&mut judge, ahead, 0), Ok(0), "no later than was seen");
        assert_eq!(at(&mut judge, ahead, HOUR - 1), Ok(HOUR - 1));
        assert_eq!(at(&mut judge, ahead, HOUR), Ok(ahead + HOUR));
        // It was wrong, and is set right.
        let mut judge = started();
        assert_eq!(at(&mut judge, ahead, MINUTE), Ok(MINUTE));
        assert_eq!(at(&mut judge, 0, 2 * MINUTE), Ok(2 * MINUTE));
        assert_eq!(at(&mut judge, ahead, HOUR), Err(ClockJump::Ahead(ahead)));
        // It is set to something else, which has to stand as long.
        let mut judge = started();
        assert_eq!(at(&mut judge, ahead, MINUTE), Ok(MINUTE));
        assert_eq!(at(&mut judge, HOUR, HOUR), Ok(HOUR));
        assert_eq!(at(&mut judge, HOUR, 2 * HOUR - 1), Ok(2 * HOUR - 1));
        assert_eq!(at(&mut judge, HOUR, 2 * HOUR), Ok(3 * HOUR));
        // What is seen of a short while is believed at once.
        let mut judge = started();
        assert_eq!(at(&mut judge, 5 * MINUTE, 0), Ok(5 * MINUTE));
    }

    #[test]
    fn trusted_time_goes_on_as_the_machine_runs() {
        let uptime = Arc::new(std::sync::atomic::AtomicI64::new(5));
        let read = Arc::clone(&uptime);
        let load = move || read.load(std::sync::atomic::Ordering::Relaxed);
        let time = TrustedTime::unknown(Uptime::from_fn(load));
        assert_eq!(time.now(), None);
        time.set(Some(Moment(NOW)));
        uptime.store(1005, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(time.now(), Some(Moment(NOW + 1000)));
        time.set(None);
        assert_eq!(time.now(), None);
    }
}
