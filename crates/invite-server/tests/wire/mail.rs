//! Invites that are mailed, through a real mail server. It has threads of its own to answer from while a test waits for
//! the program to end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::post::{Manner, Post};
use crate::support::{Person, Server, command};

const FROM: &str = "Invites <invites@example.org>";

fn mailing(post: &Post, arguments: &[&str]) -> Server {
    let mail = ["--smtp", &post.url, "--mail-from", FROM];
    Server::demo(&[&mail, arguments].concat())
}

async fn ask(person: &Person, path: &str, body: &Value) -> (u16, Value) {
    let response = person.request(Method::POST, path).json(body).send();
    let response = response.await.unwrap();
    (
        response.status().as_u16(),
        response.json().await.unwrap_or_default(),
    )
}

async fn create(person: &Person, body: Value) -> (u16, Value) {
    ask(person, "/api/v1/resources/notes/invites", &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_in_the_mail_accepts_and_nothing_else_is_mailed() {
    let mut post = Post::open().await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    // Neither of these asks for it.
    create(&alice, json!({ "email": "carol@example.com" })).await;
    create(
        &alice,
        json!({ "email": "carol@example.com", "send": false }),
    )
    .await;
    let body = json!({ "email": "bob@example.com", "send": true, "permissions": "rw", "message": "Welcome!" });
    let (status, invite) = create(&alice, body).await;
    assert_eq!(status, 201, "{invite}");

    let mail = post.next().await;
    assert_eq!(mail.to, "bob@example.com");
    assert_eq!(mail.subject, "Alice invites you to Team notes");
    assert!(mail.raw.contains(FROM) && mail.raw.contains("Auto-Submitted: auto-generated"));
    assert!(mail.text.contains("> Welcome!"), "{}", mail.text);
    let page = format!("{}/join#acceptInvite=", server.url);
    assert!(mail.link().starts_with(&page), "{}", mail.link());
    assert_eq!(invite["key"], mail.key());
    let in_html = mail.html.replace("&#x2f;", "/");
    assert!(in_html.contains(mail.link()), "{in_html}");

    // A scanner that opens the link shows the server nothing of the key; only Bob accepts.
    let bob = server.person("bob").await;
    let (status, accepted) = ask(
        &bob,
        "/api/v1/invites/accept",
        &json!({ "key": mail.key() }),
    )
    .await;
    assert_eq!((status, &accepted["gained"]), (200, &json!("rw")));
    let carol = server.person("carol").await;
    let (_, refused) = ask(
        &carol,
        "/api/v1/invites/accept",
        &json!({ "key": mail.key() }),
    )
    .await;
    assert_eq!(refused["code"], "wrong_account");
    let (_, output) = server.stop();
    assert!(post.is_empty(), "one mail and no other");
    assert!(output.contains("mail sent") && !output.contains("bob@example.com"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_inviter_writes_stays_text() {
    let mut post = Post::open().await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    let message = "<script>alert(1)</script>\n<a href=\"https://evil.example\">here</a>\n.\nBcc: eve@example.com";
    let label = "Not for Bob";
    let body =
        json!({ "email": "bob@example.com", "send": true, "message": message, "label": label });
    let (status, invite) = create(&alice, body).await;
    assert_eq!(status, 201, "{invite}");
    let mail = post.next().await;
    assert!(!mail.raw.contains("Not for Bob"), "{}", mail.raw);
    let head = mail.raw.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("Bcc"), "{head}");
    assert!(!mail.html.contains("<script") && !mail.html.contains("<b>"));
    assert_eq!(mail.html.matches("<a ").count(), 1, "{}", mail.html);
    assert!(
        mail.text.contains("> Bcc: eve@example.com"),
        "{}",
        mail.text
    );
    assert_eq!(mail.to, "bob@example.com");
    for (field, value) in [
        ("email", "bob@example.com\r\nBcc: eve@example.com"),
        ("email", "bob@example.com, eve@example.com"),
        ("label", "Notes\r\nBcc: eve@example.com"),
    ] {
        let mut body = json!({ "email": "bob@example.com", "send": true });
        body[field] = json!(value);
        let (status, refused) = create(&alice, body).await;
        assert_eq!((status, &refused["field"]), (422, &json!(field)));
    }
}

/// Not every mail server knows addresses with other letters than ASCII: a host has another spelling, which each knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_mailed_to_by_the_name_that_every_server_reads() {
    let mut post = Post::open().await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    let body = json!({ "email": "bob@bücher.example", "send": true });
    let (status, invite) = create(&alice, body).await;
    assert_eq!(
        (status, &invite["email"]),
        (201, &json!("bob@bücher.example"))
    );
    assert_eq!(post.next().await.to, "bob@xn--bcher-kva.example");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_again_it_is_mailed_again_and_repeated_it_is_not() {
    let mut post = Post::open().await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    let repeated = || {
        alice
            .request(Method::POST, "/api/v1/resources/notes/invites")
            .header("idempotency-key", "once")
            .json(&json!({ "email": "bob@example.com", "send": true }))
            .send()
    };
    let first: Value = repeated().await.unwrap().json().await.unwrap();
    let second: Value = repeated().await.unwrap().json().await.unwrap();
    assert_eq!(first["id"], second["id"]);
    let mail = post.next().await;
    let resend = format!("/api/v1/invites/{}/resend", first["id"].as_str().unwrap());
    assert_eq!(ask(&alice, &resend, &json!({})).await.0, 200);
    let again = post.next().await;
    assert_eq!(mail.key(), again.key());

    let (_, unmailed) = create(&alice, json!({ "email": "bob@example.com" })).await;
    let resend = format!(
        "/api/v1/invites/{}/resend",
        unmailed["id"].as_str().unwrap()
    );
    assert_eq!(ask(&alice, &resend, &json!({})).await.0, 200);
    server.stop();
    assert!(post.is_empty(), "two mails and no other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_mail_server_or_an_address_nothing_is_begun() {
    let count = async |alice: &Person| {
        let list = alice.get("/api/v1/resources/notes/invites").send();
        let list: Value = list.await.unwrap().json().await.unwrap();
        list["invites"].as_array().unwrap().len()
    };
    let features = async |server: &Server| {
        let found = server.anonymous().get("/.well-known/invite-keys").send();
        let found: Value = found.await.unwrap().json().await.unwrap();
        found["features"].to_string().contains("\"send\"")
    };
    let server = Server::demo(&[]);
    assert!(!features(&server).await);
    let alice = server.person("alice").await;
    for body in [
        json!({ "email": "bob@example.com", "send": true }),
        json!({ "send": true }),
        json!({ "send": "yes" }),
    ] {
        let (status, refused) = create(&alice, body).await;
        assert_eq!((status, &refused["code"]), (422, &json!("unsupported")));
        assert_eq!(refused["field"], "send");
    }
    assert_eq!(count(&alice).await, 0);

    let post = Post::open().await;
    let server = mailing(&post, &["--limit-mails", "1"]);
    assert!(features(&server).await);
    let alice = server.person("alice").await;
    for (body, field) in [
        (json!({ "send": true }), "email"),
        (json!({ "send": 1, "email": "bob@example.com" }), "send"),
        (json!({ "send": true, "email": "bob@-" }), "email"),
    ] {
        let (status, refused) = create(&alice, body.clone()).await;
        assert_eq!((status, &refused["field"]), (422, &json!(field)), "{body}");
    }
    assert_eq!(count(&alice).await, 0);
    let body = json!({ "email": "bob@example.com", "send": true });
    assert_eq!(create(&alice, body.clone()).await.0, 201);
    let (status, refused) = create(&alice, body).await;
    assert_eq!((status, &refused["code"]), (429, &json!("rate_limited")));
    assert_eq!(create(&alice, json!({})).await.0, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_an_outage_nor_a_crash_loses_a_mail() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let database = ["--database", database.to_str().unwrap()];
    // Nobody listens at the first address any more.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("smtp://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let server = Server::demo(&[&["--smtp", &gone, "--mail-from", FROM], &database[..]].concat());
    let alice = server.person("alice").await;
    let body = json!({ "email": "bob@example.com", "send": true });
    let (status, invite) = create(&alice, body).await;
    assert_eq!(status, 201, "{invite}");
    let failed = async {
        while !server.output().contains("mail not sent yet") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE * 3, failed)
        .await
        .unwrap();
    server.kill();

    // The first try is put off, too.
    let mut post = Post::answering(&[451]).await;
    let server = mailing(&post, &database);
    let mail = post.next().await;
    assert_eq!(invite["key"], mail.key());
    let (_, output) = server.stop();
    assert!(output.contains("answered 451"), "{output}");
    assert!(!output.contains("bob@") && !output.contains("said of"));
    assert!(post.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_refused_for_good_is_not_tried_again_and_a_dead_invite_is_not_mailed() {
    let post = Post::answering(&[550]).await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    create(&alice, json!({ "email": "bob@example.com", "send": true })).await;
    let given_up = async {
        while !server.output().contains("mail_given_up") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE * 3, given_up)
        .await
        .unwrap();

    let mut post = Post::answering(&[451]).await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    let (_, invite) = create(&alice, json!({ "email": "bob@example.com", "send": true })).await;
    let said = async |words: &str| {
        let waiting = async {
            while !server.output().contains(words) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let time = crate::support::PATIENCE * 3;
        tokio::time::timeout(time, waiting).await.unwrap();
    };
    said("mail not sent yet").await;
    ask(
        &alice,
        "/api/v1/invites/remove",
        &json!({ "key": invite["key"] }),
    )
    .await;
    said("opens nothing any more").await;
    assert!(post.is_empty());
}

/// Each destination waits for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_slow_destination_stops_no_other_mail() {
    let mut post = Post::with(Manner {
        slow: Some("@slow.example"),
        ..Manner::default()
    })
    .await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    let mail = async |to: &str| {
        let body = json!({ "email": to, "send": true });
        assert_eq!(create(&alice, body).await.0, 201);
    };
    // More than are sent at once.
    for number in 0..40 {
        mail(&format!("person{number}@slow.example")).await;
    }
    for number in 0..3 {
        let to = format!("bob{number}@example.com");
        mail(&to).await;
        assert_eq!(post.next().await.to, to);
    }
}

/// Whoever asked for a mail learns what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_a_mail_is_seen_by_who_asked_for_it() {
    let post = Post::answering(&[550]).await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    let (_, plain) = create(&alice, json!({ "email": "bob@example.com" })).await;
    assert_eq!(plain["mail"], Value::Null);
    let (_, asked) = create(&alice, json!({ "email": "bob@example.com", "send": true })).await;
    assert_eq!(asked["mail"], json!({ "status": "waiting" }));
    let seen = async |wanted: &str| {
        let path = "/api/v1/resources/notes/invites";
        let asking = async {
            loop {
                let list: Value = alice.get(path).send().await.unwrap().json().await.unwrap();
                let found = list["invites"].as_array().unwrap();
                let found = found.iter().find(|one| one["id"] == asked["id"]).unwrap();
                if found["mail"]["status"] == wanted {
                    return found["mail"].clone();
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(crate::support::PATIENCE, asking)
            .await
            .expect(wanted)
    };
    let failed = seen("failed").await;
    assert_eq!(
        failed,
        json!({
            "status": "failed",
            "trouble": "the mail server answered 550: it does not take mail for this address",
        })
    );
    // Whoever watches is told, with its place among what happens.
    let events = alice.get("/api/v1/resources/notes/events");
    let mut events = events.header("last-event-id", "0").send().await.unwrap();
    let mut text = String::new();
    let reading = async {
        while !text.contains("invite.unmailed") {
            let chunk = events.chunk().await.unwrap().unwrap();
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, reading)
        .await
        .unwrap();
    // The invitee sees nothing of it.
    let bob = server.person("bob").await;
    let check = json!({ "key": asked["key"] });
    let (status, preview) = ask(&bob, "/api/v1/invites/check", &check).await;
    assert_eq!((status, &preview["mail"]), (200, &Value::Null), "{preview}");
    // And asked for again, it is on its way again.
    let resend = format!("/api/v1/invites/{}/resend", asked["id"].as_str().unwrap());
    let (_, again) = ask(&alice, &resend, &json!({})).await;
    assert_eq!(again["mail"], json!({ "status": "waiting" }));
    assert_eq!(seen("sent").await, json!({ "status": "sent" }));
    let (_, output) = server.stop();
    let line = format!(
        "a mail was given up, and its inviter is told why: mend the cause, and have it sent again \
         condition=\"mail_given_up\" place={} cause=the mail server answered 550: it does not take mail for this address \
         times=1",
        asked["id"].as_str().unwrap()
    );
    assert!(output.contains(&line), "{line}: {output}");
    assert!(!output.contains("bob@example.com"), "{output}");
}

/// Read on a telephone, by whoever reads from right to left, and by whoever reads plain text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_says_what_it_grants_and_until_when_and_to_whom_to_answer() {
    let mut post = Post::open().await;
    let server = mailing(&post, &[]);
    let alice = server.person("alice").await;
    for (letters, words) in [
        ("r", "You may read it."),
        ("rw", "You may read and change it."),
        (
            "arw",
            "You may read and change it, invite others and decide who has access.",
        ),
    ] {
        let body = json!({
            "email": "bob@example.com", "send": true, "permissions": letters, "message": "Welcome!",
        });
        assert_eq!(create(&alice, body).await.0, 201);
        let mail = post.next().await;
        for part in [&mail.text, &mail.html] {
            assert!(part.contains(words), "{words}: {part}");
            assert!(part.contains("in 7 days, on "), "{part}");
        }
        assert!(mail.html.contains("dir=\"auto\""), "{}", mail.html);
        // Each line of the message in its own direction.
        let is_quoted = mail.html.contains("unicode-bidi: plaintext");
        assert!(is_quoted, "{}", mail.html);
        assert!(
            mail.html.contains("overflow-wrap: anywhere"),
            "{}",
            mail.html
        );
        // What nobody has verified is nobody's to answer to.
        assert_eq!(mail.header("reply-to"), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_a_mail_reaches_the_inviter_whose_address_is_verified() {
    let mut post = Post::open().await;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::start(&[
        "--database",
        database.to_str().unwrap(),
        "--smtp",
        &post.url,
        "--mail-from",
        FROM,
        "--trust-proxy",
        "127.0.0.1",
        "--trust-header",
        "X-User",
        "--trust-name-header",
        "X-Name",
        "--trust-email-header",
        "X-Email",
    ]);
    let alice = |method, path: &str| {
        let request = server.anonymous().request(method, path);
        let request = request.header("x-user", "alice");
        let request = request.header("x-name", "Alice \u{202e}\"<eve@example.com>,".as_bytes());
        request.header("x-email", "alice@example.com")
    };
    let made = alice(Method::PUT, "/api/v1/resources/plans").json(&json!({}));
    assert_eq!(made.send().await.unwrap().status(), 201);
    let create = alice(Method::POST, "/api/v1/resources/plans/invites");
    let create = create.json(&json!({ "email": "bob@example.com", "send": true }));
    assert_eq!(create.send().await.unwrap().status(), 201);
    let mail = post.next().await;
    let answer = mail.header("reply-to").unwrap();
    let parsed: lettre::message::Mailbox = answer.parse().unwrap();
    assert_eq!(parsed.email.to_string(), "alice@example.com");
    assert!(!answer.contains('\u{202e}'), "{answer}");
}

#[test]
fn options_that_cannot_be_meant_are_said() {
    for (arguments, sentence) in [
        (&["--smtp", "smtp://127.0.0.1:1"] as &[&str], "--mail-from"),
        (
            &[
                "--smtp",
                "smtp://me:secret@127.0.0.1:1",
                "--mail-from",
                FROM,
            ],
            "leave the password out",
        ),
        (
            &["--smtp", "smtp://127.0.0.1:1", "--mail-from", "nobody"],
            "--mail-from",
        ),
        (
            &[
                "--smtp",
                "smtp://127.0.0.1:1",
                "--mail-from",
                FROM,
                "--mail-page",
                "javascript:1",
            ],
            "--mail-page",
        ),
        (
            &[
                "--smtp",
                "smtp://127.0.0.1:1",
                "--mail-from",
                FROM,
                "--mail-templates",
                "/no/such/folder",
            ],
            "--mail-templates /no/such/folder",
        ),
    ] {
        let demo = ["--demo", "--listen", "127.0.0.1:0"];
        let output = command(&[&demo, arguments].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(sentence) && !said.contains("secret@"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_folder_of_templates_that_is_not_there_is_what_is_named() {
    let output = command(&[
        "--demo",
        "--listen",
        "127.0.0.1:0",
        "--smtp",
        "smtp://127.0.0.1:1",
        "--mail-from",
        "a@b.example",
        "--mail-templates",
        "/no/such/folder",
    ])
    .output()
    .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "invite-server: --mail-templates /no/such/folder is no folder that can be read: No such file or directory (os error 2).\n"
    );
}
