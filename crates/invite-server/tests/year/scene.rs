//! The load, and what it was told: people begin resources, invite, accept and take back, before, while and after a state.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::front::{Front, Person};
use crate::ledger::Ledger;
use crate::row::{Row, fail};
use crate::stories::Stories;

const TELLERS: usize = 3;
const PEOPLE: usize = 3;
/// So many changes are acknowledged before, and after.
const CHANGES: usize = 60;
/// Longer than any of that takes; only a scene that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(90);

/// Of scenes on one database each has names of its own.
static SCENES: AtomicUsize = AtomicUsize::new(0);

pub struct Scene {
    number: usize,
    state: &'static str,
    pub front: Arc<Front>,
    pub ledger: Arc<Ledger>,
    pub admin: Person,
    stories: Arc<Stories>,
    load: Vec<JoinHandle<()>>,
    ended: bool,
}

impl Scene {
    /// Begins the load, and waits until some of it is done.
    pub async fn begin(state: &'static str, urls: Vec<String>) -> Scene {
        let ledger = Arc::new(Ledger::default());
        Scene::before(state, Front::new(urls, ledger)).await
    }

    /// The same by this way in.
    pub async fn before(state: &'static str, front: Front) -> Scene {
        let (ledger, front) = (Arc::clone(&front.ledger), Arc::new(front));
        ledger.begin("before");
        let admin = front.sign_in("ada").await;
        let stories = Arc::new(Stories::default());
        let mut load = Vec::new();
        let scene = SCENES.fetch_add(1, Ordering::Relaxed);
        for number in 0..TELLERS {
            let mut people = Vec::new();
            for person in 0..PEOPLE {
                people.push(front.sign_in(&format!("person{number}-{person}")).await);
            }
            let (stories, front) = (Arc::clone(&stories), Arc::clone(&front));
            let telling = stories.tell(
                front,
                format!("story{scene}-{number}"),
                admin.clone(),
                people,
            );
            load.push(tokio::spawn(telling));
        }
        let scene = Scene {
            number: scene,
            state,
            front,
            ledger,
            admin,
            stories,
            load,
            ended: false,
        };
        scene.goes_on().await;
        scene
    }

    /// The first resource that was begun.
    pub fn first(&self) -> String {
        format!("story{}-0.0", self.number)
    }

    /// What is told from now on is told in that state.
    pub fn strikes(&self) -> Instant {
        self.ledger.begin(self.state);
        Instant::now()
    }

    /// Waits until more is acknowledged.
    pub async fn goes_on(&self) {
        let more = timeout(PATIENCE, self.ledger.goes_on(CHANGES)).await;
        more.expect("changes are acknowledged");
    }

    /// Ends the load.
    pub async fn ends_load(&mut self) {
        self.ledger.end();
        for one in self.load.drain(..) {
            one.await.unwrap();
        }
    }

    /// What was acknowledged has to be there.
    pub async fn holds(&self) {
        self.stories.hold(&self.front, &self.admin).await;
    }

    /// It has to go on by itself; then everything is held against what was told.
    pub async fn end(mut self, ready: Duration, at_most: u64, said: String) {
        self.goes_on().await;
        self.ends_load().await;
        self.holds().await;
        self.judge(ready, at_most, said, &[]);
    }

    /// The same where connections were cut off, so that some have heard nothing.
    pub async fn end_cut_off(mut self, ready: Duration, at_most: u64, said: String) {
        self.goes_on().await;
        self.ends_load().await;
        self.holds().await;
        self.judge(ready, at_most, said, &["no answer"]);
    }

    /// Shows what it came to; `words` may be told beside those that always may.
    pub fn judge(
        mut self,
        ready: Duration,
        at_most: u64,
        said: String,
        words: &'static [&'static str],
    ) {
        self.ended = true;
        let (mut acknowledged, mut lost) = (0, Vec::new());
        let mut refused = std::collections::BTreeMap::new();
        for phase in self.ledger.phases() {
            acknowledged += phase.acknowledged;
            lost.extend(phase.lost);
            for (code, count) in phase.refused {
                *refused.entry(code).or_default() += count;
            }
        }
        let at_most = Duration::from_secs(at_most);
        let state = self.state;
        let row = Row {
            state,
            acknowledged,
            lost,
            refused,
            ready,
            at_most,
            said,
            words,
        };
        row.judge();
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if !self.ended {
            fail(self.state);
        }
    }
}
