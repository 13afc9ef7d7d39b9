//! A connection while one piece of work has it: one transaction with time limits, and what becomes of the connection
//! when whoever called gives up in the middle of it.

use std::{
    future::poll_fn,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::Duration,
};

use deadpool_postgres::Object;
use futures_util::future::try_join;
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedSemaphorePermit},
    time::timeout,
};
use tokio_postgres::{Row, RowStream, Statement, error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    core::Refusal,
    store::shares::{Crowd, Place, Shares},
};

use super::trouble::Trouble;

/// A statement that nobody waits for any more is cancelled if it does not end by itself within this.
const GRACE: Duration = Duration::from_millis(100);
/// How long one may take that has no transaction, whose time limits would hold for it.
const POLL: Duration = Duration::from_secs(5);
/// How long a cancelled statement may take to end before its connection is closed.
const ENDING: Duration = Duration::from_secs(10);

/// What a transaction is for; it decides how long its statements may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Whether the database is there.
    Ready,
    /// Asking over and over how far things are: one statement, without a transaction around it.
    Poll,
    /// Reading.
    Look,
    /// Changing what somebody asked to be changed.
    Change,
    /// Deleting and telling what nobody waits for.
    Sweep,
}

impl Work {
    /// `SET LOCAL`, in the transaction itself: behind a pooler, what is set for a connection is set for somebody else.
    /// None of these counts for a COMMIT.
    fn begin(self) -> String {
        let (mode, statement, lock) = match self {
            // Whether a transaction may write by itself is what is asked.
            Work::Ready => ("", 3, 3),
            // All statements see one moment: who looks an invite up while somebody accepts it sees all of that or nothing.
            Work::Poll | Work::Look => (" ISOLATION LEVEL REPEATABLE READ, READ ONLY", 10, 5),
            Work::Change => ("", 10, 5),
            Work::Sweep => ("", 60, 5),
        };
        format!(
            "BEGIN{mode}; SET LOCAL statement_timeout = '{statement}s'; SET LOCAL lock_timeout = '{lock}s'; \
             SET LOCAL idle_in_transaction_session_timeout = '10s'"
        )
    }
}

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A statement may be running.
    Working,
    /// Whether it is carried out is for the database to say.
    Committing,
    /// Nothing runs.
    Over,
}

/// What a session takes up, until its connection is free again.
pub(super) struct Lease {
    pub(super) object: Object,
    /// Places in the crowds that it works among.
    pub(super) places: Vec<Place>,
    /// One of those that may change anything.
    pub(super) _writing: Option<OwnedSemaphorePermit>,
    pub(super) shares: Shares,
    /// How a cancel travels.
    pub(super) tls: MakeRustlsConnect,
}

/// A connection with a transaction of its own, which is rolled back unless it is committed.
pub(super) struct Session {
    // Gone only while it is dropped.
    lease: Option<Lease>,
    work: Work,
    begun: AtomicBool,
    /// Whoever has it sends the next statement.
    turn: Mutex<()>,
    phase: Phase,
}

impl Session {
    pub(super) fn new(lease: Lease, work: Work) -> Session {
        Session {
            lease: Some(lease),
            work,
            begun: AtomicBool::new(false),
            turn: Mutex::default(),
            phase: Phase::Working,
        }
    }

    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Trouble> {
        let object = self.object()?;
        let ask = async |statement| object.query(&statement, values).await;
        self.in_transaction(self.in_turn(sql, ask)).await
    }

