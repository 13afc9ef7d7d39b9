//! The whole server: the parts put together, the limits around them, start and stop.

mod cors;
mod files;
mod handed;
mod log;
mod measure;
mod rotation;
mod router;
mod serve;
mod trace;
mod unread;
mod upkeep;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use invite_key::hex;
use tokio::net::TcpListener;

use serve::Limits;

pub use log::{Log, start_logging};

use crate::address::{DatabaseAddress, Origins};
use crate::auth::IssuerUnusable;
use crate::conditions::{TOLD_TWICE, WEBHOOK_BARRED};
use crate::config::{Config, ConfigError, MetricsUnusable, SecretUnusable, SignInUnusable};
use crate::core::{Clock, SecretFileUnusable, Uptime};
use crate::demo;
use crate::hub::Hub;
use crate::invites::Invites;
use crate::limits::Places;
use crate::mail::{MailUnusable, Mailer};
use crate::site::LookUnusable;
use crate::stop::Stop;
use crate::store::{Database, StoreUnusable};
use crate::timekeeping::{self, Timekeeper};
use crate::webhooks::{self, Webhooks};

/// So many read the metrics at once.
const METRICS_READERS: u32 = 16;
/// How long a connection may take to send a request's headers, and may idle between requests.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// How long a connection may take nothing of what it is sent.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// How long stopping waits for what was begun.
const STOPPING_TIME: Duration = Duration::from_secs(15);
/// How long stopping then waits for the database.
const CLOSING_TIME: Duration = Duration::from_secs(10);

