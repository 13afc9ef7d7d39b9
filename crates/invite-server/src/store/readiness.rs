//! Whether changes can be written, for whoever asks: one look at a time answers all who ask within a second of it, and
//! nobody waits long for one that does not end.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::core::Refusal;

/// How long what was seen holds. Everybody may ask, and each look costs a write.
const FRESH: Duration = Duration::from_secs(1);
/// How long one waits for a look: whoever asks over and over gives up after two seconds.
const PATIENCE: Duration = Duration::from_millis(1800);
/// So long after all was well, a look that takes long is one that waits behind others: to be busy is not to be away.
const BUSY: Duration = Duration::from_secs(5);

/// What was seen last.
#[derive(Clone, Debug, Default)]
pub(super) struct Readiness {
    last: Arc<Mutex<Option<Look>>>,
    /// When all was well, unless something has failed since.
    well: Arc<Mutex<Option<Instant>>>,
}

type Seen = Option<Result<(), Refusal>>;

#[derive(Debug)]
struct Look {
    ended: watch::Receiver<Seen>,
    began: Instant,
}

impl Readiness {
    /// What is seen now, or was a moment ago.
    pub(super) async fn ask<Looking>(&self, look: impl FnOnce() -> Looking) -> Result<(), Refusal>
    where
        Looking: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        let mut ended = self.under_way(look);
        let seen = timeout(PATIENCE, ended.wait_for(Option::is_some)).await;
        match seen {
            Ok(Ok(seen)) if matches!(*seen, Some(Ok(()))) => Ok(()),
            // It takes long.
            Err(_) if self.was_well() => Ok(()),
            // Whatever was in the way; or it takes too long, or ended without an answer.
            _ => Err(Refusal::TryAgain),
        }
    }

    fn was_well(&self) -> bool {
        let well = self.well.lock().unwrap_or_else(PoisonError::into_inner);
        well.is_some_and(|at| at.elapsed() < BUSY)
    }

    fn under_way<Looking>(&self, look: impl FnOnce() -> Looking) -> watch::Receiver<Seen>
    where
        Looking: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = &*last
            && look.counts()
        {
            return look.ended.clone();
        }
        let (tell, ended) = watch::channel(None);
        let (looking, well) = (look(), Arc::clone(&self.well));
        tokio::spawn(async move {
            let seen = looking.await;
            // After what failed nobody is only busy.
            let at = seen.is_ok().then(Instant::now);
            *well.lock().unwrap_or_else(PoisonError::into_inner) = at;
            let _ = tell.send(Some(seen));
        });
        *last = Some(Look {
            ended: ended.clone(),
            began: Instant::now(),
        });
        ended
    }
}

impl Look {
    /// It goes on, or all was well a moment ago. What was not well is looked at again at once.
    fn counts(&self) -> bool {
        let goes_on = self.ended.has_changed().is_ok();
        match &*self.ended.borrow() {
            None => goes_on,
            Some(seen) => seen.is_ok() && self.began.elapsed() < FRESH,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_look_answers_everybody_for_a_second() {
        let (readiness, looks) = (Readiness::default(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let looks = Arc::clone(&looks);
            readiness.ask(move || async move {
                looks.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (Ok(()), Ok(()), Ok(())));
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        tokio::time::advance(FRESH).await;
        assert_eq!(ask().await, Ok(()));
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_is_not_ready_and_is_not_begun_twice() {
        let (readiness, looks) = (Readiness::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..3 {
            let (began, looks) = (Instant::now(), Arc::clone(&looks));
            let seen = readiness.ask(move || async move {
                looks.fetch_add(1, Ordering::Relaxed);
                pending().await
            });
            assert_eq!(seen.await, Err(Refusal::TryAgain));
            assert!(began.elapsed() < Duration::from_secs(2));
        }
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn to_be_busy_is_not_to_be_away_for_a_while() {
        let readiness = Readiness::default();
        assert_eq!(readiness.ask(|| async { Ok(()) }).await, Ok(()));
        tokio::time::advance(FRESH).await;
        let began = Instant::now();
        assert_eq!(readiness.ask(pending).await, Ok(()));
        while readiness.ask(pending).await.is_ok() {
            assert!(began.elapsed() < BUSY, "it is promised for ever");
        }
        assert!(began.elapsed() > PATIENCE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_is_not_busy_afterwards() {
        let readiness = Readiness::default();
        assert_eq!(readiness.ask(|| async { Ok(()) }).await, Ok(()));
        tokio::time::advance(FRESH).await;
        let failed = readiness.ask(|| async { Err(Refusal::TryAgain) }).await;
        assert_eq!(failed, Err(Refusal::TryAgain));
        assert_eq!(readiness.ask(pending).await, Err(Refusal::TryAgain));
    }

    #[tokio::test]
    async fn what_was_not_well_is_looked_at_again_at_once() {
        let readiness = Readiness::default();
        let seen = readiness.ask(|| async { Err(Refusal::TryAgain) }).await;
        assert_eq!(seen, Err(Refusal::TryAgain));
        assert_eq!(readiness.ask(|| async { Ok(()) }).await, Ok(()));
        // One that dies is none.
        let readiness = Readiness::default();
        let seen = readiness.ask(|| async { panic!("on purpose") }).await;
        assert_eq!(seen, Err(Refusal::TryAgain));
        assert_eq!(readiness.ask(|| async { Ok(()) }).await, Ok(()));
    }
}
