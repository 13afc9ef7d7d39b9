//! What a session takes up, and what becomes of it when whoever called gave up in the middle.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{ClientWrapper, Object};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::shares::{Place, Shares};

/// A statement that nobody waits for any more is cancelled if it does not end by itself within this.
const GRACE: Duration = Duration::from_millis(100);
/// How long a cancel may take to reach the database.
const CANCELLING: Duration = Duration::from_secs(3);
/// How long a statement that was cancelled, or is not waited for, may take to end before its connection is closed.
const ENDING: Duration = Duration::from_secs(10);
/// How long a commit may take before it is asked whether it waits for a standby, or the line is dead.
const COMMITTING: Duration = Duration::from_secs(60);

/// Taken up until the connection is free again.
pub(super) struct Lease {
    pub(super) object: Object,
    /// Places in the crowds that it works among.
    pub(super) places: Vec<Place>,
    /// One of those that may change anything.
    pub(super) _writing: Option<OwnedSemaphorePermit>,
    pub(super) shares: Shares,
    /// How a connection beside this one is made, and how a cancel travels.
    pub(super) settings: Arc<tokio_postgres::Config>,
    pub(super) tls: MakeRustlsConnect,
    /// Whether a cancel may travel: PgBouncer 1.18 ends, for everybody, where whoever sends one goes at once.
    pub(super) is_pooled: bool,
}

impl Lease {
    /// Gives the connection back once nothing runs on it any more. One that does not answer is taken out of the pool at
    /// once, so that another takes its place.
    pub(super) async fn free(self) {
        // Answered after whatever was asked before it.
        match timeout(GRACE, self.object.batch_execute("ROLLBACK")).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => self.close(),
            Err(_) => {
                let client = Object::take(self.object);
                if self.is_pooled {
                    // Its own limit ends the statement.
                    let _ = timeout(ENDING, client.batch_execute("ROLLBACK")).await;
                } else {
                    end(&client, self.tls).await;
                }
                drop((client, self.places));
            }
        }
    }

    /// The same while a commit runs, which is never cancelled, however long it takes: what waits for a standby is written
    /// here already, and a cancel would show it to everybody before it is safe.
    pub(super) async fn free_after_commit(self) {
        loop {
            let answer = timeout(COMMITTING, self.object.batch_execute("ROLLBACK")).await;
            match answer {
                Ok(Ok(())) => return,
                Ok(Err(_)) => return self.close(),
                Err(_) if self.does_a_commit_wait().await => {}
                Err(_) => return self.close(),
            }
        }
    }

    /// Whether the database says on another connection that a commit of ours waits for a standby.
    async fn does_a_commit_wait(&self) -> bool {
        let asked = async {
            let (client, connection) = self.settings.connect(self.tls.clone()).await?;
            let running = tokio::spawn(connection);
            let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = current_user LIMIT 1";
            let row = client.query_typed(waits, &[]).await;
            running.abort();
            Ok::<_, tokio_postgres::Error>(!row?.is_empty())
        };
        // What cannot be asked now may wait.
        !matches!(timeout(ENDING, asked).await, Ok(Ok(false)))
    }

    pub(super) fn close(self) {
        drop(Object::take(self.object));
    }
}

async fn end(client: &ClientWrapper, tls: MakeRustlsConnect) {
    let cancelled = client.cancel_token();
    let cancelled = timeout(CANCELLING, cancelled.cancel_query(tls)).await;
    if matches!(cancelled, Ok(Ok(()))) {
        // A cancel may still be on its way, and would meet whoever has the connection next: nobody does.
        let _ = timeout(ENDING, client.batch_execute("ROLLBACK")).await;
    }
}
