//! What the operator sees: metrics, numbers of requests, whether it is ready.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PATIENCE, Server, command, http};

/// The word that follows in what the server has written, waiting until it is there.
async fn said(server: &Server, before: &str) -> String {
    let told = async {
        loop {
            let output = server.output();
            if let Some((_, after)) = output.split_once(before)
                && let Some(word) = after.split_whitespace().next()
                && after.len() > word.len()
            {
                return word.to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap()
}

#[tokio::test]
async fn metrics_count_and_name_nobody() {
    let server = Server::demo(&["--metrics", "127.0.0.1:0"]);
    let address = said(&server, "metrics address=").await;
    let (alice, bob) = (
        server.person("alice-in-wonder").await,
        server.person("bob-the-builder").await,
    );
    server
        .member("marked-resource", "alice-in-wonder", Some("arw"))
        .await;
    let create = alice.request(Method::POST, "/api/v1/resources/marked-resource/invites");
    let invite: Value = create
        .json(&json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let key = invite["key"].as_str().unwrap();
    let wrong = format!("{:064x}", 7);
    for key in [key, key, &wrong] {
        let accept = bob.request(Method::POST, "/api/v1/invites/accept");
        accept.json(&json!({ "key": key })).send().await.unwrap();
    }
    http()
        .get(server.at(&format!("/nowhere/{key}?key={key}")))
        .send()
        .await
        .unwrap();
    let _socket = alice.socket().await;
    let events = alice.get("/api/v1/resources/marked-resource/events");
    let _stream = events.send().await.unwrap();

    let text = http()
        .get(format!("http://{address}/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for line in [
        r#"invite_server_calls_total{call="create",outcome="done"} 1"#,
        r#"invite_server_calls_total{call="accept",outcome="done"} 2"#,
        r#"invite_server_calls_total{call="accept",outcome="invalid_key"} 1"#,
        r#"invite_server_requests_total{method="POST",route="/api/v1/resources/{resource}/invites",status="201"} 1"#,
        r#"invite_server_requests_total{method="GET",route="(none)",status="404"} 1"#,
        r#"invite_server_request_seconds_bucket{method="POST",route="/api/v1/invites/accept",le="+Inf"} 3"#,
        r#"invite_server_store_seconds_count{call="transact"}"#,
        "invite_server_store_wait_seconds_count ",
        "invite_server_writer_batch_count ",
        r#"invite_server_writer_batch_bucket{le="1"} "#,
        r#"invite_server_refused_total{limit="user"} 0"#,
        "invite_server_streams 1",
        "invite_server_sockets 1",
        "# HELP invite_server_calls_total",
        "# TYPE invite_server_store_seconds histogram",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    // Looked at now and again: what waits for whom is in none of the calls.
    for line in [
        r#"invite_server_waiting{queue="webhooks"} 0"#,
        r#"invite_server_waiting{queue="mails"} 0"#,
        r#"invite_server_waiting_oldest_seconds{queue="mails"} 0"#,
        "# TYPE invite_server_waiting_oldest_seconds gauge",
        "invite_server_writer_waiting 0",
    ] {
        shown(&address, |text| text.contains(line)).await;
    }
    // Who has signed in, and who has signed out.
    shown(&address, |text| text.contains("invite_server_sessions 2\n")).await;
    let out = bob.request(Method::POST, "/auth/logout").send().await;
    assert_eq!(out.unwrap().status(), 302);
    shown(&address, |text| text.contains("invite_server_sessions 1\n")).await;
    for name in [key, "marked-resource", "wonder", "builder", "nowhere"] {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
    // Nobody finds them on the public port, nor anything else on theirs.
    let public = http().get(server.at("/metrics")).send().await.unwrap();
    assert!(!public.text().await.unwrap().contains("invite_server_"));
    let other = http().get(format!("http://{address}/api/v1/me"));
    assert_eq!(other.send().await.unwrap().status(), 404);
}

/// The metrics, as soon as they are like this.
async fn shown(address: &str, like: impl Fn(&str) -> bool) -> String {
    let asked = async {
        loop {
            let text = http().get(format!("http://{address}/metrics")).send().await;
            let text = text.unwrap().text().await.unwrap();
            if like(&text) {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE * 3, asked).await.unwrap()
}

/// What one looks at first at 3 a.m.
#[tokio::test]
async fn metrics_say_which_program_it_is_what_it_takes_and_what_is_open() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::demo(&["--metrics", "127.0.0.1:0"]);
    let address = said(&server, "metrics address=").await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let at = server.url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        open.push(stream);
    }
    let text = shown(&address, |text| {
        text.contains("invite_server_connections 3\n")
    })
    .await;
    let build = format!(
        "invite_server_build_info{{version=\"{}\"}} 1",
        env!("CARGO_PKG_VERSION")
    );
    for line in [
        build.as_str(),
        "invite_server_connections_allowed ",
        "invite_server_log_lines_lost_total 0",
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
        "process_open_fds ",
        "process_max_fds ",
        "process_start_time_seconds ",
    ] {
        assert!(
            text.lines().any(|one| one.starts_with(line)),
            "{line} is not in\n{text}"
        );
    }
    drop(open);
    shown(&address, |text| {
        text.contains("invite_server_connections 0\n")
    })
    .await;
}

#[tokio::test]
async fn what_waits_to_be_mailed_is_counted_and_how_long_it_has() {
    // Nobody listens there any more.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("smtp://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let mail = ["--smtp", &gone, "--mail-from", "invites@example.org"];
    let server = Server::demo(&[&mail[..], &["--metrics", "127.0.0.1:0"]].concat());
    let address = said(&server, "metrics address=").await;
    let alice = server.person("alice").await;
    for to in ["bob@example.com", "carol@example.com"] {
        let create = alice.request(Method::POST, "/api/v1/resources/notes/invites");
        let create = create.json(&json!({ "email": to, "send": true })).send();
        assert_eq!(create.await.unwrap().status(), 201);
    }
    let text = shown(&address, |text| {
        let two = text.contains(r#"invite_server_waiting{queue="mails"} 2"#);
        let none = r#"invite_server_waiting_oldest_seconds{queue="mails"} 0"#;
        two && !text.lines().any(|line| line == none)
    })
    .await;
    assert!(!text.contains("example.com"), "{text}");
}

#[tokio::test]
async fn each_limit_counts_what_it_refuses() {
    let limits = [
        "--limit-user",
        "8",
        "--limit-sockets",
        "1",
        "--limit-wrong-keys",
        "1",
    ];
    let server = Server::demo(&[&limits[..], &["--metrics", "127.0.0.1:0"]].concat());
    let address = said(&server, "metrics address=").await;
    let alice = server.person("alice").await;
    let _socket = alice.socket().await;
    let second = server.url.replacen("http", "ws", 1) + "/notes/";
    let second = tokio_tungstenite::connect_async(second).await;
    assert!(second.is_err(), "a second socket");
    let bob = server.person("bob").await;
    let mut wrong = 0;
    for number in 0..4 {
        let key = format!("{number:064x}");
        let accept = bob.request(Method::POST, "/api/v1/invites/accept");
        let answer = accept.json(&json!({ "key": key })).send().await.unwrap();
        wrong += usize::from(answer.status() == 429);
    }
    let mut refused = 0;
    for _ in 0..12 {
        let answer = alice.get("/api/v1/resources").send().await.unwrap();
        refused += usize::from(answer.status() == 429);
    }
    assert!(wrong > 0 && refused > 0, "{wrong} {refused}");
    let lines = [
        format!(r#"invite_server_refused_total{{limit="user"}} {refused}"#),
        format!(r#"invite_server_refused_total{{limit="wrong_keys"}} {wrong}"#),
        r#"invite_server_refused_total{limit="sockets"} 1"#.to_owned(),
        r#"invite_server_refused_total{limit="address"} 0"#.to_owned(),
    ];
    shown(&address, |text| {
        lines.iter().all(|line| text.lines().any(|one| one == line))
    })
    .await;
}

#[tokio::test]
async fn off_this_machine_metrics_are_for_whoever_has_the_bearer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bearer");
    std::fs::write(&file, "0123456789abcdef-marked\n").unwrap();
    let server = Server::demo(&[
        "--metrics",
        "0.0.0.0:0",
        "--metrics-bearer-file",
        file.to_str().unwrap(),
    ]);
    let address = said(&server, "metrics address=").await;
    let address = address.replace("0.0.0.0", "127.0.0.1");
    let ask = |credentials: Option<&str>| {
        let request = http().get(format!("http://{address}/metrics"));
        match credentials {
            Some(credentials) => request.header("authorization", credentials),
            None => request,
        }
        .send()
    };
    for wrong in [
        None,
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer 0123456789abcdef-marke"),
        Some("Basic 0123456789abcdef-marked"),
    ] {
        let answer = ask(wrong).await.unwrap();
        assert_eq!(answer.status(), 401, "{wrong:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert!(!answer.text().await.unwrap().contains("invite_server_"));
    }
    let text = ask(Some("bearer 0123456789abcdef-marked")).await.unwrap();
    assert!(text.text().await.unwrap().contains("invite_server_"));
    let (_, output) = server.stop();
    assert!(!output.contains("marked"), "{output}");
    assert!(output.contains("risk: metrics: off loopback"), "{output}");
}

#[test]
fn a_bearer_that_can_be_guessed_is_refused() {
    let mut command = command(&["--demo", "--metrics", "0.0.0.0:0"]);
    let output = command
        .env("INVITE_SERVER_METRICS_BEARER", "secret")
        .output();
    let said = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
    assert!(
        said.contains("fewer than 16 characters") && !said.contains("secret"),
        "{said}"
    );
}

#[test]
fn what_is_risky_is_named_wherever_the_operator_looks() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let risky = [
        "--database",
        database.to_str().unwrap(),
        "--webhooks-to",
        "private",
        "--limit-wrong-keys",
        "0",
    ];
    let shown = command(&[&risky[..], &["config"]].concat())
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let server = Server::start(&risky);
    let (_, logged) = server.stop();
    for risk in [
        "risk: webhooks-to: whoever sets webhooks can reach",
        "risk: limit-wrong-keys: 0 is no limit",
    ] {
        assert!(
            shown
                .lines()
                .any(|line| line.starts_with(&format!("# {risk}"))),
            "{shown}"
        );
        assert!(logged.contains(risk), "{logged}");
    }
    assert_eq!(shown.matches("risk: ").count(), 2, "{shown}");
    let safe = command(&["config"]).output().unwrap();
    assert!(!String::from_utf8(safe.stdout).unwrap().contains("risk: "));
}

#[test]
fn metrics_are_for_this_machine() {
    let output = command(&["--demo", "--metrics", "0.0.0.0:9187"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("for this machine alone"),
        "{said}"
    );
}

#[tokio::test]
async fn a_request_has_one_number_everywhere() {
    let server = Server::demo(&["--log-format", "json"]);
    let ask = |id: &str| {
        let request = http().get(server.at("/api/v1/resources"));
        request.header("x-request-id", id).send()
    };
    let given = "7b7f1b2e-0c7d-4a51-9d0c-7b4b8a0a5a11";
    let answer = ask(given).await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], given);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["requestId"], given);
    let key = format!("inv1_{}", "a".repeat(36));
    for odd in [
        "short",
        "with space 12345",
        "a=b;c=d&e=f",
        &key,
        &"a".repeat(37),
    ] {
        let answer = ask(odd).await.unwrap();
        let number = answer.headers()["x-request-id"].to_str().unwrap();
        assert!(number.len() == 16 && number != odd, "{number}");
    }
    let (_, output) = server.stop();
    let lines: Vec<Value> = output
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let logged = lines
        .iter()
        .find(|line| line["span"]["id"] == given)
        .unwrap_or_else(|| panic!("{output}"));
    assert_eq!(logged["span"]["route"], "/api/v1/resources");
    assert_eq!(logged["status"], 401);
    assert!(!output.contains("inv1_") && !output.contains("a=b"));
}

#[tokio::test]
async fn whoever_balances_load_hears_first_that_it_stops() {
    // Longer than any machine takes for this; it is killed at the end.
    let server = Server::demo(&["--drain-seconds", "120"]);
    let at = |path: &str| http().get(server.at(path)).send();
    assert_eq!(at("/readyz").await.unwrap().status(), 200);
    let alice = server.person("alice").await;
    server.ask_to_stop();
    said(&server, "draining seconds=").await;
    let ready = at("/readyz").await.unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready.headers().contains_key("retry-after"));
    assert_eq!(at("/healthz").await.unwrap().status(), 200);
    assert_eq!(alice.get("/api/v1/me").send().await.unwrap().status(), 200);
}
