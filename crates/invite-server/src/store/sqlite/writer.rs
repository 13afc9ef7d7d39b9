//! The one thread that writes. It takes every change that waits, carries each out in a savepoint of its own inside one
//! transaction, commits once, and only then answers them all: many durable changes for the price of one sync.

use std::thread;

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

use super::executor::{On, at_once};

/// Callers wait for a place when so many changes wait already.
const QUEUE: usize = 1024;
/// So many share a commit at most, so that the first of them does not wait for ever.
const BATCH: usize = 512;

/// Runs a change inside the open transaction and hands back how to answer it once the commit is through.
type Job = Box<dyn FnOnce(&Connection) -> Answering + Send>;
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
        self.begin(move |connection| decide(connection, &scope, rule))
            .await
    }

    /// Runs one statement, which is carried out whole or not at all by itself.
    pub(super) async fn write<Answer>(
        &self,
        statement: impl FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
    {
        self.begin(|connection| statement(connection).map_err(|cause| failed(&cause)))
            .await
    }

    async fn begin<Answer>(
        &self,
        work: impl FnOnce(&Connection) -> Result<Answer, Refusal> + Send + 'static,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
    {
        let (answered, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = work(connection);
            Box::new(move |committed| {
                // Nobody waits any more when the caller has gone away; the change stands all the same.
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
        self.begin(move |connection| {
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

fn run(connection: Connection, mut waiting: mpsc::Receiver<Message>) {
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
        checkpoint(&connection);
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

fn carry_out(connection: &Connection, jobs: Vec<Job>) {
    metrics::histogram!("invite_server_writer_batch").record(jobs.len() as f64);
    if let Err(cause) = connection.execute_batch("BEGIN IMMEDIATE") {
        tracing::error!(%cause, "no transaction could be begun");
        return;
    }
    let answering: Vec<Answering> = jobs.into_iter().map(|job| job(connection)).collect();
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
    connection: &Connection,
    scope: &Scope,
    rule: impl Fn(&State) -> Result<Decision<Answer>, Refusal>,
) -> Result<Answer, Refusal> {
    let read = at_once(reading::state(&mut On(connection), scope, Hold::Yes));
    let state = read.map_err(|cause| failed(&cause))?;
    let decision = rule(&state)?;
    if decision.changes.is_empty() {
        return Ok(decision.answer);
    }
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
    if written.is_err() {
        connection.execute_batch("ROLLBACK TO change")?;
    }
    connection.prepare_cached("RELEASE change")?.execute([])?;
    written
}

fn failed(cause: &rusqlite::Error) -> Refusal {
    tracing::error!(%cause, "a change could not be written");
    Refusal::ServerError
}
