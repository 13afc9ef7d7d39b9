//! What was acknowledged is there after `kill -9`.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::Server;

/// The key and the letters of an invite.
fn invite(invite: &Value) -> (String, String) {
    let text = |name: &str| invite[name].as_str().unwrap().to_owned();
    (text("key"), text("permissions"))
}

#[tokio::test]
async fn killing_the_server_loses_no_acknowledged_invite() {
    const ACKNOWLEDGED: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    server.member("doc", "alice", Some("arw")).await;
    let alice = server.person("alice").await;

    // Calls keep coming while the server dies: it is killed in the middle of its work, not after it.
    let (mut sink, mut stream) = alice.socket().await.stream.split();
    let asking = tokio::spawn(async move {
        for number in 0_u64.. {
            let permissions = ["r", "rw", "arw"][number as usize % 3];
            let options = json!({ "permissions": permissions, "maxAge": 3600 });
            let frame =
                json!({ "wa": "createInvite", "d": "doc", "options": options, "token": number });
            if sink.send(Message::text(frame.to_string())).await.is_err() {
                return;
            }
        }
    });
    let mut acknowledged = BTreeMap::new();
    let note = |acknowledged: &mut BTreeMap<String, String>, text: &str| {
        let reply: Value = serde_json::from_str(text).unwrap();
        // Anything but an invite is a refusal, and nothing was promised.
        acknowledged.extend(reply.get("reply").map(invite));
    };
    while acknowledged.len() < ACKNOWLEDGED {
        note(
            &mut acknowledged,
            stream.next().await.unwrap().unwrap().to_text().unwrap(),
        );
    }
    server.kill();
    // What was still on its way counts as acknowledged too.
    while let Some(Ok(Message::Text(text))) = stream.next().await {
        note(&mut acknowledged, &text);
    }
    asking.abort();
    let _ = asking.await;

    let server = Server::on(&database);
    // The same cookie: the secret file stayed.
    let alice = crate::support::Person {
        url: server.url.clone(),
        ..alice
    };
    let listed: BTreeMap<String, String> = alice
        .socket()
        .await
        .list("doc")
        .await
        .iter()
        .map(invite)
        .collect();
    let lost: BTreeSet<_> = acknowledged
        .iter()
        .filter(|(key, letters)| listed.get(*key) != Some(letters))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost",
        lost.len(),
        acknowledged.len()
    );

    let mut bob = server.person("bob").await.socket().await;
    for key in acknowledged.keys() {
        let reply = bob.accept("doc", key).await;
        assert!(reply["reply"].is_string(), "{reply}");
    }
    println!(
        "{} acknowledged, {} listed after kill -9",
        acknowledged.len(),
        listed.len()
    );
}

#[tokio::test]
async fn killing_the_server_loses_no_acknowledged_accept_or_removal() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let mut alice = server.person("alice").await.socket().await;
    let kept = alice.create("notes", "rw", 600).await;
    let removed = alice.create("notes", "arw", 600).await;
    assert_eq!(
        server
            .person("bob")
            .await
            .socket()
            .await
            .accept("notes", &kept)
            .await["reply"],
        "rw"
    );
    let gone = alice
        .call(json!({ "wa": "removeInvite", "d": "notes", "options": { "key": removed } }))
        .await;
    assert_eq!(
        gone["reply"],
        json!({ "acknowledged": true, "deletedCount": 1 })
    );
    server.kill();

    let server = Server::on(&database);
    assert_eq!(
        server
            .person("bob")
            .await
            .get("/notes/?v")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let mut carol = server.person("carol").await.socket().await;
    assert_eq!(
        carol.accept("notes", &removed).await["error"],
        "Invalid invitation key"
    );
    assert_eq!(carol.accept("notes", &kept).await["reply"], "rw");
}
