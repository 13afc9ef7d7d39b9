//! What callers were told, and whether the server still stands by it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::backend::Happening;
use crate::people::{Caller, code};

/// Each invite of the load may be used so often, by one person more.
const USES: usize = 2;

/// One resource with one invite, as its callers know it.
#[derive(Default)]
struct Story {
    resource: String,
    begun: bool,
    invite: Option<String>,
    joined: BTreeSet<String>,
    refused: BTreeSet<String>,
    removed: bool,
}

/// Everything that callers were told, and how much.
#[derive(Default)]
pub struct Ledger {
    stories: Mutex<Vec<Story>>,
    promised: Mutex<BTreeSet<Happening>>,
    refused: Mutex<BTreeSet<Happening>>,
    acknowledged: AtomicUsize,
    over: AtomicBool,
    more: Notify,
}

impl Ledger {
    fn note(&self) {
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        self.more.notify_waiters();
    }

    pub fn count(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Waits until so many changes have been acknowledged.
    pub async fn reaches(&self, count: usize) {
        loop {
            let more = self.more.notified();
            if self.count() >= count {
                return;
            }
            more.await;
        }
    }

    /// Tells the load to end.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Begins resources, invites, joins and removes until it is told to end or, unless `patient`, no answer comes.
    pub async fn load(
        self: Arc<Self>,
        url: String,
        name: String,
        admin: Caller,
        people: Vec<Caller>,
        patient: bool,
    ) {
        for number in 0.. {
            let resource = format!("{name}.{number}");
            let (story, answered) = self.story(&url, &resource, &admin, &people).await;
            self.stories.lock().unwrap().push(story);
            if self.is_over() || !(answered || patient) {
                return;
            }
        }
    }

    async fn story(
        &self,
        url: &str,
        resource: &str,
        admin: &Caller,
        people: &[Caller],
    ) -> (Story, bool) {
        let mut story = Story {
            resource: resource.to_owned(),
            ..Story::default()
        };
        let begun = admin.begin(url, resource).await;
        if code(&begun) != "yes" {
            return (story, begun.is_ok());
        }
        story.begun = true;
        self.note();
        let options = json!({ "maxUses": USES });
        let made = admin.invite(url, resource, options).await;
        let Ok((201, made)) = made else {
            return (story, made.is_ok());
        };
        self.note();
        story.invite = made["id"].as_str().map(str::to_owned);
        let key = made["key"].as_str().unwrap();
        let mut accepting = Vec::new();
        for person in people {
            let (person, url, key) = (person.clone(), url.to_owned(), key.to_owned());
            accepting.push(tokio::spawn(async move {
                let answer = person.accept(&url, &key).await;
                (person.name, answer)
            }));
        }
        let mut answered = true;
        for one in accepting {
            let (name, answer) = one.await.unwrap();
            answered &= answer.is_ok();
            match code(&answer) {
                "yes" => {
                    self.note();
                    story.joined.insert(name);
                }
                // "Nothing was changed" is a promise too.
                "exhausted" | "try_again" => {
                    story.refused.insert(name);
                }
                "unknown_outcome" | "no answer" => {}
                other => panic!("{other}: {answer:?}"),
            }
        }
        if !answered {
            return (story, false);
        }
        let removed = admin.remove(url, key).await;
        story.removed = code(&removed) == "yes";
        if story.removed {
            self.note();
        }
        (story, removed.is_ok())
    }

    fn note_happenings(&self, story: &Story, id: &str, admin: &str) {
        let happening = |kind: &str, name: &str| (kind.to_owned(), id.to_owned(), name.to_owned());
        let mut promised = self.promised.lock().unwrap();
        promised.insert(happening("invite.created", admin));
        if story.removed {
            promised.insert(happening("invite.removed", admin));
        }
        let used = |name: &String| happening("invite.used", name);
        promised.extend(story.joined.iter().map(used));
        let mut refused = self.refused.lock().unwrap();
        refused.extend(story.refused.iter().map(used));
    }

    /// Of all that was held, what backends have to be told, and what they must not.
    pub fn happenings(&self) -> (BTreeSet<Happening>, BTreeSet<Happening>) {
        let copy = |all: &Mutex<BTreeSet<Happening>>| all.lock().unwrap().clone();
        (copy(&self.promised), copy(&self.refused))
    }

    /// Holds what was told against what is there. Gives how many promises that were.
    pub async fn hold(&self, url: &str, admin: &Caller) -> usize {
        let stories = std::mem::take(&mut *self.stories.lock().unwrap());
        let mine = resources(url, admin).await;
        let mut promises = 0;
        for story in stories {
            let name = &story.resource;
            assert!(mine.contains(name) || !story.begun, "{name} is lost");
            let members: BTreeSet<_> = admin.members(url, name).await.into_iter().collect();
            assert!(
                members.is_superset(&story.joined),
                "{name}: {members:?} are in, and were told so {:?}",
                story.joined
            );
            assert!(
                members.is_disjoint(&story.refused),
                "{name}: {members:?} are in, and were told no {:?}",
                story.refused
            );
            promises += story.joined.len() + story.refused.len() + usize::from(story.begun);
            let Some(id) = &story.invite else {
                continue;
            };
            let mut standing = Vec::new();
            for status in ["pending", "accepted", "removed"] {
                standing.extend(admin.invites(url, name, status).await);
            }
            let found: Vec<&Value> = standing
                .iter()
                .filter(|one| one["id"] == id.as_str())
                .collect();
            assert_eq!(found.len(), 1, "{name}: the invite is lost or there twice");
            let invite = found[0];
            assert!(
                invite["status"] == "removed" || !story.removed,
                "{name}: the removal is lost"
            );
            // Uses, those who used it and those who are in are one number, never beyond the limit.
            let uses = invite["uses"].as_u64().unwrap() as usize;
            assert!(uses <= USES, "{invite}");
            assert_eq!(
                invite["accepted"].as_array().unwrap().len(),
                uses,
                "{invite}"
            );
            assert_eq!(members.len(), uses, "{name}: {members:?}");
            promises += 1 + usize::from(story.removed);
            self.note_happenings(&story, id, &admin.name);
            let told = 1 + uses + usize::from(invite["status"] == "removed");
            assert_eq!(
                admin.events(url, name, told).await,
                told,
                "{name}: whoever watches misses something"
            );
        }
        promises
    }
}

/// All that somebody has access to, page by page.
async fn resources(url: &str, who: &Caller) -> BTreeSet<String> {
    let (mut all, mut page) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/resources?page_size=100&page_token={page}");
        let (_, listed) = who.call(Method::GET, url, &path, None).await.unwrap();
        let names = listed["resources"].as_array().unwrap().iter();
        all.extend(names.map(|one| one["resource"].as_str().unwrap().to_owned()));
        page = listed["next_page_token"].as_str().unwrap().to_owned();
        if page.is_empty() {
            return all;
        }
    }
}
