//! A program that is started again some seconds after it has ended, whyever it did, as systemd would.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// `RestartSec`.
pub const RESTART: Duration = Duration::from_secs(5);

pub struct Supervised {
    shared: Arc<Shared>,
    keeper: Option<JoinHandle<()>>,
    log: PathBuf,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    process: Option<u32>,
    starts: usize,
    /// Before the next start.
    pause: Duration,
    over: bool,
}

impl Supervised {
    /// Starts what `command` makes, each time anew. What it says goes into `log`.
    pub fn start(log: &Path, command: impl Fn() -> Command + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                process: None,
                starts: 0,
                pause: RESTART,
                over: false,
            }),
            changed: Condvar::new(),
        });
        let keeper = {
            let (shared, log) = (Arc::clone(&shared), log.to_owned());
            std::thread::spawn(move || shared.keep(&log, command))
        };
        Self {
            shared,
            keeper: Some(keeper),
            log: log.to_owned(),
        }
    }

    /// How often it was started.
    pub fn starts(&self) -> usize {
        self.shared.state.lock().unwrap().starts
    }

    /// `kill -9`; it is started again after `pause`.
    pub fn kill(&self, pause: Duration) {
        let mut state = self.shared.state.lock().unwrap();
        state.pause = pause;
        kill(&[state.process.expect("it runs")]);
    }

    /// The end of what it has said.
    pub fn said(&self, lines: usize) -> String {
        let all = std::fs::read(&self.log).unwrap_or_default();
        let all = String::from_utf8_lossy(&all);
        let all: Vec<&str> = all.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().unwrap();
        state.over = true;
        kill(&state.process.into_iter().collect::<Vec<_>>());
        drop(state);
        self.shared.changed.notify_all();
        let _ = self.keeper.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn keep(&self, log: &Path, command: impl Fn() -> Command) {
        let mut state = self.state.lock().unwrap();
        while !state.over {
            let mut child = command()
                .stdin(Stdio::null())
                .stdout(open(log))
                .stderr(open(log))
                .spawn()
                .unwrap();
            state.process = Some(child.id());
            state.starts += 1;
            drop(state);
            child.wait().unwrap();
            state = self.state.lock().unwrap();
            state.process = None;
            let pause = std::mem::replace(&mut state.pause, RESTART);
            let waited = self
                .changed
                .wait_timeout_while(state, pause, |state| !state.over);
            state = waited.unwrap().0;
        }
    }
}

fn open(log: &Path) -> File {
    let mut options = OpenOptions::new();
    options.create(true).append(true).open(log).unwrap()
}

/// `kill -9` for processes that are ours.
pub fn kill(processes: &[u32]) {
    signal("-9", processes);
}

pub fn signal(signal: &str, processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    // One of them may have gone with another.
    let _ = Command::new("kill")
        .arg(signal)
        .args(processes.iter().map(u32::to_string))
        .stderr(Stdio::null())
        .status();
}
