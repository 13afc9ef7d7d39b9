//! `purge`: what has ended goes.

use super::OperateError;
use crate::{
    config::{Config, Purge},
    core::Clock,
    store::{Database, Retention},
    timekeeping,
};

impl Purge {
    pub(super) async fn run(
        &self,
        config: &Config,
        database: &Database,
    ) -> Result<String, OperateError> {
        let kept = self.older_than.unwrap_or(config.purge.keep_ended);
        let clock = Clock::system();
        let now = timekeeping::now(database, &clock, self.clock_is_right).await?;
        let now = now.map_err(OperateError::Clock)?;
        let retention = Retention::of(now, kept.seconds()).and_by(clock.now());
        let purged = database.purge(retention).await?;
        database.close().await;
        Ok(format!("Purged: {purged}."))
    }
}
