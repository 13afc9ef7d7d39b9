//! Whether changes can be written, by writing one.

use super::{Attempts, Patience, PostgresStore, Work, trouble::Trouble};
use crate::{core::Refusal, store::catalogue::probe};

impl PostgresStore {
    pub(super) async fn look_whether_ready(&self) -> Result<(), Refusal> {
        let mut attempts = Attempts::new();
        let looked = loop {
            match self.write_nothing().await {
                // Connections that died unnoticed, or a database that is just coming back.
                Err(trouble) if attempts.another(trouble.attempts().min(3)).await => {}
                looked => break looked,
            }
        };
        looked.map_err(|trouble| self.sessions.refusal(&trouble))?;
        if self.sessions.failed_lately() {
            return Err(Refusal::TryAgain);
        }
        self.sessions.is_well();
        Ok(())
    }

    async fn write_nothing(&self) -> Result<(), Trouble> {
        let patience = Patience::of(Work::Ready.patience());
        if self.sessions.has_failed() {
            // A small change fits where there is no room for more: it is seen whether a table can grow.
            let session = self.sessions.begin(Work::Ready, None, patience).await?;
            session.execute(probe::MAKE, &[]).await?;
            session.execute(probe::FILL, &[]).await?;
            // Nothing of it stays.
            drop(session);
        }
        let session = self.sessions.begin(Work::Ready, None, patience).await?;
        probe::write(&session).await?;
        match session.commit().await? {
            Ok(()) => Ok(()),
            Err(unknown) => Err(unknown.0),
        }
    }
}
