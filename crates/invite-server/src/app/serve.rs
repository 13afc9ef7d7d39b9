//! Taking connections: so many at once, each with a time limit on its headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Stop;

/// How long a connection may take to send a request's headers, and may idle between requests.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// Most bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;
/// How long to wait before accepting again when the system refuses, as it does when file descriptors run out.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` has been told and every connection has ended.
pub(super) async fn serve(listener: TcpListener, router: Router, connections: u32, stop: &Stop) {
    let permits = Arc::new(Semaphore::new(connections as usize));
    let mut running = stop.begin();
    loop {
        // Beyond the limit nobody is accepted: newcomers wait in the system's queue instead of in our memory.
        let permit = tokio::select! {
            permit = Arc::clone(&permits).acquire_owned() => permit,
            () = running.told() => return,
        };
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = running.told() => return,
        };
        match stream {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone(), stop.clone());
                tokio::spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, stop: Stop) {
    let mut running = stop.begin();
    // Answers are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A connection that breaks off is the client's business.
        _ = connection.as_mut() => return,
        () = running.told() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
