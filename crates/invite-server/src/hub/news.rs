//! What the hub reads once for all streams of a resource.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};

use super::{Hints, Hub, topics::Known};
use crate::core::{EVENTS_AT_ONCE, Event, Progress, Refusal, Watchers};

/// So many resources are read at once.
const AT_ONCE: usize = 4;

/// What has moved.
#[derive(Debug)]
pub struct News {
    /// The place that these events follow. Whoever is further back reads for themselves first.
    pub from: i64,
    /// The place after them.
    pub to: i64,
    /// What happened between the two.
    pub events: Vec<Event>,
    /// Who may watch from now on, where that may have changed.
    pub watchers: Option<Watchers>,
    /// Whether the database was put back: places beyond `to` are of one that is no more.
    pub put_back: bool,
}

impl Hub {
    /// Looks at what may have moved, as far as somebody watches it, and tells the streams. What was not done stays among
    /// the hints.
    pub(super) async fn round(&self, hints: &mut Hints) -> Result<(), Refusal> {
        let watched = self.topics.names();
        hints.names.retain(|name| watched.contains(name));
        if hints.all && !watched.is_empty() {
            let all = watched.iter().cloned().collect();
            let found = self.invites.progress(all).await?;
            let found: HashMap<&str, &Progress> = found
                .iter()
                .map(|one| (one.resource.as_str(), one))
                .collect();
            let moved = watched.into_iter().filter(|name| {
                self.topics
                    .has_moved(name, found.get(name.as_str()).copied())
            });
            hints.names.extend(moved);
            // No resource moves with an app that is removed, nor with one that loses it.
            let of_apps = self.topics.of_apps();
            if !of_apps.is_empty() {
                hints.names.extend(self.invites.left_by(&of_apps).await?);
            }
        }
        hints.all = false;
        let names = std::mem::take(&mut hints.names);
        let read = stream::iter(names).map(|name| async move {
            let read = self.read(&name).await;
            (name, read)
        });
        let mut read = read.buffer_unordered(AT_ONCE);
        let mut outcome = Ok(());
        while let Some((name, one)) = read.next().await {
            match one {
                Ok(true) => {}
                // Whoever is the first to watch it does not know yet where it is.
                Ok(false) => {
                    hints.names.insert(name);
                }
                Err(refusal) => {
                    hints.names.insert(name);
                    outcome = Err(refusal);
                }
            }
        }
        outcome
    }

    /// Reads what happened to a resource and tells its streams; whether that could be done now.
    async fn read(&self, name: &str) -> Result<bool, Refusal> {
        loop {
            let Some(Known {
                place,
                version,
                apps,
            }) = self.topics.known(name)
            else {
                return Ok(true);
            };
            let Some(place) = place else {
                return Ok(false);
            };
            let mut events = self.invites.happened(name, place).await?;
            // Who may watch is looked up after what happened, so that nobody sees what came after they were removed.
            let progress = self.invites.progress(vec![name.to_owned()]).await?;
            let progress = progress.first();
            let end = progress.map_or(0, |progress| progress.events);
            if events.is_empty() && end > place {
                // They came in between, or are older than what is kept.
                events = self.invites.happened(name, place).await?;
            }
            let to = events.last().map_or(end, |event| event.number);
            let now = progress.map(|progress| progress.version);
            let now = now.unwrap_or_default();
            let watchers = if version != Some(now) || !apps.is_empty() {
                Some(self.invites.watchers(name, &apps).await?)
            } else {
                None
            };
            let more = events.len() >= EVENTS_AT_ONCE as usize;
            let put_back = to < place;
            let news = News {
                from: if put_back { to } else { place },
                to,
                events,
                watchers,
                put_back,
            };
            self.topics.tell(name, now, news);
            if !more {
                return Ok(true);
            }
        }
    }
}