    /// The same, row by row as they come.
    pub(super) async fn rows(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<RowStream, Trouble> {
        let object = self.object()?;
        let ask = async |statement| {
            let values = values.iter().copied();
            object.query_raw(&statement, values).await
        };
        self.in_transaction(self.in_turn(sql, ask)).await
    }

    /// How many rows it was.
    pub(super) async fn execute(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, Trouble> {
        let object = self.object()?;
        let ask = async |statement| object.execute(&statement, values).await;
        self.in_transaction(self.in_turn(sql, ask)).await
    }

    /// Statements that are asked together are sent in the order in which they are asked, also where one of them has to be
    /// prepared first: it may write what the next one refers to.
    async fn in_turn<Answer>(
        &self,
        sql: &str,
        ask: impl AsyncFnOnce(Statement) -> Result<Answer, tokio_postgres::Error>,
    ) -> Result<Answer, Trouble> {
        let turn = self.turn.lock().await;
        let statement = self.object()?.prepare_cached(sql).await?;
        let mut asked = pin!(ask(statement));
        // It is sent when it is polled for the first time; for its answer nobody else waits.
        let answer = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
        drop(turn);
        Ok(match answer {
            Poll::Ready(answer) => answer?,
            Poll::Pending => asked.await?,
        })
    }

    /// The first statement travels together with what begins the transaction.
    async fn in_transaction<Answer>(
        &self,
        asked: impl Future<Output = Result<Answer, Trouble>>,
    ) -> Result<Answer, Trouble> {
        if self.work == Work::Poll {
            self.begun.store(true, Ordering::Relaxed);
            let answer = timeout(POLL, asked).await.map_err(|_| Trouble::TooLong)?;
            // Whatever it is, nothing runs any more.
            self.begun.store(false, Ordering::Relaxed);
            return answer;
        }
        let asked = pin!(asked);
        if self.begun.swap(true, Ordering::Relaxed) {
            return asked.await;
        }
        let (object, begin) = (self.object()?, self.work.begin());
        let begin = pin!(async { Ok(object.batch_execute(&begin).await?) });
        let ((), answer) = try_join(begin, asked).await?;
        Ok(answer)
    }

    /// Whether the database takes no changes, as a standby.
    pub(super) async fn is_read_only(&self) -> Result<bool, Trouble> {
        let rows = self.query("SHOW transaction_read_only", &[]).await?;
        let answer: Option<&str> = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(answer != Some("off"))
    }

    /// Takes a place among those that change this resource, now that it is known.
    pub(super) fn also_enter(&mut self, resource: &str) -> Result<(), Trouble> {
        let crowd = Crowd::Resource(resource.to_owned());
        let lease = self.lease.as_mut().ok_or(Trouble::Ended)?;
        if lease.places.iter().any(|place| place.is_of(&crowd)) {
            return Ok(());
        }
        let place = lease.shares.try_enter(crowd);
        lease
            .places
            .push(place.ok_or_else(|| Trouble::Crowded(resource.to_owned()))?);
        Ok(())
    }

    /// The outer error says that nothing was changed, the inner one that nobody knows.
    pub(super) async fn commit(mut self) -> Result<Result<(), Unknown>, Trouble> {
        self.phase = Phase::Committing;
        match self.object()?.batch_execute("COMMIT").await {
            Ok(()) => {
                self.phase = Phase::Over;
                Ok(Ok(()))
            }
            // The database itself says that it did not happen.
            Err(error) if error.code().is_some_and(|code| !may_have_happened(code)) => {
                Err(error.into())
            }
            Err(error) => Ok(Err(Unknown(error.into()))),
        }
    }

    fn object(&self) -> Result<&Object, Trouble> {
        let lease = self.lease.as_ref();
        lease.map(|lease| &lease.object).ok_or(Trouble::Ended)
    }
}

/// Whether what a commit was answered with says nothing of whether it was carried out: the way to the database or the
/// database itself ended, or several machines had to agree.
fn may_have_happened(code: &SqlState) -> bool {
    let class = |class| code.code().starts_with(class);
    class("08")
        || class("57P")
        || class("XX")
        || *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
}

/// Nobody knows whether a commit was carried out.
pub(super) struct Unknown(pub(super) Trouble);

impl Unknown {
    pub(super) fn refusal(&self) -> Refusal {
        tracing::error!(cause = %self.0, "nobody knows whether a commit was carried out");
        Refusal::UnknownOutcome
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let phase = match self.phase {
            // Nothing was asked yet.
            Phase::Working if !self.begun.load(Ordering::Relaxed) => Phase::Over,
            phase => phase,
        };
        let Some(lease) = self.lease.take().filter(|_| phase != Phase::Over) else {
            return;
        };
        // Without a runtime the process is ending, and its connections with it.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(lease.free(phase == Phase::Committing));
        } else {
            lease.close();
        }
    }
}

impl Lease {
    /// Gives the connection back once nothing runs on it any more.
    async fn free(self, committing: bool) {
        if !self.is_clean_again(committing).await {
            self.close();
        }
    }

    async fn is_clean_again(&self, committing: bool) -> bool {
        // Answered after whatever was asked before it.
        let mut rollback = pin!(self.object.batch_execute("ROLLBACK"));
        if committing {
            // Never cancelled, however long it takes: what waits for a standby is written here already, and a cancel
            // would show it to everybody before it is safe.
            return rollback.await.is_ok();
        }
        if let Ok(answer) = timeout(GRACE, &mut rollback).await {
            return answer.is_ok();
        }
        let cancelled = self.object.cancel_token();
        let _ = timeout(ENDING, cancelled.cancel_query(self.tls.clone())).await;
        let _ = timeout(ENDING, rollback).await;
        // A cancel may still be on its way, and would meet whoever has the connection next.
        false
    }

    fn close(self) {
        drop(Object::take(self.object));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::postgres::{
        schema::server::Postgres,
        sessions::{Patience, Sessions},
    };

    #[tokio::test]
    async fn what_is_asked_together_is_sent_in_that_order_whatever_is_prepared_already() {
        let server = Postgres::start(false);
        let address = server.database("ours").await;
        let tables = "CREATE TABLE whole (n BIGINT PRIMARY KEY);
            CREATE TABLE part (n BIGINT REFERENCES whole (n))";
        let operator = server.connect("ours").await;
        operator.batch_execute(tables).await.unwrap();
        let sessions = Sessions::new(&address, 1).unwrap();
        let begin = async || {
            let begun = sessions.begin(Work::Change, None, Patience::new()).await;
            begun.map_err(|trouble| trouble.to_string()).unwrap()
        };
        let (whole, part) = (
            "INSERT INTO whole VALUES ($1)",
            "INSERT INTO part VALUES ($1)",
        );
        let session = begin().await;
        assert!(
            session.execute(part, &[&7_i64]).await.is_err(),
            "it is prepared from now on"
        );
        drop(session);
        let session = begin().await;
        let both = try_join(
            session.execute(whole, &[&7_i64]),
            session.execute(part, &[&7_i64]),
        );
        let both = both.await.map_err(|trouble| trouble.to_string());
        assert_eq!(both, Ok((1, 1)));
    }
}
