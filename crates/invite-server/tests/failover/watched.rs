//! Resources where something happens all the time, and who watches them: through every kill, from copy to copy, each
//! stream going on after the last event of the one before.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::front::{Front, Person, Said};
use crate::ledger::Number;
use crate::patroni::PATIENCE;

const WATCHERS: usize = 2;
const PACE: Duration = Duration::from_millis(300);
/// Before a stream is begun again, as browsers do.
const AGAIN: Duration = Duration::from_millis(500);
/// A stream says something every 15 seconds; one that says nothing for longer is dead.
const SILENCE: Duration = Duration::from_secs(40);

/// `(id, what, which invite, who)`.
type Event = (i64, String, String, String);

pub struct Watched {
    resource: String,
    admin: Person,
    front: Arc<Front>,
    watchers: Vec<Watcher>,
    /// `(kill, what, which invite)`.
    acknowledged: Mutex<Vec<(Number, &'static str, String)>>,
}

struct Watcher {
    seen: Arc<Seen>,
    watching: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    events: Mutex<Vec<Event>>,
    begun: Mutex<usize>,
    more: Notify,
}

impl Watched {
    /// Begins the resource; everybody watches it from its first event on.
    pub async fn begin(front: &Arc<Front>, resource: String, admin: &Person) -> Self {
        let began = front.begin(admin, &resource).await;
        assert!(matches!(began, Said::Yes(..)), "{began:?}");
        let watchers = (0..WATCHERS).map(|_| Watcher::begin(front, &resource, admin));
        Self {
            watchers: watchers.collect(),
            resource,
            admin: admin.clone(),
            front: Arc::clone(front),
            acknowledged: Mutex::default(),
        }
    }

    /// Lets things happen until the load is over.
    pub async fn live(self: Arc<Self>) {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for number in 0.. {
            pace.tick().await;
            if self.front.ledger.is_over() {
                return;
            }
            let Some((id, key)) = self.create().await else {
                continue;
            };
            if number % 3 == 0 {
                let guest = self
                    .front
                    .sign_in(&format!("{}.{number}", self.resource))
                    .await;
                if let Said::Yes(_, phase) = self.front.accept(&guest, &key, false).await {
                    self.note(phase, "invite.used", &id, &guest.name);
                }
            }
            if let Said::Yes(_, phase) = self.front.remove(&self.admin, &key).await {
                self.note(phase, "invite.removed", &id, &self.admin.name);
            }
        }
    }

    async fn create(&self) -> Option<(String, String)> {
        let path = format!("/api/v1/resources/{}/invites", self.resource);
        let call = (Method::POST, path.as_str());
        let made = self
            .front
            .change(&self.admin, call, &json!({ "maxUses": 1 }), None)
            .await;
        let Said::Yes(made, phase) = made else {
            return None;
        };
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        self.note(phase, "invite.created", &text("id"), &self.admin.name);
        Some((text("id"), text("key")))
    }

    fn note(&self, phase: Number, kind: &'static str, invite: &str, who: &str) {
        let mut all = self.acknowledged.lock().unwrap();
        all.push((phase, kind, invite.to_owned()));
        self.front.ledger.promise(kind, invite, who);
    }

    /// Holds what everybody saw against what there is, once all is over. Gives how many events that were, and how often
    /// a stream was begun.
    pub async fn hold(&self) -> (usize, usize) {
        // Whoever has seen this one has seen everything before it, or has a gap.
        let (last, _) = loop {
            if let Some(made) = self.create().await {
                break made;
            }
        };
        let reader = Watcher::begin(&self.front, &self.resource, &self.admin);
        let all = reader.seen.until(&last).await;
        let mut begun = 0;
        for watcher in &self.watchers {
            let seen = watcher.seen.until(&last).await;
            begun += *watcher.seen.begun.lock().unwrap();
            if seen != all {
                let at = seen.iter().zip(&all).position(|(one, other)| one != other);
                let (count, most, name) = (seen.len(), all.len(), &self.resource);
                let sentence = format!("{name}: a stream told {count} of {most}, wrong at {at:?}");
                self.front.ledger.lose(0, sentence);
            }
        }
        let gapless = all.iter().zip(1..).all(|((id, ..), number)| *id == number);
        assert!(gapless, "{}: numbers with gaps", self.resource);
        for (phase, kind, invite) in self.acknowledged.lock().unwrap().iter() {
            if !all
                .iter()
                .any(|(_, what, which, _)| what == kind && which == invite)
            {
                let sentence = format!("{}: no event tells {kind} of {invite}", self.resource);
                self.front.ledger.lose(*phase, sentence);
            }
        }
        (all.len(), begun)
    }
}

impl Watcher {
    fn begin(front: &Arc<Front>, resource: &str, admin: &Person) -> Self {
        let seen = Arc::new(Seen::default());
        let watching = {
            let (front, resource) = (Arc::clone(front), resource.to_owned());
            let (admin, seen) = (admin.clone(), Arc::clone(&seen));
            tokio::spawn(async move { seen.watch(&front, &resource, &admin).await })
        };
        Self { seen, watching }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Seen {
    /// All events up to the creation of this invite.
    async fn until(&self, invite: &str) -> Vec<Event> {
        let began = Instant::now();
        loop {
            let more = self.more.notified();
            let events = self.events.lock().unwrap().clone();
            if let Some(place) = events.iter().position(|(_, _, which, _)| which == invite) {
                return events[..=place].to_vec();
            }
            let left = PATIENCE.saturating_sub(began.elapsed());
            if timeout(left, more).await.is_err() {
                return events;
            }
        }
    }

    async fn watch(&self, front: &Front, resource: &str, admin: &Person) {
        let client = Client::builder().tls_certs_only([]).build().unwrap();
        loop {
            let last = self
                .events
                .lock()
                .unwrap()
                .last()
                .map_or(0, |event| event.0);
            let asked = front.stream(&client, admin, resource, last).send();
            match timeout(SILENCE, asked).await {
                Ok(Ok(answer)) if answer.status() == 200 => {
                    *self.begun.lock().unwrap() += 1;
                    self.read(answer).await;
                }
                Ok(Ok(answer)) => {
                    let body: Value = answer.json().await.unwrap_or_default();
                    front
                        .ledger
                        .refuse(body["code"].as_str().unwrap_or("no code"));
                }
                // Its copy was just killed, or is not there yet.
                Ok(Err(_)) | Err(_) => {}
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn read(&self, mut answer: reqwest::Response) {
        let mut text = String::new();
        while let Ok(Ok(Some(chunk))) = timeout(SILENCE, answer.chunk()).await {
            text.push_str(&String::from_utf8_lossy(&chunk));
            while let Some((event, rest)) = text.split_once("\n\n") {
                let event = parse(event);
                text = rest.to_owned();
                self.events.lock().unwrap().extend(event);
                self.more.notify_waiters();
            }
        }
    }
}

/// Comments and what only tells a place are none.
fn parse(event: &str) -> Option<Event> {
    let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data: Value = serde_json::from_str(line("data: ")?).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (kind, invite) = (text(&data["type"]), text(&data["invite"]));
    let who = text(&data["user"]["username"]);
    Some((line("id: ")?.parse().unwrap(), kind, invite, who))
}
