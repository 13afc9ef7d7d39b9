//! `LOG.md` says what the table of conditions says. After changing one: `WRITE_LOG=1 cargo test -p invite-server --test
//! operations written`.

use std::fmt::Write as _;
use std::path::Path;

use invite_server::conditions::ALL;

const INTRODUCTION: &str = "# What the log says, and what to do\n\n\
    What goes wrong around the server has one line each, with `condition`, `place` and `cause`; it comes when the \
    condition begins and once a minute while it lasts, with `times` for how often it was met meanwhile, and is followed by \
    `over` where the server sees the end. This page is written from the table in `src/conditions.rs` by \
    `tests/operations/written.rs`.\n\n\
    | condition | level | what it says | what to do |\n|---|---|---|---|\n";

#[test]
fn the_document_says_what_the_table_says() {
    let mut text = String::from(INTRODUCTION);
    for one in ALL {
        let (name, level) = (one.name, one.level);
        writeln!(
            text,
            "| `{name}` | {level} | {} | {} |",
            one.sentence, one.remedy
        )
        .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("LOG.md");
    if std::env::var_os("WRITE_LOG").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "LOG.md is out of date: run this test with WRITE_LOG=1"
    );
}
