//! How a server stands: whether it is ready, and what its log says of it.

use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use invite_server::conditions::Condition;

use crate::people::client;
use crate::support::{PATIENCE, Server, command};

/// The status of `/readyz`, which answers within two seconds whatever happens; some more for a machine that is busy.
pub async fn readiness(server: &Server) -> u16 {
    let began = Instant::now();
    let answer = client().get(server.at("/readyz")).send().await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    answer.status().as_u16()
}

/// Waits until the server says so; how long that took.
pub async fn until_ready(server: &Server, status: u16) -> Duration {
    let began = Instant::now();
    while readiness(server).await != status {
        assert!(
            began.elapsed() < PATIENCE * 2,
            "never {status}: {}",
            server.output()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    began.elapsed()
}

/// The lines that tell of this.
pub fn told(server: &Server, condition: &Condition) -> Vec<String> {
    let name = format!("condition=\"{}\"", condition.name);
    let output = server.output();
    let lines = output.lines().filter(|line| line.contains(&name));
    let lines = lines.filter(|line| !line.contains("over condition"));
    lines.map(str::to_owned).collect()
}

/// Waits until it says so: what it has written comes over a pipe.
pub fn until_said(server: &Server, text: &str) {
    let began = Instant::now();
    while !server.output().contains(text) {
        assert!(began.elapsed() < PATIENCE, "{text}: {}", server.output());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The one line that tells of this names the place and what to do, word for word as the table has it. Gives it, without
/// what stands before it.
pub fn told_once(server: &Server, condition: &Condition, place: &str) -> String {
    until_said(server, condition.name);
    let lines = told(server, condition);
    let said = format!("{}: {}", condition.sentence, condition.remedy);
    assert!(
        lines.len() == 1 && lines[0].contains(&said) && lines[0].contains(place),
        "{lines:?}\n{}",
        server.output()
    );
    assert!(lines[0].contains(condition.level.as_str()), "{lines:?}");
    let begins = lines[0].find(condition.sentence).unwrap();
    format!("{} {}", condition.level, &lines[0][begins..])
}

/// What a server says that does not start.
pub fn refused(arguments: &[&str]) -> String {
    let mut child = command(&[&["--listen", "127.0.0.1:0"], arguments].concat())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    if !line.is_empty() {
        let _ = child.kill();
    }
    let output = child.wait_with_output().unwrap();
    assert!(
        !output.status.success() && line.is_empty(),
        "{arguments:?} went on: {line}"
    );
    String::from_utf8(output.stderr).unwrap()
}
