//! From the command line to the last socket.

use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::emulator::{self, Emulator};
use crate::options::Options;

/// How long stopping waits for sockets to say goodbye.
const STOPPING_TIME: Duration = Duration::from_secs(15);

/// Why it does not run.
#[derive(Debug)]
pub(super) enum Trouble {
    OffLoopback(IpAddr),
    Listen(SocketAddr, io::Error),
    System(io::Error),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OffLoopback(address) => write!(
                formatter,
                "it shows faults on purpose, so it listens on loopback only: use --listen 127.0.0.1:PORT, not {address}"
            ),
            Self::Listen(address, error) => write!(
                formatter,
                "cannot listen on {address}: {error}. Choose another with --listen, or port 0 for a free one"
            ),
            Self::System(error) => write!(formatter, "the system does not let it run: {error}"),
        }
    }
}

/// Says where it is, and answers until told to stop.
pub(super) async fn serve(options: &Options) -> Result<(), Trouble> {
    let address = options.listen;
    if !address.ip().is_loopback() {
        return Err(Trouble::OffLoopback(address.ip()));
    }
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Trouble::Listen(address, error))?;
    let address = listener.local_addr().map_err(Trouble::System)?;
    let told = told_to_stop().map_err(Trouble::System)?;
    let emulator = Emulator::new(options, address);
    let router = emulator::router(&emulator, options);
    // The one line on the standard output: whoever started us reads where we are. A closed pipe is no reason to stop.
    let mut output = io::stdout();
    let _ = writeln!(output, "webstrates-emulator listening on http://{address}");
    let _ = output.flush();

    let stop = emulator.stop.clone();
    let listener = listener.tap_io(|stream| {
        // Answers are small and somebody waits for each.
        let _ = stream.set_nodelay(true);
    });
    let mut running = stop.subscribe();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = running.wait_for(|stopped| *stopped).await;
    });
    let ending = async {
        told.await;
        stop.send_replace(true);
        tokio::time::sleep(STOPPING_TIME).await;
    };
    tokio::select! {
        served = async { serving.await.map_err(Trouble::System)?; stop.closed().await; Ok(()) } => served,
        () = ending => Ok(()),
    }
}

/// Listens for Ctrl-C and SIGTERM from now on; the future returns when either comes.
#[cfg(unix)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for Ctrl-C from now on; the future returns when it comes.
#[cfg(windows)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
