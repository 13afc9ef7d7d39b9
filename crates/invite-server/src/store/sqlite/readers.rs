//! A few connections that read beside the writer.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::{sync::Semaphore, task};

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

    /// Runs `look` over one unchanging view of the database.
    pub(super) async fn read<Answer, Look>(&self, look: Look) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Look: FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Refusal::ServerError)?;
        let idle = Arc::clone(&self.idle);
        let read = task::spawn_blocking(move || {
            let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = connection else {
                return Err(Refusal::ServerError);
            };
            let answer = in_one_view(&connection, look);
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            drop(permit);
            answer.map_err(|cause| {
                tracing::error!(%cause, "the database could not be read");
                Refusal::ServerError
            })
        });
        read.await.map_err(|_| Refusal::ServerError)?
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
