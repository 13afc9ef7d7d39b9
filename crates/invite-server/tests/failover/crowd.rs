//! Twice as many people as may accept one invite, all through a kill: each tries until they know.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::front::{Front, Person, Said};
use crate::stories::overspent;

/// A list names the first hundred who used an invite.
const USES: usize = 60;
const PEOPLE: usize = 2 * USES;
const PACE: Duration = Duration::from_millis(150);

/// Everybody who tries; signed in before anything is killed.
pub async fn gather(front: &Front) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(front.sign_in(&format!("guest{number}")).await);
    }
    people
}

/// Begins; what it gives ends when everybody has been told yes or no.
pub async fn begin(
    front: &Arc<Front>,
    resource: String,
    admin: &Person,
    people: &[Person],
) -> JoinHandle<()> {
    let began = front.begin(admin, &resource).await;
    assert!(matches!(began, Said::Yes(..)), "{began:?}");
    let path = format!("/api/v1/resources/{resource}/invites");
    let body = json!({ "maxUses": USES });
    let Said::Yes(made, _) = front
        .surely(admin, (Method::POST, &path), &body, Some("crowd"))
        .await
    else {
        panic!("no invite for a crowd");
    };
    let (front, admin, people) = (Arc::clone(front), admin.clone(), people.to_vec());
    tokio::spawn(async move {
        let key = made["key"].as_str().unwrap().to_owned();
        let mut pace = interval(PACE);
        let mut accepting = Vec::new();
        for person in people {
            pace.tick().await;
            let (front, key) = (Arc::clone(&front), key.clone());
            accepting.push(tokio::spawn(async move {
                let said = front.accept(&person, &key, true).await;
                (person.name, said)
            }));
        }
        let (mut joined, mut last) = (BTreeSet::new(), 0);
        for one in accepting {
            match one.await.unwrap() {
                (name, Said::Yes(_, phase)) => {
                    joined.insert(name);
                    last = phase;
                }
                (_, Said::No(code)) if code == "exhausted" => {}
                (name, other) => panic!("{name}: {other:?}"),
            }
        }
        let members: BTreeSet<_> = front.members(&admin, &resource).await.into_iter().collect();
        // All are certain, so it is not only never too many.
        if members != joined || members.len() != USES {
            let (told, are) = (joined.len(), members.len());
            let sentence = format!("{resource}: {told} of {USES} were told yes, {are} are in");
            front.ledger.lose(last, sentence);
        }
        let invite = front.invites(&admin, &resource).await.remove(0);
        if let Some(sentence) = overspent(&invite, &members, USES) {
            front.ledger.lose(last, format!("{resource}: {sentence}"));
        }
        let id = invite["id"].as_str().unwrap();
        for name in &joined {
            front.ledger.promise("invite.used", id, name);
        }
    })
}
