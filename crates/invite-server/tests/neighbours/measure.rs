//! Medians of what everybody waits, with nobody in the way and with a bad neighbour, by turns.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{everybody::Everybody, table::Row};

/// By turns so often, so that a machine that others load as well is as slow before as during.
const TURNS: usize = 5;
/// Each sort of request so often in each half of a turn.
const REQUESTS: usize = 7;
/// What others do on this machine is no neighbour's: who costs somebody something does so each time that it is measured.
const TIMES: usize = 3;
/// Nobody notices less; below it a ratio is noise.
const FLOOR: Duration = Duration::from_millis(20);
/// The contract.
const RATIO: f64 = 2.0;

/// Somebody who misbehaves.
pub trait Neighbour {
    /// Begins, and comes back once it hurts.
    async fn begin(&mut self);
    /// Ends, and comes back once nothing of it runs any more.
    async fn end(&mut self);
}

/// What everybody else waits for the sorts of requests, and whether all were served.
pub async fn beside(
    name: &str,
    engine: &str,
    everybody: &Everybody,
    neighbour: &mut impl Neighbour,
) -> Vec<Row> {
    everybody.warm_up().await;
    let mut rows = Vec::new();
    for _ in 0..TIMES {
        rows = measured(name, engine, everybody, neighbour).await;
        if rows.iter().all(|row| row.holds) {
            break;
        }
    }
    rows
}

async fn measured(
    name: &str,
    engine: &str,
    everybody: &Everybody,
    neighbour: &mut impl Neighbour,
) -> Vec<Row> {
    let (mut before, mut during) = (Waits::default(), Waits::default());
    for _ in 0..TURNS {
        before.gather(everybody).await;
        neighbour.begin().await;
        let served = during.gather(everybody).await;
        neighbour.end().await;
        if !served {
            break;
        }
    }
    let rows = before.0.into_iter().map(|(call, waits)| {
        let (before, during) = (
            Waited::of(waits),
            Waited::of(during.0.remove(call).unwrap()),
        );
        let ratio = during.median.as_secs_f64() / before.median.as_secs_f64();
        Row {
            neighbour: name.to_owned(),
            engine: engine.to_owned(),
            call: call.to_owned(),
            holds: during.refused == 0 && (ratio <= RATIO || during.median <= FLOOR),
            ratio,
            before,
            during,
        }
    });
    rows.collect()
}

/// What one waited, or `None` where one was refused.
#[derive(Default)]
struct Waits(BTreeMap<&'static str, Vec<Option<Duration>>>);

impl Waits {
    /// Whether all were served. Where somebody was not, each is asked once and no more: that says enough.
    async fn gather(&mut self, everybody: &Everybody) -> bool {
        let mut all = true;
        for _ in 0..REQUESTS {
            for call in everybody.calls() {
                let began = Instant::now();
                let served = everybody.ask(call).await;
                let waited = served.then(|| began.elapsed());
                self.0.entry(call).or_default().push(waited);
                all &= served;
            }
            if !all {
                break;
            }
        }
        all
    }
}

/// Many waits in short.
pub struct Waited {
    pub median: Duration,
    pub refused: usize,
    pub asked: usize,
}

impl Waited {
    fn of(waits: Vec<Option<Duration>>) -> Waited {
        let asked = waits.len();
        let mut served: Vec<Duration> = waits.into_iter().flatten().collect();
        served.sort_unstable();
        Waited {
            median: served
                .get(served.len() / 2)
                .copied()
                .unwrap_or(Duration::MAX),
            refused: asked - served.len(),
            asked,
        }
    }
}
