//! The recorded story of Webstrates 1.8, told to our server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::differences::{DIFFERENCES, Ours};
use crate::recorded::Keys;
use crate::support::{Person, Server, Socket};

const UNKNOWN_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

struct Story {
    server: Server,
    people: BTreeMap<String, (Person, Socket)>,
    keys: Keys,
    expiry: Option<jiff::Timestamp>,
}

#[tokio::test]
async fn the_recorded_story_goes_as_recorded_but_for_the_differences() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/webstrates-1.8.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut story = Story::begin().await;
    let mut met = BTreeSet::new();
    for line in recorded.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let case = row["case"].as_str().unwrap();
        let difference = DIFFERENCES
            .iter()
            .find(|difference| difference.case == case);
        met.extend(difference.map(|difference| difference.case));
        story.set_the_scene(case).await;
        match (case, row.get("request")) {
            ("init", _) => story.init(&row).await,
            (_, Some(_)) => {
                story
                    .http(case, &row, difference.map(|difference| &difference.ours))
                    .await
            }
            (_, None) => {
                story
                    .frame(case, &row, difference.map(|difference| &difference.ours))
                    .await
            }
        }
    }
    let all: BTreeSet<&str> = DIFFERENCES
        .iter()
        .map(|difference| difference.case)
        .collect();
    assert_eq!(met, all, "every difference belongs to a recorded case");
}

impl Story {
    async fn begin() -> Self {
        let server = Server::demo(&[]);
        for (resource, username) in [("doc", "alice"), ("doc", "carol"), ("few", "dave")] {
            server.member(resource, username, Some("arw")).await;
        }
        let keys = BTreeMap::from([
            ("19".to_owned(), UNKNOWN_KEY.to_owned()),
            ("20".to_owned(), "2".repeat(64)),
        ]);
        Self {
            server,
            people: BTreeMap::new(),
            keys: Keys(keys),
            expiry: None,
        }
    }

    async fn set_the_scene(&mut self, case: &str) {
        match case {
            "check/inviter lost a" => self.server.member("doc", "carol", Some("rw")).await,
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
                "anonymous" => self.server.anonymous(),
                name => self.server.person(name).await,
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

    async fn frame(&mut self, case: &str, row: &Value, ours: Option<&Ours>) {
        let send = self.keys.fill(&row["send"]);
        let socket = &mut self.person(row["as"].as_str().unwrap()).await.1;
        if row["receive"].is_null() {
            socket.send(&send).await;
            // The next frame must be the answer to the next call.
            socket
                .call(serde_json::json!({ "wa": "getInvites", "d": "doc" }))
                .await;
            return;
        }
        let came = socket.call(send.clone()).await;
        match ours {
            None => self.keys.compare(case, &row["receive"], &came),
            Some(ours) => {
                self.keys.compare(case, &ours.reply(&came), &came);
                assert!(
                    !self.keys.matches(&row["receive"], &came),
                    "{case}: no difference, strike it from the table"
                );
            }
        }
        if let Some(seconds) = send["options"]
            .get("maxAge")
            .filter(|_| came["reply"].is_object())
        {
            let seconds = seconds
                .as_str()
                .map_or_else(|| seconds.as_i64().unwrap(), |text| text.parse().unwrap());
            let date = |name: &str| {
                came["reply"][name]
                    .as_str()
                    .unwrap()
                    .parse::<jiff::Timestamp>()
                    .unwrap()
            };
            let lasts = date("expiresAt").duration_since(date("createdAt"));
            assert_eq!(
                lasts.as_millis(),
                i128::from(seconds.min(2_592_000)) * 1000,
                "{case}"
            );
            self.expiry = Some(date("expiresAt"));
        }
    }

    async fn http(&mut self, case: &str, row: &Value, ours: Option<&Ours>) {
        let path = self
            .keys
            .fill(&row["request"]["path"])
            .as_str()
            .unwrap()
            .to_owned();
        let method = row["request"]["method"].as_str().unwrap().parse().unwrap();
        let who = row["as"].as_str().unwrap().to_owned();
        let person = self.person(&who).await.0.clone();
        let before = self.permissions().await;
        let response = person.request(method, &path).send().await.unwrap();

        let Some(Ours::Http(status, body)) = ours else {
            panic!("{case}: every HTTP case differs, say how")
        };
        assert_eq!(response.status(), *status, "{case}");
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(
            header("cache-control").as_deref(),
            Some("no-store"),
            "{case}"
        );
        if let Some(location) = row["response"]["headers"].get("location") {
            assert_eq!(
                header("location").as_deref(),
                self.keys.fill(location).as_str(),
                "{case}"
            );
        }
        let came = response.text().await.unwrap();
        match *body {
            "<page>" => assert!(came.starts_with("<!doctype html>"), "{case}: {came}"),
            body => assert_eq!(came, body, "{case}"),
        }
        assert_eq!(
            self.permissions().await,
            before,
            "{case}: reading changed something"
        );
    }

    // The true permissions on doc, as the document itself holds them.
    async fn permissions(&mut self) -> Value {
        let alice = self.person("alice").await.0.clone();
        alice
            .get("/doc/?json")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}
