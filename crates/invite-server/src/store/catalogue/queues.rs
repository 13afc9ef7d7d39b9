//! How much waits. The lower bounds mean nothing but that the index is read, and only the part of it that is counted.

use super::{Executor, Sql, Unreadable, binds, one};
use crate::core::{Queue, Queues};

static WEBHOOKS: Sql = Sql::new(
    "SELECT (SELECT count(*) FROM
             (SELECT created_at FROM deliveries WHERE created_at > 0 ORDER BY created_at LIMIT $1) AS counted),
         (SELECT created_at FROM deliveries WHERE created_at > 0 ORDER BY created_at LIMIT 1)",
);
/// Mails that are done have no time.
static MAILS: Sql = Sql::new(
    "SELECT (SELECT count(*) FROM
             (SELECT mail_asked_at FROM invites WHERE mail_asked_at > 0 AND mail_due_at IS NOT NULL
                 ORDER BY mail_asked_at LIMIT $1) AS counted),
         (SELECT mail_asked_at FROM invites WHERE mail_asked_at > 0 AND mail_due_at IS NOT NULL
             ORDER BY mail_asked_at LIMIT 1)",
);

pub(in crate::store) async fn waiting<E: Executor>(executor: &E) -> Result<Queues, E::Trouble> {
    Ok(Queues {
        webhooks: queue(executor, &WEBHOOKS).await?,
        mails: queue(executor, &MAILS).await?,
    })
}

async fn queue<E: Executor>(executor: &E, sql: &'static Sql) -> Result<Queue, E::Trouble> {
    let row = one(executor, sql, binds![Queue::COUNTED]).await?;
    let mut row = row.ok_or(Unreadable::Rows(0))?;
    Ok(Queue {
        waiting: row.number()?,
        oldest: row.moment_or_none()?,
    })
}
