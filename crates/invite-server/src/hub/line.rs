//! Keeping the line to other copies open.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    stop::Running,
    store::{Database, Line},
};

/// How long to wait before a line is opened again: first, and at most.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);
/// Where it does not work today, another engine or pooler may be there tomorrow.
const ANOTHER_DAY: Duration = Duration::from_secs(600);

/// Opens the line, and again whenever it breaks. What was said meanwhile nobody knows, so all is to be looked at then.
pub(super) async fn keep(
    database: Database,
    mut to_say: mpsc::Receiver<Vec<String>>,
    hear: mpsc::Sender<Vec<String>>,
    works: Arc<AtomicBool>,
    mut running: Running,
) {
    let mut pause = FIRST;
    loop {
        let opened = tokio::select! {
            opened = database.line() => opened,
            () = running.told() => return,
        };
        let wait = match opened {
            Ok(Some(line)) => {
                pause = FIRST;
                works.store(true, Ordering::Relaxed);
                tracing::debug!("copies of the server tell each other what has moved");
                let _ = hear.try_send(Vec::new());
                let stopped = talk(line, &mut to_say, &hear, &mut running).await;
                works.store(false, Ordering::Relaxed);
                if stopped {
                    return;
                }
                // From now on it is looked at often again.
                let _ = hear.try_send(Vec::new());
                FIRST
            }
            Ok(None) => ANOTHER_DAY,
            Err(_) => {
                pause = (pause * 2).min(LONGEST);
                pause
            }
        };
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = sleep_until(until) => break,
                // Nobody to say it to.
                Some(_) = to_say.recv() => {}
                () = running.told() => return,
            }
        }
    }
}

/// Whether it ended because the server stops.
async fn talk(
    mut line: Line,
    to_say: &mut mpsc::Receiver<Vec<String>>,
    hear: &mpsc::Sender<Vec<String>>,
    running: &mut Running,
) -> bool {
    loop {
        tokio::select! {
            names = line.heard() => match names {
                Some(names) => {
                    if hear.send(names).await.is_err() {
                        return true;
                    }
                }
                None => return false,
            },
            Some(names) = to_say.recv() => line.tell(&names).await,
            () = running.told() => return true,
        }
    }
}
