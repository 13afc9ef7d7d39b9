//! Three copies of the server on one PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tempfile::TempDir;

use crate::cluster::Postgres;
use crate::people::{Answer, Caller, client, code, sign_in, sign_in_all};
use crate::support::Server;

/// A thousand at once are more than a loaded machine finds time for: some are told to try again, and do. Accepting again
/// is accepting once.
const ATTEMPTS: usize = 20;

struct Copies {
    servers: Vec<Server>,
    _postgres: Postgres,
    _folder: TempDir,
}

impl Copies {
    async fn start() -> Self {
        let postgres = Postgres::start(false);
        let address = postgres.database("copies").await;
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        let arguments = [
            "--demo",
            "--database",
            &address,
            "--secret-file",
            secret.to_str().unwrap(),
        ];
        // At once: they agree on the secret, the schema and the sample data.
        let servers = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| Server::start(&arguments)))
                .collect();
            starting
                .into_iter()
                .map(|one| one.join().unwrap())
                .collect()
        });
        Self {
            servers,
            _postgres: postgres,
            _folder: folder,
        }
    }

    fn url(&self, number: usize) -> &str {
        &self.servers[number % self.servers.len()].url
    }

    /// Everybody at once, by turns at each copy, each up to so many times.
    async fn all_accept(&self, people: &[Caller], key: &str, attempts: usize) -> Vec<Answer> {
        let accepting = people.iter().enumerate().map(|(number, person)| {
            let (person, url, key) = (person.clone(), self.url(number).to_owned(), key.to_owned());
            tokio::spawn(async move { person.accept_within(&url, &key, attempts).await })
        });
        let accepting: Vec<_> = accepting.collect();
        let mut answers = Vec::new();
        for one in accepting {
            answers.push(one.await.unwrap());
        }
        answers
    }
}

fn counted(answers: &[Answer]) -> BTreeMap<&str, usize> {
    let mut counted = BTreeMap::new();
    for answer in answers {
        *counted.entry(code(answer)).or_default() += 1;
    }
    counted
}

fn names(people: &[Caller], answers: &[Answer], wanted: &str) -> BTreeSet<String> {
    let told = people
        .iter()
        .zip(answers)
        .filter(|(_, answer)| code(answer) == wanted);
    told.map(|(person, _)| person.name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_people_over_three_copies() {
    let copies = Copies::start().await;
    let client = client();
    let alice = sign_in(&copies.servers[0], &client, "alice").await;
    let people = sign_in_all(&copies.servers[0], &client, 1000).await;

    let made = alice
        .invite(copies.url(0), "notes", json!({ "maxUses": 100 }))
        .await
        .unwrap();
    let key = made.1["key"].as_str().unwrap();
    let began = std::time::Instant::now();
    let answers = copies.all_accept(&people, key, ATTEMPTS).await;
    println!("1,000 accepts of 100 uses: {:?}", began.elapsed());
    assert_eq!(
        counted(&answers),
        BTreeMap::from([("yes", 100), ("exhausted", 900)])
    );
    let members: BTreeSet<_> = alice
        .members(copies.url(1), "notes")
        .await
        .into_iter()
        .collect();
    assert_eq!(members, names(&people, &answers, "yes"));
    let invite = &alice.invites(copies.url(2), "notes", "accepted").await[0];
    assert_eq!(
        (&invite["uses"], &invite["maxUses"]),
        (&json!(100), &json!(100))
    );

    // Without a limit nobody is lost.
    let made = alice
        .invite(copies.url(1), "roadmap", json!({}))
        .await
        .unwrap();
    let began = std::time::Instant::now();
    let answers = copies
        .all_accept(&people, made.1["key"].as_str().unwrap(), ATTEMPTS)
        .await;
    println!("1,000 accepts without a limit: {:?}", began.elapsed());
    assert_eq!(counted(&answers), BTreeMap::from([("yes", 1000)]));
    // And carol of the sample data.
    assert_eq!(alice.members(copies.url(2), "roadmap").await.len(), 1001);
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_at_one_copy_while_accepting_at_the_others_keeps_every_promise() {
    let copies = Copies::start().await;
    let client = client();
    let alice = sign_in(&copies.servers[0], &client, "alice").await;
    let people = sign_in_all(&copies.servers[0], &client, 60).await;
    let mut both = BTreeSet::new();
    // Which of the two comes first is chance: it goes on until both have been met.
    for round in 0..200 {
        if round >= 12 && both.len() == 2 {
            break;
        }
        let resource = format!("round{round}");
        alice.begin(copies.url(round), &resource).await.unwrap();
        let made = alice
            .invite(copies.url(round), &resource, json!({}))
            .await
            .unwrap();
        let key = made.1["key"].as_str().unwrap().to_owned();
        let remover = {
            let (alice, url, key) = (alice.clone(), copies.url(round + 1).to_owned(), key.clone());
            let first = people[0].clone();
            tokio::spawn(async move {
                // In the midst of it: after the first few are in.
                if round % 2 == 0 {
                    let _ = first.accept(&url, &key).await;
                }
                alice.remove(&url, &key).await
            })
        };
        let answers = copies.all_accept(&people[1..], &key, 1).await;
        assert_eq!(code(&remover.await.unwrap()), "yes");
        let counted = counted(&answers);
        assert!(
            counted.keys().all(|code| ["yes", "removed"].contains(code)),
            "{counted:?}"
        );
        both.extend(counted.keys().map(|code| (*code).to_owned()));
        let mut members: BTreeSet<_> = alice
            .members(copies.url(round + 2), &resource)
            .await
            .into_iter()
            .collect();
        members.remove(&people[0].name);
        assert_eq!(
            members,
            names(&people[1..], &answers, "yes"),
            "round {round}"
        );
    }
    assert_eq!(both.len(), 2, "both answers were met: {both:?}");
}
