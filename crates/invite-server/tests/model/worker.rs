//! One of those who run histories, with databases of its own.

use tokio::runtime::{Builder, Runtime};

use crate::at_once;
use crate::check::{self, Difference};
use crate::cluster::Postgres;
use crate::found;
use crate::model::Engine;
use crate::run::{REPEATED, Run};
use crate::world::{Ground, Host};

/// Without optimisation what is awaited is large.
pub(crate) const STACK: usize = 32 << 20;

/// Both databases, and what runs on them.
struct Floor {
    // Goes last: what the databases keep open is its.
    files: Ground,
    server: Ground,
    runtime: Runtime,
}

impl Floor {
    fn new(runtime: Runtime, postgres: &Postgres, name: &str) -> Floor {
        let on = async |host| Box::pin(Ground::on(&host, name)).await;
        Floor {
            files: runtime.block_on(on(Host::Files)),
            server: runtime.block_on(on(Host::Server(postgres))),
            runtime,
        }
    }
}

pub(crate) struct Worker {
    /// Where one thing happens after the other, one thread does all of it: half of the time went into waking another.
    alone: Floor,
    at_once: Floor,
}

impl Worker {
    pub(crate) fn new(postgres: &Postgres, number: usize) -> Worker {
        let alone = Builder::new_current_thread().enable_all().build();
        Worker {
            alone: Floor::new(alone.unwrap(), postgres, &format!("alone{number}")),
            at_once: Floor::new(runtime(), postgres, &format!("at_once{number}")),
        }
    }

    fn place_of(&mut self, run: &Run) -> (&Runtime, &mut Ground) {
        let floor = match run {
            Run::Alone(..) => &mut self.alone,
            Run::AtOnce(..) => &mut self.at_once,
        };
        let ground = match run.engine() {
            Engine::Sqlite => &mut floor.files,
            Engine::Postgres => &mut floor.server,
        };
        (&floor.runtime, ground)
    }

    pub(crate) fn holds(&mut self, run: &Run) -> Result<(), Difference> {
        let (runtime, ground) = self.place_of(run);
        runtime.block_on(Box::pin(run.holds(ground)))
    }

    pub(crate) fn shortest(&mut self, run: Run, difference: Difference) -> (String, Difference) {
        let (runtime, ground) = self.place_of(&run);
        runtime.block_on(Box::pin(run.shortest(ground, difference)))
    }

    pub(crate) fn what_once_failed(&mut self, engine: Engine) {
        let Floor {
            files,
            server,
            runtime,
        } = &mut self.at_once;
        let ground = match engine {
            Engine::Sqlite => files,
            Engine::Postgres => server,
        };
        runtime.block_on(Box::pin(what_once_failed(ground)));
    }
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let threads = builder.worker_threads(2).thread_stack_size(STACK);
    threads.enable_all().build().unwrap()
}

async fn what_once_failed(ground: &mut Ground) {
    for (name, history) in found::FOUND {
        if let Err(difference) = check::holds(ground, history).await {
            panic!("{name}, step {}: {}", difference.step, difference.what);
        }
    }
    for (name, episode) in found::found_at_once() {
        for _ in 0..REPEATED {
            if let Err(difference) = at_once::holds(ground, &episode).await {
                panic!("{name}: {}", difference.what);
            }
        }
    }
}
