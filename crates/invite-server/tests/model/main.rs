//! The rules against a plain model of them: histories by lot, on SQLite and on PostgreSQL, one thing after the other and
//! many at once.
//!
//! `MODEL_SEED=7 cargo test --package invite-server --test model -- --nocapture` tells what happens in one;
//! `MODEL_HISTORIES` and `MODEL_FIRST_SEED` say how many and from where (`cargo xtask soak model` does). A history that
//! fails is made as short as it can be and printed; it goes into `found.rs`.
//!
//! proptest-state-machine would draw and shorten what happens one after the other, but not at once; here both are drawn
//! from the same source, by the state that the model is in, and shortened alike.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::result_large_err,
    reason = "tests"
)]

mod answer;
mod at_once;
mod check;
#[path = "../support/postgres.rs"]
#[allow(dead_code, reason = "some of it is for others")]
mod cluster;
mod found;
mod generate;
mod history;
mod model;
mod often;
mod run;
mod shrink;
mod worker;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use check::Difference;
use cluster::Postgres;
use model::Engine;
use run::{Run, Tally};
use worker::{STACK, Worker};

const HISTORIES: u64 = 2_000;
/// For each processor: while one waits for a database, another goes on.
const WORKERS: usize = 2;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// What the database did not do.
fn errors(postgres: &Postgres) -> String {
    let log = postgres.log();
    let errors = log
        .lines()
        .filter(|line| line.contains("ERROR:") || line.contains("STATEMENT:"));
    errors.map(|line| format!("{line}\n")).collect()
}

/// Tells what happens in one, and whether it holds.
fn tell(seed: u64) {
    let run = Run::of(seed);
    println!("seed {seed}, {}", run.name());
    match &run {
        Run::Alone(_, history) => println!("{}", history::written(history)),
        Run::AtOnce(_, episode) => println!("{}", episode.written()),
    }
    let postgres = Postgres::start(false);
    let mut worker = Worker::new(&postgres, 0);
    let Err(difference) = worker.holds(&run) else {
        return println!("it holds");
    };
    println!("after {} steps: {}", difference.step, difference.what);
    let (shortest, difference) = worker.shortest(run, difference);
    panic!(
        "{shortest}\n{}\nPostgreSQL says: {}",
        difference.what,
        errors(&postgres)
    );
}

/// After so many that fail a long run ends.
const MOST_FAILED: usize = 5;

/// Many histories, by many workers.
struct Many {
    first: u64,
    histories: u64,
    next: AtomicU64,
    begun: Instant,
    tally: Mutex<Tally>,
    /// Those that failed: the seed, which it is, and what it is when it is short.
    failed: Mutex<Vec<(u64, String, String)>>,
}

impl Many {
    fn run_some(&self, worker: &mut Worker) {
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            // A long run goes on: each one that fails would be a long run again.
            let most = if self.is_long() { MOST_FAILED } else { 1 };
            if place >= self.histories || self.failed.lock().unwrap().len() >= most {
                return;
            }
            self.tell_progress(place);
            let seed = self.first + place;
            let (run, began) = (Run::of(seed), Instant::now());
            let outcome = worker.holds(&run);
            self.tally.lock().unwrap().add(&run, began.elapsed());
            if let Err(difference) = outcome {
                let told = format!("{} (history {})", run.name(), place + 1);
                self.fails(worker, seed, run, (told, difference));
            }
        }
    }

    fn is_long(&self) -> bool {
        self.histories > HISTORIES
    }

    fn tell_progress(&self, place: u64) {
        if self.is_long() && place > 0 && place.is_multiple_of(self.histories / 100) {
            let rate = place as f64 / self.begun.elapsed().as_secs_f64();
            let left = (self.histories - place) as f64 / rate / 60.0;
            let percent = place * 100 / self.histories;
            eprintln!("{percent:>3} %, {rate:.0} a second, {left:.0} minutes to go");
        }
    }

    fn fails(&self, worker: &mut Worker, seed: u64, run: Run, how: (String, Difference)) {
        let (told, difference) = how;
        let what = difference.what.clone();
        println!("seed {seed}, {told}: {what}\nIt is made shorter now.");
        let mut failed = self.failed.lock().unwrap();
        let place = failed.len();
        failed.push((seed, told, String::new()));
        drop(failed);
        let (shortest, difference) = worker.shortest(run, difference);
        let text = format!("{shortest}\nin which {}\nAt first: {what}", difference.what);
        if let Some(found) = self.failed.lock().unwrap().get_mut(place) {
            found.2 = text;
        }
    }
}

#[test]
fn the_server_does_what_the_model_says() {
    if let Some(seed) = number("MODEL_SEED") {
        return tell(seed);
    }
    let postgres = Postgres::start(false);
    let many = Many {
        first: number("MODEL_FIRST_SEED").unwrap_or_default(),
        histories: number("MODEL_HISTORIES").unwrap_or(HISTORIES),
        next: AtomicU64::new(0),
        begun: Instant::now(),
        tally: Mutex::default(),
        failed: Mutex::default(),
    };
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for number in 0..processors * WORKERS {
            let (many, postgres) = (&many, &postgres);
            let work = move || many.run_some(&mut Worker::new(postgres, number));
            let spawned = std::thread::Builder::new().stack_size(STACK);
            spawned.spawn_scoped(scope, work).unwrap();
        }
    });
    many.tally.into_inner().unwrap().tell(many.begun.elapsed());
    let failed = many.failed.into_inner().unwrap();
    for (seed, told, text) in &failed {
        println!("seed {seed}, {told}, shortened:\n{text}");
    }
    let log = errors(&postgres);
    assert!(failed.is_empty(), "PostgreSQL says: {log}");
}

/// What is awaited in it is large.
#[test]
fn what_once_failed_holds() {
    let postgres = Postgres::start(false);
    std::thread::scope(|scope| {
        let work = || {
            let mut worker = Worker::new(&postgres, 0);
            for engine in [Engine::Sqlite, Engine::Postgres] {
                worker.what_once_failed(engine);
            }
        };
        let spawned = std::thread::Builder::new().stack_size(STACK);
        spawned.spawn_scoped(scope, work).unwrap();
    });
}

#[test]
fn a_seed_is_one_history() {
    for seed in 0..40 {
        let [once, again] = [(); 2].map(|()| format!("{:?}", Run::of(seed)));
        assert_eq!(once, again);
    }
}
