//! The load: somebody begins a resource, invites to it, more people accept than may, and the invite is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::front::{Front, Person, Said};
use crate::ledger::Number;

/// Each invite may be used so often, by one person more.
const USES: usize = 2;
/// A story of one teller begins no sooner after another.
const PACE: Duration = Duration::from_millis(250);
/// How many are looked at together afterwards.
const TOGETHER: usize = 6;

/// One resource with one invite, as its callers know it.
#[derive(Default)]
struct Story {
    resource: String,
    begun: Option<Number>,
    /// Its id.
    invite: Option<(String, Number)>,
    joined: BTreeMap<String, Number>,
    refused: BTreeMap<String, Number>,
    removed: Option<Number>,
}

#[derive(Default)]
pub struct Stories(Mutex<Vec<Story>>);

impl Stories {
    /// Tells one story after another until the load is over.
    pub async fn tell(
        self: Arc<Self>,
        front: Arc<Front>,
        name: String,
        admin: Person,
        people: Vec<Person>,
    ) {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for number in 0.. {
            pace.tick().await;
            // Every other time they want to be certain, as a good client does.
            let certain = number % 2 == 0;
            let resource = format!("{name}.{number}");
            let story = tell(&front, resource, &admin, &people, certain).await;
            self.0.lock().unwrap().push(story);
            if front.ledger.is_over() {
                return;
            }
        }
    }

    /// Holds what was told against what is there. Gives how many promises that were.
    pub async fn hold(&self, front: &Front, admin: &Person) -> usize {
        let stories = std::mem::take(&mut *self.0.lock().unwrap());
        let held = stories.iter().map(|story| story.hold(front, admin));
        let held = stream::iter(held).buffer_unordered(TOGETHER);
        held.fold(0, |all, one| async move { all + one }).await
    }
}

async fn tell(
    front: &Arc<Front>,
    resource: String,
    admin: &Person,
    people: &[Person],
    certain: bool,
) -> Story {
    let mut story = Story {
        resource,
        ..Story::default()
    };
    let Said::Yes(_, phase) = front.begin(admin, &story.resource).await else {
        return story;
    };
    story.begun = Some(phase);
    let path = format!("/api/v1/resources/{}/invites", story.resource);
    let (call, body) = ((Method::POST, path.as_str()), json!({ "maxUses": USES }));
    let made = if certain {
        front
            .surely(admin, call, &body, Some(&story.resource))
            .await
    } else {
        front.change(admin, call, &body, None).await
    };
    let Said::Yes(made, phase) = made else {
        return story;
    };
    story.invite = Some((made["id"].as_str().unwrap().to_owned(), phase));
    let key = made["key"].as_str().unwrap();
    let accepting = people.iter().map(|person| {
        let (front, person, key) = (Arc::clone(front), person.clone(), key.to_owned());
        tokio::spawn(async move {
            let said = front.accept(&person, &key, certain).await;
            (person.name, said)
        })
    });
    let accepting: Vec<_> = accepting.collect();
    for one in accepting {
        let (name, said) = one.await.unwrap();
        match said {
            Said::Yes(_, phase) => {
                story.joined.insert(name, phase);
            }
            // "Nothing was changed" is a promise too.
            Said::No(code) if ["exhausted", "try_again"].contains(&code.as_str()) => {
                story.refused.insert(name, phase);
            }
            Said::No(_) | Said::Unknown => {}
        }
    }
    if let Said::Yes(_, phase) = front.remove(admin, key).await {
        story.removed = Some(phase);
    }
    story
}

impl Story {
    async fn hold(&self, front: &Front, admin: &Person) -> usize {
        let Some(begun) = self.begun else {
            return 0;
        };
        let (name, ledger) = (&self.resource, &front.ledger);
        let members: BTreeSet<String> = front.members(admin, name).await.into_iter().collect();
        for (person, phase) in &self.joined {
            if !members.contains(person) {
                ledger.lose(
                    *phase,
                    format!("{name}: {person} was told to be in, and is not"),
                );
            }
        }
        for (person, phase) in &self.refused {
            if members.contains(person) {
                ledger.lose(*phase, format!("{name}: {person} was told no, and is in"));
            }
        }
        let (status, _) = front
            .ask(admin, &format!("/api/v1/resources/{name}/members"))
            .await;
        if status != 200 {
            ledger.lose(begun, format!("{name}: the resource is gone ({status})"));
        }
        let invites = front.invites(admin, name).await;
        if invites.len() > 1 {
            ledger.lose(begun, format!("{name}: one create made {}", invites.len()));
        }
        let promises = 1 + self.joined.len() + self.refused.len();
        let Some((id, made)) = &self.invite else {
            return promises;
        };
        let Some(invite) = invites.iter().find(|one| one["id"] == id.as_str()) else {
            ledger.lose(*made, format!("{name}: the invite is gone"));
            return promises;
        };
        if let Some(phase) = self.removed.filter(|_| invite["status"] != "removed") {
            ledger.lose(phase, format!("{name}: the invite is back: {invite}"));
        }
        // Uses, those who used it and those who are in are one number, never beyond the limit.
        if let Some(sentence) = overspent(invite, &members, USES) {
            ledger.lose(*made, format!("{name}: {sentence}"));
        }
        ledger.promise("invite.created", id, &admin.name);
        if self.removed.is_some() {
            ledger.promise("invite.removed", id, &admin.name);
        }
        for person in self.joined.keys() {
            ledger.promise("invite.used", id, person);
        }
        for person in self.refused.keys() {
            ledger.deny("invite.used", id, person);
        }
        promises + 1 + usize::from(self.removed.is_some())
    }
}

/// What is wrong with an invite's uses, where all its resource's members came by it.
pub fn overspent(invite: &Value, members: &BTreeSet<String>, most: usize) -> Option<String> {
    let uses = invite["uses"].as_u64().unwrap() as usize;
    let told = invite["accepted"].as_array().unwrap().len();
    let right = uses <= most && uses == members.len() && told == uses;
    (!right).then(|| {
        format!(
            "{uses} of {most} uses, {told} listed, {} are in",
            members.len()
        )
    })
}
