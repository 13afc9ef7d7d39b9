//! The program `invite-server`.

use std::io::Write as _;
use std::process::ExitCode;
#[cfg(unix)]
use std::time::{Duration, Instant};

use invite_server::app::{Ended, Server, start_logging};
use invite_server::config::{Config, Unread};

// A request takes many small pieces of memory, some given back on another thread: an eighth more requests in the same
// time than with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os()) {
        Ok(config) => config,
        Err(Unread::Arguments(error)) => error.exit(),
        Err(error) => return failed(&error.to_string()),
    };
    let log = start_logging(config.log, config.log_format);
    let done = match &config.command {
        Some(command) => invite_server::operate::run(&config, command)
            .await
            .map(Done::Said)
            .map_err(|error| error.to_string()),
        None => serve(&config).await.map(Done::Served),
    };
    // What was logged stands before what is said last.
    drop(log);
    match done {
        Ok(Done::Said(words)) => {
            let _ = writeln!(std::io::stdout(), "{words}");
            ExitCode::SUCCESS
        }
        Ok(Done::Served(Ended::Finished)) => ExitCode::SUCCESS,
        // Whatever still runs is not waited for.
        Ok(Done::Served(Ended::CutOff)) => std::process::exit(1),
        Err(sentence) => failed(&sentence),
    }
}

enum Done {
    Said(String),
    Served(Ended),
}

fn failed(sentence: &str) -> ExitCode {
    eprintln!("invite-server: {sentence}.");
    ExitCode::FAILURE
}

async fn serve(config: &Config) -> Result<Ended, String> {
    let server = Server::start(config)
        .await
        .map_err(|error| error.to_string())?;
    // Listened to before anybody is told where we are: whoever reads the line may stop us at once.
    let told = told_to_stop().map_err(|error| format!("the system gives no signals: {error}"))?;
    // The one line on the standard output: whoever started us reads where we are. A closed pipe is no reason to stop.
    let mut output = std::io::stdout();
    let _ = writeln!(
        output,
        "invite-server listening on http://{}",
        server.address()
    );
    let _ = output.flush();
    Ok(server.run(told).await)
}

/// What comes so soon after is the same word: a terminal, timeout or npm says it to a whole group of processes, and who
/// stands in front passes it on.
#[cfg(unix)]
const SAME_WORD: Duration = Duration::from_millis(500);

/// Listens for Ctrl-C and SIGTERM from now on; returns, each time, when either comes.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<impl AsyncFnMut()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut heard: Option<Instant> = None;
    Ok(async move || {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if heard.is_none_or(|heard| heard.elapsed() >= SAME_WORD) {
                heard = Some(Instant::now());
                return;
            }
        }
    })
}

/// Listens for Ctrl-C from now on; returns, each time, when it comes.
#[cfg(windows)]
fn told_to_stop() -> std::io::Result<impl AsyncFnMut()> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move || {
        interrupt.recv().await;
    })
}
