//! The one thread that writes. It takes every change that waits, carries each out in a savepoint of its own inside one
//! transaction, commits once, and only then answers them all: many durable changes for the price of one sync.

use std::{thread, time::Duration};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use crate::{
    core::{
        Refusal,
        state::{Decision, Scope, State},
    },
    store::{
        StoreUnusable,
        catalogue::{
            changes,
            reading::{self, Hold},
        },
    },
};

use super::{
    executor::{On, at_once},
    limit::{GivenUp, Limit, Waiting, Watched},
};

/// Callers wait for a place when so many changes wait already.
const QUEUE: usize = 1024;
/// So many share a commit at most, so that the first of them does not wait for ever.
const BATCH: usize = 512;

/// How long reading may take for a change. Everybody else who changes something waits meanwhile.
const READ: Duration = Duration::from_secs(5);
/// How long a change may take altogether, and what the server does by itself.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs a change inside the open transaction and hands back how to answer it once the commit is through.
type Job = Box<dyn FnOnce(&Watched) -> Answering + Send>;
type Answering = Box<dyn FnOnce(Result<(), Refusal>) + Send>;

enum Message {
    Work(Job),
    /// To be told when the database is closed.
    Close(oneshot::Sender<()>),
}

#[derive(Clone, Debug)]
pub(super) struct Writer {
    messages: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the thread. It ends, after answering what it has begun, when the last clone of the handle is gone.
    pub(super) fn start(connection: Connection) -> Result<Writer, StoreUnusable> {
        let unusable = |cause| StoreUnusable(format!("the database cannot be watched: {cause}"));
        let connection = Watched::new(connection).map_err(unusable)?;
        let (messages, waiting) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("invites-writer".into())
            .spawn(move || run(connection, waiting))
            .map_err(|cause| StoreUnusable(format!("no thread for the database: {cause}")))?;
        Ok(Writer { messages })
    }

    pub(super) async fn transact<Answer, Rule>(
        &self,
        scope: Scope,
        rule: Rule,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + 'static,
    {
        self.begin(move |turn| decide(turn, &scope, rule)).await
    }

    /// Runs one statement, which is carried out whole or not at all by itself.
    pub(super) async fn write<Answer>(
        &self,
        statement: impl FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
    {
        self.begin(|turn| statement(turn.connection()).map_err(|cause| failed(&cause)))
            .await
    }

    async fn begin<Answer>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> Result<Answer, Refusal> + Send + 'static,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
    {
        let (answered, answer) = oneshot::channel();
        let given_up = GivenUp::default();
        let waiting = given_up.waiting();
        let job: Job = Box::new(move |watched| {
            let limit = Limit::within(LONGEST, None);
            let outcome = if waiting.does_anybody() {
                watched.within(limit, |_| work(&Turn { watched, waiting }))
            } else {
                Err(Refusal::TryAgain)
            };
            Box::new(move |committed| {
                // Whoever goes away now is not waited for: the change stands all the same.
                let _ = answered.send(committed.and(outcome));
            })
        });
        self.messages
            .send(Message::Work(job))
            .await
            .map_err(|_| Refusal::ServerError)?;
        // Dropped unanswered means that no transaction could be begun, so nothing was changed.
        answer.await.map_err(|_| Refusal::TryAgain)?
    }

    /// Lets something other than a rule write: all of it or nothing.
    pub(super) async fn run<Answer, Work>(&self, work: Work) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Work: FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    {
        self.begin(move |turn| {
            let connection = turn.connection();
            whole(connection, || work(connection)).map_err(|cause| failed(&cause))
        })
        .await
    }

    /// Carries out what waits, and closes the database with an empty log.
    pub(super) async fn close(&self) {
        let (closed, told) = oneshot::channel();
        if self.messages.send(Message::Close(closed)).await.is_ok() {
            let _ = told.await;
        }
    }

    /// Whether the thread is there. What a change does to itself may end it, and nobody starts it again.
    pub(super) fn is_alive(&self) -> bool {
        !self.messages.is_closed()
    }

    /// Shows the metrics how many changes wait.
    pub(super) fn measure(&self) {
        let waiting = QUEUE - self.messages.capacity();
        metrics::gauge!("invite_server_writer_waiting").set(waiting as f64);
    }

    pub(super) async fn ready(&self) -> Result<(), Refusal> {
        let rule = |_: &State| {
            Ok(Decision {
                answer: (),
                changes: Vec::new(),
            })
        };
        self.transact(Scope::default(), rule).await
    }
}

/// Somebody's turn to change something.
struct Turn<'a> {
    watched: &'a Watched,
    waiting: Waiting,
}

impl Turn<'_> {
    fn connection(&self) -> &Connection {
        &self.watched.connection
    }

