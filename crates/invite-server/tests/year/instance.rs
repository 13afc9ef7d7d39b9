//! A copy of the server that keeps its address, however often it is started.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::cluster::Listen;
use crate::states::until_ready;
use crate::support::{Server, command};

pub struct Instance {
    command: Box<dyn Fn() -> Command + Send + Sync>,
    server: Option<Server>,
    folder: tempfile::TempDir,
}

impl Instance {
    /// On this database, with a secret file of its own.
    pub fn start(database: &str, more: &[&str]) -> Instance {
        let mut instance = Instance::not_yet(database, more);
        instance.start_again();
        instance
    }

    /// The same before it is started.
    pub fn not_yet(database: &str, more: &[&str]) -> Instance {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        let arguments = arguments(database, &secret, more);
        Instance {
            command: Box::new(move || {
                command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
            }),
            server: None,
            folder,
        }
    }

    /// What `command` makes, each time anew.
    pub fn of(
        folder: tempfile::TempDir,
        command: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Instance {
        let server = Server::launch(command(), "invite-server");
        Instance {
            command: Box::new(command),
            server: Some(server),
            folder,
        }
    }

    /// One of the program's other commands, beside it.
    pub fn beside(&self, database: &str, arguments: &[&str]) -> Command {
        let secret = self.secret();
        let place = [
            "--database",
            database,
            "--secret-file",
            secret.to_str().unwrap(),
        ];
        command(&[&place[..], arguments].concat())
    }

    /// Runs one to its end: whether that was well, and what it said.
    pub fn run(&self, database: &str, arguments: &[&str]) -> (bool, String) {
        let output = self.beside(database, arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    /// Begins to start it, whatever comes of that.
    pub fn begin(&self) -> Child {
        (self.command)().spawn().unwrap()
    }

    pub fn secret(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    /// Asks it to stop; how it ended, and all that it has said.
    pub fn stop(&mut self) -> (ExitStatus, String) {
        self.server.take().unwrap().stop()
    }

    pub fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    pub fn start_again(&mut self) {
        self.server = Some(Server::launch((self.command)(), "invite-server"));
    }

    /// The same, until it is ready: how long that took.
    pub async fn is_back(&mut self) -> Duration {
        let began = Instant::now();
        self.start_again();
        until_ready(self, 200).await;
        began.elapsed()
    }
}

impl Drop for Instance {
    /// Shows what it has said last where the scene fails.
    fn drop(&mut self) {
        if let Some(server) = &self.server
            && std::thread::panicking()
        {
            let output = server.output();
            let lines: Vec<_> = output.lines().collect();
            let last = &lines[lines.len().saturating_sub(25)..];
            println!("{}", last.join("\n"));
        }
    }
}

/// Where it listens among others, what it keeps and where.
pub fn arguments(database: &str, secret: &Path, more: &[&str]) -> Vec<String> {
    let listen = Listen::somewhere().to_string();
    let secret = secret.to_str().unwrap();
    let all = [
        "--demo",
        "--listen",
        &listen,
        "--database",
        database,
        "--secret-file",
        secret,
    ];
    all.iter().chain(more).map(|&one| one.to_owned()).collect()
}

impl Deref for Instance {
    type Target = Server;
    fn deref(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }
}
