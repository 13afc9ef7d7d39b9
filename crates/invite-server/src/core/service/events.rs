//! Watching what happens to a resource's invites.

use std::collections::{HashMap, HashSet};

use invite_key::permissions::{Permission, Permissions};

use super::Invites;
use crate::core::{Actor, Asked, Authority, Call, Event, On, Progress, Refusal, Store, authorise};

/// So many events are read at once.
pub const EVENTS_AT_ONCE: u32 = 100;

/// What somebody who begins to watch, or has fallen behind, is told.
#[derive(Clone, Debug)]
pub struct Glimpse {
    /// The place after the events.
    pub place: i64,
    /// The next events after their place; none where they had none: what has been is not told again.
    pub events: Vec<Event>,
    /// How far the resource is.
    pub progress: Progress,
}

/// Who may watch a resource. Whoever watches for many looks by it whether each of them still may.
#[derive(Clone, Debug, Default)]
pub struct Watchers {
    resource: String,
    admins: HashMap<String, Permissions>,
    /// The apps that act on it, where it was asked for.
    apps: Option<HashSet<String>>,
}

impl Watchers {
    /// Whether this one may watch.
    pub fn may_watch(&self, actor: Option<&Actor>) -> bool {
        let letters = actor.and_then(|actor| self.admins.get(&actor.user.user_id()));
        let letters = letters.copied().unwrap_or(Permissions::NONE);
        let app = actor.and_then(|actor| actor.app.as_deref());
        let on = On {
            // A stream outlives the request that began it, and an app that is removed ends at once.
            is_the_apps: match (app, &self.apps) {
                (Some(app), Some(apps)) => apps.contains(app),
                _ => true,
            },
            ..On::resource(&self.resource, letters)
        };
        authorise(Call::Watch, actor.map(Authority::Actor), on).is_ok()
    }
}

impl<S: Store> Invites<S> {
    /// The next events after a place, and the place after them. Without a place it is the end: what has been is not
    /// told again. For admins, each time anew.
    pub async fn events(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        after: Option<i64>,
    ) -> Result<Glimpse, Refusal> {
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let asked = Asked::new(Call::Watch, asker, resource);
        let seen = self.store.events_for(asked, after, EVENTS_AT_ONCE).await?;
        let (found, events) = seen;
        let (end, version) =
            found.map_or_else(Default::default, |found| (found.events, found.seen()));
        let progress = Progress {
            resource: resource.to_owned(),
            events: end,
            version,
        };
        Ok(Glimpse {
            // None although there were some: they are older than what is kept.
            place: events.last().map_or(end, |event| event.number),
            events,
            progress,
        })
    }

    /// How far each of these resources is, for whoever watches them for others.
    pub async fn progress(&self, resources: Vec<String>) -> Result<Vec<Progress>, Refusal> {
        self.store.progress(resources).await
    }

    /// What happened after a place, for whoever watches for others: who of them may know it, the [`Watchers`] says.
    pub async fn happened(&self, resource: &str, after: i64) -> Result<Vec<Event>, Refusal> {
        self.store.events(resource, after, EVENTS_AT_ONCE).await
    }

    /// Of apps that watch resources, the resources on which some of them act no longer.
    pub async fn left_by(&self, watching: &[(String, String)]) -> Result<Vec<String>, Refusal> {
        let apps: HashSet<&String> = watching.iter().map(|(app, _)| app).collect();
        let resources: HashSet<&String> = watching.iter().map(|(_, resource)| resource).collect();
        let named = |all: HashSet<&String>| all.into_iter().cloned().collect();
        let acting = self.store.acting(named(apps), named(resources)).await?;
        let acting: HashSet<(String, Option<String>)> = acting.into_iter().collect();
        let has_left = |(app, resource): &&(String, String)| {
            let on = |what| acting.contains(&(app.clone(), what));
            !on(None) && !on(Some(resource.clone()))
        };
        let left = watching.iter().filter(has_left);
        Ok(left.map(|(_, resource)| resource.clone()).collect())
    }

    /// Who may watch a resource; and which of these apps, which some of the watchers are.
    pub async fn watchers(&self, resource: &str, apps: &[String]) -> Result<Watchers, Refusal> {
        let members = self.store.members(resource).await?;
        let admins = members
            .into_iter()
            .filter(|member| member.permissions.contains(Permission::Admin));
        let apps = if apps.is_empty() {
            None
        } else {
            let its = self.store.acting(apps.to_vec(), vec![resource.to_owned()]);
            Some(its.await?.into_iter().map(|(app, _)| app).collect())
        };
        Ok(Watchers {
            resource: resource.to_owned(),
            admins: admins
                .map(|member| (member.user.user_id(), member.permissions))
                .collect(),
            apps,
        })
    }
}
