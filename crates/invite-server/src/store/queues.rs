//! How much waits: the same SQL on either database. The lower bounds mean nothing but that the index is read, and only
//! the part of it that is counted.

use crate::core::Queue;

/// How many deliveries wait, and since when the first does.
pub(super) fn webhooks() -> String {
    looking("deliveries", "created_at", "")
}

/// How many mails wait, and since when the first does. Mails that were sent leave a row without a time.
pub(super) fn mails() -> String {
    looking("mails", "asked_at", "AND due_at IS NOT NULL")
}

fn looking(table: &str, since: &str, only: &str) -> String {
    let counted = Queue::COUNTED;
    let rows = format!("SELECT {since} FROM {table} WHERE {since} > 0 {only} ORDER BY {since}");
    format!("SELECT (SELECT count(*) FROM ({rows} LIMIT {counted}) AS counted), ({rows} LIMIT 1)")
}
