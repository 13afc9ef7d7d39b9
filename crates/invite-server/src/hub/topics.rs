//! Who watches what.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast::{self, error::RecvError};

use super::News;
use crate::core::{Progress, state::Version};

/// News of one resource that a stream may have before it; beyond them it reads for itself what it missed.
const WAITING: usize = 16;

/// A resource that somebody watches.
#[derive(Debug)]
struct Topic {
    /// How far the streams have been told; nothing before the first of them knows where it is.
    place: Option<i64>,
    version: Option<Version>,
    tell: broadcast::Sender<Arc<News>>,
    watching: usize,
    /// The apps among these, each as often as it watches.
    apps: HashMap<String, usize>,
}

/// What the hub knows of one.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) place: Option<i64>,
    pub(super) version: Option<Version>,
    pub(super) apps: Vec<String>,
}

/// All that is watched. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Topics(Arc<Mutex<HashMap<String, Topic>>>);

/// Somebody watches a resource, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    topics: Topics,
    resource: String,
    app: Option<String>,
    news: broadcast::Receiver<Arc<News>>,
}

impl Topics {
    pub(super) fn watch(&self, resource: &str, app: Option<&str>) -> Watch {
        let mut all = self.all();
        let topic = all.entry(resource.to_owned()).or_insert_with(|| Topic {
            place: None,
            version: None,
            tell: broadcast::Sender::new(WAITING),
            watching: 0,
            apps: HashMap::new(),
        });
        topic.watching += 1;
        if let Some(app) = app {
            *topic.apps.entry(app.to_owned()).or_default() += 1;
        }
        Watch {
            topics: self.clone(),
            resource: resource.to_owned(),
            app: app.map(str::to_owned),
            news: topic.tell.subscribe(),
        }
    }

    pub(super) fn names(&self) -> HashSet<String> {
        self.all().keys().cloned().collect()
    }

    /// Each app that watches something, with what it watches.
    pub(super) fn of_apps(&self) -> Vec<(String, String)> {
        let all = self.all();
        let of = |(resource, topic): (&String, &Topic)| {
            let apps = topic.apps.keys();
            apps.map(|app| (app.clone(), resource.clone()))
                .collect::<Vec<_>>()
        };
        all.iter().flat_map(of).collect()
    }

    pub(super) fn known(&self, name: &str) -> Option<Known> {
        self.all().get(name).map(|topic| Known {
            place: topic.place,
            version: topic.version,
            apps: topic.apps.keys().cloned().collect(),
        })
    }

    /// Whether a resource is somewhere else than its streams know. One that is not there is at the beginning.
    pub(super) fn has_moved(&self, name: &str, progress: Option<&Progress>) -> bool {
        let found = progress.map(|progress| (progress.events, progress.version));
        let found = found.unwrap_or_default();
        self.all().get(name).is_some_and(|topic| {
            topic.place.is_some_and(|place| place != found.0)
                || topic.version.is_some_and(|version| version != found.1)
        })
    }

    pub(super) fn tell(&self, name: &str, version: Version, news: News) {
        if let Some(topic) = self.all().get_mut(name) {
            topic.place = Some(news.to);
            topic.version = Some(version);
            // Nobody may be left to hear it.
            let _ = topic.tell.send(Arc::new(news));
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Topic>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Whoever watches has seen that the resource is there.
    pub fn begins_at(&self, progress: &Progress) {
        if let Some(topic) = self.topics.all().get_mut(&self.resource) {
            topic.place.get_or_insert(progress.events);
            topic.version.get_or_insert(progress.version);
        }
    }

    /// What has moved; `None` where there was too much to keep, so that whoever watches reads for themselves.
    pub async fn next(&mut self) -> Option<Arc<News>> {
        match self.news.recv().await {
            Ok(news) => Some(news),
            Err(RecvError::Lagged(_)) => None,
            // The topic lives as long as this does.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut all = self.topics.all();
        if let Entry::Occupied(mut entry) = all.entry(self.resource.clone()) {
            let topic = entry.get_mut();
            topic.watching = topic.watching.saturating_sub(1);
            if let Some(Entry::Occupied(mut app)) = self.app.take().map(|app| topic.apps.entry(app))
            {
                *app.get_mut() -= 1;
                if *app.get() == 0 {
                    app.remove();
                }
            }
            if topic.watching == 0 {
                entry.remove();
            }
        }
    }
}
