//! How much waits to be told or mailed.

use super::Moment;

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many, counted up to [`Queue::COUNTED`].
    pub waiting: i64,
    /// Since when the first of them waits.
    pub oldest: Option<Moment>,
}

impl Queue {
    /// Nobody counts further: an operator has to look long before, and counting costs.
    pub const COUNTED: i64 = 10_000;
}

/// All that is not done at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// Deliveries to backends.
    pub webhooks: Queue,
    /// Mails.
    pub mails: Queue,
}
