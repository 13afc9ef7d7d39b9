//! The conformance table (`tests/conformance/cases.json`), natively: each row's wire is a script, and the dialects must
//! send exactly what stands there and make of the answers exactly what is expected. Its README says how a row is read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use invite_key::InviteKey;
use invite_keys::error::Error;
use invite_keys::json::{self, Json};
use invite_keys::transport::{Request, Response};
use scripted::{Client, Method, Peer, START, Server, World, headers, iso_date, run};
use serde_json::{Map, Value, json};

const SERVER: &str = "http://127.0.0.1:7007";

/// Plays the server's side of one row.
struct Script {
    wire: RefCell<VecDeque<Value>>,
    faults: RefCell<Vec<String>>,
    /// The sentence of the last problem document.
    detail: RefCell<String>,
    /// What the last create asked for.
    max_age: Cell<f64>,
    /// What an accept looks at before and after. The table does not tell it: `guards.rs` and `webstrates/` do.
    guarded: bool,
    /// What the last accept gave.
    held: RefCell<Option<String>>,
}

impl Script {
    fn fault(&self, text: String) {
        self.faults.borrow_mut().push(text);
    }

    /// Frames that nobody asked for come before the next answer.
    fn push(&self, peer: &Peer) {
        loop {
            let frame = self
                .wire
                .borrow()
                .front()
                .and_then(|next| next.get("push").cloned());
            let Some(frame) = frame else { return };
            self.wire.borrow_mut().pop_front();
            peer.send(&fill(&frame, 0.0).to_string());
        }
    }
}

impl Server for Script {
    fn opened(&self, peer: &Peer, url: &str) {
        if !url.starts_with("ws://127.0.0.1:7007/") {
            self.fault(format!("opened {url}"));
        }
        let close = self
            .wire
            .borrow()
            .front()
            .and_then(|next| next.get("close").cloned());
        match close {
            Some(close) => {
                self.wire.borrow_mut().pop_front();
                peer.close(
                    close["code"].as_u64().unwrap() as u16,
                    close["reason"].as_str().unwrap(),
                );
            }
            None => {
                peer.init();
                self.push(peer);
            }
        }
    }

    fn frame(&self, peer: &Peer, text: &str) {
        if self.guarded && text.contains("\"getInvites\"") {
            let mut answer: Value = serde_json::from_str(text).unwrap();
            answer["wa"] = json!("reply");
            let held = self.held.borrow().clone().unwrap_or_default();
            let words = "Need admin permissions to manage invites. User only has";
            answer["error"] = json!(format!("{words} {held} on doc."));
            return peer.send(&answer.to_string());
        }
        let Some(exchange) = self.wire.borrow_mut().pop_front() else {
            return self.fault(format!("sent past the end: {text}"));
        };
        let mut sent: Value = serde_json::from_str(text).unwrap();
        let token = sent["token"].take();
        let max_age = sent["options"]["maxAge"].as_f64();
        sent["token"] = json!("<token>");
        let mut expected = fill(&exchange["send"], 0.0);
        for frame in [&mut sent, &mut expected] {
            let age = frame
                .get_mut("options")
                .and_then(|options| options.get_mut("maxAge"));
            if let Some(age) = age {
                *age = json!(age.as_f64().or_else(|| age.as_str()?.parse().ok()));
            }
        }
        if sent != expected {
            self.fault(format!("sent {sent}, expected {expected}"));
        }
        self.max_age.set(max_age.unwrap_or(604_800.0));
        if exchange["drop"] == true {
            return peer.close(1006, "");
        }
        if let Some(receive) = exchange.get("receive").filter(|receive| !receive.is_null()) {
            let mut receive = fill(receive, self.max_age.get());
            receive["token"] = token;
            if let Some(held) = receive["reply"].as_str() {
                self.held.replace(Some(held.to_owned()));
            }
            peer.send(&receive.to_string());
        }
        self.push(peer);
    }

