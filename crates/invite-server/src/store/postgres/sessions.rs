//! Connections: who gets one, and how long one waits for it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout_at,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    lease::Lease,
    reach,
    session::{Session, Unknown, Work},
    tls,
    trouble::Trouble,
};
use crate::{
    conditions::{
        COMMIT_UNKNOWN, DATABASE_DAMAGED, DATABASE_READ_ONLY, DATABASE_UNREACHABLE, DISK_FAILING,
        DISK_FULL,
    },
    core::Refusal,
    store::{
        StoreUnusable,
        shares::{Crowd, Shares},
    },
    waiting,
};

/// How long a call waits in all for its turn among those of one resource, then among those that change anything, then
/// for a connection, however often it begins anew: nearly as long as a request may take. When a thousand people accept
/// one invite at once, each waits for all before it.
const BUSY: Duration = Duration::from_secs(25);
/// How long connecting to one machine may take, where the address does not say.
const CONNECTING: Duration = Duration::from_secs(4);
/// So long after a change failed for want of room, nobody is promised that the next one does not.
const LATELY: Duration = Duration::from_secs(10);
/// Of this many connections, one resource has one; and one is left to whoever only reads.
const SHARE: usize = 4;

/// Until when a call waits for its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience(tokio::time::Instant);

impl Patience {
    /// Of a call that begins now.
    pub(super) fn new() -> Patience {
        Patience::of(BUSY)
    }

    pub(super) fn of(time: Duration) -> Patience {
        Patience(tokio::time::Instant::now() + time)
    }

    fn left(self) -> Duration {
        self.0
            .saturating_duration_since(tokio::time::Instant::now())
    }
}

/// The connections to a database. Cheap to clone.
#[derive(Clone)]
pub(super) struct Sessions {
    pool: Pool,
    /// Whether the database is there is asked on a connection of its own: to be busy is not to be away.
    ready: Pool,
    /// Not all of them: where commits wait for a standby, everybody can still read.
    writing: Arc<Semaphore>,
    changing: Shares,
    reading: Shares,
    /// For what has a connection of its own.
    settings: Arc<tokio_postgres::Config>,
    tls: MakeRustlsConnect,
    /// Where the database is, as the log names it.
    place: Arc<str>,
    /// A pooler is in between: a connection keeps nothing from one transaction to the next.
    is_pooled: bool,
    /// When a change failed for what the next may fail for, too.
    failed: Arc<Mutex<Option<Instant>>>,
}