    /// Reads; ended in time, or when nobody waits any more.
    fn read<Answer>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<Answer>,
    ) -> rusqlite::Result<Answer> {
        let limit = Limit::within(READ, Some(self.waiting.clone()));
        self.watched.within(limit, look)
    }
}

fn run(connection: Watched, mut waiting: mpsc::Receiver<Message>) {
    let mut closing = Vec::new();
    while let Some(first) = waiting.blocking_recv() {
        let (mut jobs, mut next) = (Vec::new(), Some(first));
        while let Some(message) = next.take() {
            match message {
                Message::Work(job) => jobs.push(job),
                Message::Close(closed) => {
                    // What waits already is still carried out.
                    waiting.close();
                    closing.push(closed);
                }
            }
            if jobs.len() < BATCH {
                next = waiting.try_recv().ok();
            }
        }
        if !jobs.is_empty() {
            carry_out(&connection, jobs);
        }
    }
    if !closing.is_empty() {
        checkpoint(&connection.connection);
    }
    drop(connection);
    for closed in closing {
        let _ = closed.send(());
    }
}

/// Moves everything from the log into the database, so that its file alone is complete.
fn checkpoint(connection: &Connection) {
    let moved = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, bool>(0)
    });
    match moved {
        Ok(false) => {}
        Ok(true) => tracing::warn!("another program reads the database: its log stays beside it"),
        Err(cause) => tracing::warn!(%cause, "the database's log stays beside it"),
    }
}

fn carry_out(watched: &Watched, jobs: Vec<Job>) {
    let connection = &watched.connection;
    metrics::histogram!("invite_server_writer_batch").record(jobs.len() as f64);
    let mut answering: Vec<Answering> = Vec::new();
    let mut is_open = false;
    for job in jobs {
        if !is_open && let Err(cause) = connection.execute_batch("BEGIN IMMEDIATE") {
            tracing::error!(%cause, "no transaction could be begun");
            return;
        }
        answering.push(job(watched));
        // What is ended in the middle of writing takes all that was not committed along.
        is_open = !connection.is_autocommit();
        if !is_open {
            for answer in answering.drain(..) {
                answer(Err(Refusal::TryAgain));
            }
        }
    }
    if !is_open {
        return;
    }
    let committed = connection.execute_batch("COMMIT").map_err(|cause| {
        tracing::error!(%cause, "a commit failed");
        // A commit that failed for want of a lock leaves the transaction open, and the next could not begin.
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        match cause.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => Refusal::TryAgain,
            // What a failed sync left on the disk nobody knows.
            _ => Refusal::UnknownOutcome,
        }
    });
    for answer in answering {
        answer(committed.clone());
    }
}

fn decide<Answer>(
    turn: &Turn<'_>,
    scope: &Scope,
    rule: impl Fn(&State) -> Result<Decision<Answer>, Refusal>,
) -> Result<Answer, Refusal> {
    let read =
        turn.read(|connection| at_once(reading::state(&mut On(connection), scope, Hold::Yes)));
    let state = read.map_err(|cause| failed(&cause))?;
    let decision = rule(&state)?;
    if decision.changes.is_empty() {
        return Ok(decision.answer);
    }
    let connection = turn.connection();
    let write = || at_once(changes::write(&On(connection), &decision.changes));
    whole(connection, write).map_err(|cause| failed(&cause))?;
    Ok(decision.answer)
}

