//! The one thread that writes. It takes every change that waits, carries each out in a savepoint of its own inside one
//! transaction, commits once, and only then answers them all: many durable changes for the price of one sync.

use std::{thread, time::Duration};

use rusqlite::{Connection, ErrorCode};
use tokio::{
    sync::{mpsc, oneshot},
    task,
};

use crate::{
    core::{
        Refusal,
        state::{Decision, Scope, State},
    },
    store::{
        StoreUnusable,
        catalogue::{
            changes, probe,
            reading::{self, Hold},
        },
    },
    waiting,
};

use super::{
    executor::{On, at_once},
    health::Health,
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
    health: Health,
}

impl Writer {
    /// Starts the thread. It ends, after answering what it has begun, when the last clone of the handle is gone.
    pub(super) fn start(connection: Connection, health: Health) -> Result<Writer, StoreUnusable> {
        let unusable = |cause| StoreUnusable(format!("the database cannot be watched: {cause}"));
        let connection = Watched::new(connection).map_err(unusable)?;
        let (messages, waiting) = mpsc::channel(QUEUE);
        let watched = health.clone();
        thread::Builder::new()
            .name("invites-writer".into())
            .spawn(move || run(connection, &watched, waiting))
            .map_err(|cause| StoreUnusable(format!("no thread for the database: {cause}")))?;
        Ok(Writer { messages, health })
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
        self.begin(|turn| statement(turn.connection()).map_err(|cause| turn.failed(&cause)))
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
        let (asker, health) = (given_up.waiting(), self.health.clone());
        let job: Job = Box::new(move |watched| {
            let limit = Limit::within(LONGEST, None);
            let outcome = if asker.does_anybody() {
                let turn = Turn {
                    watched,
                    waiting: asker,
                    health,
                };
                watched.within(limit, |_| work(&turn))
            } else {
                Err(Refusal::TryAgain)
            };
            Box::new(move |committed| {
                // Whoever goes away now is not waited for: the change stands all the same.
                let _ = answered.send(committed.and(outcome));
            })
        });
        let carried_out = async {
            self.messages
                .send(Message::Work(job))
                .await
                .map_err(|_| Refusal::ServerError)?;
            // Dropped unanswered means that no transaction could be begun, so nothing was changed.
            answer.await.map_err(|_| Refusal::TryAgain)?
        };
        waiting::on(waiting::WRITER, carried_out).await
    }

    /// Lets something other than a rule write: all of it or nothing.
    pub(super) async fn run<Answer, Work>(&self, work: Work) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Work: FnOnce(&Connection) -> rusqlite::Result<Answer> + Send + 'static,
    {
        self.begin(move |turn| {
            let connection = turn.connection();
            whole(connection, || work(connection)).map_err(|cause| turn.failed(&cause))
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
        metrics::gauge!("invite_server_wal_bytes").set(self.health.log_length() as f64);
    }

    /// Whether changes can be written and stay: by writing one, and by what became of the last.
    pub(super) async fn ready(&self) -> Result<(), Refusal> {
        let health = self.health.clone();
        let has_room = task::spawn_blocking(move || health.is_in_place() && health.has_room());
        if !has_room.await.unwrap_or(false) {
            return Err(Refusal::TryAgain);
        }
        self.run(|connection| at_once(probe::write(&On(connection))))
            .await?;
        if self.health.failed_lately() {
            return Err(Refusal::TryAgain);
        }
        self.health.is_well();
        Ok(())
    }
}

/// Somebody's turn to change something.
struct Turn<'a> {
    watched: &'a Watched,
    waiting: Waiting,
    health: Health,
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

    fn failed(&self, cause: &rusqlite::Error) -> Refusal {
        if cause.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            tracing::warn!("a change was ended: it took too long, or nobody waited any more");
            return Refusal::TryAgain;
        }
        self.health.failed(cause)
    }
}

fn run(connection: Watched, health: &Health, mut waiting: mpsc::Receiver<Message>) {
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
            carry_out(&connection, health, jobs);
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

fn carry_out(watched: &Watched, health: &Health, jobs: Vec<Job>) {
    let connection = &watched.connection;
    metrics::histogram!("invite_server_writer_batch").record(jobs.len() as f64);
    // What is dropped here is answered that nothing was changed.
    if !health.is_in_place() || health.is_log_too_long() && !is_log_empty(connection) {
        return;
    }
    let mut answering: Vec<Answering> = Vec::new();
    let mut is_open = false;
    for job in jobs {
        if !is_open && let Err(cause) = connection.execute_batch("BEGIN IMMEDIATE") {
            health.failed(&cause);
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
    let committed = match connection.execute_batch("COMMIT") {
        // Into a file that nobody will find.
        Ok(()) if !health.is_in_place() => Err(Refusal::UnknownOutcome),
        Ok(()) => Ok(()),
        Err(cause) => {
            health.failed(&cause);
            // A commit that failed for want of a lock leaves the transaction open, and the next could not begin.
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            match cause.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy) => Err(Refusal::TryAgain),
                // What a failed sync left on the disk nobody knows.
                _ => Err(Refusal::UnknownOutcome),
            }
        }
    };
    for answer in answering {
        answer(committed.clone());
    }
}

/// Moves what it can from the log into the database; whether that was all, so that the log begins anew.
fn is_log_empty(connection: &Connection) -> bool {
    let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    moved.is_ok_and(|(all, moved)| all == moved)
}

fn decide<Answer>(
    turn: &Turn<'_>,
    scope: &Scope,
    rule: impl Fn(&State) -> Result<Decision<Answer>, Refusal>,
) -> Result<Answer, Refusal> {
    let read =
        turn.read(|connection| at_once(reading::state(&mut On(connection), scope, Hold::Yes)));
    let state = read.map_err(|cause| turn.failed(&cause))?;
    let decision = rule(&state)?;
    if decision.changes.is_empty() {
        return Ok(decision.answer);
    }
    let connection = turn.connection();
    let write = || at_once(changes::write(&On(connection), &decision.changes));
    whole(connection, write).map_err(|cause| turn.failed(&cause))?;
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

#[cfg(test)]
mod tests;
