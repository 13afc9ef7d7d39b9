//! The program `invite-server`.

use std::io::Write as _;
use std::process::ExitCode;

use invite_server::app::{Server, start_logging};
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
        Err(error) => {
            eprintln!("invite-server: {error}.");
            return ExitCode::FAILURE;
        }
    };
    start_logging(config.log, config.log_format);
    if let Some(command) = &config.command {
        return match invite_server::operate::run(&config, command).await {
            Ok(done) => {
                let _ = writeln!(std::io::stdout(), "{done}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("invite-server: {error}.");
                ExitCode::FAILURE
            }
        };
    }
    let server = match Server::start(&config).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("invite-server: {error}.");
            return ExitCode::FAILURE;
        }
    };
    // Listened to before anybody is told where we are: whoever reads the line may stop us at once.
    let told = match told_to_stop() {
        Ok(told) => told,
        Err(error) => {
            eprintln!("invite-server: the system gives no signals: {error}.");
            return ExitCode::FAILURE;
        }
    };
    // The one line on the standard output: whoever started us reads where we are. A closed pipe is no reason to stop.
    let mut output = std::io::stdout();
    let _ = writeln!(
        output,
        "invite-server listening on http://{}",
        server.address()
    );
    let _ = output.flush();
    server.run(told).await;
    ExitCode::SUCCESS
}

/// Listens for Ctrl-C and SIGTERM from now on; the future returns when either comes.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
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
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
