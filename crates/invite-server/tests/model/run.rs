//! What a seed stands for, and what came of many.

use std::time::Duration;

use crate::at_once::{self, Episode, Slot};
use crate::check::{self, Difference};
use crate::history::{self, Op};
use crate::model::Engine;
use crate::world::Ground;
use crate::{generate, shrink};

/// One in so many is long.
const LONG: u64 = 40;
/// So often an episode is run before it is said to hold: what happens at once differs each time.
pub(crate) const REPEATED: usize = 12;

/// What one seed stands for.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    Alone(Engine, Vec<Op>),
    AtOnce(Engine, Episode),
}

impl Run {
    /// Of twenty, thirteen one after the other, ten of them on SQLite, and seven at once, five of them on SQLite: it takes
    /// a fifth of the time there.
    pub(crate) fn of(seed: u64) -> Run {
        let engine = match seed % 20 {
            0..10 | 13..18 => Engine::Sqlite,
            _ => Engine::Postgres,
        };
        if seed % 20 >= 13 {
            return Run::AtOnce(engine, Episode::generate(seed, engine));
        }
        let length = match seed / 20 % LONG {
            0 => 400,
            other => 10 + usize::try_from(other).unwrap_or(0),
        };
        Run::Alone(engine, generate::history(seed, engine, length))
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Run::Alone(engine, _) | Run::AtOnce(engine, _) => *engine,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Run::Alone(Engine::Sqlite, _) => "SQLite, one after the other",
            Run::Alone(Engine::Postgres, _) => "PostgreSQL, one after the other",
            Run::AtOnce(Engine::Sqlite, _) => "SQLite, at once",
            Run::AtOnce(Engine::Postgres, _) => "PostgreSQL, at once",
        }
    }

    pub(crate) fn length(&self) -> usize {
        match self {
            Run::Alone(_, history) => history.len(),
            Run::AtOnce(_, episode) => episode.all.len(),
        }
    }

    pub(crate) async fn holds(&self, ground: &mut Ground) -> Result<(), Difference> {
        match self {
            Run::Alone(_, history) => check::holds(ground, history).await,
            Run::AtOnce(_, episode) => at_once::holds(ground, episode).await,
        }
    }

    /// The same, as short as it can be, and what differs in it.
    pub(crate) async fn shortest(
        self,
        ground: &mut Ground,
        difference: Difference,
    ) -> (String, Difference) {
        let mut last = difference;
        let shortest = match self {
            Run::Alone(_, mut history) => {
                history.truncate(last.step);
                let fails = async |history: &[Op]| match check::holds(ground, history).await {
                    Ok(()) => false,
                    Err(difference) => {
                        last = difference;
                        true
                    }
                };
                let shortest = shrink::shrink(history, history::simpler, fails).await;
                history::written(&shortest)
            }
            Run::AtOnce(_, episode) => {
                let skew = episode.skew;
                let fails = async |all: &[(Slot, Op)]| {
                    let all = all.to_vec();
                    let episode = Episode { skew, all };
                    for _ in 0..REPEATED {
                        if let Err(difference) = at_once::holds(ground, &episode).await {
                            last = difference;
                            return true;
                        }
                    }
                    false
                };
                let simpler = |(slot, op): &(Slot, Op)| {
                    let all = history::simpler(op).into_iter();
                    all.map(|op| (*slot, op)).collect()
                };
                let all = shrink::shrink(episode.all, simpler, fails).await;
                Episode { skew, all }.written()
            }
        };
        (shortest, last)
    }
}

/// How many there were of each sort, with how much in them, and how long they took.
#[derive(Default)]
pub(crate) struct Tally {
    runs: [(u64, u64, Duration); 4],
}

impl Tally {
    pub(crate) fn add(&mut self, run: &Run, time: Duration) {
        let at_once = usize::from(matches!(run, Run::AtOnce(..)));
        let engine = usize::from(run.engine() == Engine::Postgres);
        let sort = &mut self.runs[at_once * 2 + engine];
        sort.0 += 1;
        sort.1 += run.length() as u64;
        sort.2 += time;
    }

    pub(crate) fn tell(&self, time: Duration) {
        for (name, (runs, steps, time)) in [
            "SQLite, one after the other",
            "PostgreSQL, one after the other",
            "SQLite, at once",
            "PostgreSQL, at once",
        ]
        .iter()
        .zip(self.runs)
        {
            println!(
                "{runs:>7} histories, {steps:>9} steps, {:>7.1} s  {name}",
                time.as_secs_f64()
            );
        }
        println!("in {:.1} s", time.as_secs_f64());
    }
}
