//! `cargo xtask demo`: the server with its demo data, built, started and explained.

use std::io::{BufRead as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::files::{cargo, root, target};
use crate::process::{heading, run, timed};
use crate::wasm;

/// The port one finds in the documentation.
pub(crate) const PORT: u16 = 7007;

/// The hidden command that reads what the server says first, see `start`.
pub(crate) const ANNOUNCE: &str = "announce-demo";

/// Compiles the server, for `demo` and the tests.
pub(crate) fn build_server() -> Result<()> {
    timed(
        "server: compile invite-server (some minutes the first time)",
        || run(&mut cargo(&["build", "--package", "invite-server"])),
    )
}

/// The compiled server.
pub(crate) fn server_binary() -> PathBuf {
    target()
        .join("debug")
        .join(format!("invite-server{}", std::env::consts::EXE_SUFFIX))
}

/// Builds everything and becomes the server.
pub(crate) fn start(port: u16, open: bool) -> Result<()> {
    wasm::build(wasm::Mode::Release)?;
    build_server()?;

    heading("demo: start the server");
    let listen = match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => format!("127.0.0.1:{port}"),
        Err(error) => {
            println!("    port {port} cannot be used ({error}); taking another");
            "127.0.0.1:0".to_owned()
        }
    };

    // The server takes this process's place, so that Ctrl-C and signals reach it and nothing stays behind. What it
    // prints first, its address, goes to a second copy of us, which explains it and ends with it.
    let mut announcer = Command::new(std::env::current_exe()?);
    announcer
        .arg(ANNOUNCE)
        .args((!open).then_some("--no-open"))
        .stdin(Stdio::piped());
    let mut announcer = announcer.spawn()?;
    let address = announcer
        .stdin
        .take()
        .context("the announcer has no input")?;
    let mut server = Command::new(server_binary());
    server
        .current_dir(root())
        .args(["--demo", "--listen", &listen])
        .stdout(address);
    become_command(&mut server)
}

#[cfg(unix)]
fn become_command(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec()).context("the server could not be started")
}

#[cfg(not(unix))]
fn become_command(command: &mut Command) -> Result<()> {
    run(command)
}

/// Reads the server's output: explains the address in its first line, passes the rest on.
pub(crate) fn announce(open: bool) -> Result<()> {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let Some(url) = line.strip_prefix("invite-server listening on ") else {
            writeln!(out, "{line}")?;
            continue;
        };
        write!(out, "{}", explanation(url))?;
        out.flush()?;
        if open {
            open_in_browser(url);
        }
    }
    Ok(())
}

fn explanation(url: &str) -> String {
    format!(
        "
The demo runs at {url}

  1. Open it and sign in as alice (any password).
  2. Choose Team notes, create an invite, copy its link.
  3. Open the link in a private window and sign in as bob: he sees who invites him to what, accepts, and is in.

  In the developer tools console of that page the same is:

     const {{ invites }} = await import('/sdk/console.js')
     await invites.create({{ permissions: 'r', maxAge: 3600 }}, 'notes').then((invite) => invites.link(invite))

Ctrl-C stops the server; everything it holds is forgotten then.

"
    )
}

/// Opens the page where somebody sees it; the address is printed in any case.
fn open_in_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        "xdg-open"
    } else {
        return;
    };
    let quiet = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if quiet.is_err() {
        println!("({opener} is missing: open the address by hand)");
    }
}
