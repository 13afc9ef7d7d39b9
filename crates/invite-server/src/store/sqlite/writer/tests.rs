//! Changes that take too long, and a log that becomes too long.

use std::time::Instant;

use tokio::time::timeout;

use super::{super::schema, *};

const COUNT: &str = "SELECT count(*) FROM recipients";
const FOR_EVER: &str = "WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some)";

fn writer() -> (Writer, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let connection = schema::open_writer(&path).unwrap();
    (
        Writer::start(connection, Health::of(&path)).unwrap(),
        folder,
    )
}

fn read_for_ever(turn: &Turn<'_>) -> Result<i64, Refusal> {
    let sql = format!("{FOR_EVER} SELECT max(n) FROM some");
    let read = turn.read(|connection| connection.query_row(&sql, [], |row| row.get(0)));
    read.map_err(|cause| turn.failed(&cause))
}

async fn is_free(writer: &Writer) -> rusqlite::Result<i64> {
    let look = |connection: &Connection| connection.query_row("SELECT 7", [], |row| row.get(0));
    let seven: Result<i64, _> = writer.write(look).await;
    Ok(seven.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_reads_ends_when_whoever_asked_gives_up() {
    let (writer, _folder) = writer();
    for _ in 0..3 {
        let asking = writer.begin(read_for_ever);
        assert!(timeout(Duration::from_millis(50), asking).await.is_err());
    }
    // Not by the time limit of one of them, nor of all.
    assert_eq!(timeout(READ / 2, is_free(&writer)).await.unwrap(), Ok(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_takes_too_long_is_taken_back_and_others_go_on() {
    let (writer, folder) = writer();
    let began = Instant::now();
    let reads = writer.begin(read_for_ever).await;
    assert_eq!(reads, Err(Refusal::TryAgain));
    assert!(began.elapsed() >= READ);
    let writes = writer.run(|connection| {
        let sql = format!(
            "{FOR_EVER} INSERT INTO recipients (address, asked_at, until) SELECT n, '', 0 FROM some"
        );
        connection.execute(&sql, [])
    });
    let add = |address: &'static str| {
        let writer = writer.clone();
        async move {
            let sql = "INSERT INTO recipients (address, asked_at, until) VALUES (?, '', 0)";
            writer
                .run(move |connection| connection.execute(sql, [address]))
                .await
        }
    };
    let before = add("before").await;
    let (writes, beside) = tokio::join!(writes, add("beside"));
    assert_eq!((before, writes), (Ok(1), Err(Refusal::TryAgain)));
    let after = add("after").await;
    assert_eq!(after, Ok(1));
    writer.close().await;
    let connection = Connection::open(folder.path().join("invites.db")).unwrap();
    let count: i64 = connection.query_row(COUNT, [], |row| row.get(0)).unwrap();
    assert_eq!(
        count,
        2 + beside.unwrap_or(0) as i64,
        "nothing of it, and all that was answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_behind_a_long_reader_is_not_made_longer_and_all_goes_on_after_it() {
    const LONGEST: u64 = 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let connection = schema::open_writer(&path).unwrap();
    let health = Health::within(&path, LONGEST);
    let writer = Writer::start(connection, health.clone()).unwrap();
    let add = |number: usize| {
        let sql = "INSERT INTO recipients (address, asked_at, until) VALUES (?, ?, 0)";
        let (address, text) = (number.to_string(), "t".repeat(50_000));
        writer.run(move |connection| connection.execute(sql, (address, text)))
    };
    let reader = schema::open_reader(&path).unwrap();
    let count =
        |reader: &Connection| -> i64 { reader.query_row(COUNT, [], |row| row.get(0)).unwrap() };
    reader.execute_batch("BEGIN").unwrap();
    let before = count(&reader);
    let mut added = 0;
    let refused = loop {
        match add(added).await {
            Ok(_) => added += 1,
            Err(refusal) => break refusal,
        }
        assert!(added < 1000, "it grows for ever");
    };
    assert_eq!(refused, Refusal::TryAgain);
    assert!(added > 10 && health.log_length() < LONGEST * 2);
    assert_eq!(writer.ready().await, Err(Refusal::TryAgain));
    assert_eq!(count(&reader), before);
    reader.execute_batch("COMMIT").unwrap();
    for number in 0..40 {
        assert_eq!(add(added + number).await, Ok(1));
    }
    assert_eq!(writer.ready().await, Ok(()));
    assert!(health.log_length() < LONGEST * 2, "it begins anew");
    assert_eq!(count(&reader), (added + 40) as i64);
}