    fn request(&self, request: &Request) -> Option<Response> {
        let is_expected = self
            .wire
            .borrow()
            .front()
            .is_some_and(|next| next["request"]["path"] == "/.well-known/invite-keys");
        if request.url.ends_with("/.well-known/invite-keys") && !is_expected {
            // A server that does not speak of itself: the row's wire tells of the call alone.
            return Some(Response {
                status: 404,
                headers: headers("text/html", None),
                text: String::new(),
            });
        }
        let Some(exchange) = self.wire.borrow_mut().pop_front() else {
            self.fault(format!(
                "sent past the end: {} {}",
                request.method, request.url
            ));
            return None;
        };
        let expected = fill(&exchange["request"], 0.0);
        let mut path = request.url.strip_prefix(SERVER).unwrap_or(&request.url);
        if !expected["path"].as_str().unwrap().contains('?') {
            path = path.split('?').next().unwrap_or(path);
        }
        let mut sent = json!({"method": request.method, "path": path});
        if let Some(body) = &request.body {
            let kind = request
                .headers
                .iter()
                .find(|header| header.0 == "content-type");
            assert_eq!(kind.unwrap().1, "application/json");
            sent["body"] = serde_json::from_str(body).unwrap();
        }
        self.max_age
            .set(sent["body"]["maxAge"].as_f64().unwrap_or(604_800.0));
        let mut expected = expected;
        // A body of nothing need not be told in the table.
        if request.method == "DELETE" && expected.get("body").is_none() {
            expected["body"] = json!({});
        }
        if sent != expected {
            self.fault(format!("sent {sent}, expected {expected}"));
        }
        if exchange["drop"] == true {
            return None;
        }
        let response = fill(&exchange["response"], self.max_age.get());
        let mut kind = "application/json";
        let mut text = match &response["body"] {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        if let Value::Object(problem) = &response["problem"] {
            kind = "application/problem+json";
            let detail = format!("A sentence about {}.", problem["code"].as_str().unwrap());
            let mut document = json!({
                "type": "urn:invite-keys:error:x", "title": "A title", "status": response["status"],
                "detail": detail, "requestId": "1",
            });
            document.as_object_mut().unwrap().extend(problem.clone());
            *self.detail.borrow_mut() = document["detail"].as_str().unwrap().to_owned();
            text = document.to_string();
        }
        let header = |name: &str| response["headers"][name].as_str().map(str::to_owned);
        Some(Response {
            status: response["status"].as_u64().unwrap() as u16,
            headers: headers(
                header("content-type").as_deref().unwrap_or(kind),
                header("retry-after").as_deref(),
            ),
            text,
        })
    }
}

/// Puts values in the place of placeholders.
fn fill(value: &Value, max_age: f64) -> Value {
    match value {
        Value::String(text) => fill_text(text, max_age),
        Value::Array(items) => items.iter().map(|item| fill(item, max_age)).collect(),
        Value::Object(members) => {
            if members.get("$").is_some_and(|what| what == "repeat") {
                let times = members["times"].as_u64().unwrap() as usize;
                return json!(members["text"].as_str().unwrap().repeat(times));
            }
            if let Some(inner) = members.get("<json>") {
                return json!(fill(inner, max_age).to_string());
            }
            assert!(
                !members.contains_key("$"),
                "a value that JSON cannot say, in a native row"
            );
            let mut filled = Map::new();
            for (name, member) in members {
                if member == "<absent>" || name == "<more>" {
                    continue;
                }
                let age = if name == "expiresAt" { max_age } else { 0.0 };
                let age = if member == "<date>" { age } else { max_age };
                filled.insert(name.clone(), fill(member, age));
            }
            Value::Object(filled)
        }
        other => other.clone(),
    }
}

fn fill_text(text: &str, max_age: f64) -> Value {
    match text {
        "<date>" => return json!(iso_date(START + max_age.min(2_592_000.0) * 1000.0)),
        "<oid>" => return json!("0123456789abcdef01234567"),
        "<hex32>" => return json!("0123456789abcdef0123456789abcdef"),
        "<text>" | "<any>" => return json!("something"),
        // As many seconds as a "<date>" of an expiry is ahead.
        "<number>" => return json!(604_800),
        "<token>" | "<detail>" => return json!(text),
        _ => {}
    }
    let mut filled = text.to_owned();
    while let Some((before, rest)) = filled.clone().split_once('<') {
        let Some((inside, after)) = rest.split_once('>') else {
            break;
        };
        let Some((kind, name)) = inside.split_once(':') else {
            break;
        };
        let number = || name.parse::<u8>().expect("a number in a placeholder");
        let new = match kind {
            "key" if name == "19" => "0".repeat(64),
            "key" => InviteKey::webstrates(&[0xa0 + number(); 32])
                .reveal()
                .to_owned(),
            "KEY" => InviteKey::webstrates(&[0xa0 + number(); 32])
                .reveal()
                .to_uppercase(),
            "inv" => InviteKey::opaque(&[number(); 32]).reveal().to_owned(),
            "id" => format!("invite_{name}"),
            "user" => return json!({"username": name, "provider": "test"}),
            _ => break,
        };
        filled = [before, &new, after].concat();
    }
    json!(filled)
}

/// Takes the fixtures that a wire names into it.
fn unfold(wire: &[Value], fixtures: &HashMap<String, Value>) -> VecDeque<Value> {
    let unfold_one = |exchange: &Value| {
        let Some(name) = exchange.get("fixture").and_then(Value::as_str) else {
            return exchange.clone();
        };
        let fixture = fixtures
            .get(name)
            .unwrap_or_else(|| panic!("there is no fixture {name}"));
        let mut unfolded = json!({"send": fixture["send"], "receive": fixture["receive"]});
        unfolded
            .as_object_mut()
            .unwrap()
            .extend(exchange.as_object().unwrap().clone());
        unfolded
    };
    wire.iter().map(unfold_one).collect()
}

fn method(name: &str) -> Option<Method> {
    Some(match name {
        "create" => Method::Create,
        "get" => Method::Get,
        "check" => Method::Check,
        "accept" => Method::Accept,
        "remove" => Method::Remove,
        "list" => Method::ListPage,
        "preview" => Method::Preview,
        "link" => Method::Link,
        "members" => Method::Members,
        _ => return None,
    })
}

fn value(json: &Json) -> Value {
    serde_json::from_str(&json::write(json)).unwrap()
}

/// Makes a row's call; `list` and `members` go through all their pages.
async fn call(
    client: &Client<Script>,
    method: Method,
    mut arguments: Vec<Json>,
) -> Result<Value, invite_keys::error::Error> {
    let items = match method {
        Method::ListPage => "invites",
        Method::Members => "members",
        _ => "",
    };
    if items.is_empty() {
        return Ok(value(&client.call(method, arguments).await?));
    }
    arguments.resize(1, Json::Null);
    let mut found = Vec::new();
    let mut token = Json::Null;
    loop {
        let page = client
            .call(method, vec![arguments[0].clone(), token])
            .await?;
        found.extend(page.get(items).unwrap().items().iter().map(value));
        match page.text("next") {
            Some(next) => token = next.into(),
            None => return Ok(Value::Array(found)),
        }
    }
}

fn compare(
    row: &Value,
    client: &Client<Script>,
    result: Result<Value, invite_keys::error::Error>,
) -> Vec<String> {
    let script = &client.world.server;
    let mut faults = script.faults.take();
    let left = script.wire.borrow().len();
    if left > 0 {
        faults.push(format!("{left} exchanges of the wire did not happen"));
    }
    let expect = &row["expect"];
    match (result, expect.get("error")) {
        (Ok(result), None) => {
            let expected = fill(&expect["result"], script.max_age.get());
            if result != expected {
                faults.push(format!("gave {result}, expected {expected}"));
            }
        }
        (Err(error), Some(expected)) => {
            let codes = expected["code"]
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![expected["code"].clone()]);
            if !codes.contains(&json!(error.code_text())) {
                faults.push(format!(
                    "failed with {}, expected {codes:?}: {}",
                    error.code_text(),
                    error.message
                ));
            }
            if let Some(message) = expected["message"].as_str() {
                let message = message.replace("<detail>", &script.detail.borrow());
                let fits = match message.strip_suffix('…') {
                    Some(beginning) => error.message.starts_with(beginning),
                    None => error.message == message,
                };
                if !fits {
                    faults.push(format!("said {:?}, expected {message:?}", error.message));
                }
            }
            let found = json!({"status": error.status, "field": error.field, "retryAfter": error.retry_after});
            for (name, found) in found.as_object().unwrap() {
                let expected = expected.get(name);
                if expected.is_some_and(|expected| {
                    expected.as_f64() != found.as_f64() || expected.as_str() != found.as_str()
                }) {
                    faults.push(format!("{name} is {found}, expected {}", expected.unwrap()));
                }
            }
        }
        (Ok(result), Some(error)) => {
            faults.push(format!("gave {result}, expected the error {error}"))
        }
        (Err(error), None) => faults.push(format!(
            "failed with {}: {}",
            error.code_text(),
            error.message
        )),
    }
    faults
}

