//! Webstrates 1.8 as it is, faults and all, so that clients can be tested against what they will really meet.
//!
//! Everything here is kept in memory and nothing of it is shared with our own server's rules: an emulator that ran on
//! them would have their virtues. What it must do is in the recorded frames (`tests/fixtures/webstrates-1.8.jsonl`) and
//! in the protocol's description; how it differs from our own mode is in `DIFFERENCES.md`. It exists only with the
//! cargo feature `emulate`, which releases do not have, and listens on loopback only.

mod answer;
mod control;
mod document;
mod javascript;
mod options;
mod pages;
mod people;
mod random;
mod settings;
mod share;
mod socket;
mod webstrates;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::sync::watch;

pub use options::{EmulateOptions, Emulated};

use crate::app::Stop;
use crate::auth::seal::Sealer;
use crate::config::Origins;
use crate::site::{self, Site};
use settings::Settings;
use world::World;

/// Most bytes of a request's body: documents and assets of tests are large.
const BODY_BYTES: usize = 32 * 1024 * 1024;
/// The original's cookie outlives a restart. Here anybody may sign in as anybody, so its secret needs to be no secret.
const SECRET: [u8; 32] = *b"anybody may be anybody: loopback";

/// A running emulator. Cheap to clone.
#[derive(Clone)]
struct Emulator {
    world: Arc<Mutex<World>>,
    /// What it was started with, for `reset`.
    start: Arc<Settings>,
    /// Told whenever settings change.
    changed: Arc<watch::Sender<()>>,
    sealer: Sealer,
    origins: Origins,
    stop: Stop,
}

impl Emulator {
    fn new(options: &EmulateOptions, origins: Origins, stop: Stop) -> Self {
        let start = Settings::from(options);
        Self {
            world: Arc::new(Mutex::new(World::new(start.clone()))),
            start: Arc::new(start),
            changed: Arc::new(watch::Sender::new(())),
            sealer: Sealer::new(&SECRET),
            origins,
            stop,
        }
    }

    /// The world, for as long as nothing is awaited.
    fn world(&self) -> MutexGuard<'_, World> {
        // What a panicking task left behind is still the world.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole emulated server, with `/sdk/` and the controls at `/emulate/`.
pub fn router(options: &EmulateOptions, origins: Origins, site: Site, stop: Stop) -> Router {
    let emulator = Emulator::new(options, origins, stop);
    webstrates::router(emulator.clone())
        .merge(people::router(emulator.clone()))
        .merge(control::router(emulator))
        .merge(site::package_router(site))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}
