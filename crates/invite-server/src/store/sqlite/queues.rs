//! How much waits.

use rusqlite::Connection;

use crate::{
    core::{Moment, Queue, Queues},
    store::queues,
};

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Queues> {
    let queue = |sql: &str| {
        connection.prepare_cached(sql)?.query_row([], |row| {
            Ok(Queue {
                waiting: row.get(0)?,
                oldest: row.get::<_, Option<i64>>(1)?.map(Moment),
            })
        })
    };
    Ok(Queues {
        webhooks: queue(&queues::webhooks())?,
        mails: queue(&queues::mails())?,
    })
}
