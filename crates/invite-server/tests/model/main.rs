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
mod run;
mod shrink;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cluster::Postgres;
use model::Engine;
use run::{Run, Tally};
use world::{Ground, Host};

const HISTORIES: u64 = 2_000;
/// Without optimisation what is awaited is large.
const STACK: usize = 32 << 20;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// Both databases of one thread.
struct Grounds {
    files: Ground,
    server: Ground,
}

impl Grounds {
    async fn new(postgres: &Postgres, number: usize) -> Grounds {
        Grounds {
            files: Ground::on(&Host::Files, number).await,
            server: Ground::on(&Host::Server(postgres), number).await,
        }
    }

    fn of(&mut self, engine: Engine) -> &mut Ground {
        match engine {
            Engine::Sqlite => &mut self.files,
            Engine::Postgres => &mut self.server,
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .unwrap()
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
    runtime().block_on(async {
        let mut grounds = Grounds::new(&postgres, 0).await;
        let ground = grounds.of(run.engine());
        let Err(difference) = Box::pin(run.holds(ground)).await else {
            return println!("it holds");
        };
        println!("after {} steps: {}", difference.step, difference.what);
        let (shortest, difference) = Box::pin(run.shortest(ground, difference)).await;
        panic!(
            "{shortest}\n{}\nPostgreSQL says: {}",
            difference.what,
            errors(&postgres)
        );
    });
}

#[test]
fn the_server_does_what_the_model_says() {
    if let Some(seed) = number("MODEL_SEED") {
        return tell(seed);
    }
    let histories = number("MODEL_HISTORIES").unwrap_or(HISTORIES);
    let first = number("MODEL_FIRST_SEED").unwrap_or_default();
    let postgres = Postgres::start(false);
    let (next, begun) = (AtomicU64::new(0), Instant::now());
    let (failed, tally) = (Mutex::new(None), Mutex::new(Tally::default()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (next, failed, tally, postgres) = (&next, &failed, &tally, &postgres);
            let worker = move || {
                runtime().block_on(async {
                    let mut grounds = Grounds::new(postgres, thread).await;
                    if thread == 0 {
                        Box::pin(what_once_failed(&mut grounds.server)).await;
                    }
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        if place >= histories || failed.lock().unwrap().is_some() {
                            return;
                        }
                        if histories > HISTORIES
                            && place > 0
                            && place.is_multiple_of(histories / 100)
                        {
                            let rate = place as f64 / begun.elapsed().as_secs_f64();
                            eprintln!("{:>3} %, {rate:.0} a second", place * 100 / histories);
                        }
                        let seed = first + place;
                        let (run, began) = (Run::of(seed), Instant::now());
                        let ground = grounds.of(run.engine());
                        let outcome = Box::pin(run.holds(ground)).await;
                        tally.lock().unwrap().add(&run, began.elapsed());
                        let Err(difference) = outcome else { continue };
                        let told = format!("{} (history {})", run.name(), place + 1);
                        failed
                            .lock()
                            .unwrap()
                            .get_or_insert((seed, told.clone(), String::new()));
                        let what = difference.what.clone();
                        println!("seed {seed}, {told}: {what}\nIt is made shorter now.");
                        let (shortest, difference) =
                            Box::pin(run.shortest(ground, difference)).await;
                        let text =
                            format!("{shortest}\nin which {}\nAt first: {what}", difference.what);
                        let mut failed = failed.lock().unwrap();
                        if failed.as_ref().is_some_and(|(first, ..)| *first == seed) {
                            *failed = Some((seed, told, text));
                        }
                    }
                });
            };
            let spawned = std::thread::Builder::new().stack_size(STACK);
            spawned.spawn_scoped(scope, worker).unwrap();
        }
    });
    tally.into_inner().unwrap().tell(begun.elapsed());
    if let Some((seed, told, text)) = failed.into_inner().unwrap() {
        let log = errors(&postgres);
        panic!("seed {seed}, {told}, shortened:\n{text}\nPostgreSQL says: {log}");
    }
}

async fn what_once_failed(ground: &mut Ground) {
    for (name, history) in found::FOUND {
        if let Err(difference) = check::holds(ground, history).await {
            panic!("{name}, step {}: {}", difference.step, difference.what);
        }
    }
    for (name, episode) in found::found_at_once() {
        for _ in 0..run::REPEATED {
            if let Err(difference) = at_once::holds(ground, &episode).await {
                panic!("{name}: {}", difference.what);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_once_failed_beside_a_file() {
    let mut ground = Ground::on(&Host::Files, 0).await;
    Box::pin(what_once_failed(&mut ground)).await;
}

#[test]
fn a_seed_is_one_history() {
    for seed in 0..40 {
        let [once, again] = [(); 2].map(|()| format!("{:?}", Run::of(seed)));
        assert_eq!(once, again);
    }
}
