//! Streams of events at rest: what they ask of the database, and whom a write wakes.

use std::{collections::HashSet, time::Duration};

use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::json;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::{
    everybody::Everybody,
    measure::{Neighbour, beside},
    scene::{ALONE, HEADER, Scene, Store, client},
    table::{Row, judge},
};

/// Streams, and the resources that they watch.
const STREAMS: usize = 1_024;
const RESOURCES: usize = 64;
/// How many of them each address has, and each person.
const EACH: usize = 32;
/// The contract: statements a second.
const STATEMENTS: f64 = 2.0;
/// How long they are counted.
const COUNTED: Duration = Duration::from_secs(12);
/// Whoever waits longer is never told.
const SOON: Duration = Duration::from_secs(20);

/// So many idle streams.
struct Idle {
    url: String,
    client: Client,
    running: JoinSet<()>,
    /// What streams were told: of which resource.
    told: (mpsc::UnboundedSender<usize>, mpsc::UnboundedReceiver<usize>),
}

impl Idle {
    fn at(scene: &Scene) -> Idle {
        Idle {
            url: scene.server.url.clone(),
            // Without a time limit: they last.
            client: Client::builder().tls_certs_only([]).build().unwrap(),
            running: JoinSet::new(),
            told: mpsc::unbounded_channel(),
        }
    }

    async fn open(&mut self, number: usize) {
        let resource = number % RESOURCES;
        let (person, address) = (number / EACH, number / EACH);
        let request = self
            .client
            .get(format!("{}/api/v1/resources/r{resource}/events", self.url))
            .header(HEADER, format!("admin{person}"))
            .header("x-forwarded-for", format!("192.0.2.{address}"));
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{number}");
        let told = self.told.0.clone();
        let (begins, begun) = tokio::sync::oneshot::channel();
        self.running.spawn(async move {
            let mut begins = Some(begins);
            while let Ok(Some(part)) = answer.chunk().await {
                if let Some(begins) = begins.take() {
                    let _ = begins.send(());
                }
                if part.windows(5).any(|some| some == b"data:") {
                    let _ = told.send(resource);
                }
            }
        });
        begun
            .await
            .expect("a first event, which says where it begins");
    }

    async fn write(&self, resource: usize) {
        let path = format!("{}/api/v1/resources/r{resource}/invites", self.url);
        let request = self.client.request(Method::POST, path);
        let request = request
            .header(HEADER, "admin0")
            .header("origin", &self.url)
            .json(&json!({ "permissions": "r", "maxAge": 3600 }));
        assert_eq!(request.send().await.unwrap().status(), 201);
    }
}

impl Neighbour for Idle {
    async fn begin(&mut self) {
        for number in 0..STREAMS {
            self.open(number).await;
        }
    }

    async fn end(&mut self) {
        self.running.shutdown().await;
    }
}

/// All watchers are admins of all resources.
fn resources() -> Vec<String> {
    let mut all = Vec::new();
    for resource in 0..RESOURCES {
        all.push(format!(
            "INSERT INTO resources (name, created_at) VALUES ('r{resource}', 1)"
        ));
        let admins = (0..STREAMS.div_ceil(EACH))
            .map(|person| format!("('r{resource}', 'admin{person}', 'proxy', 'arw')"));
        let admins: Vec<_> = admins.collect();
        all.push(format!(
            "INSERT INTO members (resource, username, provider, permissions) VALUES {}",
            admins.join(", ")
        ));
    }
    all
}

/// How many statements the database has carried out; on SQLite, how often the store was called.
async fn statements(scene: &Scene) -> usize {
    match &scene.store {
        Store::Sqlite(_) => {
            let metrics = client(SOON).get(scene.metrics()).send().await.unwrap();
            let text = metrics.text().await.unwrap();
            let counts = text
                .lines()
                .filter(|line| line.starts_with("invite_server_store_seconds_count"))
                .map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap());
            counts.sum()
        }
        Store::Postgres(postgres) => {
            // What is done each minute, with a minute's time for it, falls into one window or the other.
            let (log, mut upkeep, mut count) = (postgres.log(), HashSet::new(), 0);
            for line in log.lines() {
                let is_statement =
                    line.contains("LOG:  execute ") || line.contains("LOG:  statement: ");
                let process = line.split(['[', ']']).nth(1).filter(|_| is_statement);
                let Some(process) = process else { continue };
                if line.contains("statement_timeout = '60s'") {
                    upkeep.insert(process);
                } else if !upkeep.contains(process) {
                    count += 1;
                } else if line.contains("COMMIT") || line.contains("ROLLBACK") {
                    upkeep.remove(process);
                }
            }
            count
        }
    }
}

