//! Making what fails as short as it can be, by leaving things out (delta debugging).

use std::time::{Duration, Instant};

/// So long it is tried at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// The shortest list found that still fails. First parts are left out, halves, then quarters, down to each thing alone;
/// then things are made simpler.
pub(crate) async fn shrink<One: Clone>(
    all: Vec<One>,
    simpler: impl Fn(&One) -> Vec<One>,
    mut fails: impl AsyncFnMut(&[One]) -> bool,
) -> Vec<One> {
    let until = Instant::now() + PATIENCE;
    let mut shortest = all;
    let mut part = shortest.len().div_ceil(2);
    while part > 0 && Instant::now() < until {
        let mut place = 0;
        let mut shorter = false;
        while place < shortest.len() && Instant::now() < until {
            let end = (place + part).min(shortest.len());
            let without = [&shortest[..place], &shortest[end..]].concat();
            if fails(&without).await {
                (shortest, shorter) = (without, true);
            } else {
                place = end;
            }
        }
        // What had to stay may have had to for something that is gone by now.
        if !(shorter && part == 1) {
            part /= 2;
        }
    }
    for place in 0..shortest.len() {
        for other in simpler(&shortest[place]) {
            let mut changed = shortest.clone();
            changed[place] = other;
            if Instant::now() < until && fails(&changed).await {
                shortest = changed;
            }
        }
    }
    shortest
}
