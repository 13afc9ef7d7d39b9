//! Whether a pooler is between here and the database, and what does without a state of the connection then.
//!
//! PgBouncer and its like give each transaction whatever connection is free: what was prepared, set or listened to in one is
//! somebody else's in the next.

use std::time::Duration;

use tokio::time::timeout;

use super::sessions::Sessions;

/// A setting of our own that goes with the start of a connection. Poolers refuse or drop it.
const MARK: &str = "-c invite_server.direct=yes";
const ASK: &str = "SHOW invite_server.direct";
/// How long the question may take, connecting included.
const ASKING: Duration = Duration::from_secs(10);

/// Whether what is set at a connection's start does not come through: a pooler, or an engine that is treated as one, which
/// costs it plans that are made anew. Where nothing answers, opening the pool says why.
pub(super) async fn is_between(sessions: &Sessions) -> bool {
    let (settings, tls) = sessions.settings();
    if settings.get_options().is_some() {
        // The operator's own come through, or the connection is refused.
        return false;
    }
    let mut settings = settings.clone();
    settings.options(MARK);
    let asked = async {
        let (client, connection) = settings.connect(tls).await?;
        let running = tokio::spawn(connection);
        let asked = client.simple_query(ASK).await;
        running.abort();
        asked.map(drop)
    };
    match timeout(ASKING, asked).await {
        Ok(Ok(())) => false,
        // It answers, and does not know the setting.
        Ok(Err(error)) if error.as_db_error().is_some() => {
            tracing::info!(
                place = sessions.place(),
                "a pooler is in between: statements are not kept prepared, and copies look for what has moved"
            );
            true
        }
        _ => false,
    }
}
