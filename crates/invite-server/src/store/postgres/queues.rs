//! How much waits.

use deadpool_postgres::GenericClient;

use super::{rows::query, trouble::Trouble};
use crate::{
    core::{Moment, Queue, Queues},
    store::queues,
};

pub(super) async fn all(client: &impl GenericClient) -> Result<Queues, Trouble> {
    Ok(Queues {
        webhooks: queue(client, &queues::webhooks()).await?,
        mails: queue(client, &queues::mails()).await?,
    })
}

async fn queue(client: &impl GenericClient, sql: &str) -> Result<Queue, Trouble> {
    let rows = query(client, sql, &[]).await?;
    let row = rows.first().ok_or(Trouble::Rows(0))?;
    Ok(Queue {
        waiting: row.try_get(0)?,
        oldest: row.try_get::<_, Option<i64>>(1)?.map(Moment),
    })
}
