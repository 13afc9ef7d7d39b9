//! Metrics, as text for Prometheus, on a listener of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::{StartError, bind, log};
use crate::core::{Clock, Queue};
use crate::limits;
use crate::stop::Running;
use crate::store::{Database, Store as _};

/// Between these latencies are told apart, in seconds.
const BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];
/// Between these numbers of changes in one commit.
const BATCHES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 512.0];
/// How often what was measured is summed up, so that it takes no room where nobody reads it, and what waits is counted.
const UPKEEP: Duration = Duration::from_secs(5);
/// The gauges of connections over which requests come: those that are open, and how many may be.
pub(super) const CONNECTIONS: &str = "invite_server_connections";
pub(super) const CONNECTIONS_ALLOWED: &str = "invite_server_connections_allowed";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Begins to measure, where the operator wants it; gives where to serve it and what. With a bearer it is for whoever
/// has that.
pub(super) async fn start(
    address: Option<SocketAddr>,
    bearer: Option<Zeroizing<String>>,
) -> Result<Option<(TcpListener, Router)>, StartError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let (listener, address) = bind("--metrics", address).await?;
    let handle = record().map_err(StartError::Metrics)?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    let process = metrics_process::Collector::default();
    process.describe();
    let read = move || async move {
        process.collect();
        metrics::counter!(log::LOST).absolute(log::lost());
        ([(header::CONTENT_TYPE, TEXT)], handle.render())
    };
    tracing::info!(%address, "metrics");
    let mut router = Router::new().route("/metrics", get(read));
    if let Some(bearer) = bearer {
        let bearer = Arc::new(bearer);
        router = router.layer(middleware::from_fn(move |request: Request, next: Next| {
            let bearer = Arc::clone(&bearer);
            async move {
                if has(request.headers(), &bearer) {
                    return next.run(request).await;
                }
                refused()
            }
        }));
    }
    Ok(Some((listener, router)))
}

fn has(headers: &HeaderMap, bearer: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).map(|one| one.as_bytes());
    let given = given.and_then(|given| given.split_at_checked(7));
    given.is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(given.ct_eq(bearer.as_bytes()))
    })
}

fn refused() -> Response {
    let how = [(header::WWW_AUTHENTICATE, "Bearer")];
    let sentence = "Metrics are for whoever has the bearer.\n";
    (StatusCode::UNAUTHORIZED, how, sentence).into_response()
}

/// Looks how much waits, now and again until it is time to stop: not for each request, nor for each reader.
pub(super) fn queues(database: Database, mut running: Running) {
    tokio::spawn(async move {
        let clock = Clock::system();
        loop {
            database.measure();
            // What went wrong is logged where it happened; what was seen last stays.
            if let Ok(queues) = database.queues().await {
                for (what, queue) in [("webhooks", queues.webhooks), ("mails", queues.mails)] {
                    show(what, queue, &clock);
                }
            }
            if let Ok(open) = database.open_sessions(clock.now()).await {
                metrics::gauge!("invite_server_sessions").set(open as f64);
            }
            tokio::select! {
                () = tokio::time::sleep(UPKEEP) => {}
                () = running.told() => return,
            }
        }
    });
}

fn show(what: &'static str, queue: Queue, clock: &Clock) {
    let age = queue.oldest.map_or(0, |oldest| clock.now().0 - oldest.0);
    metrics::gauge!("invite_server_waiting", "queue" => what).set(queue.waiting as f64);
    metrics::gauge!("invite_server_waiting_oldest_seconds", "queue" => what)
        .set(age.max(0) as f64 / 1000.0);
}

fn record() -> Result<PrometheusHandle, String> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
        .and_then(|builder| {
            let batch = Matcher::Full("invite_server_writer_batch".into());
            builder.set_buckets_for_metric(batch, &BATCHES)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| error.to_string())?;
    describe_counter!(
        "invite_server_requests_total",
        "Requests by method, route as the code writes it, and status."
    );
    describe_histogram!(
        "invite_server_request_seconds",
        Unit::Seconds,
        "How long requests took, by method and route."
    );
    describe_counter!(
        "invite_server_calls_total",
        "What was asked of invites in any dialect, by call, and `done` or the code of the refusal."
    );
    describe_histogram!(
        "invite_server_store_seconds",
        Unit::Seconds,
        "How long the database took, by call."
    );
    describe_counter!(
        "invite_server_mails_total",
        "Attempts at mailing an invite, by how they ended: sent, failed (it is tried again), given_up, dropped."
    );
    describe_counter!(
        "invite_server_webhooks_total",
        "Attempts to tell a backend, by outcome: delivered, later, given_up."
    );
    describe_gauge!(
        "invite_server_waiting",
        "What has yet to be told to backends (webhooks) or mailed (mails), counted up to 10,000. Every copy of the server \
         sees the same."
    );
    describe_gauge!(
        "invite_server_waiting_oldest_seconds",
        Unit::Seconds,
        "How long the first of what waits has waited; 0 where nothing does."
    );
    describe_histogram!(
        "invite_server_store_wait_seconds",
        Unit::Seconds,
        "How long one waited for a connection to the database, and for one's turn among those of one resource."
    );
    describe_gauge!(
        "invite_server_store_connections",
        "Connections to PostgreSQL, by state: open, idle (those among them that nobody uses)."
    );
    describe_gauge!(
        "invite_server_store_waiting",
        "Who waits for a connection to PostgreSQL."
    );
    describe_gauge!(
        "invite_server_writer_waiting",
        "Changes that wait for SQLite's one writer."
    );
    describe_gauge!(
        "invite_server_wal_bytes",
        Unit::Bytes,
        "The length of SQLite's log, which grows while another program reads for long."
    );
    describe_histogram!(
        "invite_server_writer_batch",
        "How many changes shared a commit on SQLite."
    );
    describe_counter!(
        "invite_server_refused_total",
        "What was refused for being too much, by limit: address, user, app, signed_out_check, pending, wrong_keys, \
         names, mails, connections, sockets, streams."
    );
    describe_gauge!(
        "invite_server_sessions",
        "Sessions of people who are signed in, counted up to 10,000. Every copy of the server sees the same."
    );
    describe_gauge!(
        "invite_server_build_info",
        "Always 1; its version is which program this is."
    );
    metrics::gauge!("invite_server_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    describe_counter!(
        log::LOST,
        "Lines of the log that nobody took in time, or for which there was no room."
    );
    describe_gauge!(
        CONNECTIONS,
        "Open connections over which requests come, streams of events among them; one that has become a WebSocket is \
         counted there."
    );
    describe_gauge!(
        CONNECTIONS_ALLOWED,
        "So many of them there may be, and as many WebSockets beside them."
    );
    describe_gauge!("invite_server_sockets", "Open WebSockets.");
    describe_gauge!("invite_server_streams", "Open streams of events.");
    // There from the start, so that nobody takes a missing one for none.
    for gauge in [
        CONNECTIONS,
        "invite_server_sockets",
        "invite_server_streams",
    ] {
        metrics::gauge!(gauge).set(0.0);
    }
    for limit in limits::ALL {
        metrics::counter!(limits::REFUSED, "limit" => limit).increment(0);
    }
    Ok(handle)
}