/// Writes all of it or nothing; the transaction around it stays open either way.
fn whole<Answer>(
    connection: &Connection,
    write: impl FnOnce() -> rusqlite::Result<Answer>,
) -> rusqlite::Result<Answer> {
    connection.prepare_cached("SAVEPOINT change")?.execute([])?;
    let written = write();
    // Ended in the middle of writing, nothing of it is left, nor is the savepoint.
    if connection.is_autocommit() {
        return written;
    }
    if written.is_err() {
        connection.execute_batch("ROLLBACK TO change")?;
    }
    connection.prepare_cached("RELEASE change")?.execute([])?;
    written
}

fn failed(cause: &rusqlite::Error) -> Refusal {
    if cause.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        tracing::warn!("a change was ended: it took too long, or nobody waited any more");
        return Refusal::TryAgain;
    }
    tracing::error!(%cause, "a change could not be written");
    Refusal::ServerError
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::time::timeout;

    use super::{super::schema, *};

    const FOR_EVER: &str = "WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some)";

    fn writer() -> (Writer, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open_writer(&folder.path().join("invites.db")).unwrap();
        (Writer::start(connection).unwrap(), folder)
    }

    fn read_for_ever(turn: &Turn<'_>) -> Result<i64, Refusal> {
        let sql = format!("{FOR_EVER} SELECT max(n) FROM some");
        let read = turn.read(|connection| connection.query_row(&sql, [], |row| row.get(0)));
        read.map_err(|cause| failed(&cause))
    }

    async fn is_free(writer: &Writer) -> rusqlite::Result<i64> {
        let look = |connection: &Connection| connection.query_row("SELECT 7", [], |row| row.get(0));
        let seven: Result<i64, _> = writer.write(look).await;
        Ok(seven.unwrap())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_change_reads_ends_when_whoever_asked_gives_up() {
        let (writer, _folder) = writer();
        for _ in 0..3 {
            let asking = writer.begin(read_for_ever);
            assert!(timeout(Duration::from_millis(50), asking).await.is_err());
        }
        // Not by the time limit of one of them, nor of all.
        assert_eq!(timeout(READ / 2, is_free(&writer)).await.unwrap(), Ok(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_change_that_takes_too_long_is_taken_back_and_others_go_on() {
        let (writer, folder) = writer();
        let began = Instant::now();
        let reads = writer.begin(read_for_ever).await;
        assert_eq!(reads, Err(Refusal::TryAgain));
        assert!(began.elapsed() >= READ);
        let writes = writer.run(|connection| {
            let sql = format!(
                "{FOR_EVER} INSERT INTO recipients (address, asked_at, until) SELECT n, '', 0 FROM some"
            );
            connection.execute(&sql, [])
        });
        let add = |address: &'static str| {
            let writer = writer.clone();
            async move {
                let sql = "INSERT INTO recipients (address, asked_at, until) VALUES (?, '', 0)";
                writer
                    .run(move |connection| connection.execute(sql, [address]))
                    .await
            }
        };
        let before = add("before").await;
        let (writes, beside) = tokio::join!(writes, add("beside"));
        assert_eq!((before, writes), (Ok(1), Err(Refusal::TryAgain)));
        let after = add("after").await;
        assert_eq!(after, Ok(1));
        writer.close().await;
        let connection = Connection::open(folder.path().join("invites.db")).unwrap();
        let sql = "SELECT count(*) FROM recipients";
        let count: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(
            count,
            2 + beside.unwrap_or(0) as i64,
            "nothing of it, and all that was answered"
        );
    }
}
