//! The real program, and people who talk to it.

use std::path::Path;
use std::process::{Command, Stdio};

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

#[path = "../support/people.rs"]
mod people;
#[path = "../support/running.rs"]
mod running;

pub use people::*;
pub use running::Server;

impl Server {
    /// `invite-server --demo` on a free port.
    pub fn demo(arguments: &[&str]) -> Self {
        Self::start(&[&["--demo", "--log", "debug"], arguments].concat())
    }

    /// The same on a database that stays.
    pub fn on(database: &Path) -> Self {
        Self::demo(&["--database", database.to_str().unwrap()])
    }

    /// The status that the upgrade to a socket is refused with. A header may come twice.
    pub async fn refused(&self, path: &str, headers: &[(&'static str, String)]) -> u16 {
        let url = self.at(path).replacen("http", "ws", 1);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("no refusal: {:?}", other.map(|(_, response)| response)),
        }
    }

    pub fn start(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    pub fn start_at(listen: &str, arguments: &[&str]) -> Self {
        Self::launch(
            command(&[&["--listen", listen], arguments].concat()),
            "invite-server",
        )
    }
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invite-server"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