/// Why the server does not start, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A combination of options that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The options about who is asking.
    #[error(transparent)]
    SignIn(#[from] SignInUnusable),
    /// The issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerUnusable),
    /// People who would be taken for others.
    #[error("{}", .0.trim_end_matches('.'))]
    Issuers(String),
    /// A password in a file.
    #[error(transparent)]
    Password(#[from] SecretUnusable),
    /// The secret file.
    #[error(transparent)]
    Secrets(#[from] SecretFileUnusable),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreUnusable),
    /// How the pages look.
    #[error(transparent)]
    Look(#[from] LookUnusable),
    /// The picture beside the name.
    #[error("--logo {}: {}", .0.display(), .1)]
    Logo(PathBuf, io::Error),
    /// Pages or a package that are not there.
    #[error("{option} {} is no folder that can be read: {cause}", path.display())]
    Folder {
        /// The option that says where.
        option: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Who reads the metrics.
    #[error(transparent)]
    MetricsBearer(#[from] MetricsUnusable),
    /// The sample data of `--demo`.
    #[error("the sample data could not be stored: {0}")]
    Demo(String),
    /// The address is taken, or not this machine's.
    #[error(
        "cannot listen on {address}: {error}. Choose another with {option}, or port 0 for a free one"
    )]
    Listen {
        /// The option that says where.
        option: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Mail.
    #[error(transparent)]
    Mail(#[from] MailUnusable),
    /// Metrics are kept once in a process.
    #[error("metrics cannot be kept: {0}")]
    Metrics(String),
    /// No signals.
    #[error("the system gives no signals: {0}")]
    Signals(io::Error),
    /// No temporary folder for a demo.
    #[error("no folder for temporary files: {0}")]
    Temporary(io::Error),
}

/// A server that listens and has not begun to answer.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    stop: Stop,
    limits: Limits,
    drain_time: Duration,
    measures: Option<(TcpListener, Router)>,
    database: Database,
    // Removes a demo's database when the server ends.
    _temporary: Option<TemporaryFolder>,
}

impl Server {
    /// Opens the database and the port.
    ///
    /// # Errors
    /// [`StartError`], a sentence that says what to change.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        config.validate()?;
        let bearer = config.operation.metrics_bearer()?;
        let (database, temporary) = match (&config.database, config.demo) {
            (Some(database), _) => (database.clone(), None),
            (None, false) => (DatabaseAddress::File(Config::default_database()), None),
            (None, true) => {
                let folder = TemporaryFolder::create().map_err(StartError::Temporary)?;
                (
                    DatabaseAddress::File(folder.path.join("demo.db")),
                    Some(folder),
                )
            }
        };
        let (listener, address) = bind("--listen", config.listen).await?;
        let origins = match &config.public_url {
            Some(url) => Origins::public(url).map_err(ConfigError::from)?,
            None => Origins::loopback(address),
        };

        let look = handed::look(config)?;
        let ways = handed::ways(config, &origins, &look)?;
        let secret_file = config.secret_file_for(&database);
        let site = handed::site(config, &origins, look)?;
        let database = Database::open(&database, config.database_connections).await?;
        let invites = Invites::open(database.clone(), &secret_file, Clock::system())
            .await?
            .issuing_as(origins.first())
            .created_by(config.resources.creators())
            .within(handed::quotas(config));
        let accounts = Arc::new(invites.clone());
        let auth = handed::sign_in(config, invites.secrets(), origins, ways, accounts);
        let named = handed::name_issuers(config, &invites).await;
        named.map_err(|refusal| StartError::Issuers(refusal.sentence()))?;
        if config.demo {
            demo::fill(&invites)
                .await
                .map_err(|refusal| StartError::Demo(refusal.sentence()))?;
        }
        let measures = measure::start(config.operation.metrics, bearer).await?;
        let mailer = handed::mail(config)?
            .map(|settings| Mailer::new(&settings, auth.origins().first(), invites.clone()))
            .transpose()?;
        let stop = Stop::new();
        if let Some(mailer) = mailer {
            tokio::spawn(mailer.run(stop.begin()));
        }
        if measures.is_some() {
            measure::queues(database.clone(), stop.begin());
        }
        rotation::start(invites.clone(), secret_file, stop.begin()).map_err(StartError::Signals)?;
        // Where the database does not answer now, the clock has to do.
        if let Ok(Some(at)) = timekeeping::latest(&database).await {
            invites.secrets().see_time(at);
        }
        let mut keeper = Timekeeper::new(database.clone(), Clock::system(), Uptime::system());
        keeper.look().await;
        let time = keeper.time();
        tokio::spawn(keeper.run(stop.begin()));
        upkeep::start(database.clone(), config.purge, time.clone(), stop.begin());
        upkeep::sessions(auth.clone(), stop.begin());
        upkeep::deleted(invites.clone(), stop.begin());
        let reach = config.webhooks_to().reach();
        // What the database does not say now is told where it was asked.
        for webhook in invites.webhooks().await.unwrap_or_default() {
            if let Some(barred) = webhooks::barred(&webhook.url, reach) {
                WEBHOOK_BARRED.met_often(&webhook.app, barred, 1);
            }
        }
        let webhooks = Webhooks::new(invites.clone(), reach, time);
        tokio::spawn(webhooks.run(stop.begin()));
        let listed = config.sign_in.allowed_origins()?;
        let hub = Hub::start(invites.clone(), database.clone(), stop.begin());
        let connections = files::connections(config.max_connections, config.database_connections);
        metrics::gauge!(measure::CONNECTIONS_ALLOWED).set(connections);
        tokio::spawn(log::tell_lost(stop.begin()));
        let parts = router::Parts {
            invites: &invites,
            hub,
            auth: &auth,
            site,
            stop: &stop,
            connections,
        };
        let router = router::router(config, parts, listed);
        tracing::info!(%address, public = auth.origins().first(), demo = config.demo, "started");
        for risk in config.risks() {
            tracing::warn!("risk: {risk}");
        }
        for line in &config.unheeded {
            tracing::warn!("{line}");
        }
        auth.look_at_issuers();
        if let Some(missing) = config.sign_in_missing() {
            tracing::warn!("{missing}");
        }
        Ok(Self {
            listener,
            address,
            router,
            stop,
            limits: Limits {
                connections,
                header_time: HEADER_TIME,
                write_time: WRITE_TIME,
                places: Places::new(handed::numbers(config).connections),
                proxies: handed::proxies(config),
                gauge: Some(measure::CONNECTIONS),
            },
            drain_time: Duration::from_secs(config.operation.drain_seconds.into()),
            measures,
            database,
            _temporary: temporary,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is `told` to stop, then finishes what was begun; told again, it ends at once.
    pub async fn run(self, mut told: impl AsyncFnMut()) -> Ended {
        let metrics = Limits {
            connections: METRICS_READERS,
            places: Places::new(0),
            gauge: None,
            ..self.limits.clone()
        };
        let serving = serve::serve(self.listener, self.router, self.limits, &self.stop);
        let measuring = async {
            if let Some((listener, router)) = self.measures {
                serve::serve(listener, router, metrics, &self.stop).await;
            }
        };
        let mut answering = Box::pin(async {
            tokio::join!(serving, measuring);
        });
        tokio::select! {
            () = &mut answering => {}
            () = told() => {}
        }
        let (stop, database, drain_time) = (&self.stop, &self.database, self.drain_time);
        let finishing = async move {
            stop.drain();
            if !drain_time.is_zero() {
                tracing::info!(seconds = drain_time.as_secs(), "draining");
                tokio::select! {
                    () = &mut answering => {}
                    () = tokio::time::sleep(drain_time) => {}
                }
            }
            tracing::info!("stopping");
            // Who waits to be accepted is answered, too.
            let ended = async { tokio::join!(stop.stop(), answering) };
            if tokio::time::timeout(STOPPING_TIME, ended).await.is_err() {
                tracing::warn!("some connections did not end in time");
            }
            if tokio::time::timeout(CLOSING_TIME, database.close())
                .await
                .is_err()
            {
                tracing::warn!("the database was still busy");
            }
            tracing::info!("stopped");
        };
        tokio::select! {
            () = finishing => Ended::Finished,
            () = told() => {
                TOLD_TWICE.met("stopping", "a second signal");
                Ended::CutOff
            }
        }
    }
}

/// How a server has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// What was begun is finished.
    Finished,
    /// It was told to stop again, and what was begun is cut off.
    CutOff,
}

async fn bind(
    option: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| StartError::Listen {
            option,
            address,
            error,
        })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}

/// A folder that is there as long as this value is.
#[derive(Debug)]
struct TemporaryFolder {
    path: std::path::PathBuf,
}

impl TemporaryFolder {
    fn create() -> io::Result<Self> {
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes)
            .map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let path = std::env::temp_dir().join(format!("invite-server-{}", hex::encode(&bytes)));
        let mut builder = std::fs::DirBuilder::new();
        // Only for the one who runs it; fails if the name is taken.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self { path })
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What stays behind is in the temporary folder, where the system cleans up.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
