//! Many people at once, over HTTP.

use std::{fs, sync::Arc};

use serde_json::json;

use crate::server::{Answer, Server};

async fn all_accept(server: &Arc<Server>, key: &str, count: usize) -> Vec<Answer> {
    let mut running = Vec::new();
    for number in 0..count {
        let (server, key) = (Arc::clone(server), key.to_owned());
        running.push(tokio::spawn(async move {
            server.accept(Some(&format!("person{number}")), &key).await
        }));
    }
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_people_accept_one_invite_and_all_are_in() {
    let server = Arc::new(Server::with_notes().await);
    let (_, key) = server
        .invite("alice", "notes", &json!({"permissions": "rw"}))
        .await;
    let answers = all_accept(&server, &key, 100).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 && answer.body["permissions"] == "rw")
    );
    let (mut members, mut token) = (0, String::new());
    loop {
        let path = format!("/api/v1/resources/notes/members?page_size=100&page_token={token}");
        let page = server.get(Some("alice"), &path).await.body;
        members += page["members"].as_array().unwrap().len();
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(members, 102);
    let invite = &server
        .get(Some("alice"), "/api/v1/resources/notes/invites")
        .await
        .body["invites"][0];
    assert_eq!(invite["uses"], 100);
    assert_eq!(invite["accepted"].as_array().unwrap().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_uses_exactly_ten_are_spent() {
    let server = Arc::new(Server::with_notes().await);
    let (_, key) = server
        .invite("alice", "notes", &json!({"maxUses": 10}))
        .await;
    let answers = all_accept(&server, &key, 100).await;
    let count = |code: &str| {
        answers
            .iter()
            .filter(|answer| answer.code() == code)
            .count()
    };
    assert_eq!((count("yes"), count("exhausted")), (10, 90));
    let members = server
        .get(Some("alice"), "/api/v1/resources/notes/members")
        .await
        .body;
    assert_eq!(members["members"].as_array().unwrap().len(), 12);
}

/// A marked key goes through every call that takes one, good and refused; it stays out of the files and the refusals.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_nowhere_but_in_the_inviters_hands() {
    let server = Server::with_notes().await;
    let (_, key) = server
        .invite(
            "alice",
            "notes",
            &json!({"maxUses": 1, "message": "canary"}),
        )
        .await;
    for who in [None, Some("carol"), Some("erin")] {
        for call in ["check", "accept", "remove"] {
            let answer = server
                .post(
                    who,
                    &format!("/api/v1/invites/{call}"),
                    &json!({"key": key}),
                )
                .await;
            assert!(
                !answer.body.to_string().contains(&key)
                    && !format!("{:?}", answer.headers).contains(&key)
            );
        }
        let cut = &key[..key.len() - 1];
        let answer = server.check(who, cut).await;
        assert!(
            !answer.body.to_string().contains(&cut[5..]),
            "{}",
            answer.body
        );
        let answer = server
            .post(who, "/api/v1/invites/check", &json!({ &key: 1 }))
            .await;
        assert!(
            !answer.body.to_string().contains(&key[5..20]),
            "{}",
            answer.body
        );
        let answer = server
            .get(who, &format!("/api/v1/resources/notes/invites?{key}=1"))
            .await;
        assert!(
            !answer.body.to_string().contains(&key[5..20]),
            "{}",
            answer.body
        );
    }
    let mut canary = false;
    for file in fs::read_dir(server.folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        canary |= text.contains("canary");
        assert!(!text.contains(&key) && !text.contains(&key[5..35]));
    }
    assert!(canary);
}
