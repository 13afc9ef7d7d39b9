//! No room on the disk of a SQLite file.

use invite_server::conditions::DISK_FULL;

use crate::disk::Disk;
use crate::instance::Instance;
use crate::row::skip;
use crate::scene::Scene;
use crate::states::{told_once, until_ready};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn full_disk() {
    let Some(disk) = Disk::formatted(48) else {
        return skip("full disk", "a loop device needs root");
    };
    let file = disk.0.join("invites.db");
    let place = file.to_str().unwrap();
    let server = Instance::start(place, &[]);
    let scene = Scene::begin("full disk", vec![server.url.clone()]).await;
    scene.strikes();
    disk.fill();
    until_ready(&server, 503).await;
    // For a while, so that it is met again and again.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let said = told_once(&server, &DISK_FULL, place);
    disk.make_room();
    let ready = until_ready(&server, 200).await;
    scene.end(ready, 15, said).await;
}
