//! How a look at the database goes: in which transaction, among whom, and how often it is tried.

/// Reads, and again where a connection had died unnoticed or the database is just coming back.
macro_rules! read {
    ($store:expr, $work:expr, $crowd:expr, $session:ident => $look:expr) => {{
        let (mut attempts, patience) = (Attempts::new(), Patience::new());
        loop {
            let looked = match $store.sessions.begin($work, $crowd, patience).await {
                Ok($session) => $look.await,
                Err(trouble) => Err(trouble),
            };
            match looked {
                Ok(answer) => break Ok(answer),
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => break Err($store.sessions.refusal(&trouble)),
            }
        }
    }};
}

/// The same for somebody who has asked: whether they may is looked at in the same transaction.
macro_rules! read_for {
    ($store:expr, $asked:expr, $session:ident, $state:pat => $look:expr) => {{
        let asked: &Asked = $asked;
        let crowd = Crowd::Resource(asked.resource().to_owned());
        let read = read!($store, Work::Look, Some(crowd.clone()), session => async {
            let mut $session = session;
            let state = reading::state(&mut $session, &asked.scope(), Hold::No).await?;
            if let Err(refusal) = asked.let_through(&state) {
                return Ok(Err(refusal));
            }
            let $state = state;
            Ok(Ok($look.await?))
        });
        read?
    }};
}

pub(super) use read;
pub(super) use read_for;
