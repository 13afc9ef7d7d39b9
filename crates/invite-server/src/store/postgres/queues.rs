//! How much waits.

use super::{session::Session, trouble::Trouble};
use crate::{
    core::{Moment, Queue, Queues},
    store::queues,
};

pub(super) async fn all(session: &Session) -> Result<Queues, Trouble> {
    Ok(Queues {
        webhooks: queue(session, &queues::webhooks()).await?,
        mails: queue(session, &queues::mails()).await?,
    })
}

async fn queue(session: &Session, sql: &str) -> Result<Queue, Trouble> {
    let rows = session.query(sql, &[]).await?;
    let row = rows.first().ok_or(Trouble::Rows(0))?;
    Ok(Queue {
        waiting: row.try_get(0)?,
        oldest: row.try_get::<_, Option<i64>>(1)?.map(Moment),
    })
}