#[test]
fn every_row_of_the_conformance_table() {
    let fixtures: HashMap<String, Value> = include_str!("fixtures/webstrates-1.8.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|case| (case["case"].as_str().unwrap().to_owned(), case))
        .collect();
    let rows: Vec<Value> = serde_json::from_str(include_str!("conformance/cases.json")).unwrap();
    let (mut ran, mut report) = (0, String::new());
    for row in &rows {
        let native = row
            .get("runs")
            .is_none_or(|runs| runs.as_array().unwrap().contains(&json!("native")));
        let name = row["call"].as_str().unwrap();
        if !native || matches!(name, "frame" | "fetch") {
            continue;
        }
        let method = method(name).unwrap_or_else(|| panic!("no such call: {name}"));
        let script = Script {
            wire: RefCell::new(unfold(row["wire"].as_array().unwrap(), &fixtures)),
            faults: RefCell::default(),
            detail: RefCell::default(),
            max_age: Cell::new(604_800.0),
            guarded: row["dialect"] == "webstrates" && name == "accept",
            held: RefCell::default(),
        };
        let mut options = json!({"server": SERVER, "dialect": row["dialect"]});
        if let Some(resource) = row.get("resource") {
            options["resource"] = resource.clone();
        }
        let arguments = fill(&row["args"], 0.0);
        let arguments = arguments
            .as_array()
            .into_iter()
            .flatten()
            .map(|argument| json::parse(&argument.to_string()).unwrap());
        let arguments: Vec<Json> = arguments.collect();
        run(async {
            let client = Client::new(World::new(script), &options.to_string());
            let result = call(&client, method, arguments).await;
            for fault in compare(row, &client, result) {
                report += &format!("{}: {fault}\n", row["row"]);
            }
        });
        ran += 1;
    }
    assert!(ran > 100, "only {ran} rows ran");
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn codes_have_their_texts() {
    let code = |code| Error::of_server(404, code, "").map(|error| error.code_text().to_owned());
    for text in ["invalid_key", "of_tomorrow"] {
        assert_eq!(code(text).as_deref(), Some(text));
    }
}
