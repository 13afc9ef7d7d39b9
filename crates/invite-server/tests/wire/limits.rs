//! What is too much is refused, and what was begun is finished.

use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Server, closed, http, json_of};

#[tokio::test]
async fn a_message_beyond_64_kib_ends_the_socket() {
    let server = Server::demo(&[]);
    let mut socket = server.person("alice").await.socket().await;
    let frame = |size: usize| {
        let empty = json!({ "wa": "getInvites", "d": "notes", "token": "t", "x": "" }).to_string();
        json!({ "wa": "getInvites", "d": "notes", "token": "t", "x": "x".repeat(size - empty.len()) }).to_string()
    };
    socket.send_text(&frame(64 * 1024)).await;
    assert_eq!(json_of(socket.next().await.unwrap())["reply"], json!([]));
    // The server may hang up while the rest is still being sent.
    let _ = socket
        .stream
        .send(Message::text(frame(64 * 1024 + 1)))
        .await;
    assert_eq!(closed(&mut socket.stream).await.0, 1009);
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_refused() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let long = "x".repeat(70_000);
    let form = alice
        .request(reqwest::Method::POST, "/notes/")
        .form(&[("token", &long)])
        .send()
        .await
        .unwrap();
    assert!(form.status().is_client_error());
    let sign_in = http()
        .post(server.at("/auth/test"))
        .form(&[("username", &long)])
        .send()
        .await
        .unwrap();
    assert!(sign_in.status().is_client_error());
}

#[tokio::test]
async fn one_address_takes_its_own_sockets_alone() {
    let server = Server::demo(&["--limit-sockets", "2", "--trust-proxy", "127.0.0.1"]);
    let open = async |from: &str| {
        let address = format!("{}/notes/", server.url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        let from = from.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", from);
        tokio_tungstenite::connect_async(request).await
    };
    let mut held = vec![open("192.0.2.1").await.unwrap()];
    held.push(open("192.0.2.1").await.unwrap());
    let refused = open("192.0.2.1").await.unwrap_err();
    assert!(format!("{refused:?}").contains("429"), "{refused:?}");
    // Nobody else notices, not even behind the same proxy.
    held.push(open("192.0.2.2").await.unwrap());
    held.remove(0);
    while open("192.0.2.1").await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn beyond_the_limit_no_socket_opens_until_one_closes() {
    let server = Server::demo(&["--max-connections", "3"]);
    let alice = server.person("alice").await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(alice.socket().await);
    }
    let refused = tokio_tungstenite::connect_async(format!(
        "{}/notes/",
        server.url.replacen("http", "ws", 1)
    ))
    .await;
    let Err(tokio_tungstenite::tungstenite::Error::Http(response)) = refused else {
        panic!("a fourth socket")
    };
    assert_eq!(response.status(), 503);
    let mut first = open.remove(0);
    first.stream.close(None).await.unwrap();
    // The close handshake ends with the server's side; its place is free right after.
    while first.next().await.is_some() {}
    let mut tries = 0;
    while tokio_tungstenite::connect_async(format!(
        "{}/notes/",
        server.url.replacen("http", "ws", 1)
    ))
    .await
    .is_err()
    {
        tries += 1;
        assert!(tries < 1000, "the place is not given back");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn stopping_finishes_what_was_begun_and_says_goodbye() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let mut server = Server::on(&database);
    let alice = server.person("alice").await;
    let mut socket = alice.socket().await;
    for number in 0..50 {
        let options = json!({ "permissions": "r", "maxAge": 600 });
        socket
            .send(
                &json!({ "wa": "createInvite", "d": "notes", "options": options, "token": number }),
            )
            .await;
    }
    // One answer: the server is at work on them.
    let mut answered = 1;
    assert!(json_of(socket.next().await.unwrap())["reply"].is_object());
    server.ask_to_stop();
    let code = loop {
        match socket.next().await.unwrap() {
            Message::Close(frame) => break frame.unwrap().code,
            message => {
                assert!(json_of(message)["reply"].is_object());
                answered += 1;
            }
        }
    };
    assert_eq!(u16::from(code), 1001);
    let (status, output) = server.wait();
    assert!(status.success(), "{output}");
    assert!(output.trim_end().ends_with("stopped"), "{output}");

    let server = Server::on(&database);
    let alice = crate::support::Person {
        url: server.url.clone(),
        ..alice
    };
    assert_eq!(
        alice.socket().await.list("notes").await.len(),
        answered,
        "begun is answered, and nothing else was done"
    );
}

/// Half a body that never ends: after half a minute there is an answer, in the words of all others.
#[tokio::test]
async fn what_takes_too_long_is_a_problem_too() {
    let server = Server::demo(&[]);
    let address = server.url.strip_prefix("http://").unwrap();
    let half = async |path: &str, status: &str| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\nConnection: close\r\n\r\n{{\"key\":"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // What was not sent may end the connection hard, behind the answer.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        answer
    };
    let (own, rkvst) = tokio::join!(
        half("/api/v1/invites/check", "504"),
        half("/archivist/iam/v1/appidp/token", "500")
    );
    assert!(
        own.contains("application/problem+json") && own.contains("\"code\":\"unknown_outcome\""),
        "{own}"
    );
    assert!(
        rkvst.contains("\"code\":13") && rkvst.contains("\"details\":[]"),
        "{rkvst}"
    );
}

#[tokio::test]
async fn one_address_takes_its_own_streams_alone() {
    let server = Server::demo(&["--limit-streams", "2", "--trust-proxy", "127.0.0.1"]);
    let alice = server.person("alice").await;
    let open = async |from: &str| {
        let stream = alice.get("/api/v1/resources/notes/events");
        stream.header("x-forwarded-for", from).send().await.unwrap()
    };
    let mut held = vec![open("192.0.2.1").await, open("192.0.2.1").await];
    let refused = open("192.0.2.1").await;
    assert_eq!(refused.status(), 429);
    let problem: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "limit_reached");
    // Nobody else notices, not even behind the same proxy.
    held.push(open("192.0.2.2").await);
    assert!(held.iter().all(|stream| stream.status() == 200));
    held.remove(0);
    while open("192.0.2.1").await.status() != 200 {
        tokio::task::yield_now().await;
    }
}

/// A shell in between sets how many files it and the server may have open.
#[cfg(unix)]
fn with_files(soft: u32, hard: u32) -> Server {
    let set = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"");
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", &set, env!("CARGO_BIN_EXE_invite-server")])
        .args(["--demo", "--listen", "127.0.0.1:0"])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    Server::launch(shell, "invite-server")
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn files_are_asked_for_and_said_to_be_too_few() {
    let limit = |server: &Server| {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max open files"))
            .unwrap();
        let soft = line.split_whitespace().nth(3).unwrap();
        soft.parse::<u32>().unwrap()
    };
    let raised = with_files(256, 16_384);
    assert!(limit(&raised) > 2 * 4096, "{}", limit(&raised));
    assert!(!raised.output().contains("too few files"));

    let few = with_files(320, 320);
    assert_eq!(limit(&few), 320);
    // As many are served at once as there are files for; the others wait for their turn.
    let mut crowd = Vec::new();
    for _ in 0..100 {
        let address = few.url.trim_start_matches("http://").to_owned();
        crowd.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    let answering = tokio::spawn(http().get(few.at("/healthz")).send());
    drop(crowd);
    assert_eq!(answering.await.unwrap().unwrap().status(), 200);
    let output = few.output();
    assert!(
        output.contains("too few files") && output.contains("LimitNOFILE"),
        "{output}"
    );
    assert!(!output.contains("could not be accepted"), "{output}");
}
