//! On what copies of the server tell each other which resources have moved: `LISTEN` and `NOTIFY`, where they work. Behind
//! a pooler of transactions, and on some engines that speak this protocol, they are taken and nothing ever comes.
//!
//! What is said here is a hint. It is said after the commit and not in it, since PostgreSQL lets only one transaction at a
//! time commit that notifies; whoever misses it finds out when they look next.

use std::{future::poll_fn, time::Duration};

use invite_key::hex;
use tokio::{sync::mpsc, task::AbortHandle, time::timeout};
use tokio_postgres::{AsyncMessage, Client, types::Type};

use super::{Patience, PostgresStore, Work, trouble::Trouble};
use crate::{
    core::Refusal,
    store::{
        catalogue::{
            Engine,
            events::{LISTEN, MOVED, TELL},
        },
        shares::Crowd,
    },
};

/// How long what one says to oneself may take to come.
const TEST: Duration = Duration::from_secs(3);
/// How long one may take to begin to listen.
const OPENING: Duration = Duration::from_secs(10);
/// Words that nobody has taken yet; who hears more than these looks at everything.
const WAITING: usize = 256;
/// PostgreSQL takes 8,000 bytes at once.
const LONGEST: usize = 7_800;
/// All resources; no name has this character.
const ALL: &str = "*";

/// A line to the other copies, on a connection of its own.
#[derive(Debug)]
pub struct Line {
    store: PostgresStore,
    /// Whose words are one's own.
    name: String,
    heard: mpsc::Receiver<String>,
    reading: AbortHandle,
    // The connection ends with it.
    _client: Client,
}

impl PostgresStore {
    /// Opens a line and says something to itself over another connection; `None` if that does not come.
    pub(in crate::store) async fn line(&self) -> Result<Option<Line>, Refusal> {
        // What is listened to is a state of the connection, and a pooler would give it to somebody else.
        if self.sessions.is_pooled() {
            return Ok(None);
        }
        let mut line = timeout(OPENING, self.listen())
            .await
            .unwrap_or(Err(Trouble::TooLong(OPENING)))
            .or_else(|trouble| match &trouble {
                // It is there, and does not know this.
                Trouble::Database(error) if error.as_db_error().is_some_and(is_foreign) => Ok(None),
                _ => Err(self.sessions.refusal(&trouble)),
            })?;
        if let Some(open) = &mut line {
            let test = format!("{}?", open.name);
            let said = self.say(&test).await;
            said.map_err(|trouble| self.sessions.refusal(&trouble))?;
            let heard = async {
                while open.heard.recv().await? != test {}
                Some(())
            };
            if timeout(TEST, heard).await.ok().flatten().is_none() {
                return Ok(None);
            }
        }
        Ok(line)
    }

    async fn listen(&self) -> Result<Option<Line>, Trouble> {
        let (settings, tls) = self.sessions.settings();
        let (client, mut connection) = settings.connect(tls).await?;
        let (say, heard) = mpsc::channel(WAITING);
        let reading = tokio::spawn(async move {
            // Until the connection ends, which whoever listens is told by the end of what is heard.
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                let AsyncMessage::Notification(word) = message else {
                    continue;
                };
                if word.channel() == MOVED && say.try_send(word.payload().to_owned()).is_err() {
                    return;
                }
            }
        });
        let line = Line {
            store: self.clone(),
            name: own_name(),
            heard,
            reading: reading.abort_handle(),
            _client: client,
        };
        line._client
            .batch_execute(LISTEN.on(Engine::Postgres))
            .await?;
        Ok(Some(line))
    }

    async fn say(&self, word: &str) -> Result<(), Trouble> {
        let (work, crowd) = (Work::Poll, Some(Crowd::Server));
        let session = self.sessions.begin(work, crowd, Patience::new()).await?;
        session
            .query(
                TELL.on(Engine::Postgres),
                &[(&MOVED, Type::TEXT), (&word, Type::TEXT)],
            )
            .await?;
        Ok(())
    }
}

impl Line {
    /// The resources that another copy has moved, all if there is none; `None` once the line is broken.
    pub async fn heard(&mut self) -> Option<Vec<String>> {
        loop {
            let word = self.heard.recv().await?;
            let Some((who, names)) = word.split_once('\n') else {
                continue;
            };
            if who == self.name {
                continue;
            }
            let names = names.split('\n').filter(|name| *name != ALL);
            return Some(names.map(str::to_owned).collect());
        }
    }

    /// Tells the others. What does not get through they find out by themselves, later.
    pub async fn tell(&self, resources: &[String]) {
        let mut names = resources.join("\n");
        if names.len() > LONGEST || resources.is_empty() {
            ALL.clone_into(&mut names);
        }
        if let Err(trouble) = self.store.say(&format!("{}\n{names}", self.name)).await {
            tracing::warn!(cause = %trouble, "other copies were not told what has moved");
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// That the engine does not have this, rather than that it is not well.
fn is_foreign(error: &tokio_postgres::error::DbError) -> bool {
    let code = error.code().code();
    // Syntax errors and what is not supported.
    code.starts_with("42") || code.starts_with("0A")
}

fn own_name() -> String {
    let mut bytes = [0_u8; 8];
    // Without random bytes two copies take each other's words for their own, and find out later.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(&bytes)
}
