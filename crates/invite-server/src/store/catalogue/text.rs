//! The text of a statement, and the words in which the engines differ.

use std::sync::OnceLock;

/// Whom a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Engine {
    /// SQLite.
    Sqlite,
    /// Any engine that speaks PostgreSQL's protocol.
    Postgres,
}

/// What is written alike for both, and stands in several statements.
const SHARED: &[(&str, &str)] = &[
    ("{columns}", super::reading::COLUMNS),
    ("{beside}", super::reading::BESIDE),
    ("{client}", super::clients::CLIENT),
    ("{still-theirs}", super::people::STILL_THEIRS),
];

/// What the engines say differently: the word, SQLite's, PostgreSQL's.
const WORDS: &[(&str, &str, &str)] = &[
    // One of many texts. SQLite binds no arrays, but reads JSON; PostgreSQL plans an array by its index.
    (
        "{these}",
        "IN (SELECT value FROM json_each($1))",
        "= ANY($1)",
    ),
    // The same at another place, whose number stands in between.
    ("{any}", "IN (SELECT value FROM json_each(", "= ANY("),
    ("{of-them}", "))", ")"),
    // Finding a text in another has two names.
    ("{place}", "instr", "strpos"),
    // Rows that are about to change. Whoever writes on SQLite is alone; on PostgreSQL, rows that another copy has are
    // left to it, so that nobody waits.
    ("{skip}", "", " FOR UPDATE SKIP LOCKED"),
    // The same where rows that merely refer to these may go on.
    (
        "{skip-invites-and-resources}",
        "",
        " FOR NO KEY UPDATE OF invites, resources SKIP LOCKED",
    ),
];

/// A statement. Its places are named `$1`, `$2` … in the order in which they first come, as SQLite counts them.
#[derive(Debug)]
pub(in crate::store) struct Sql {
    text: &'static str,
    /// The table whose rows are held until the transaction ends, where that is asked for.
    holds: Option<&'static str>,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
    held: OnceLock<String>,
}

impl Sql {
    pub(super) const fn new(text: &'static str) -> Sql {
        Sql::made(text, None)
    }

    /// Rows of this table can be held.
    pub(super) const fn holding(text: &'static str, table: &'static str) -> Sql {
        Sql::made(text, Some(table))
    }

    const fn made(text: &'static str, holds: Option<&'static str>) -> Sql {
        Sql {
            text,
            holds,
            sqlite: OnceLock::new(),
            postgres: OnceLock::new(),
            held: OnceLock::new(),
        }
    }

    /// As this engine reads it.
    pub(in crate::store) fn on(&'static self, engine: Engine) -> &'static str {
        let place = match engine {
            Engine::Sqlite => &self.sqlite,
            Engine::Postgres => &self.postgres,
        };
        place.get_or_init(|| written(self.text, engine))
    }

    /// The same, holding its rows. NO KEY: rows that merely refer to these do not wait. On SQLite, whoever writes is
    /// alone.
    pub(super) fn held(&'static self, engine: Engine) -> &'static str {
        match (engine, self.holds) {
            (Engine::Postgres, Some(table)) => self.held.get_or_init(|| {
                let text = written(self.text, engine);
                format!("{text} FOR NO KEY UPDATE OF {table}")
            }),
            _ => self.on(engine),
        }
    }
}

/// A text as an engine reads it.
pub(super) fn written(text: &str, engine: Engine) -> String {
    let mut written = text.to_owned();
    for (word, meaning) in SHARED {
        written = written.replace(word, meaning);
    }
    for (word, sqlite, postgres) in WORDS {
        let meaning = match engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        };
        written = written.replace(word, meaning);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_reads_its_own_words() {
        static SQL: Sql = Sql::holding("SELECT id FROM invites WHERE id {these}", "invites");
        assert_eq!(
            SQL.on(Engine::Sqlite),
            "SELECT id FROM invites WHERE id IN (SELECT value FROM json_each($1))"
        );
        assert_eq!(SQL.held(Engine::Sqlite), SQL.on(Engine::Sqlite));
        assert_eq!(
            SQL.held(Engine::Postgres),
            "SELECT id FROM invites WHERE id = ANY($1) FOR NO KEY UPDATE OF invites"
        );
    }
}
