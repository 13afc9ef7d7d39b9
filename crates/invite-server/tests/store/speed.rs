//! Not a test but a measurement: `cargo test --release -p invite-server --test store -- --ignored --nocapture speed`.

use std::time::{Duration, Instant};

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{CreateRequest, Quotas},
    store::SqliteStore,
};

use crate::world::{World, actor};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed() {
    // Beside the build, as /tmp may be memory, where a sync costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut world = World::over(SqliteStore::open(&folder.path().join("invites.db")).unwrap());
    world.invites = world.invites.within(Quotas::NONE);
    world.member("alice", "notes", "arw").await;
    for callers in [1, 16, 64, 256, 512] {
        let began = Instant::now();
        let mut running = Vec::new();
        for _ in 0..callers {
            let invites = world.invites.clone();
            running.push(tokio::spawn(async move {
                let mut created = 0u32;
                while began.elapsed() < Duration::from_secs(3) {
                    let request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
                    invites
                        .create(Some(&actor("alice")), "notes", request)
                        .await
                        .unwrap();
                    created += 1;
                }
                created
            }));
        }
        let mut created = 0;
        for one in running {
            created += one.await.unwrap();
        }
        println!(
            "{callers:4} callers: {:8.0} durable creates/s",
            f64::from(created) / began.elapsed().as_secs_f64()
        );
    }
    let key = world.invite("alice", "notes", "r", None).await.key.unwrap();
    let began = Instant::now();
    let mut running = Vec::new();
    for _ in 0..64 {
        let (invites, key) = (world.invites.clone(), key.clone());
        running.push(tokio::spawn(async move {
            let mut checked = 0u32;
            while began.elapsed() < Duration::from_secs(3) {
                invites
                    .check(Some(&actor("bob")), &key, None)
                    .await
                    .unwrap();
                checked += 1;
            }
            checked
        }));
    }
    let mut checked = 0;
    for one in running {
        checked += one.await.unwrap();
    }
    println!(
        "  64 callers: {:8.0} checks/s",
        f64::from(checked) / began.elapsed().as_secs_f64()
    );
}
