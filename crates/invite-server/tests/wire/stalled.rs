//! A log whose reader stalls: it is read through a pipe, of which nobody reads on.

use std::io::{BufRead as _, BufReader, PipeReader};
use std::process::Child;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, command, http};

/// More lines than wait for the reader, and more than a pipe holds beside them.
const MANY: usize = 12_000;

struct Stalled {
    child: Child,
    /// Its standard error stream, read up to where it says where the metrics are.
    log: BufReader<PipeReader>,
    /// Without the scheme.
    address: String,
    metrics: String,
}

impl Stalled {
    fn start() -> Stalled {
        let (log, written) = std::io::pipe().unwrap();
        let mut command = command(&[
            "--demo",
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
        ]);
        command.stderr(written);
        let mut child = command.spawn().unwrap();
        // Our own copy of the end that is written to.
        drop(command);
        let mut log = BufReader::new(log);
        let mut line = String::new();
        while !line.contains("metrics address=") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it has ended");
        }
        let metrics = line.trim().rsplit('=').next().unwrap().to_owned();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        Stalled {
            child,
            log,
            address,
            metrics,
        }
    }

    /// Asks so often, on one connection and without waiting between; gives how many answers came.
    async fn ask(&self, times: usize) -> usize {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let asking = tokio::spawn(async move {
            let some = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".repeat(100);
            for _ in 0..times / 100 {
                if write.write_all(&some).await.is_err() {
                    break;
                }
            }
            write
        });
        let (mut answers, mut rest) = (0, Vec::new());
        let mut bytes = vec![0; 64 * 1024];
        let reading = async {
            while answers < times {
                let count = read.read(&mut bytes).await.unwrap();
                if count == 0 {
                    break;
                }
                rest.extend_from_slice(&bytes[..count]);
                let text = String::from_utf8_lossy(&rest).into_owned();
                answers += text.matches("HTTP/1.1 200").count();
                rest.drain(..rest.len().saturating_sub(11));
            }
        };
        let _ = tokio::time::timeout(PATIENCE * 3, reading).await;
        asking.abort();
        answers
    }

    /// So many lines were lost.
    async fn lost(&self) -> u64 {
        let metrics = http().get(format!("http://{}/metrics", self.metrics));
        let text = metrics.send().await.unwrap().text().await.unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("invite_server_log_lines_lost_total "));
        line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    }

    /// Whether it ends in time after it was told to.
    async fn ends(&mut self) -> bool {
        let told = std::process::Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(told.unwrap().success());
        let ended = async {
            while self.child.try_wait().unwrap().is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.is_ok()
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_neither_answers_nor_the_end() {
    let mut server = Stalled::start();
    assert_eq!(server.ask(MANY).await, MANY);
    assert!(server.lost().await > 0);
    assert!(server.ends().await, "it does not end");
}

#[tokio::test]
async fn whoever_reads_the_log_again_is_told_how_much_is_missing() {
    let mut server = Stalled::start();
    assert_eq!(server.ask(MANY).await, MANY);
    let lost = server.lost().await;
    let all = Arc::new(Mutex::new(String::new()));
    let (mut log, heard) = (
        std::mem::replace(&mut server.log, BufReader::new(std::io::pipe().unwrap().0)),
        Arc::clone(&all),
    );
    let reading = std::thread::spawn(move || {
        let mut line = String::new();
        while log.read_line(&mut line).unwrap_or_default() > 0 {
            heard.lock().unwrap().push_str(&line);
            line.clear();
        }
    });
    let told = async {
        while !all.lock().unwrap().contains("lines of this log were lost") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    assert!(server.ends().await);
    reading.join().unwrap();
    let log = all.lock().unwrap().clone();
    let (_, after) = log
        .split_once(
            "lines of this log were lost, as whoever reads the standard error stream does not take them in time, or has \
             no room for them: look after the log's reader and its disk condition=\"log_lost\" place=standard error cause=",
        )
        .unwrap();
    let (missing, after) = after.split_once(' ').unwrap();
    // That nothing could be told meanwhile is lost, too.
    let missing: u64 = missing.parse().unwrap();
    assert!((lost..lost + 10).contains(&missing), "{missing} of {lost}");
    assert!(after.starts_with("lines times=1\n"), "{after}");
    assert!(log.contains("answered") && log.trim_end().ends_with("stopped"));
}
