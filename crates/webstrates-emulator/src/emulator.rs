//! The running emulator, and what it answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::sync::watch;

use crate::options::Options;
use crate::settings::Settings;
use crate::world::World;
use crate::{control, package, people, webstrates};

/// Most bytes of a request's body: documents and assets of tests are large.
const BODY_BYTES: usize = 32 * 1024 * 1024;

/// A running emulator. Cheap to clone.
#[derive(Clone)]
pub(super) struct Emulator {
    world: Arc<Mutex<World>>,
    /// What it was started with, for `reset`.
    pub(super) start: Arc<Settings>,
    /// Told whenever settings change.
    pub(super) changed: Arc<watch::Sender<()>>,
    /// What pages of its own say in `Origin`.
    pub(super) origins: Arc<[String]>,
    /// `true` once it is time to end. Each socket holds a receiver for as long as it is open.
    pub(super) stop: Arc<watch::Sender<bool>>,
}

impl Emulator {
    /// One that listens at `address`.
    pub(super) fn new(options: &Options, address: SocketAddr) -> Self {
        let start = Settings::from(options);
        let port = address.port();
        let origins = [
            format!("http://{address}"),
            format!("http://localhost:{port}"),
            format!("http://{}:{port}", Ipv4Addr::LOCALHOST),
        ];
        Self {
            world: Arc::new(Mutex::new(World::new(start.clone()))),
            start: Arc::new(start),
            changed: Arc::new(watch::Sender::new(())),
            origins: origins.into(),
            stop: Arc::new(watch::Sender::new(false)),
        }
    }

    /// The world, for as long as nothing is awaited.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        // What a panicking task left behind is still the world.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole emulated server, with our package at `/sdk/` and the controls at `/emulate/`.
pub(super) fn router(emulator: &Emulator, options: &Options) -> Router {
    webstrates::router(emulator.clone())
        .merge(people::router())
        .merge(control::router(emulator.clone()))
        .merge(package::router(options.sdk.clone()))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}
