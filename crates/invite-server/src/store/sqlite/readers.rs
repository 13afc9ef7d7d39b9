//! A few connections that read beside the writer.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

use crate::{core::Refusal, store::StoreUnusable};

use super::schema;

const CONNECTIONS: usize = 4;

#[derive(Clone, Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    // As many permits as connections: whoever holds one finds a connection.
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Readers, StoreUnusable> {
        let connections = (0..CONNECTIONS)
            .map(|_| schema::open_reader(path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Readers {
            idle: Arc::new(Mutex::new(connections)),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// Closes all connections once nobody reads any more.
    pub(super) async fn close(&self) {
        let _all = self.permits.acquire_many(CONNECTIONS as u32).await;
        self.permits.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Runs `look` over one unchanging view of the database, on a thread that may block: for lists.
    pub(super) async fn read<Answer, Look>(&self, look: Look) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Look: FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    {
        let permit = self.permit().await?;
        let readers = self.clone();
        let read = task::spawn_blocking(move || {
            let answer = readers.run(look);
            drop(permit);
            answer
        });
        read.await.map_err(|_| Refusal::ServerError)?
    }

    /// The same right here, for a few rows that their indexes lead to: that takes less time than to wake a thread for
    /// it, and readers of a database in WAL mode wait for nobody.
    pub(super) async fn glance<Answer>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
    ) -> Result<Answer, Refusal> {
        let _permit = self.permit().await?;
        self.run(look)
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.map_err(|_| Refusal::ServerError)
    }

    fn run<Answer>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
    ) -> Result<Answer, Refusal> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = idle().pop().ok_or(Refusal::ServerError)?;
        let answer = in_one_view(&connection, look);
        idle().push(connection);
        answer.map_err(|cause| {
            tracing::error!(%cause, "the database could not be read");
            Refusal::ServerError
        })
    }
}

fn in_one_view<Answer>(
    connection: &Connection,
    look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
) -> rusqlite::Result<Answer> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let answer = look(connection);
    connection.prepare_cached("COMMIT")?.execute([])?;
    answer
}