/// What they were, as far as the database says.
fn last_statements(scene: &Scene) -> String {
    let Store::Postgres(postgres) = &scene.store else {
        return String::new();
    };
    let log = postgres.log();
    let all: Vec<_> = log.lines().collect();
    all[all.len().saturating_sub(200)..].join("\n")
}

/// How often PostgreSQL was asked what has moved.
fn looks(scene: &Scene) -> Option<usize> {
    let Store::Postgres(postgres) = &scene.store else {
        return None;
    };
    let asked = "SELECT name, events, version FROM resources";
    Some(postgres.log().matches(asked).count())
}

async fn each_second(scene: &Scene) -> f64 {
    let before = statements(scene).await;
    tokio::time::sleep(COUNTED).await;
    let counted = statements(scene).await - before;
    counted as f64 / COUNTED.as_secs_f64()
}

async fn neighbours(scene: Scene) -> Vec<Row> {
    let everybody = Everybody::on(&scene.server.url).await;
    scene.write(&resources()).await;
    if let Store::Postgres(postgres) = &scene.store {
        let client = postgres.connect("neighbours").await;
        for one in [
            "ALTER SYSTEM SET log_statement = 'all'",
            "SELECT pg_reload_conf()",
        ] {
            client.batch_execute(one).await.unwrap();
        }
        while !postgres
            .log()
            .contains("parameter \"log_statement\" changed")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let mut idle = Idle::at(&scene);
    let without = each_second(&scene).await;
    idle.begin().await;
    let (looks, with) = (looks(&scene), each_second(&scene).await);
    if let Some(looks) = looks {
        let looked = self::looks(&scene).unwrap() - looks;
        println!(
            "PostgreSQL: looked {looked} times in {} s",
            COUNTED.as_secs()
        );
        assert!(
            looked <= 3,
            "its copies tell each other, so there is little to look for"
        );
    }
    println!(
        "{}: {without:.1} statements a second without streams, {with:.1} with {STREAMS}",
        scene.engine()
    );
    assert!(
        with - without <= STATEMENTS,
        "{STREAMS} streams at rest cost {:.1} statements a second\n{}",
        with - without,
        last_statements(&scene)
    );

    // A write wakes those of its resource, and no others.
    let before = statements(&scene).await;
    idle.write(7).await;
    let watching = STREAMS / RESOURCES;
    for _ in 0..watching {
        let told = timeout(SOON, idle.told.1.recv())
            .await
            .expect("told in time");
        assert_eq!(told, Some(7));
    }
    let cost = statements(&scene).await - before;
    println!(
        "{}: a write to {watching} of them cost {cost} statements",
        scene.engine()
    );
    // Making the invite, and reading it once for all.
    assert!(cost < 40, "{cost} statements");
    assert!(idle.told.1.try_recv().is_err(), "nobody else is told");

    // One resource's streams, of which each write wakes all.
    idle.end().await;
    let name = "opens and holds 1,024 streams";
    let mut rows = beside(name, scene.engine(), &everybody, &mut idle).await;
    let mut busy = Busy {
        idle,
        writing: JoinSet::new(),
    };
    let name = "writes that 1,024 streams are told";
    rows.extend(beside(name, scene.engine(), &everybody, &mut busy).await);
    rows
}

/// Somebody who writes all the time where many watch.
struct Busy {
    idle: Idle,
    writing: JoinSet<()>,
}

impl Neighbour for Busy {
    async fn begin(&mut self) {
        if self.idle.running.is_empty() {
            self.idle.begin().await;
        }
        let (client, url) = (self.idle.client.clone(), self.idle.url.clone());
        let writer = Idle {
            url,
            client,
            running: JoinSet::new(),
            told: mpsc::unbounded_channel(),
        };
        self.writing.spawn(async move {
            loop {
                join_all((0..4).map(|resource| writer.write(resource))).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let told = timeout(SOON, self.idle.told.1.recv()).await;
        told.expect("told in time");
    }

    async fn end(&mut self) {
        self.writing.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_at_rest_ask_for_next_to_nothing() {
    let _alone = ALONE.lock().await;
    let mut rows = neighbours(Scene::sqlite().await).await;
    rows.extend(neighbours(Scene::postgres().await).await);
    judge(&rows);
}
