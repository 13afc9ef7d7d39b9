//! The recorded story, told to the emulator: every answer is as recorded.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::recorded::Keys;
use crate::support::{Person, Socket};

/// No answer came in this time when the story was recorded.
const UNANSWERED: std::time::Duration = std::time::Duration::from_millis(1200);

struct Story {
    emulator: Emulator,
    people: BTreeMap<String, (Person, Socket)>,
    keys: Keys,
    expiry: Option<jiff::Timestamp>,
}

#[tokio::test]
async fn every_recorded_case_is_answered_as_recorded() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/webstrates-1.8.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut story = Story::begin().await;
    let mut cases = 0;
    for line in recorded.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let case = row["case"].as_str().unwrap();
        story.set_the_scene(case).await;
        match (case, row.get("request")) {
            ("init", _) => story.init(&row).await,
            (_, Some(_)) => story.http(case, &row).await,
            (_, None) => story.frame(case, &row).await,
        }
        cases += 1;
    }
    assert_eq!(cases, 68);
    // Of the one who accepted over HTTP what the recording could not show.
    assert_eq!(
        story.emulator.permissions("doc", "grace").await.as_deref(),
        Some("w")
    );
}

impl Story {
    async fn begin() -> Self {
        let emulator = Emulator::start(&[]);
        emulator
            .webstrate("doc", &[("alice", "arw"), ("carol", "arw")])
            .await;
        emulator.webstrate("few", &[("dave", "arw")]).await;
        emulator.control("PUT", "webstrates/open", &json!({})).await;
        Self {
            emulator,
            people: BTreeMap::new(),
            keys: Keys(BTreeMap::from([("19".into(), "0".repeat(64))])),
            expiry: None,
        }
    }

    async fn set_the_scene(&mut self, case: &str) {
        match case {
            "check/inviter lost a" => self.emulator.member("doc", "carol", Some("rw")).await,
            // The event to wait for is the time itself.
            "check/expired" => {
                let left = self.expiry.unwrap().duration_since(jiff::Timestamp::now());
                tokio::time::sleep(left.try_into().unwrap_or_default()).await;
            }
            _ => {}
        }
    }

    async fn person(&mut self, name: &str) -> &mut (Person, Socket) {
        if !self.people.contains_key(name) {
            let person = match name {
                "anonymous" => self.emulator.anonymous(),
                name => self.emulator.person(name).await,
            };
            let socket = person.socket().await;
            self.people.insert(name.to_owned(), (person, socket));
        }
        self.people.get_mut(name).unwrap()
    }

    async fn init(&mut self, row: &Value) {
        let init = self.person("anonymous").await.1.init.clone();
        self.keys.compare("init", &row["receive"], &init);
    }

    async fn frame(&mut self, case: &str, row: &Value) {
        let send = self.keys.fill(&row["send"]);
        let socket = &mut self.person(row["as"].as_str().unwrap()).await.1;
        if row["receive"].is_null() {
            socket.send(&send).await;
            let came = tokio::time::timeout(UNANSWERED, socket.next()).await;
            assert!(came.is_err(), "{case}: {came:?}");
            return;
        }
        let came = socket.call(send.clone()).await;
        self.keys.compare(case, &row["receive"], &came);
        if let Some(expiry) = came["reply"]["expiresAt"].as_str() {
            let expiry: jiff::Timestamp = expiry.parse().unwrap();
            self.expiry = Some(expiry);
            let created: jiff::Timestamp = came["reply"]["createdAt"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let asked = &send["options"]["maxAge"];
            if let (Some("createInvite"), Some(seconds)) = (send["wa"].as_str(), asked.as_i64()) {
                let lasts = expiry.duration_since(created).as_millis();
                assert_eq!(lasts, i128::from(seconds.min(2_592_000)) * 1000, "{case}");
            }
        }
    }

    async fn http(&mut self, case: &str, row: &Value) {
        let request = self.keys.fill(&row["request"]);
        let recorded = self.keys.fill(&row["response"]);
        let method = request["method"].as_str().unwrap().parse().unwrap();
        let person = self.person(row["as"].as_str().unwrap()).await.0.clone();
        let response = person
            .request(method, request["path"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(
            json!(response.status().as_u16()),
            recorded["status"],
            "{case}"
        );
        for (name, value) in recorded["headers"].as_object().unwrap() {
            let came = response
                .headers()
                .get(name)
                .map(|came| came.to_str().unwrap());
            assert_eq!(came, value.as_str(), "{case}: {name}");
        }
        let body = response.text().await.unwrap();
        match recorded["body"].as_str().unwrap() {
            "<page>" => assert!(body.starts_with("<!doctype html>"), "{case}: {body}"),
            recorded => assert_eq!(body, recorded, "{case}"),
        }
    }
}