impl Sessions {
    /// So many connections at most, and one more to see whether the database is there; none is opened yet.
    pub(super) fn new(address: &str, connections: usize) -> Result<Sessions, StoreUnusable> {
        let (mut settings, tls) = tls::settings(address)?;
        let each = *settings.get_connect_timeout().unwrap_or(&CONNECTING);
        settings.connect_timeout(each);
        Ok(Sessions {
            place: reach::place(&settings).into(),
            is_pooled: false,
            failed: Arc::default(),
            settings: Arc::new(settings),
            pool: pool(address, connections)?,
            ready: pool(address, 1)?,
            writing: Arc::new(Semaphore::new(writers(connections))),
            changing: Shares::of(connections / SHARE),
            reading: Shares::of(connections / SHARE),
            tls,
        })
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The same behind a pooler of transactions.
    pub(super) fn pooled(self, is_pooled: bool) -> Sessions {
        Sessions { is_pooled, ..self }
    }

    pub(super) fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What whoever called is told of a trouble before the commit, and the log, too.
    pub(super) fn refusal(&self, trouble: &Trouble) -> Refusal {
        match trouble.condition() {
            Some(condition) => condition.met(&self.place, trouble),
            None => tracing::error!(cause = %trouble, "the database did not do its part"),
        }
        self.notice(trouble);
        trouble.refusal()
    }

    /// The same of one in the commit.
    pub(super) fn unknown(&self, unknown: &Unknown) -> Refusal {
        COMMIT_UNKNOWN.met(&self.place, &unknown.0);
        self.notice(&unknown.0);
        Refusal::UnknownOutcome
    }

    fn notice(&self, trouble: &Trouble) {
        if matches!(trouble, Trouble::TooLong(_)) {
            // Where one line has died, so have those beside it: whoever takes the next opens another.
            for pool in [&self.pool, &self.ready] {
                pool.retain(|_, _| false);
            }
        }
        let of_the_disk = [&DISK_FULL, &DISK_FAILING, &DATABASE_DAMAGED].map(|one| one.name);
        let condition = trouble.condition();
        if condition.is_some_and(|condition| of_the_disk.contains(&condition.name)) {
            *self.failed() = Some(Instant::now());
        }
    }

    /// Whether a change failed a moment ago for what the next may fail for, too.
    pub(super) fn failed_lately(&self) -> bool {
        self.failed().is_some_and(|at| at.elapsed() < LATELY)
    }

    /// Whether one has failed since all was well.
    pub(super) fn has_failed(&self) -> bool {
        self.failed().is_some()
    }

    /// Changes can be written.
    pub(super) fn is_well(&self) {
        *self.failed() = None;
        for condition in [
            &DATABASE_UNREACHABLE,
            &DATABASE_READ_ONLY,
            &DISK_FULL,
            &DISK_FAILING,
            &DATABASE_DAMAGED,
        ] {
            condition.is_over(&self.place);
        }
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How to open a connection beside these.
    pub(super) fn settings(&self) -> (&tokio_postgres::Config, MakeRustlsConnect) {
        (&self.settings, self.tls.clone())
    }

    /// Whoever calls from now on is refused.
    pub(super) fn close(&self) {
        self.pool.close();
        self.ready.close();
    }

    /// A connection for a transaction, when it is the crowd's turn.
    pub(super) async fn begin(
        &self,
        work: Work,
        crowd: Option<Crowd>,
        patience: Patience,
    ) -> Result<Session, Trouble> {
        let began = Instant::now();
        let shares = match work {
            Work::Poll | Work::Look | Work::Ready => &self.reading,
            Work::Change | Work::Sweep => &self.changing,
        };
        let mut places = Vec::new();
        if let Some(crowd) = crowd {
            let turn = shares.enter(crowd, patience.left());
            places.push(waiting::on(waiting::TURN, turn).await?);
        }
        let writing = match work {
            Work::Poll | Work::Look | Work::Ready => None,
            Work::Change | Work::Sweep => {
                Some(waiting::on(waiting::CONNECTION, self.writer(patience)).await?)
            }
        };
        let pool = if work == Work::Ready {
            &self.ready
        } else {
            &self.pool
        };
        let timeouts = Timeouts {
            wait: Some(patience.left()),
            ..pool.timeouts()
        };
        let object = pool.timeout_get(&timeouts);
        let object = waiting::on(waiting::CONNECTION, object).await?;
        metrics::histogram!("invite_server_store_wait_seconds").record(began.elapsed());
        let lease = Lease {
            object,
            places,
            _writing: writing,
            shares: shares.clone(),
            settings: Arc::clone(&self.settings),
            tls: self.tls.clone(),
            is_pooled: self.is_pooled,
        };
        Ok(Session::new(lease, work, self.is_pooled))
    }

    async fn writer(&self, patience: Patience) -> Result<OwnedSemaphorePermit, Trouble> {
        let permit = timeout_at(patience.0, Arc::clone(&self.writing).acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or(Trouble::NoWriter)
    }
}

/// All but a part of them, and one at least.
fn writers(connections: usize) -> usize {
    connections
        .saturating_sub(connections.div_ceil(SHARE))
        .max(1)
}

/// So many connections at most; none is opened yet.
pub(in crate::store) fn pool(address: &str, connections: usize) -> Result<Pool, StoreUnusable> {
    let (mut config, tls) = tls::settings(address)?;
    let machines = config.get_hosts().len().max(config.get_hostaddrs().len());
    let each = *config.get_connect_timeout().unwrap_or(&CONNECTING);
    config.connect_timeout(each);
    // A machine that is away without a word may be the first of several.
    let connecting = each.saturating_mul(u32::try_from(machines.max(1)).unwrap_or(u32::MAX));
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    Pool::builder(Manager::from_config(config, tls, recycling))
        .max_size(connections)
        .wait_timeout(Some(BUSY))
        .create_timeout(Some(connecting.saturating_add(Duration::from_secs(1))))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|cause| StoreUnusable(format!("the database cannot be used: {cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call that may take 30 seconds hears in time that it did not get its turn.
    #[tokio::test(start_paused = true)]
    async fn one_patience_is_for_all_that_is_waited_for() {
        let sessions = Sessions::new("postgres://nobody@127.0.0.1:1/nowhere", 1).unwrap();
        let crowd = Crowd::Resource("notes".into());
        let before = sessions.changing.try_enter(crowd.clone()).unwrap();
        let _writing = Arc::clone(&sessions.writing).try_acquire_owned().unwrap();
        let began = tokio::time::Instant::now();
        tokio::spawn(async move {
            tokio::time::sleep(BUSY - Duration::from_secs(1)).await;
            drop(before);
        });
        let begun = sessions.begin(Work::Change, Some(crowd), Patience::new());
        assert!(matches!(begun.await, Err(Trouble::NoWriter)));
        assert_eq!(began.elapsed().as_secs(), BUSY.as_secs());
    }

    #[test]
    fn some_connections_are_left_to_readers() {
        let all = [1, 2, 3, 4, 5, 16].map(writers);
        assert_eq!(all, [1, 1, 2, 3, 3, 12]);
    }
}
