//! Stopping, when whoever says so does not want to wait.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Server};

const TWICE: &str = "told to stop a second time, so it ends at once and what was begun is cut off: what was \
                     acknowledged is there, and whoever was not answered tries again condition=\"told_twice\" \
                     place=stopping cause=a second signal times=1";

async fn said(server: &Server, words: &str) {
    let told = async {
        while !server.output().contains(words) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await;
    assert!(told.is_ok(), "{words}: {}", server.output());
}

/// Says it again, until it is heard as another word.
async fn insisted(server: &Server, signal: &str) {
    let told = async {
        while !server.output().contains(TWICE) {
            server.signal(signal);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await;
    assert!(told.is_ok(), "{}", server.output());
}

/// Ctrl-C reaches a whole group of processes, and who stands in front passes it on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_that_comes_twice_at_once_is_one() {
    let mut server = Server::demo(&["--drain-seconds", "1"]);
    for signal in ["INT", "TERM"] {
        server.signal(signal);
    }
    let (status, output) = server.wait();
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(
        output.contains("stopped") && !output.contains(TWICE),
        "{output}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_word_ends_it_while_it_drains() {
    for (first, second) in [("TERM", "TERM"), ("INT", "INT"), ("TERM", "INT")] {
        // Longer than any machine takes for this; it is killed at the end.
        let mut server = Server::demo(&["--drain-seconds", "600"]);
        server.signal(first);
        said(&server, "draining").await;
        insisted(&server, second).await;
        let (status, output) = server.wait();
        assert_eq!(status.code(), Some(1), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_word_ends_it_while_something_is_under_way() {
    let mut server = Server::demo(&[]);
    let mut slow = TcpStream::connect(server.url.trim_start_matches("http://"))
        .await
        .unwrap();
    // Its body never comes whole.
    let begun = b"POST /auth/test HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                  content-length: 100\r\n\r\nusername";
    slow.write_all(begun).await.unwrap();
    // Read by the time that somebody else is answered who came later.
    server.person("alice").await;
    server.signal("TERM");
    said(&server, "stopping").await;
    let since = Instant::now();
    insisted(&server, "TERM").await;
    let (_, output) = server.wait();
    assert!(output.contains(TWICE), "{output}");
    assert!(
        !output.contains("some connections did not end in time"),
        "after {:?}: {output}",
        since.elapsed()
    );
}

/// More connections than there are files for would fail one by one, in the middle of something.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")]
async fn there_are_no_more_connections_than_files() {
    use tokio::io::AsyncReadExt as _;
    let mut command = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_invite-server");
    let few = "ulimit -n 296; exec \"$0\" \"$@\"";
    let asked = [
        "--demo",
        "--listen",
        "127.0.0.1:0",
        "--max-connections",
        "1000",
    ];
    command.args(["-c", few, program]).args(asked);
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let server = Server::launch(command, "invite-server");
    said(
        &server,
        "the system lets this program open too few files, so that there are fewer connections at once: raise the limit \
         with ulimit -n, or LimitNOFILE= of systemd, or say a smaller --max-connections condition=\"files_few\" \
         place=296 files cause=2272 would be needed; connections: 16 times=1",
    )
    .await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let request = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut answer = vec![0; 4096];
    let mut open = Vec::new();
    for _ in 0..16 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(request).await.unwrap();
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        open.push(stream);
    }
    let mut next = TcpStream::connect(&address).await.unwrap();
    next.write_all(request).await.unwrap();
    let first = &mut open[0];
    first.write_all(request).await.unwrap();
    tokio::select! {
        biased;
        _ = next.readable() => panic!("one more than there are files for"),
        count = first.read(&mut answer) => assert!(count.unwrap() > 0),
    }
    open.clear();
    let next = tokio::time::timeout(PATIENCE, next.read(&mut answer)).await;
    assert!(next.unwrap().unwrap() > 0);
}
