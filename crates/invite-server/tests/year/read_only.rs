//! A disk that takes no more writes while the server runs. The system does not let anybody make one read-only on which
//! files are open for writing: it does so itself, after an error, and then only whoever mounts it anew makes it writable.

use std::time::{Duration, Instant};

use invite_server::conditions::{DISK_FAILING, DISK_READ_ONLY};

use crate::disk::Disk;
use crate::instance::Instance;
use crate::row::skip;
use crate::scene::Scene;
use crate::states::{told, told_once, until_ready};

async fn read_only(state: &'static str, happens: fn(&Disk)) {
    let Some(disk) = Disk::formatted(48) else {
        return skip(state, "a loop device needs root");
    };
    let file = disk.0.join("invites.db");
    let place = file.to_str().unwrap();
    let mut server = Instance::start(place, &[]);
    let scene = Scene::begin(state, vec![server.url.clone()]).await;
    scene.strikes();
    happens(&disk);
    until_ready(&server, 503).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let said = told_once(&server, &DISK_READ_ONLY, place);
    // Nobody is sent for another disk.
    let failing = told(&server, &DISK_FAILING);
    assert!(failing.is_empty(), "{failing:?}");
    let stops = Instant::now();
    let (_, log) = server.stop();
    let took = stops.elapsed();
    assert!(
        took < Duration::from_secs(40),
        "it ends after {took:?}: {log}"
    );
    disk.mend();
    let ready = server.is_back().await;
    scene.end_cut_off(ready, 15, said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn read_only_by_an_error() {
    read_only("read-only by an error", Disk::break_off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn remounted_read_only() {
    read_only("remounted read-only", Disk::abort).await;
}
