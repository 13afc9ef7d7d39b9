//! PostgreSQL reads through no table that grows; and, as a measurement, how much room 100,000 invites take on either.

use std::{collections::BTreeMap, time::Duration};

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{
        Actor, Addressed, Asked, Call, CreateRequest, InviteStatus, ListRequest, Queue,
        RemoveTarget, User, Wanted,
        state::{Decision, Scope, State},
    },
    store::{PostgresStore, SqliteStore, Store},
};
use tokio_postgres::Client;

use crate::{
    cluster::Postgres,
    world::{World, actor, user},
};

/// Those that are filled here; an empty one the database reads as it likes.
const GROWING: [&str; 8] = [
    "invites",
    "grants",
    "uses",
    "members",
    "people",
    "events",
    "resources",
    "deliveries",
];

/// So many invites, on a resource for `each` so many, half of them used; `series` counts from 1 to `count`.
fn filling(count: u32, each: u32, series: &str, hash: &str, id: &str) -> [String; 8] {
    let resources = count / each;
    [
        format!("INSERT INTO resources (name, created_at, events) SELECT 'resource' || n, 1, 150 FROM {series} WHERE n <= {resources}"),
        format!("INSERT INTO members (resource, username, provider, permissions)
            SELECT 'resource' || (n % {resources} + 1), 'person' || n, 'accounts.example', 'rw' FROM {series} WHERE n % 2 = 0"),
        format!("INSERT INTO members (resource, username, provider, permissions)
            SELECT 'resource' || n, 'inviter' || (n % 50), 'accounts.example', 'arw' FROM {series} WHERE n <= {resources}"),
        // One mail of a hundred has yet to be sent.
        format!("INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
                inviter_username, inviter_provider, uses, max_uses, message, mail, mail_asked_at, mail_due_at)
            SELECT {id}, {hash}, 'opaque', '1', 'resource' || (n % {resources} + 1), 1795238468803,
                1795238468803 + n, 'inviter' || ((n % {resources} + 1) % 50), 'accounts.example', (n + 1) % 2, 1, 'Come and see my notes',
                'sent', 1795238468803 + n, CASE WHEN n % 100 = 0 THEN 1795238468803 + n END
            FROM {series}"),
        "INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'rw' FROM invites".into(),
        format!("INSERT INTO uses (invite, username, provider, at)
            SELECT {id}, 'person' || n, 'accounts.example', 1795238468803 FROM {series} WHERE n % 2 = 0"),
        format!("INSERT INTO events (resource, number, kind, invite, username, provider, at)
            SELECT 'resource' || (n % {resources} + 1), n / {resources} + 1, 'invite.created', {id}, 'inviter' || (n % 50), 'accounts.example', 1795238468803
            FROM {series}"),
        // An hour of which a backend was told nothing.
        format!("INSERT INTO deliveries (message, app, body, created_at, due_at)
            SELECT 'msg_' || {id}, 'crm', 'What happened to an invite, as told to a backend', 1795238468803 + n, 1795238468803 + n
            FROM {series} WHERE n % 2 = 0"),
    ]
}

async fn fill_postgres(client: &Client, count: u32, each: u32) {
    let series = format!("(SELECT n::BIGINT FROM generate_series(1, {count}) AS n) AS series");
    let (hash, id) = (
        "sha256(('key' || n)::BYTEA)",
        "'invite_' || substr(md5(n::TEXT), 1, 22)",
    );
    for sql in filling(count, each, &series, hash, id) {
        client.batch_execute(&sql).await.unwrap();
    }
    let people = format!(
        "INSERT INTO people (username, provider, iss, sub, email) SELECT 'person' || n, 'accounts.example',
            'https://accounts.example', 'person' || n, 'person' || n || '@example.com' FROM {series} WHERE n % 2 = 0"
    );
    client.batch_execute(&people).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
}

/// How often each table was read from end to end since the beginning.
async fn scans(client: &Client) -> BTreeMap<String, i64> {
    let sql = "SELECT relname::TEXT, seq_scan FROM pg_stat_user_tables";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_reads_through_no_table_that_grows() {
    let postgres = Postgres::start(false);
    let address = postgres.database("plans").await;
    PostgresStore::open(&address, 1).await.unwrap().close();
    let client = postgres.connect("plans").await;
    fill_postgres(&client, 20_000, 10).await;
    let before = scans(&client).await;

    let store = PostgresStore::open(&address, 1).await.unwrap();
    let world = World::over(store.clone());
    let invites = &world.invites;
    world.member("alice", "resource7", "arw").await;
    let alice = actor("alice");
    // All that were filled in are over by then.
    world.time.pass_seconds(1_000);
    for _ in 0..10 {
        // So often that the database settles on one plan for any value.
        let request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
        let made = invites
            .create(Some(&alice), "resource7", request)
            .await
            .unwrap();
        let key = made.key.unwrap();
        invites
            .check(Some(&actor("bob")), &key, None)
            .await
            .unwrap();
        invites
            .accept(Some(&actor("bob")), &key, None)
            .await
            .unwrap();
        invites.resend(Some(&alice), &made.id, 60).await.unwrap();
        for everyone in [false, true] {
            for status in [
                None,
                Some(InviteStatus::Pending),
                Some(InviteStatus::Accepted),
                Some(InviteStatus::Expired),
                Some(InviteStatus::Removed),
            ] {
                let request = ListRequest {
                    page_size: 10,
                    status,
                    everyone,
                    ..ListRequest::default()
                };
                invites
                    .list(Some(&alice), "resource7", &request)
                    .await
                    .unwrap();
            }
        }
        let mut request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
        request.email = Some("bob@example.com".into());
        invites
            .create(Some(&alice), "resource7", request)
            .await
            .unwrap();
        for addressed in [
            Addressed::ToSomebody,
            Addressed::To("bob@example.com".into()),
        ] {
            for by_address in [false, true] {
                let mut request = ListRequest {
                    page_size: 1,
                    status: Some(InviteStatus::Pending),
                    addressed: addressed.clone(),
                    by_address,
                    ..ListRequest::default()
                };
                let listed = invites.list(Some(&alice), "resource7", &request).await;
                request.page = listed.unwrap().next_page;
                let again = invites.list(Some(&alice), "resource7", &request).await;
                assert!(!again.unwrap().invites.is_empty());
                let count = invites.count(Some(&alice), "resource7", &request).await;
                assert!(count.unwrap() > 0);
            }
        }
        store.client("nobody").await.unwrap();
        let target = RemoveTarget::Key(key);
        invites.remove(Some(&alice), None, &target).await.unwrap();
        store
            .resources(&user("person8"), None, None, 100)
            .await
            .unwrap();
        store.members("resource7").await.unwrap();
        let asked = Asked::new(Call::Members, &alice, "resource7");
        store.members_page(asked, 3, 51).await.unwrap();
        let (hers, his) = (user("alice"), user("bob"));
        store
            .member("resource7", &hers, &his, Some("crm"))
            .await
            .unwrap();
        for (everybody, end_links) in [(false, false), (false, true), (true, true)] {
            let letters = if everybody {
                Permissions::ALL
            } else {
                Permissions::NONE
            };
            let who = if everybody { &hers } else { &his };
            let wanted = Wanted {
                everybody,
                end_links,
                ..Wanted::one(who.clone(), letters, world.time.now())
            };
            let scope = Scope {
                resource: Some("resource7".into()),
                user: Some(hers.clone()),
                wanted: Some(wanted),
                ..Scope::default()
            };
            let nothing = |_: &State| {
                Ok(Decision {
                    answer: (),
                    changes: Vec::new(),
                })
            };
            store.transact(scope, nothing).await.unwrap();
        }
        store.events("resource7", 90, 10).await.unwrap();
        world
            .invites
            .end_expired(world.time.now(), 2)
            .await
            .unwrap();
        let waiting = store.queues().await.unwrap();
        assert_eq!(waiting.webhooks.waiting, Queue::COUNTED);
        assert_eq!(waiting.mails.waiting, 200);
    }
    // Whoever leaves tells what they read.
    store.close();
    until_alone(&client).await;
    let found = "SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'invites'";
    let found: i64 = client.query_one(found, &[]).await.unwrap().get(0);
    assert!(found > 100, "the calls are in the counts: {found}");
    let told = scans(&client).await;
    for table in GROWING {
        let read = told[table] - before[table];
        assert_eq!(read, 0, "{table} was read from end to end");
    }
}

/// A list costs the rows that it answers: dead invites are passed over, and of uses only the last are read.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_visits_only_the_rows_it_answers() {
    const DEAD: i64 = 20_000;
    const USES: i64 = 2_000;
    const ROUNDS: i64 = 10;
    let postgres = Postgres::start(false);
    let address = postgres.database("visits").await;
    let store = PostgresStore::open(&address, 1).await.unwrap();
    let world = World::over(store.clone());
    for resource in ["heap", "crowd"] {
        world.member("alice", resource, "arw").await;
    }
    for _ in 0..20 {
        world.invite("alice", "crowd", "r", None).await;
    }
    store.close();
    let client = postgres.connect("visits").await;
    // What was read until then is told when whoever read it leaves.
    until_alone(&client).await;
    let dead = format!(
        "INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
            inviter_username, inviter_provider, ended, removed_at)
        SELECT 'dead' || n, sha256(('dead' || n)::BYTEA), 'opaque', '1', 'heap', 1, 2, 'alice', 'test',
            n % 2 = 0, CASE WHEN n % 2 = 1 THEN 3 END
        FROM generate_series(1, {DEAD}) AS n;
        INSERT INTO grants (invite, resource, permissions) SELECT id, resource, 'r' FROM invites WHERE resource = 'heap'"
    );
    let uses = format!(
        "INSERT INTO uses (invite, username, provider, at)
        SELECT id, 'guest' || n, 'test', n FROM invites, generate_series(1, {USES}) AS n WHERE resource = 'crowd'"
    );
    let counted = format!("UPDATE invites SET uses = {USES} WHERE resource = 'crowd'");
    for sql in [dead, uses, counted] {
        client.batch_execute(&sql).await.unwrap();
    }
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    // So is what the filling itself has read.
    drop(client);
    let client = postgres.connect("visits").await;
    until_alone(&client).await;

    for (resource, answered, most) in [("heap", 0, 100), ("crowd", 20, 2 * (20 + 20 + 20 * 100))] {
        let store = PostgresStore::open(&address, 1).await.unwrap();
        let before = visited(&client).await;
        let world = World::over(store.clone());
        for _ in 0..ROUNDS {
            let request = ListRequest::default();
            let listed = world
                .invites
                .list(Some(&actor("alice")), resource, &request)
                .await
                .unwrap();
            assert_eq!(listed.invites.len(), answered);
        }
        store.close();
        until_alone(&client).await;
        let each = (visited(&client).await - before) / ROUNDS;
        assert!(each <= most, "{resource}: {each} rows for each list");
    }
}

/// Among very many resources the database takes each for a small one, and any index that begins with its name for as good
/// as another: of what is granted on it, one row is read for each invite of a page all the same.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_reads_what_is_granted_by_the_invites_of_a_page_alone() {
    const LIVE: usize = 60;
    const PAGE: u32 = 50;
    let postgres = Postgres::start(false);
    let address = postgres.database("granted").await;
    PostgresStore::open(&address, 1).await.unwrap().close();
    let client = postgres.connect("granted").await;
    fill_postgres(&client, 100_000, 2).await;
    let store = PostgresStore::open(&address, 1).await.unwrap();
    let world = World::over(store.clone());
    world.member("alice", "many", "arw").await;
    for _ in 0..LIVE {
        world.invite("alice", "many", "r", None).await;
    }
    store.close();
    // Of millions of rows no sample has seen those of one resource; here it is to be small for that.
    let unseen = "SET default_statistics_target = 1; ANALYZE invites; ANALYZE grants";
    client.batch_execute(unseen).await.unwrap();
    drop(client);
    let client = postgres.connect("granted").await;
    until_alone(&client).await;
    let store = PostgresStore::open(&address, 1).await.unwrap();
    let before = visited(&client).await;
    let world = World::over(store.clone());
    let request = ListRequest {
        page_size: PAGE,
        everyone: true,
        ..ListRequest::default()
    };
    let alice = actor("alice");
    let listed = world.invites.list(Some(&alice), "many", &request).await;
    assert_eq!(listed.unwrap().invites.len(), PAGE as usize);
    store.close();
    until_alone(&client).await;
    let read = visited(&client).await - before;
    assert!(
        read <= 4 * i64::from(PAGE),
        "{read} rows for a page of {PAGE}"
    );
}

/// How many rows of invites, what they grant and uses were read since the beginning, in tables and in their indexes.
async fn visited(client: &Client) -> i64 {
    let sql = "SELECT (SELECT sum(seq_tup_read)::BIGINT FROM pg_stat_user_tables WHERE relname IN ('invites', 'grants', 'uses'))
        + (SELECT sum(idx_tup_read)::BIGINT FROM pg_stat_user_indexes WHERE relname IN ('invites', 'grants', 'uses'))";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Backends ask what one person may do on every request.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_looks_one_member_up_by_one_statement_and_its_indexes() {
    const ROUNDS: usize = 10;
    let postgres = Postgres::start(false);
    let address = postgres.database("lookup").await;
    PostgresStore::open(&address, 1).await.unwrap().close();
    let client = postgres.connect("lookup").await;
    fill_postgres(&client, 20_000, 10).await;
    // A resource that has as many members as all others together.
    let crowd = "INSERT INTO members (resource, username, provider, permissions)
        SELECT 'resource7', 'guest' || n, 'accounts.example', 'r' FROM generate_series(1, 10000) AS n";
    client.batch_execute(crowd).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "log_statement = 'all'",
    ] {
        let set = format!("ALTER DATABASE lookup SET {setting}");
        client.batch_execute(&set).await.unwrap();
    }
    let guest = |number: usize| User::new(format!("guest{number}"), "accounts.example");
    let open = async || PostgresStore::open(&address, 1).await.unwrap();
    // Whoever leaves has logged everything.
    let close = async |store: PostgresStore| {
        store.close();
        until_alone(&client).await;
    };
    let store = open().await;
    let before = said(&postgres, &client, "one").await.len();
    for number in 1..=ROUNDS {
        let (asker, user) = (guest(1), guest(number));
        let found = store.member("resource7", &asker, &user, Some("crm"));
        assert!(found.await.unwrap().member.is_some());
    }
    close(store).await;
    let looked = said(&postgres, &client, "two").await.split_off(before);
    let store = open().await;
    let before = said(&postgres, &client, "three").await.len();
    for number in 1..=ROUNDS {
        let after = number as i64 * 100;
        let asked = Asked::new(Call::Members, &Actor::new(guest(1)), "resource7");
        let page = store.members_page(asked, after, 51).await;
        assert_eq!(page.unwrap().unwrap().members.len(), 51);
    }
    close(store).await;
    let paged = said(&postgres, &client, "four").await.split_off(before);
    // Beside a page stands whether there is such a resource, and whether whoever asks has access.
    for (all, begins, statements) in [(&looked, false, 1), (&paged, true, 3)] {
        let entries: Vec<&str> = all.split("LOG:  ").collect();
        let begun = entries
            .iter()
            .filter(|one| one.starts_with("statement: BEGIN"));
        assert_eq!(begun.count() > 0, begins, "{all}");
        let carried_out = entries.iter().filter(|one| one.starts_with("execute"));
        assert_eq!(carried_out.count(), statements * ROUNDS, "{all}");
        let plans: Vec<_> = entries.iter().filter(|one| one.contains("plan:")).collect();
        assert_eq!(plans.len(), statements * ROUNDS, "{all}");
        let of_members = plans.iter().filter(|plan| plan.contains("on members"));
        assert!(of_members.count() >= ROUNDS, "{all}");
        for plan in plans {
            for end_to_end in [
                "Seq Scan on members",
                "Seq Scan on people",
                "Seq Scan on resources",
                "Hash",
            ] {
                assert!(!plan.contains(end_to_end), "{plan}");
            }
        }
    }
}

/// All that the server has logged, up to this word which it is made to say.
async fn said(postgres: &Postgres, client: &Client, word: &str) -> String {
    let say = format!("DO $$ BEGIN RAISE LOG 'said: {word}'; END $$");
    client.batch_execute(&say).await.unwrap();
    let word = format!("LOG:  said: {word}");
    loop {
        let log = postgres.log();
        if let Some(place) = log.find(&word) {
            return log[..place].to_owned();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until nobody else is connected any more.
pub(crate) async fn until_alone(client: &Client) {
    while others(client).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn others(client: &Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// `cargo test --release -p invite-server --test store -- --ignored --nocapture room`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn room() {
    const COUNT: u32 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    SqliteStore::open(&path).unwrap().close().await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    let series = format!(
        "(WITH RECURSIVE some(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < {COUNT}) SELECT n FROM some)"
    );
    connection
        .execute_batch("CREATE TEMP TABLE names (n INTEGER PRIMARY KEY, id TEXT)")
        .unwrap();
    let names = format!(
        "INSERT INTO names SELECT n, 'invite_' || substr(hex(randomblob(11)), 1, 22) FROM {series}"
    );
    connection.execute(&names, []).unwrap();
    for sql in filling(COUNT, 100, "names", "randomblob(32)", "id") {
        connection.execute(&sql, []).unwrap();
    }
    let mut statement = connection
        .prepare("SELECT name, sum(pgsize) FROM dbstat WHERE schema = 'main' GROUP BY name HAVING sum(pgsize) > 100000 ORDER BY 2 DESC")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut total = 0;
    while let Some(row) = rows.next().unwrap() {
        let (name, bytes): (String, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        total += bytes;
        println!(
            "SQLite      {name:32} {:6} bytes for each invite",
            bytes / i64::from(COUNT)
        );
    }
    println!("SQLite      all {:28} {:6}", "", total / i64::from(COUNT));

    let postgres = Postgres::start(false);
    let address = postgres.database("room").await;
    PostgresStore::open(&address, 1).await.unwrap().close();
    let client = postgres.connect("room").await;
    fill_postgres(&client, COUNT, 100).await;
    let sql = "SELECT relname::TEXT, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC";
    let mut total = 0;
    for row in client.query(sql, &[]).await.unwrap() {
        let (name, table, indexes): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
        total += table + indexes;
        println!(
            "PostgreSQL  {name:32} {:6} and {:6} for its indexes",
            table / i64::from(COUNT),
            indexes / i64::from(COUNT)
        );
    }
    println!("PostgreSQL  all {:28} {:6}", "", total / i64::from(COUNT));
}
