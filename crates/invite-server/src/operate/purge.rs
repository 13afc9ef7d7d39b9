//! `purge`: what has ended goes.

use super::OperateError;
use crate::{
    config::{Config, Purge},
    core::Clock,
    store::{Database, Retention},
};

impl Purge {
    pub(super) async fn run(
        &self,
        config: &Config,
        database: &Database,
    ) -> Result<String, OperateError> {
        let kept = self.older_than.unwrap_or(config.purge.keep_ended);
        let retention = Retention::of(Clock::system().now(), kept.seconds());
        let purged = database.purge(retention).await?;
        database.close().await;
        Ok(format!("Purged: {purged}."))
    }
}
