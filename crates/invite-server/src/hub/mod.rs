//! One hub for all streams of events of this copy: it alone asks the database what has moved, and wakes the streams of
//! those resources and no others.
//!
//! What moves in this process it hears at once; what other copies move, over a line where the database has one that
//! works. Whatever it hears is a hint: how far a resource is stands in its row, whose numbers rise in the order in which
//! they are committed, and all rows that are watched are looked at now and then in one statement. So nothing is missed.

mod line;
mod news;
mod topics;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, sleep, sleep_until},
};

use crate::{invites::Invites, stop::Running, store::Database};
pub use news::News;
use topics::Topics;
pub use topics::Watch;

/// What happens in one go is told in one go.
const GATHER: Duration = Duration::from_millis(40);
/// How often to look at all where other copies do not tell, or nobody knows whether there are any.
const OFTEN: Duration = Duration::from_millis(1400);
/// And where they do.
const SELDOM: Duration = Duration::from_secs(5);
/// How long to leave the database alone after it did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Words to or from other copies that wait; what is beyond them is found when looking.
const WAITING: usize = 64;

/// The hub. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub {
    invites: Invites,
    topics: Topics,
}

/// What may have moved.
#[derive(Debug, Default)]
struct Hints {
    names: BTreeSet<String>,
    all: bool,
}

impl Hub {
    /// Begins, and ends when it is told to stop.
    pub fn start(invites: Invites, database: Database, running: Running) -> Hub {
        let hub = Hub {
            invites,
            topics: Topics::default(),
        };
        let (say, to_say) = mpsc::channel(WAITING);
        let (hear, heard) = mpsc::channel(WAITING);
        let works = Arc::new(AtomicBool::new(false));
        let keeping = line::keep(database, to_say, hear, Arc::clone(&works), running.clone());
        tokio::spawn(keeping);
        let moves = hub.invites.moves();
        let working = Working {
            hub: hub.clone(),
            moves,
            heard,
            say,
            works,
        };
        tokio::spawn(working.run(running));
        hub
    }

    /// Watches a resource, perhaps as an app. What happens from now on is heard, so whoever asks where it is does so afterwards.
    pub fn watch(&self, resource: &str, app: Option<&str>) -> Watch {
        self.topics.watch(resource, app)
    }
}

struct Working {
    hub: Hub,
    moves: broadcast::Receiver<Arc<str>>,
    heard: mpsc::Receiver<Vec<String>>,
    say: mpsc::Sender<Vec<String>>,
    works: Arc<AtomicBool>,
}

impl Working {
    async fn run(mut self, mut running: Running) {
        let mut hints = Hints::default();
        let mut look = Instant::now();
        loop {
            let mut own = Hints::default();
            let left = !hints.names.is_empty();
            tokio::select! {
                () = running.told() => return,
                moved = self.moves.recv() => own.note(moved),
                Some(names) = self.heard.recv() => hints.add(names),
                () = sleep_until(look) => hints.all = true,
                () = sleep(GATHER), if left => {}
            }
            sleep(GATHER).await;
            loop {
                match self.moves.try_recv() {
                    Ok(name) => own.note(Ok(name)),
                    Err(broadcast::error::TryRecvError::Lagged(_)) => own.all = true,
                    Err(_) => break,
                }
            }
            while let Ok(names) = self.heard.try_recv() {
                hints.add(names);
            }
            self.tell_others(&own);
            hints.all |= own.all;
            hints.names.append(&mut own.names);
            let all = hints.all;
            if self.hub.round(&mut hints).await.is_err() {
                // Its cause is logged where it happened. The streams stay, and go on where they are.
                sleep(PAUSE).await;
            } else if all {
                look = Instant::now() + self.pause();
            }
        }
    }

    fn tell_others(&self, own: &Hints) {
        use std::sync::atomic::Ordering;
        if self.works.load(Ordering::Relaxed) && (own.all || !own.names.is_empty()) {
            let names = if own.all {
                Vec::new()
            } else {
                own.names.iter().cloned().collect()
            };
            // While the line is busy they find out by themselves.
            let _ = self.say.try_send(names);
        }
    }

    fn pause(&self) -> Duration {
        match self.works.load(std::sync::atomic::Ordering::Relaxed) {
            true => SELDOM,
            false => OFTEN,
        }
    }
}

impl Hints {
    fn note(&mut self, moved: Result<Arc<str>, broadcast::error::RecvError>) {
        match moved {
            Ok(name) => {
                self.names.insert(name.to_string());
            }
            Err(_) => self.all = true,
        }
    }

    /// None means all.
    fn add(&mut self, names: Vec<String>) {
        self.all |= names.is_empty();
        self.names.extend(names);
    }
}
