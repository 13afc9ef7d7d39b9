//! The damaged links of `tests/corpus/links.json`.

use std::sync::LazyLock;

use invite_key::InviteKey;
use invite_key::find::{Found, find};
use serde_json::{Value, json};

pub(crate) struct Case {
    pub(crate) by: String,
    pub(crate) text: String,
    /// Where the invites stand.
    pub(crate) ranges: Vec<std::ops::Range<usize>>,
    pub(crate) found: Vec<Value>,
    pub(crate) broken: Vec<Value>,
}

pub(crate) fn keys() -> serde_json::Map<String, Value> {
    file()["keys"].as_object().unwrap().clone()
}

/// The cases, read once.
pub(crate) fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(read_cases);
    &CASES
}

fn read_cases() -> Vec<Case> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let cases = file()["cases"].take();
    cases
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let marked = match &case["text"] {
                Value::String(text) => text.clone(),
                lines => {
                    let lines: Vec<_> = list(lines)
                        .iter()
                        .map(|line| line.as_str().unwrap().to_owned())
                        .collect();
                    lines.join("\n")
                }
            };
            let mut text = String::new();
            let mut starts = Vec::new();
            let mut ranges = Vec::new();
            for character in marked.chars() {
                match character {
                    '⟦' => starts.push(text.len()),
                    '⟧' => ranges.push(starts.pop().unwrap()..text.len()),
                    _ => text.push(character),
                }
            }
            Case {
                by: case["by"].as_str().unwrap().to_owned(),
                text,
                ranges,
                found: list(&case["found"]),
                broken: list(&case["broken"]),
            }
        })
        .collect()
}

fn file() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/links.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn as_json(found: &Found, keys: &serde_json::Map<String, Value>) -> Value {
    let name = keys
        .iter()
        .find(|(_, text)| *text == found.key.reveal())
        .map_or("a key that was not there", |(name, _)| name);
    let repairs: Vec<_> = found.repairs.iter().map(|repair| repair.as_str()).collect();
    let mut json = json!({ "key": name, "repairs": repairs });
    if let Some(link) = &found.link {
        json["page"] = link.page.as_str().into();
        json["resource"] = link.resource.as_deref().into();
        json["in"] = link.placement.as_str().into();
        assert_eq!(link.key, found.key);
    }
    json
}

#[test]
fn every_damaged_link_is_found_as_the_corpus_says() {
    let keys = keys();
    let mut wrong = String::new();
    let cases = cases();
    assert!(cases.len() >= 60);
    for case in cases {
        let finds = find(&case.text);
        assert!(finds.is_complete(), "{}", case.by);
        let broken: Vec<_> = finds
            .broken()
            .iter()
            .map(|broken| Value::from(broken.malformed.code()))
            .collect();
        let found: Vec<_> = finds.collect();
        let ranges: Vec<_> = found.iter().map(|found| found.range.clone()).collect();
        let found: Vec<_> = found.iter().map(|found| as_json(found, &keys)).collect();
        if found != case.found || ranges != case.ranges || broken != case.broken {
            wrong += &format!(
                "\n{}\n  text     {:?}\n  expected {} {:?} broken {}\n  found    {} {:?} broken {}\n",
                case.by,
                case.text,
                json!(case.found),
                case.ranges,
                json!(case.broken),
                json!(found),
                ranges,
                json!(broken),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_keys_of_the_corpus_are_keys() {
    for (name, key) in keys() {
        assert!(InviteKey::parse(key.as_str().unwrap()).is_ok(), "{name}");
    }
}
