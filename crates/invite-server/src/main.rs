//! The program `invite-server`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use invite_server::app::{Server, start_logging};
use invite_server::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    start_logging(config.log, config.log_format);
    let server = match Server::start(&config).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("invite-server: {error}.");
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
    server.run(told_to_stop()).await;
    ExitCode::SUCCESS
}

/// Returns at Ctrl-C or SIGTERM.
async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
