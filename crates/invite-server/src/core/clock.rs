//! Time, as an argument.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

/// A moment, in milliseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment this many seconds later.
    pub fn plus_seconds(self, seconds: u32) -> Moment {
        Moment(
            self.0
                .saturating_add(i64::from(seconds).saturating_mul(1000)),
        )
    }

    /// ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` writes it.
    pub fn to_iso(self) -> String {
        let at = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        format!("{at:.3}")
    }
}

/// Where the time comes from. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Clock {
        Clock(Arc::new(|| Moment(Timestamp::now().as_millisecond())))
    }

    /// A clock that the given function drives: tests move time with it.
    pub fn from_fn(now: impl Fn() -> Moment + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The time now.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_javascript_writes_them() {
        assert_eq!(Moment(0).to_iso(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            Moment(1_795_238_468_803).to_iso(),
            "2026-11-21T05:21:08.803Z"
        );
        assert_eq!(
            Moment(1_795_238_468_800).plus_seconds(60).to_iso(),
            "2026-11-21T05:22:08.800Z"
        );
    }
}
