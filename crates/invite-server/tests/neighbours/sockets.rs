//! Heavy frames on a socket.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    everybody::Everybody,
    filled::LIVE,
    measure::{Neighbour, beside},
    memory::{forget_the_most, mebibytes, resident},
    scene::{ALONE, HEADER, Scene},
    support::connect,
    table::{Row, judge},
};

/// Frames of one socket that wait for their answers.
const AT_ONCE: u32 = 128;
/// What they may take: some answers, of 3 MB each here, as rows, as text, and on their way out.
const MOST: u64 = 64 * 1024 * 1024;

/// mallory, who asks for all her invites over and over on one socket.
struct Listing {
    url: String,
    running: Option<JoinHandle<()>>,
}

impl Neighbour for Listing {
    async fn begin(&mut self) {
        let headers = [(HEADER, "mallory"), ("origin", self.url.as_str())];
        let mut stream = connect(&self.url, "/heap/", &headers).await;
        let frame = json!({ "wa": "getInvites", "d": "heap", "token": "t" }).to_string();
        for _ in 0..AT_ONCE {
            stream.send(Message::text(frame.clone())).await.unwrap();
        }
        let (hurts, begun) = oneshot::channel();
        let mut hurts = Some(hurts);
        self.running = Some(tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let text = message.into_text().unwrap();
                if !text.contains("\"reply\"") {
                    continue;
                }
                let listed = text.matches("\"key\"").count();
                assert_eq!(listed, LIVE as usize, "{text:.300}");
                if let Some(hurts) = hurts.take() {
                    let _ = hurts.send(());
                }
                let _ = stream.send(Message::text(frame.clone())).await;
            }
        }));
        begun.await.expect("an answer with all of them");
    }

    async fn end(&mut self) {
        let running = self.running.take().unwrap();
        running.abort();
        let ended = running.await;
        assert!(ended.unwrap_err().is_cancelled(), "every answer was whole");
    }
}

async fn neighbour(scene: Scene) -> Vec<Row> {
    let everybody = Everybody::on(&scene.server.url).await;
    scene.fill_live().await;
    let mut listing = Listing {
        url: scene.server.url.clone(),
        running: None,
    };
    everybody.warm_up().await;
    forget_the_most(&scene.server);
    let (before, _) = resident(&scene.server);
    let name = "128 getInvites of 10,000 invites";
    let rows = beside(name, scene.engine(), &everybody, &mut listing).await;
    let (_, most) = resident(&scene.server);
    println!(
        "{}: {} MiB before, {} MiB at most while {name}",
        scene.engine(),
        mebibytes(before),
        mebibytes(most)
    );
    assert!(
        most < before + MOST,
        "{name} took {} MiB",
        mebibytes(most - before)
    );
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_frames_of_a_socket_wait_for_each_other() {
    let _alone = ALONE.lock().await;
    let mut rows = neighbour(Scene::sqlite().await).await;
    rows.extend(neighbour(Scene::postgres().await).await);
    judge(&rows);
}
