//! Connections that read beside the writer: some for glances, others for lists, so that nobody's long list keeps anybody
//! from a glance.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
    time::timeout,
};

use crate::{
    core::Refusal,
    store::{
        StoreUnusable,
        shares::{Crowd, Shares},
    },
    waiting,
};

use super::{
    health::Health,
    limit::{GivenUp, Limit, Watched},
    schema,
};

/// Connections for glances.
const GLANCES: usize = 4;
/// How long a glance may take; it keeps a thread from everything else meanwhile.
const GLANCE: Duration = Duration::from_secs(1);
/// How long reading a list may take.
const LIST: Duration = Duration::from_secs(5);
/// How long one waits for a connection.
const BUSY: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(super) struct Readers {
    glances: Lane,
    lists: Lane,
    /// Half of the lists' connections at most are one resource's.
    shares: Shares,
}

impl Readers {
    pub(super) fn open(path: &Path, health: &Health) -> Result<Readers, StoreUnusable> {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        let lists = threads.clamp(2, 4);
        Ok(Readers {
            glances: Lane::open(path, GLANCES, health)?,
            lists: Lane::open(path, lists, health)?,
            shares: Shares::of(lists / 2),
        })
    }

    /// Closes all connections once nobody reads any more.
    pub(super) async fn close(&self) {
        self.glances.close().await;
        self.lists.close().await;
    }

    /// Runs `look` over one unchanging view of the database, on a thread that may block: for lists. Ended when whoever
    /// called gives up.
    pub(super) async fn list<Answer, Look>(
        &self,
        crowd: Crowd,
        look: Look,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Look: FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    {
        let place = waiting::on(waiting::TURN, self.shares.enter(crowd, BUSY)).await;
        let place = place.map_err(|missing| {
            tracing::warn!("{missing}");
            Refusal::TryAgain
        })?;
        let permit = self.lists.permit().await?;
        let lane = self.lists.clone();
        let given_up = GivenUp::default();
        let limit = Limit::within(LIST, Some(given_up.waiting()));
        let read = task::spawn_blocking(move || {
            let answer = lane.run(limit, look);
            drop((permit, place));
            answer
        });
        let read = waiting::on(waiting::STATEMENT, read).await;
        read.map_err(|_| Refusal::ServerError)?
    }

    /// The same right here, for a few rows that their indexes lead to: that takes less time than to wake a thread for
    /// it, and readers of a database in WAL mode wait for nobody.
    pub(super) async fn glance<Answer>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
    ) -> Result<Answer, Refusal> {
        let _permit = self.glances.permit().await?;
        self.glances.run(Limit::within(GLANCE, None), look)
    }
}

/// Connections of one sort.
#[derive(Clone, Debug)]
struct Lane {
    idle: Arc<Mutex<Vec<Reader>>>,
    // As many permits as connections: whoever holds one finds a connection.
    permits: Arc<Semaphore>,
    size: usize,
    health: Health,
}

impl Lane {
    fn open(path: &Path, size: usize, health: &Health) -> Result<Lane, StoreUnusable> {
        let readers = (0..size)
            .map(|_| Reader::open(path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Lane {
            idle: Arc::new(Mutex::new(readers)),
            permits: Arc::new(Semaphore::new(size)),
            size,
            health: health.clone(),
        })
    }

    async fn close(&self) {
        let _all = self.permits.acquire_many(self.size as u32).await;
        self.permits.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let began = Instant::now();
        let permit = timeout(BUSY, Arc::clone(&self.permits).acquire_owned());
        let permit = waiting::on(waiting::CONNECTION, permit).await;
        metrics::histogram!("invite_server_store_wait_seconds").record(began.elapsed());
        let permit = permit.map_err(|_| {
            let (all, seconds) = (self.size, BUSY.as_secs());
            tracing::warn!("all {all} connections that read were busy for {seconds} seconds");
            Refusal::TryAgain
        })?;
        permit.map_err(|_| Refusal::ServerError)
    }

    fn run<Answer>(
        &self,
        limit: Limit,
        look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
    ) -> Result<Answer, Refusal> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = idle().pop().ok_or(Refusal::ServerError)?;
        let answer = reader.in_one_view(limit, look);
        idle().push(reader);
        answer.map_err(|cause| {
            if cause.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
                tracing::warn!("reading was ended: it took too long, or nobody waited any more");
                return Refusal::TryAgain;
            }
            self.health.failed(&cause)
        })
    }
}

#[derive(Debug)]
struct Reader(Watched);

impl Reader {
    fn open(path: &Path) -> Result<Reader, StoreUnusable> {
        let watched = Watched::new(schema::open_reader(path)?);
        let unusable = |cause| StoreUnusable(format!("the database cannot be watched: {cause}"));
        Ok(Reader(watched.map_err(unusable)?))
    }

    fn in_one_view<Answer>(
        &self,
        limit: Limit,
        look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
    ) -> rusqlite::Result<Answer> {
        let connection = &self.0.connection;
        connection.prepare_cached("BEGIN")?.execute([])?;
        let answer = self.0.within(limit, look);
        connection.prepare_cached("COMMIT")?.execute([])?;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOR_EVER: &str = "WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some) SELECT max(n) FROM some";

    fn notes() -> Crowd {
        Crowd::Resource("notes".into())
    }

    fn for_ever(connection: &Connection) -> rusqlite::Result<i64> {
        connection.query_row(FOR_EVER, [], |row| row.get(0))
    }

    fn readers() -> (Readers, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invites.db");
        drop(schema::open_writer(&path).unwrap());
        (Readers::open(&path, &Health::of(&path)).unwrap(), folder)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_ends_when_whoever_asked_gives_up() {
        let (readers, _folder) = readers();
        let all = readers.lists.size;
        for _ in 0..all {
            let asking = readers.list(notes(), for_ever);
            assert!(timeout(Duration::from_millis(20), asking).await.is_err());
        }
        // Not by their time limit, which is longer.
        let next = readers.list(notes(), |connection| {
            connection.query_row("SELECT 7", [], |row| row.get(0))
        });
        let answer: Result<i64, _> = timeout(LIST / 2, next).await.unwrap();
        assert_eq!(answer, Ok(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_that_takes_too_long_is_ended_and_glances_go_on() {
        let (readers, _folder) = readers();
        let lists: Vec<_> = (0..readers.lists.size)
            .map(|number| {
                let (readers, crowd) = (readers.clone(), Crowd::Resource(number.to_string()));
                tokio::spawn(async move { readers.list(crowd, for_ever).await })
            })
            .collect();
        while !readers.lists.idle.lock().unwrap().is_empty() {
            task::yield_now().await;
        }
        let glance = readers
            .glance(|connection| connection.query_row("SELECT 7", [], |row| row.get::<_, i64>(0)));
        assert_eq!(timeout(GLANCE, glance).await.unwrap(), Ok(7));
        for one in lists {
            assert_eq!(one.await.unwrap(), Err(Refusal::TryAgain));
        }
        let glance = readers.glance(for_ever).await;
        assert_eq!(glance, Err(Refusal::TryAgain), "nor is a glance for ever");
    }
}
