//! Taking connections: so many at once, and so many from one address, each with a time limit on its headers and on
//! taking what it is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio_io_timeout::TimeoutStream;

use tower::ServiceExt as _;

use crate::auth::Proxies;
use crate::dialect::Peer;
use crate::limits::{Culprit, Places, neighbourhood, refused};
use crate::stop::Stop;

/// Most bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;
/// How long to wait before accepting again when the system refuses, as it does when file descriptors run out.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// How long a reader may take, once the server stops, for what is left of a stream: its other side has ended by then.
const STREAM_TIME: Duration = Duration::from_secs(2);

/// How long who has connected may take to ask for something, once the server stops.
const FIRST_TIME: Duration = Duration::from_millis(500);

/// What connections are held to.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// So many at once.
    pub(super) connections: u32,
    /// How long one may take to send a request's headers, and may idle between requests.
    pub(super) header_time: Duration,
    /// How long one may take nothing of what it is sent: whoever asks and does not read holds a place.
    pub(super) write_time: Duration,
    /// So many from one address.
    pub(super) places: Places,
    /// But for these, who come with everybody's.
    pub(super) proxies: Proxies,
    /// What they are counted by while they are open.
    pub(super) gauge: Option<&'static str>,
}

/// A connection that is open.
struct Open(&'static str);

impl Open {
    fn count(gauge: &'static str) -> Open {
        metrics::gauge!(gauge).increment(1.0);
        Open(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1.0);
    }
}

/// Serves until `stop` has been told and every connection has ended.
pub(super) async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: &Stop) {
    let permits = Arc::new(Semaphore::new(limits.connections as usize));
    let mut running = stop.begin();
    let take = |permit, (stream, peer): (TcpStream, SocketAddr)| {
        let address = Some(peer.ip()).filter(|address| !limits.proxies.trusts(*address));
        // Closed without a word: there is nothing that was asked.
        let Some(place) = limits.places.take(address.map(neighbourhood)) else {
            refused("connections", &Culprit::at(address));
            return;
        };
        let connection = connection(stream, peer, router.clone(), &limits, stop.clone());
        let open = limits.gauge.map(Open::count);
        tokio::spawn(async move {
            connection.await;
            drop((permit, place, open));
        });
    };
    loop {
        // Beyond the limit nobody is accepted: newcomers wait in the system's queue instead of in our memory.
        let permit = tokio::select! {
            permit = Arc::clone(&permits).acquire_owned() => permit.ok(),
            () = running.told() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = running.told() => break,
        };
        match accepted {
            Ok(accepted) => take(permit, accepted),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
    // Who waits in that queue is connected as far as they know, and may have asked: a reset would not tell them whether
    // that was read. The system is asked, for what it has told so far may be old.
    let Ok(queue) = listener.into_std() else {
        return;
    };
    while let Ok(permit) = Arc::clone(&permits).try_acquire_owned()
        && let Ok((stream, peer)) = queue.accept()
    {
        if stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            take(Some(permit), (stream, peer));
        }
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: &Limits,
    stop: Stop,
) -> impl Future<Output = ()> + use<> {
    let mut running = stop.begin();
    let draining = stop.clone();
    // Answers are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let header_time = limits.header_time;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    let streams = Arc::new(AtomicBool::new(false));
    let answered = Arc::clone(&streams);
    let asked = Arc::new(Notify::new());
    let is_fresh = Arc::new(AtomicBool::new(true));
    let (asks, first) = (Arc::clone(&asked), Arc::clone(&is_fresh));
    let service = router
        .map_request(move |mut request: Request<Incoming>| {
            if first.swap(false, Ordering::Relaxed) {
                asks.notify_one();
            }
            request.extensions_mut().insert(Peer(peer.ip()));
            request
        })
        .map_response(move |mut response| {
            answered.store(is_stream(&response), Ordering::Relaxed);
            // A proxy that keeps a connection may send the next request just as it ends, and cannot know whether that
            // was read.
            if draining.is_draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            response
        });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(service),
        )
        .with_upgrades();
    async move {
        let mut connection = std::pin::pin!(connection);
        // What has come is read before it ends: to close over it would reset whoever sent it.
        tokio::select! {
            biased;
            // A connection that breaks off is the client's business.
            _ = connection.as_mut() => return,
            () = running.told() => {}
        }
        // Who has just come was not told yet that they should go elsewhere.
        if is_fresh.load(Ordering::Relaxed) {
            tokio::select! {
                biased;
                _ = connection.as_mut() => return,
                () = asked.notified() => {}
                () = tokio::time::sleep(FIRST_TIME) => {}
            }
        }
        connection.as_mut().graceful_shutdown();
        if streams.load(Ordering::Relaxed) {
            let _ = tokio::time::timeout(STREAM_TIME, connection).await;
        } else {
            let _ = connection.await;
        }
    }
}

/// Whether it is one that ends when the server says, not when it is whole.
fn is_stream<Body>(response: &Response<Body>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == "text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    fn limits(connections: u32) -> Limits {
        Limits {
            connections,
            header_time: Duration::from_secs(60),
            write_time: Duration::from_secs(60),
            places: Places::new(0),
            proxies: Proxies::default(),
            gauge: None,
        }
    }

    async fn serving(limits: Limits) -> (SocketAddr, Stop) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let stopping = stop.clone();
        tokio::spawn(async move {
            let large = || async { vec![0_u8; 64 * 1024 * 1024] };
            let router = Router::new()
                .route("/", get(|| async { "here" }))
                .route("/large", get(large));
            serve(listener, router, limits, &stopping).await;
        });
        (address, stop)
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    /// Waits until so many run: the server itself, and each connection.
    async fn begun(stop: &Stop, count: usize) {
        while stop.running() < count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn whoever_dawdles_over_headers_is_cut_off() {
        let (address, stop) = serving(Limits {
            header_time: Duration::from_millis(50),
            ..limits(8)
        })
        .await;
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
    async fn who_drains_ends_each_connection_with_its_answer() {
        let (address, stop) = serving(limits(8)).await;
        let mut kept = TcpStream::connect(address).await.unwrap();
        kept.write_all(REQUEST).await.unwrap();
        assert!(!answer(&mut kept).await.contains("connection: close"));
        stop.drain();
        for mut stream in [kept, TcpStream::connect(address).await.unwrap()] {
            stream.write_all(REQUEST).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert!(text.contains("here") && text.contains("connection: close"));
        }
        stop.stop().await;
    }

    #[tokio::test]
    async fn beyond_the_limit_newcomers_wait() {
        let (address, stop) = serving(limits(1)).await;
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
    async fn whoever_takes_nothing_of_the_answer_gives_the_place_back() {
        let (address, stop) = serving(Limits {
            write_time: Duration::from_millis(200),
            ..limits(1)
        })
        .await;
        let mut deaf = TcpStream::connect(address).await.unwrap();
        let large = b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n";
        deaf.write_all(large).await.unwrap();
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(REQUEST).await.unwrap();
        let text = tokio::time::timeout(Duration::from_secs(20), answer(&mut next)).await;
        assert!(text.unwrap().contains("here"));
        drop(deaf);
        stop.stop().await;
    }

    #[tokio::test]
    async fn one_address_has_so_many_connections_and_a_proxy_any_number() {
        for (proxies, alone) in [
            (vec![], true),
            (vec!["127.0.0.1/32".parse().unwrap()], false),
        ] {
            let (address, stop) = serving(Limits {
                places: Places::new(1),
                proxies: Proxies::new(proxies),
                ..limits(8)
            })
            .await;
            let mut first = TcpStream::connect(address).await.unwrap();
            first.write_all(REQUEST).await.unwrap();
            assert!(answer(&mut first).await.contains("here"));
            let mut second = TcpStream::connect(address).await.unwrap();
            // It may be closed before that is written, or reset.
            let _ = second.write_all(REQUEST).await;
            let mut text = Vec::new();
            let mut bytes = [0; 1024];
            if let Ok(count) = second.read(&mut bytes).await {
                text.extend_from_slice(&bytes[..count]);
            }
            assert_eq!(text.is_empty(), alone);
            drop((first, second));
            stop.stop().await;
        }
    }

    #[tokio::test]
    async fn who_waits_to_be_accepted_is_answered_before_the_end() {
        use std::io::{Read as _, Write as _};
        let (address, stop) = serving(limits(64)).await;
        begun(&stop, 1).await;
        // Nobody accepts while this thread connects.
        let waiting: Vec<_> = (0..32)
            .map(|_| {
                let mut stream = std::net::TcpStream::connect(address).unwrap();
                stream.write_all(REQUEST).unwrap();
                stream
            })
            .collect();
        stop.stop().await;
        for mut stream in waiting {
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert!(text.contains("here") && text.contains("connection: close"));
        }
    }

    #[tokio::test]
    async fn who_has_just_connected_may_ask_once_while_it_stops() {
        let (address, stop) = serving(limits(8)).await;
        let mut fresh = TcpStream::connect(address).await.unwrap();
        let mut silent = TcpStream::connect(address).await.unwrap();
        begun(&stop, 3).await;
        let stopping = stop.clone();
        let stopped = tokio::spawn(async move { stopping.stop().await });
        while !stop.is_draining() {
            tokio::task::yield_now().await;
        }
        fresh.write_all(REQUEST).await.unwrap();
        let mut text = String::new();
        fresh.read_to_string(&mut text).await.unwrap();
        assert!(text.contains("here") && text.contains("connection: close"));
        // Who asks for nothing does not hold it up.
        stopped.await.unwrap();
        assert_eq!(answer(&mut silent).await, "");
    }

    #[tokio::test]
    async fn what_has_come_by_the_last_moment_is_answered() {
        use std::io::{Read as _, Write as _};
        let (address, stop) = serving(limits(64)).await;
        let connect = |_| std::net::TcpStream::connect(address).unwrap();
        let mut all: Vec<_> = (0..32).map(connect).collect();
        begun(&stop, 33).await;
        let stopping = stop.clone();
        let stopped = tokio::spawn(async move { stopping.stop().await });
        while !stop.is_draining() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        // So busy a machine that nobody looks before it is over.
        for stream in &mut all {
            stream.write_all(REQUEST).unwrap();
        }
        std::thread::sleep(FIRST_TIME * 2);
        stopped.await.unwrap();
        for mut stream in all {
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert!(text.contains("here"));
        }
    }

    #[tokio::test]
    async fn stopping_ends_idle_connections() {
        let (address, stop) = serving(limits(8)).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut idle).await.contains("here"));
        stop.stop().await;
        assert_eq!(answer(&mut idle).await, "");
    }
}
