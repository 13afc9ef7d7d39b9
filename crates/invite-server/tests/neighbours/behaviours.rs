//! What neighbours do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_postgres::Client as Database;

use crate::{
    everybody::Everybody,
    measure::{Neighbour, beside},
    scene::{ALONE, HEADER, Scene, Store, client},
    table::{Row, judge},
};

/// A neighbour has all the time in the world.
const PATIENCE: Duration = Duration::from_secs(60);

/// mallory, who sends the same request over and over, so many at once.
struct Insisting {
    url: String,
    client: Client,
    method: Method,
    path: &'static str,
    body: Option<Value>,
    at_once: usize,
    /// Between an answer and the next request: what the requests cost is measured, not how fast this machine sends them.
    pause: Duration,
    running: JoinSet<()>,
}

impl Insisting {
    fn listing(scene: &Scene, path: &'static str) -> Insisting {
        Insisting {
            url: scene.server.url.clone(),
            client: client(PATIENCE),
            method: Method::GET,
            path,
            body: None,
            at_once: 10,
            pause: Duration::from_millis(50),
            running: JoinSet::new(),
        }
    }

    fn creating(scene: &Scene, path: &'static str) -> Insisting {
        Insisting {
            method: Method::POST,
            body: Some(json!({ "permissions": "r", "maxAge": 3600 })),
            at_once: 16,
            ..Insisting::listing(scene, path)
        }
    }

    fn probing(scene: &Scene, path: &'static str) -> Insisting {
        Insisting {
            method: Method::PUT,
            body: Some(json!({})),
            at_once: 16,
            ..Insisting::listing(scene, path)
        }
    }

    fn taking_out(scene: &Scene, path: &'static str) -> Insisting {
        Insisting {
            method: Method::DELETE,
            at_once: 2,
            pause: Duration::from_millis(5),
            ..Insisting::listing(scene, path)
        }
    }

    fn request(&self) -> RequestBuilder {
        let request = self
            .client
            .request(self.method.clone(), format!("{}{}", self.url, self.path))
            .header(HEADER, "mallory")
            .header("origin", &self.url);
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// What comes of it.
    async fn once(&self) -> u16 {
        self.request().send().await.unwrap().status().as_u16()
    }
}

impl Neighbour for Insisting {
    async fn begin(&mut self) {
        let sent = Arc::new(AtomicUsize::new(0));
        for _ in 0..self.at_once {
            let request = self.request();
            let (sent, pause) = (Arc::clone(&sent), self.pause);
            self.running.spawn(async move {
                loop {
                    let asking = request.try_clone().unwrap().send();
                    sent.fetch_add(1, Ordering::Relaxed);
                    if let Ok(answer) = asking.await {
                        let _ = answer.bytes().await;
                    }
                    tokio::time::sleep(pause).await;
                }
            });
        }
        while sent.load(Ordering::Relaxed) < self.at_once {
            tokio::task::yield_now().await;
        }
    }

    async fn end(&mut self) {
        self.running.shutdown().await;
    }
}

/// Whoever holds a resource's row in PostgreSQL, and mallory who insists on changing it.
struct Locked {
    holding: Database,
    /// Looks on; a transaction would see what is going on as it was when it first looked.
    watching: Database,
    insisting: Insisting,
}

impl Locked {
    async fn until_some_wait(&self, some: bool) {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        let waiting = async {
            loop {
                let count: i64 = self.watching.query_one(sql, &[]).await.unwrap().get(0);
                if (count > 0) == some {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    }
}

impl Neighbour for Locked {
    async fn begin(&mut self) {
        let lock = "BEGIN; SELECT 1 FROM resources WHERE name = 'heap' FOR UPDATE";
        self.holding.batch_execute(lock).await.unwrap();
        self.insisting.begin().await;
        self.until_some_wait(true).await;
    }

    async fn end(&mut self) {
        self.insisting.end().await;
        self.holding.batch_execute("ROLLBACK").await.unwrap();
        self.until_some_wait(false).await;
    }
}

async fn neighbours(scene: Scene) -> Vec<Row> {
    let engine = scene.engine();
    let everybody = Everybody::on(&scene.server.url).await;
    scene.fill().await;
    let heap = "/api/v1/resources/heap/invites";
    let mut dead = Insisting::listing(&scene, heap);
    let mut rows = beside("lists 60,000 dead invites", engine, &everybody, &mut dead).await;
    let full = "/api/v1/resources/full/invites";
    let mut full = Insisting::creating(&scene, full);
    assert_eq!(full.once().await, 429, "as many as there may be");
    let name = "creates beside 1,000 live invites";
    rows.extend(beside(name, engine, &everybody, &mut full).await);
    // Taken by somebody else.
    let mut probing = Insisting::probing(&scene, "/api/v1/resources/quiet");
    assert_eq!(probing.once().await, 409);
    let name = "tries names over and over";
    rows.extend(beside(name, engine, &everybody, &mut probing).await);
    // Nobody there is called so: each time it is told what would let them in.
    let mut ghost = Insisting::taking_out(&scene, "/api/v1/resources/crew/members/ghost:proxy");
    assert_eq!(ghost.once().await, 200);
    let name = "takes out nobody beside 20,000 invites";
    rows.extend(beside(name, engine, &everybody, &mut ghost).await);
    if let Store::Postgres(postgres) = &scene.store {
        let crowd = "/api/v1/resources/crowd/invites?page_size=20";
        let mut used = Insisting {
            at_once: 2,
            pause: Duration::from_millis(200),
            ..Insisting::listing(&scene, crowd)
        };
        let name = "lists 20 invites of 15,000 uses";
        rows.extend(beside(name, engine, &everybody, &mut used).await);
        let mut locked = Locked {
            holding: postgres.connect("neighbours").await,
            watching: postgres.connect("neighbours").await,
            insisting: Insisting::creating(&scene, heap),
        };
        let name = "16 creates to a locked row";
        rows.extend(beside(name, engine, &everybody, &mut locked).await);
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_neighbour_costs_only_themselves() {
    let _alone = ALONE.lock().await;
    let mut rows = neighbours(Scene::sqlite().await).await;
    rows.extend(neighbours(Scene::postgres().await).await);
    judge(&rows);
}
