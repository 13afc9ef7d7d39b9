//! `purge`: what has ended goes.

use clap::Args;

use super::OperateError;
use crate::{
    config::{Config, Period},
    core::Clock,
    store::{Database, Retention},
};

/// What to purge.
#[derive(Debug, Clone, Args)]
pub struct Purge {
    /// How long ago it must have ended, as in 12h or 7d; 0s takes all that has ended
    /// [default: what --keep-ended says]
    #[arg(long, value_name = "DURATION")]
    older_than: Option<Period>,
}

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
