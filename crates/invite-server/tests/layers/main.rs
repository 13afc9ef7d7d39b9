//! Who may know whom: a table, and the imports of every file held against it.
//!
//! A room is a module at the top. It may know only rooms that stand above it in the table, so that nothing goes round in
//! circles.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test fails by panicking, in its helpers too"
)]

mod imports;
mod sql;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use imports::{imported, paths_written};

/// Each room, and whom it knows.
const ROOMS: &[(&str, &[&str])] = &[
    // At the bottom: plain values, and what all that runs is told by.
    ("address", &[]),
    ("conditions", &[]),
    ("html", &[]),
    ("stop", &[]),
    ("tls", &[]),
    ("waiting", &[]),
    // The rules know neither HTTP nor SQL nor configuration.
    ("core", &[]),
    (
        "store",
        &["address", "conditions", "core", "tls", "waiting"],
    ),
    ("invites", &["core", "store"]),
    ("hub", &["core", "invites", "stop", "store"]),
    ("timekeeping", &["conditions", "core", "stop", "store"]),
    // What stands around dialects, and what they give it.
    ("dialect", &["core"]),
    (
        "auth",
        &["address", "conditions", "core", "dialect", "html"],
    ),
    ("limits", &["auth", "conditions", "core", "dialect"]),
    // What runs beside them.
    ("mail", &["conditions", "core", "invites", "stop", "tls"]),
    ("webhooks", &["address", "core", "invites", "stop"]),
    // What is spoken. None of them knows another.
    ("site", &["address", "dialect", "html"]),
    (
        "api",
        &[
            "auth", "core", "dialect", "hub", "invites", "limits", "mail", "stop",
        ],
    ),
    ("rkvst", &["core", "dialect", "invites", "limits", "mail"]),
    (
        "webstrates",
        &[
            "auth", "core", "dialect", "invites", "limits", "site", "stop",
        ],
    ),
    ("demo", &["auth", "core", "dialect", "invites"]),
    // What the operator asks for, read by these alone and handed down as plain values.
    ("config", &["address", "core"]),
    (
        "operate",
        &[
            "address",
            "auth",
            "conditions",
            "config",
            "core",
            "invites",
            "store",
            "timekeeping",
            "webhooks",
        ],
    ),
    (
        "app",
        &[
            "address",
            "api",
            "auth",
            "conditions",
            "config",
            "core",
            "demo",
            "dialect",
            "hub",
            "invites",
            "limits",
            "mail",
            "rkvst",
            "site",
            "stop",
            "store",
            "timekeeping",
            "waiting",
            "webhooks",
            "webstrates",
        ],
    ),
    ("main", &["app", "config", "operate"]),
];
/// What is spoken.
const DIALECTS: [&str; 3] = ["api", "rkvst", "webstrates"];

#[test]
fn every_room_knows_whom_the_table_says_and_nobody_else() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in sources() {
        let Some(room) = room(&file) else { continue };
        let others = imported(&text, &module(&file));
        let others = others.into_iter().filter(|other| *other != room);
        known.entry(room.clone()).or_default().extend(others);
    }
    let table: BTreeMap<String, BTreeSet<String>> = ROOMS
        .iter()
        .map(|(room, all)| {
            let all = all.iter().map(|one| (*one).to_owned());
            ((*room).to_owned(), all.collect())
        })
        .collect();
    for (room, all) in &known {
        let allowed = table
            .get(room)
            .unwrap_or_else(|| panic!("{room} is not in the table"));
        let not_allowed: Vec<_> = all.difference(allowed).collect();
        assert!(not_allowed.is_empty(), "{room} knows {not_allowed:?}");
        let not_needed: Vec<_> = allowed.difference(all).collect();
        assert!(
            not_needed.is_empty(),
            "{room} does not know {not_needed:?}: strike them from the table"
        );
    }
    let places: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let place = |name: &str| places.iter().position(|room| *room == name);
    for (room, all) in ROOMS {
        for other in *all {
            assert!(place(other) < place(room), "{other} stands below {room}");
        }
    }
}

#[test]
fn a_new_dialect_is_one_line_in_one_file() {
    for (file, text) in sources() {
        let room = room(&file).unwrap_or_default();
        let around = ["app", "auth", "dialect", "limits"].contains(&room.as_str());
        // Metrics have a listener of their own.
        let own = file.ends_with("app/router.rs") || file.ends_with("app/measure.rs");
        if !around || own {
            continue;
        }
        let named: Vec<_> = imported(&text, &module(&file))
            .into_iter()
            .filter(|one| DIALECTS.contains(&one.as_str()))
            .collect();
        assert!(named.is_empty(), "{} names {named:?}", file.display());
        let foreign = |path: &String| !(room == "auth" && path.starts_with("/auth/"));
        let paths: Vec<_> = paths_written(&text).into_iter().filter(foreign).collect();
        assert!(paths.is_empty(), "{} has {paths:?}", file.display());
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                all.push((path.strip_prefix(&source).unwrap().to_owned(), text));
            }
        }
    }
    assert!(all.len() > 100, "only {} files", all.len());
    all
}

/// The path of a file's module, from the root.
fn module(file: &Path) -> Vec<String> {
    let parts = file.with_extension("");
    let parts = parts.iter().map(|part| part.to_str().unwrap().to_owned());
    parts
        .filter(|part| !["mod", "lib", "main"].contains(&part.as_str()))
        .collect()
}

/// The room that a file belongs to; none for the root itself.
fn room(file: &Path) -> Option<String> {
    if file == Path::new("main.rs") {
        return Some("main".into());
    }
    module(file).into_iter().next()
}
