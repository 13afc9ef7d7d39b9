//! Where SQL stands, and that none of it stands twice.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{imports::texts_written, sources};

/// What engines are told that is no statement over our rows: each file, and why it has SQL of its own.
const DRIVERS: &[(&str, &str)] = &[
    ("store/copy", "any table, by what the schema says of it"),
    ("store/postgres/schema.rs", "which schema stands"),
    ("store/postgres/index.rs", "how an index stands"),
    (
        "store/postgres/lease.rs",
        "whether a commit waits for a standby",
    ),
    (
        "store/postgres/pooler.rs",
        "whether what is set comes through",
    ),
    ("store/sqlite/plans", "tests, with rows of their own"),
    ("store/sqlite/mod.rs", "whether it answers at all"),
    ("store/sqlite/schema.rs", "whose the file is"),
    (
        "store/sqlite/writer/tests.rs",
        "tests, with rows of their own",
    ),
];

#[test]
fn each_statement_stands_once_and_in_the_catalogue() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut in_order = 0;
    for (file, text) in sources() {
        let found: Vec<String> = texts_written(&text)
            .into_iter()
            .filter(|text| is_sql(text))
            .collect();
        let driver = DRIVERS.iter().any(|(place, _)| file.starts_with(place));
        let catalogue = file.starts_with("store/catalogue");
        assert!(
            found.is_empty() || driver || catalogue,
            "{} has SQL that belongs in the catalogue: {found:?}",
            file.display()
        );
        for sql in found {
            assert!(places_in_order(&sql), "SQLite counts otherwise: {sql}");
            in_order += 1;
            let name = file.display().to_string();
            places.entry(normal(&sql)).or_default().push(name);
        }
    }
    assert!(in_order > 50, "only {in_order} statements were found");
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "these stand twice: {places:#?}");
    for (place, _) in DRIVERS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(place);
        assert!(path.exists(), "{place} is gone: strike it from the list");
    }
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    begins(&[
        "SELECT ",
        "SHOW ",
        "DELETE FROM ",
        "INSERT ",
        "WITH ",
        "CREATE ",
        "ALTER ",
        "{columns} ",
        "{client} ",
    ]) || text.starts_with("UPDATE ") && text.contains(" SET ")
}

/// Without what the engines or the eye write otherwise.
fn normal(sql: &str) -> String {
    let mut words = String::new();
    let mut number = false;
    for character in sql.chars() {
        if number && character.is_ascii_digit() {
            continue;
        }
        number = matches!(character, '$' | '?');
        words.push(if number { '?' } else { character });
    }
    let words: Vec<_> = words.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// SQLite numbers `$1`, `$2` … in the order in which they first come.
fn places_in_order(sql: &str) -> bool {
    let mut highest = 0;
    for place in sql.split('$').skip(1) {
        let digits = place
            .find(|one: char| !one.is_ascii_digit())
            .unwrap_or(place.len());
        let Ok(number) = place[..digits].parse::<u32>() else {
            continue;
        };
        if number > highest + 1 {
            return false;
        }
        highest = highest.max(number);
    }
    true
}

#[test]
fn what_is_the_same_is_found_to_be() {
    let one = "UPDATE  a SET b = ?1\n    WHERE c = ?12";
    assert_eq!(normal(one), normal("update a SET b = $2 WHERE c = $1"));
    assert!(
        places_in_order("a = $1 AND b = $2 AND c = $1") && !places_in_order("a = $2 AND b = $1")
    );
    for (text, sql) in [
        ("SELECT 1", true),
        ("{columns} FROM invites WHERE id = $1", true),
        ("UPDATE a SET b = 1", true),
        ("Update your client.", false),
        ("BEGIN IMMEDIATE", false),
    ] {
        assert_eq!(is_sql(text), sql, "{text}");
    }
    let found = texts_written(
        "const A: &str = \"a \\\n    b\"; mod tests { f(\"c\") } fn d() { e(r#\"f\"#) }",
    );
    assert_eq!(found, ["a b", "f"]);
}
