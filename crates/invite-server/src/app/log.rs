//! The log. It is written by a thread of its own: a reader that stalls, or has no room, stops nothing.

use std::io::{self, Stderr, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

use crate::conditions::LOG_LOST;
use crate::config::{LogFormat, LogLevel};
use crate::stop::Running;

/// So many lines wait to be written; further ones are lost.
const WAITING: usize = 4096;
/// How often to see whether some were lost.
const LOOK: Duration = Duration::from_secs(1);
/// The count of lines that were lost.
pub(super) const LOST: &str = "invite_server_log_lines_lost_total";

/// Lines for which there was no room to wait.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();
/// Lines that were written, and lines that could not be.
static WRITTEN: AtomicU64 = AtomicU64::new(0);
static UNWRITTEN: AtomicU64 = AtomicU64::new(0);

/// Held as long as there is something to log. Dropped, it writes what waits, for a second at most.
#[derive(Debug)]
#[must_use = "what waits to be written is lost without it"]
pub struct Log(
    #[allow(dead_code, reason = "held for what it does when it is dropped")] WorkerGuard,
);

/// Starts logging to the standard error stream: this server's own lines and nobody else's, because a library's debug
/// line may print the very frame or query that holds a key.
pub fn start_logging(level: LogLevel, format: LogFormat) -> Log {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    use tracing_subscriber::{Layer as _, fmt};

    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING)
        .thread_name("log")
        .finish(Lines(io::stderr()));
    // Set once in a process, as logging is started once.
    let _ = DROPPED.set(writer.error_counter());
    let own = Targets::new().with_target("invite_server", level);
    let lines = fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines
            .with_target(false)
            .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
            .boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Fails only if logging was started before, in which case it runs.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(own))
        .try_init();
    if level != LevelFilter::OFF {
        // By itself a panic is told past the log, and waits there for whoever reads it.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            let payload = panic.payload();
            let what = payload.downcast_ref::<&str>().copied();
            let what = what.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            tracing::error!(place, what, "a fault of this program: please report it");
        }));
    }
    Log(guard)
}

/// So many lines were lost since logging began.
pub(super) fn lost() -> u64 {
    let dropped = DROPPED.get().map_or(0, ErrorCounter::dropped_lines);
    dropped as u64 + UNWRITTEN.load(Ordering::Relaxed)
}

/// Tells in the log how much of it is missing, as soon as it is read again, until told to stop.
pub(super) async fn tell_lost(mut running: Running) {
    let (mut told, mut seen) = (0, 0);
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = running.told() => return,
        }
        let (lost_now, written) = (lost(), WRITTEN.load(Ordering::Relaxed));
        let is_read = written > seen;
        seen = written;
        if lost_now > told && is_read {
            let lines = lost_now - told;
            LOG_LOST.met_often("standard error", format_args!("{lines} lines"), 1);
            // Where even that was lost, it is told again.
            if lost() == lost_now {
                told = lost_now;
            }
        }
    }
}

/// The standard error stream, line by line.
struct Lines(Stderr);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let outcome = match self.0.write_all(line) {
            Ok(()) => &WRITTEN,
            Err(_) => &UNWRITTEN,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
