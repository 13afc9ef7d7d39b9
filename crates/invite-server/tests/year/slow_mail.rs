//! A mail server that takes mails to one host slowly: those to others do not wait, nor does anybody who calls.

use std::time::{Duration, Instant};

use invite_server::conditions::MAIL_SLOW;
use reqwest::Method;
use serde_json::json;

use crate::front::Said;
use crate::instance::Instance;
use crate::post::{Manner, Post};
use crate::scene::Scene;
use crate::states::{told, until_said};

/// More than are sent at once.
const SLOW: usize = 40;
const QUICK: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn slow_mail() {
    let folder = tempfile::tempdir().unwrap();
    let manner = Manner {
        slow: Some("@slow.example"),
        ..Manner::default()
    };
    let mut post = Post::with(manner).await;
    let file = folder.path().join("invites.db");
    let mail = ["--smtp", &post.url, "--mail-from", "invites@example.com"];
    let server = Instance::start(file.to_str().unwrap(), &mail);
    let scene = Scene::begin("slow mail server", vec![server.url.clone()]).await;
    scene.strikes();
    assert!(matches!(
        scene.front.begin(&scene.admin, "mailed").await,
        Said::Yes(..)
    ));
    let send = async |to: String| {
        let call = (Method::POST, "/api/v1/resources/mailed/invites");
        let body = json!({ "email": to, "send": true });
        let said = scene.front.change(&scene.admin, call, &body, None).await;
        assert!(matches!(said, Said::Yes(..)), "{said:?}");
    };
    for number in 0..SLOW {
        send(format!("person{number}@slow.example")).await;
    }
    until_said(&server, MAIL_SLOW.name);
    let mut longest = Duration::ZERO;
    for number in 0..QUICK {
        let (began, to) = (Instant::now(), format!("person{number}@example.com"));
        send(to.clone()).await;
        assert_eq!(post.next().await.to, to);
        longest = longest.max(began.elapsed());
    }
    let lines = told(&server, &MAIL_SLOW);
    let sentence = format!("{}: {}", MAIL_SLOW.sentence, MAIL_SLOW.remedy);
    assert!(
        lines[0].contains(&sentence) && lines[0].contains("slow.example"),
        "{lines:?}"
    );
    let begins = lines[0].find(MAIL_SLOW.sentence).unwrap();
    let said = format!("{} {}", MAIL_SLOW.level, &lines[0][begins..]);
    scene.end(longest, 10, said).await;
}
