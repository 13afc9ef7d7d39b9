//! Connections to PostgreSQL that die without a word.

use invite_server::conditions::CONNECTION_DEAD;

use crate::between::Between;
use crate::cluster::Postgres;
use crate::instance::Instance;
use crate::scene::Scene;
use crate::states::{told_once, until_ready};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn dead_connections() {
    let postgres = Postgres::start(true);
    postgres.database("lines").await;
    let between = Between::to(&postgres).await;
    let server = Instance::start(&between.address("lines"), &[]);
    let scene = Scene::begin("dead connections", vec![server.url.clone()]).await;
    let died = scene.strikes();
    between.swallow(false);
    scene.goes_on().await;
    until_ready(&server, 200).await;
    let ready = died.elapsed();
    let said = told_once(&server, &CONNECTION_DEAD, "127.0.0.1");
    scene.end(ready, 40, said).await;
}
