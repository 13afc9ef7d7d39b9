//! What happens first, one after the other, and then at once.

use fastrand::Rng;

use crate::generate::{AT_ONCE, REMADE_AT_ONCE, SPENDING, Source, history};
use crate::history::{HOUR, Op, SECOND, Seen};
use crate::model::{Engine, Model};

/// How far the clock of the second copy is off.
const SKEWS: [i64; 5] = [0, 0, 20 * SECOND, -60 * SECOND, 2 * HOUR];
/// Each numbers what it names from here on, times its own number.
const NAMES: u16 = 1000;

/// Where in an episode something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Before all the rest.
    First,
    /// By one of those who call at once; whoever has a number of microseconds gives up after that.
    By(usize, Option<u64>),
}

#[derive(Clone, Debug)]
pub(crate) struct Episode {
    /// How far the second copy's clock is ahead of the first one's.
    pub(crate) skew: i64,
    pub(crate) all: Vec<(Slot, Op)>,
}

impl Episode {
    pub(crate) fn generate(seed: u64, engine: Engine) -> Episode {
        let mut rng = Rng::with_seed(seed ^ 0xa7_0ce);
        let first = history(seed, engine, rng.usize(12..28));
        let mut model = Model::new(engine);
        for op in &first {
            model.carry_out(op, None);
        }
        let mut all: Vec<_> = first.into_iter().map(|op| (Slot::First, op)).collect();
        let callers = rng.usize(2..5);
        let draws = match rng.u8(..8) {
            0..2 => SPENDING,
            2 => REMADE_AT_ONCE,
            _ => AT_ONCE,
        };
        if std::ptr::eq(draws, SPENDING) {
            // Little is left of all that there may be.
            let created = u32::try_from(model.created_by(0)).unwrap_or(0);
            let allow = Op::Allow {
                invites: rng.u32(1..4),
                resources: created + 1,
                mails: rng.u32(1..3),
            };
            model.carry_out(&allow, None);
            all.push((Slot::First, allow));
        }
        for caller in 0..callers {
            let number = u16::try_from(caller + 1).unwrap_or(1);
            let mut source = Source {
                rng: rng.fork(),
                model: model.clone(),
                name: number * NAMES,
            };
            for _ in 0..rng.usize(2..5) {
                let mut op = source.next(draws);
                alone(&mut op);
                let patience = (rng.u8(..8) == 0).then(|| rng.u64(..3000));
                // Its rows would go on going in the history after this one.
                let patience = patience.filter(|_| !matches!(op, Op::Delete { .. }));
                all.push((Slot::By(caller, patience), op));
            }
        }
        Episode {
            skew: SKEWS[rng.usize(..SKEWS.len())],
            all,
        }
    }

    pub(crate) fn first(&self) -> Vec<Op> {
        let first = self.all.iter().filter(|(slot, _)| *slot == Slot::First);
        first.map(|(_, op)| op.clone()).collect()
    }

    /// What each of them calls.
    pub(crate) fn callers(&self) -> Vec<Vec<(Option<u64>, Op)>> {
        let mut callers: Vec<Vec<_>> = Vec::new();
        for (slot, op) in &self.all {
            if let Slot::By(caller, patience) = slot {
                if callers.len() <= *caller {
                    callers.resize(caller + 1, Vec::new());
                }
                callers[*caller].push((*patience, op.clone()));
            }
        }
        callers
    }

    /// That it may be written down as a test.
    pub(crate) fn written(&self) -> String {
        let line = |(slot, op): &(Slot, Op)| format!("        ({slot:?}, {op:?}),\n");
        let lines: Vec<String> = self.all.iter().map(line).collect();
        format!(
            "Episode {{\n    skew: {},\n    all: vec![\n{}    ],\n}}",
            self.skew,
            lines.concat()
        )
    }
}

/// What is one look or one change, and says what it goes by.
fn alone(op: &mut Op) {
    match op {
        // A list of several pages is several looks.
        Op::List { page_size, .. } => *page_size = 100,
        Op::Put { seen, .. } if *seen == Seen::Unsaid => *seen = Seen::Latest,
        _ => {}
    }
}
