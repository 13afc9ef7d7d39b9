//! Taking connections: so many at once, each with a time limit on its headers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use tower::ServiceExt as _;

use crate::dialect::Peer;
use crate::stop::Stop;

/// Most bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;
/// How long to wait before accepting again when the system refuses, as it does when file descriptors run out.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// What connections are held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// So many at once.
    pub(super) connections: u32,
    /// How long one may take to send a request's headers, and may idle between requests.
    pub(super) header_time: Duration,
}

/// Serves until `stop` has been told and every connection has ended.
pub(super) async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: &Stop) {
    let permits = Arc::new(Semaphore::new(limits.connections as usize));
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
            Ok((stream, peer)) => {
                let connection = connection(
                    stream,
                    peer,
                    router.clone(),
                    limits.header_time,
                    stop.clone(),
                );
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

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_time: Duration,
    stop: Stop,
) {
    let mut running = stop.begin();
    // Answers are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A connection that breaks off is the client's business.
        _ = connection.as_mut() => return,
        () = running.told() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    async fn serving(connections: u32, header_time: Duration) -> (SocketAddr, Stop) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let (limits, stopping) = (
            Limits {
                connections,
                header_time,
            },
            stop.clone(),
        );
        tokio::spawn(async move {
            let router = Router::new().route("/", get(|| async { "here" }));
            serve(listener, router, limits, &stopping).await;
        });
        (address, stop)
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    #[tokio::test]
    async fn whoever_dawdles_over_headers_is_cut_off() {
        let (address, stop) = serving(8, Duration::from_millis(50)).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
        // Both end without an answer to a request that never came whole.
        for stream in [&mut silent, &mut slow] {
            assert!(!answer(stream).await.contains("here"));
        }
        stop.stop().await;
    }

    #[tokio::test]
    async fn beyond_the_limit_newcomers_wait() {
        let (address, stop) = serving(1, Duration::from_secs(60)).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        first.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut first).await.contains("here"));
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(REQUEST).await.unwrap();
        // As long as the first is open it is the only one that is answered.
        first.write_all(REQUEST).await.unwrap();
        tokio::select! {
            biased;
            _ = second.readable() => panic!("a second connection"),
            text = answer(&mut first) => assert!(text.contains("here")),
        }
        drop(first);
        assert!(answer(&mut second).await.contains("here"));
        stop.stop().await;
    }

    #[tokio::test]
    async fn stopping_ends_idle_connections() {
        let (address, stop) = serving(8, Duration::from_secs(60)).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut idle).await.contains("here"));
        stop.stop().await;
        assert_eq!(answer(&mut idle).await, "");
    }
}
