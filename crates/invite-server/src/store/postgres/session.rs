//! A connection while one piece of work has it: one transaction with time limits. What becomes of the connection when
//! whoever called gives up in the middle of it stands in `lease.rs`.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::Duration,
};

use deadpool_postgres::Object;
use futures_util::future::try_join;
use tokio::{runtime::Handle, sync::Mutex, time::timeout};
use tokio_postgres::{
    Row, RowStream, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use crate::{store::shares::Crowd, waiting};

use super::{lease::Lease, trouble::Trouble};

/// How long a commit is waited for: it has no time limit in the database. It goes on, and nobody knows.
const COMMIT: Duration = Duration::from_secs(25);

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
    /// How long an answer is waited for: longer than the database lets a statement run, so that what does not answer by
    /// then is not there.
    pub(super) fn patience(self) -> Duration {
        Duration::from_secs(match self {
            Work::Ready => 2,
            Work::Poll => 5,
            Work::Look | Work::Change => 12,
            Work::Sweep => 65,
        })
    }

    /// `SET LOCAL`, in the transaction itself: behind a pooler, what is set for a connection is set for somebody else.
    /// None of these counts for a COMMIT.
    fn begin(self) -> String {
        let (mode, statement, lock) = match self {
            Work::Ready => ("", 2, 2),
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

/// A connection with a transaction of its own, which is rolled back unless it is committed.
pub(super) struct Session {
    // Gone only while it is dropped.
    lease: Option<Lease>,
    work: Work,
    begun: AtomicBool,
    /// Statements stand for themselves: what this connection has prepared may be another's behind a pooler.
    is_pooled: bool,
    /// Whoever has it sends the next statement.
    turn: Mutex<()>,
    phase: Phase,
}

impl Session {
    pub(super) fn new(lease: Lease, work: Work, is_pooled: bool) -> Session {
        Session {
            lease: Some(lease),
            work,
            begun: AtomicBool::new(false),
            is_pooled,
            turn: Mutex::default(),
            phase: Phase::Working,
        }
    }

    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Trouble> {
        let object = self.object()?;
        let ask = async |statement: Option<Statement>| match statement {
            Some(statement) => object.query(&statement, &bare(values)).await,
            None => object.query_typed(sql, values).await,
        };
        self.in_transaction(Box::pin(self.in_turn(sql, ask))).await
    }

    /// The same, row by row as they come.
    pub(super) async fn rows(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<RowStream, Trouble> {
        let object = self.object()?;
        let ask = async |statement: Option<Statement>| match statement {
            Some(statement) => object.query_raw(&statement, bare(values)).await,
            None => object.query_typed_raw(sql, values.iter().cloned()).await,
        };
        self.in_transaction(Box::pin(self.in_turn(sql, ask))).await
    }

    /// How many rows it was.
    pub(super) async fn execute(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<u64, Trouble> {
        let object = self.object()?;
        let ask = async |statement: Option<Statement>| match statement {
            Some(statement) => object.execute(&statement, &bare(values)).await,
            None => object.execute_typed(sql, values).await,
        };
        self.in_transaction(Box::pin(self.in_turn(sql, ask))).await
    }

    /// Statements that are asked together are sent in the order in which they are asked, also where one of them has to be
    /// prepared first: it may write what the next one refers to.
    async fn in_turn<Answer>(
        &self,
        sql: &str,
        ask: impl AsyncFnOnce(Option<Statement>) -> Result<Answer, tokio_postgres::Error>,
    ) -> Result<Answer, Trouble> {
        let turn = self.turn.lock().await;
        let statement = match self.is_pooled {
            true => None,
            false => Some(self.object()?.prepare_cached(sql).await?),
        };
        let mut asked = pin!(ask(statement));
        // It is sent when it is polled for the first time; for its answer nobody else waits.
        let answer = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
        drop(turn);
        Ok(match answer {
            Poll::Ready(answer) => answer?,
            Poll::Pending => asked.await?,
        })
    }

    /// The first statement travels together with what begins the transaction. What is asked is in a box: many are asked at
    /// once, and all around it would be as large.
    async fn in_transaction<Answer>(
        &self,
        asked: Pin<Box<impl Future<Output = Result<Answer, Trouble>>>>,
    ) -> Result<Answer, Trouble> {
        if self.work == Work::Poll {
            self.begun.store(true, Ordering::Relaxed);
            let answer = self.in_time(asked).await;
            // Whatever it is, nothing runs any more, where there was an answer.
            let is_over = !matches!(answer, Err(Trouble::TooLong(_)));
            self.begun.store(!is_over, Ordering::Relaxed);
            return answer;
        }
        if self.begun.swap(true, Ordering::Relaxed) {
            return self.in_time(asked).await;
        }
        let (object, begin) = (self.object()?, self.work.begin());
        let begin = async { Ok(object.batch_execute(&begin).await?) };
        let both = async {
            let ((), answer) = try_join(pin!(begin), asked).await?;
            Ok(answer)
        };
        self.in_time(both).await
    }

    /// A line that died without a word answers nothing, and no time limit in the database ends what never reached it.
    pub(super) async fn in_time<Answer>(
        &self,
        asked: impl Future<Output = Result<Answer, Trouble>>,
    ) -> Result<Answer, Trouble> {
        let patience = self.work.patience();
        let answer = timeout(patience, waiting::on(waiting::STATEMENT, asked)).await;
        answer.unwrap_or(Err(Trouble::TooLong(patience)))
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
        let patience = match self.work {
            Work::Ready => self.work.patience(),
            _ => COMMIT,
        };
        let committed = waiting::on(waiting::COMMIT, self.object()?.batch_execute("COMMIT"));
        let Ok(committed) = timeout(patience, committed).await else {
            return Ok(Err(Unknown(Trouble::TooLong(patience))));
        };
        match committed {
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
        let Ok(runtime) = Handle::try_current() else {
            return lease.close();
        };
        // What only tries whether a change can be written is nobody's, and may be cancelled at any time.
        if phase == Phase::Committing && self.work != Work::Ready {
            runtime.spawn(lease.free_after_commit());
        } else {
            runtime.spawn(lease.free());
        }
    }
}

/// What is prepared knows its types.
fn bare<'a>(values: &[(&'a (dyn ToSql + Sync), Type)]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|(value, _)| *value).collect()
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
            session
                .execute(part, &[(&7_i64, Type::INT8)])
                .await
                .is_err(),
            "it is prepared from now on"
        );
        drop(session);
        let session = begin().await;
        let both = try_join(
            session.execute(whole, &[(&7_i64, Type::INT8)]),
            session.execute(part, &[(&7_i64, Type::INT8)]),
        );
        let both = both.await.map_err(|trouble| trouble.to_string());
        assert_eq!(both, Ok((1, 1)));
    }
}
