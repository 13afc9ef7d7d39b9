//! Rows that a neighbour has piled up, written straight into the database: by calls it would take an hour.

use std::time::{SystemTime, UNIX_EPOCH};

use invite_key::{KeyKind, hex};
use invite_server::core::{Quotas, Secrets, state::KeyHash};
use rusqlite::Connection;

use crate::scene::{Scene, Store};

/// Dead invites of one person: enough that reading past all of them is felt.
const DEAD: u32 = 60_000;
/// Invites that were used very often, and how often.
const USED: u32 = 20;
const USES: u32 = 15_000;

/// Admins of `crew`, each with as many live invites as there may be.
const CREW: u32 = 20;

/// Live invites of one person.
pub const LIVE: u32 = 10_000;

/// What the databases say differently.
struct Words {
    series: fn(u32) -> String,
    hash: fn(&str) -> String,
    bytes: fn(&str) -> String,
    yes: &'static str,
}

static SQLITE: Words = Words {
    series: |count| {
        format!(
            "(WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < {count})
              SELECT n FROM some)"
        )
    },
    hash: |_| "randomblob(32)".to_owned(),
    bytes: |hex| format!("X'{hex}'"),
    yes: "1",
};
static POSTGRES: Words = Words {
    series: |count| format!("(SELECT n::BIGINT FROM generate_series(1, {count}) AS n) AS series"),
    hash: |text| format!("sha256(({text})::BYTEA)"),
    bytes: |hex| format!("'\\x{hex}'::BYTEA"),
    yes: "TRUE",
};

/// Milliseconds since 1970, an hour ago and in an hour.
fn times() -> (u128, u128) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (now.as_millis() - 3_600_000, now.as_millis() + 3_600_000)
}

/// mallory may do everything on these.
const RESOURCES: &str = "INSERT INTO resources (name, created_at) VALUES ('heap', 1), ('crowd', 1), ('full', 1), ('crew', 1);
    INSERT INTO members (resource, username, provider, permissions)
        SELECT name, 'mallory', 'proxy', 'arw' FROM resources WHERE name IN ('heap', 'crowd', 'full', 'crew')";

/// On `heap` mallory has so many invites whose end was told an hour ago.
fn dead(words: &Words) -> String {
    let (past, _) = times();
    let (series, hash, yes) = ((words.series)(DEAD), (words.hash)("'dead' || n"), words.yes);
    format!(
        "INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
            inviter_username, inviter_provider, max_uses, message, ended)
        SELECT 'dead' || n, {hash}, 'opaque', '1', 'heap', {past} - 1000, {past}, 'mallory', 'proxy', 1,
            'Come and see my notes', {yes} FROM {series};
        INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'rw' FROM invites WHERE resource = 'heap'"
    )
}

/// The invites of `crowd` are live and were used very often.
fn used(words: &Words) -> String {
    let (past, future) = times();
    let (series, hash) = ((words.series)(USED), (words.hash)("'used' || n"));
    let uses = (words.series)(USED * USES);
    format!(
        "INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
            inviter_username, inviter_provider, uses)
        SELECT 'used' || n, {hash}, 'opaque', '1', 'crowd', {past}, {future}, 'mallory', 'proxy', {USES}
            FROM {series};
        INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'rw' FROM invites WHERE resource = 'crowd';
        INSERT INTO uses (invite, username, provider, at)
        SELECT 'used' || (n % {USED} + 1), 'guest' || n, 'proxy', {past} FROM {uses}"
    )
}

/// On `full` mallory has as many live invites as there may be.
fn full(words: &Words) -> String {
    let (past, future) = times();
    let (series, hash) = (
        (words.series)(Quotas::USUAL.invites),
        (words.hash)("'full' || n"),
    );
    format!(
        "INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
            inviter_username, inviter_provider)
        SELECT 'full' || n, {hash}, 'opaque', '1', 'full', {past}, {future}, 'mallory', 'proxy' FROM {series};
        INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'rw' FROM invites WHERE resource = 'full'"
    )
}

/// On `crew` there are 20,000 live invites of 20 admins, mallory beside them.
fn crew(words: &Words) -> String {
    let (past, future) = times();
    let (admins, hash) = ((words.series)(CREW), (words.hash)("'crew' || n"));
    let invites = (words.series)(CREW * Quotas::USUAL.invites);
    format!(
        "INSERT INTO members (resource, username, provider, permissions)
            SELECT 'crew', 'admin' || (n - 1), 'proxy', 'arw' FROM {admins};
        INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
            inviter_username, inviter_provider)
        SELECT 'crew' || n, {hash}, 'opaque', '1', 'crew', {past}, {future}, 'admin' || (n % {CREW}), 'proxy' FROM {invites};
        INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'rw' FROM invites WHERE resource = 'crew'"
    )
}

/// On `heap` mallory has so many live invites, with the keys that the server derives for them.
fn live(words: &Words, secrets: &Secrets) -> String {
    let (past, future) = times();
    let rows = (0..LIVE).map(|number| {
        let id = format!("live{number}");
        let (key, secret) = secrets.new_key(KeyKind::Webstrates, &id).unwrap();
        let hash = (words.bytes)(&hex::encode(&KeyHash::of(&key).0));
        format!(
            "('{id}', {hash}, 'webstrates', '{secret}', 'heap', {past}, {future}, 'mallory', 'proxy')"
        )
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at, inviter_username,
            inviter_provider) VALUES {};
        INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'rw' FROM invites WHERE id LIKE 'live%'",
        rows.join(", ")
    )
}

impl Scene {
    pub async fn fill(&self) {
        let words = self.words();
        let mut all = vec![RESOURCES.to_owned(), dead(words), full(words), crew(words)];
        if matches!(self.store, Store::Postgres(_)) {
            all.extend([used(words), "VACUUM ANALYZE".into()]);
        }
        self.write(&all).await;
    }

    /// mallory's live invites.
    pub async fn fill_live(&self) {
        let secrets = Secrets::load_or_create(&self.folder.path().join("secret")).unwrap();
        let live = live(self.words(), &secrets);
        self.write(&[RESOURCES.to_owned(), live]).await;
    }

    fn words(&self) -> &'static Words {
        match self.store {
            Store::Sqlite(_) => &SQLITE,
            Store::Postgres(_) => &POSTGRES,
        }
    }

    pub async fn write(&self, all: &[String]) {
        match &self.store {
            Store::Sqlite(path) => {
                let mut connection = Connection::open(path).unwrap();
                connection.busy_timeout(crate::support::PATIENCE).unwrap();
                let filling = connection.transaction().unwrap();
                for sql in all {
                    filling.execute_batch(sql).unwrap();
                }
                filling.commit().unwrap();
            }
            Store::Postgres(postgres) => {
                let client = postgres.connect("neighbours").await;
                for sql in all {
                    client.batch_execute(sql).await.unwrap();
                }
            }
        }
    }
}
