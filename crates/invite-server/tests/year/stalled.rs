//! A log that goes into a pipe of which nobody reads on.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use invite_server::conditions::LOG_LOST;

use crate::instance::{Instance, arguments};
use crate::people::client;
use crate::scene::Scene;
use crate::states::until_ready;
use crate::support::command;

/// More lines than wait for the reader, and more than a pipe holds beside them.
const MANY: usize = 14_000;
const AT_ONCE: usize = 14;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn stalled_log() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("log");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    // Whoever has both ends waits for nobody.
    let mut log = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    let database = folder.path().join("invites.db");
    let all = arguments(
        database.to_str().unwrap(),
        &folder.path().join("secret"),
        &["--log", "debug"],
    );
    let mut server = Instance::of(folder, move || {
        let program = command(&[]);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "log=$1; shift; exec \"$@\" 2>\"$log\"", "sh"])
            .arg(&pipe)
            .arg(program.get_program())
            .args(&all)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell
    });
    let scene = Scene::begin("stalled log", vec![server.url.clone()]).await;
    scene.strikes();
    let asking = (0..AT_ONCE).map(|_| async {
        let client = client();
        for _ in 0..MANY / AT_ONCE {
            let answer = client.get(server.at("/healthz")).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    });
    futures_util::future::join_all(asking).await;
    let began = Instant::now();
    scene.goes_on().await;
    until_ready(&server, 200).await;
    let ready = began.elapsed();
    let heard = Arc::new(Mutex::new(String::new()));
    let hearing = Arc::clone(&heard);
    std::thread::spawn(move || {
        let mut bytes = [0; 64 * 1024];
        while let Ok(count @ 1..) = log.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            hearing.lock().unwrap().push_str(&text);
        }
    });
    let began = Instant::now();
    let said = loop {
        let heard = heard.lock().unwrap().clone();
        let mut lines = heard
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        if let Some(line) = lines.find(|line| line.contains(LOG_LOST.name)) {
            break line.to_owned();
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it says nothing of what was lost"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let sentence = format!("{}: {}", LOG_LOST.sentence, LOG_LOST.remedy);
    assert!(said.contains(&sentence), "{said}");
    let begins = said.find(LOG_LOST.sentence).unwrap();
    let said = format!("{} {}", LOG_LOST.level, &said[begins..]);
    scene.end(ready, 15, said).await;
    let (status, _) = server.stop();
    assert!(status.success());
}
