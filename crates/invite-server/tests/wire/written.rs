//! `DIFFERENCES.md` says what the tables say. After changing one: `WRITE_DIFFERENCES=1 cargo test -p invite-server
//! --test wire written`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::behaviours::{BEHAVIOURS, Behaviour};
use crate::differences::{DIFFERENCES, Ours};

const INTRODUCTION: &str = "# Webstrates 1.8 and our own mode\n\n\
    `invite-server` speaks Webstrates' wire, and answers as Webstrates 1.8 does but for what is listed here. Both tables \
    are written from the tests that keep them true (`tests/wire/differences.rs` and `tests/wire/behaviours.rs`): the \
    recorded story is told to our own server and to the emulator of the original (`crates/webstrates-emulator`), which \
    must answer every line as recorded; what no recorded answer can show is done with both.\n";

#[test]
fn the_document_says_what_the_tables_say() {
    let path = folder().join("DIFFERENCES.md");
    let text = document();
    if std::env::var_os("WRITE_DIFFERENCES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "DIFFERENCES.md is out of date: run this test with WRITE_DIFFERENCES=1"
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What the emulator has nothing to set beside.
const WITHOUT_PEER: &str = "
## Of ours alone

- An access token lasts no longer than what it is asked for with: a session, an issuer's bearer, an hour where a proxy names people. Signing out, erasing and `keys revoke` end it before, and close its sockets (`tests/durability/gone.rs`).
- A socket with credentials that are no good, or with two of a header that says who somebody is, is refused with 401 (`tests/wire/proxy.rs`).
";

fn document() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str(
        "\n## Recorded answers\n\n| case | Webstrates 1.8 | ours | why |\n|---|---|---|---|\n",
    );
    for row in recorded() {
        let case = row["case"].as_str().unwrap();
        for difference in DIFFERENCES
            .iter()
            .filter(|difference| difference.case == case)
        {
            let (original, ours) = (original(&row), ours(&difference.ours));
            writeln!(
                text,
                "| {case} | {original} | {ours} | {} |",
                difference.why
            )
            .unwrap();
        }
    }
    text.push_str("\n## Behaviour\n\n| what | Webstrates 1.8 | ours | why |\n|---|---|---|---|\n");
    for Behaviour {
        name,
        original,
        ours,
        why,
    } in BEHAVIOURS
    {
        writeln!(text, "| {name} | {original} | {ours} | {why} |").unwrap();
    }
    text.push_str(WITHOUT_PEER);
    text
}

fn recorded() -> Vec<Value> {
    let path = folder().join("../../tests/fixtures/webstrates-1.8.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    recorded
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn original(row: &Value) -> String {
    if let Some(error) = row["receive"]["error"].as_str() {
        return format!("`{error}`");
    }
    let Some(response) = row.get("response") else {
        return "an invite".into();
    };
    let kept = match response["headers"]["cache-control"].as_str() {
        Some(kept) => format!(", `{kept}`"),
        None => String::new(),
    };
    answer(
        response["status"].as_u64().unwrap(),
        response["body"].as_str().unwrap(),
    ) + &kept
}

fn ours(ours: &Ours) -> String {
    match ours {
        Ours::Error(text) if text.ends_with(": ") => format!("`{text}…`"),
        Ours::Error(text) => format!("`{text}`"),
        Ours::Http(status, body) => answer((*status).into(), body),
    }
}

fn answer(status: u64, body: &str) -> String {
    match body {
        "" => format!("{status}, nothing"),
        "<page>" => format!("{status}, the page"),
        body => format!("{status} `{body}`"),
    }
}
