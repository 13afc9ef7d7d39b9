//! What backends do, and what becomes of them.

use super::Source;
use crate::history::{APPS, Op};

pub(super) fn app(source: &mut Source) -> Op {
    if source.model.apps.is_empty() || source.percent(15) {
        return Op::AddApp {
            app: source.rng.usize(..APPS.len()),
            everything: source.percent(35),
        };
    }
    let (app, resource) = (one_of_them(source), source.resource());
    match source.rng.u8(..10) {
        0..5 => Op::GrantApp { app, resource },
        5..9 => {
            let found = source.model.apps.get(&app);
            let own =
                found.map_or_else(Vec::new, |found| found.resources.iter().copied().collect());
            let own = source.of(&own).filter(|_| source.percent(70));
            Op::RevokeApp {
                app,
                resource: own.unwrap_or(resource),
            }
        }
        _ => Op::RemoveApp { app },
    }
}

/// Mostly of somebody who has accepted just now, by an app that acts there.
pub(super) fn redeem(source: &mut Source) -> Op {
    let all: Vec<_> = source.model.receipts().collect();
    let newest = &all[all.len().saturating_sub(3)..];
    let Some((receipt, resource)) = source.of(newest).filter(|_| source.percent(80)) else {
        return Op::Redeem {
            app: one_of_them(source),
            receipt: source.name.saturating_sub(source.rng.u16(..8)),
        };
    };
    let apps = source.model.apps.iter();
    let acting = apps.filter(|(_, app)| app.everything || app.resources.contains(&resource));
    let acting: Vec<usize> = acting.map(|(app, _)| *app).collect();
    let app = source.of(&acting).filter(|_| source.percent(80));
    Op::Redeem {
        app: app.unwrap_or_else(|| one_of_them(source)),
        receipt,
    }
}

/// One that there is, mostly.
fn one_of_them(source: &mut Source) -> usize {
    let all: Vec<usize> = source.model.apps.keys().copied().collect();
    let one = source.of(&all).filter(|_| source.percent(90));
    one.unwrap_or_else(|| source.rng.usize(..APPS.len()))
}
