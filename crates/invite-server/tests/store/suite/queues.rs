//! How much waits, and since when.

use invite_server::core::{MailChange, MailState, Queue, Queues, WebhookChange};

use super::*;

pub(crate) async fn what_waits_is_counted_and_how_long<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    assert_eq!(store.queues().await.unwrap(), Queues::default());
    world.invites.add_app("crm", true).await.unwrap();
    let address = "https://crm.example.com/hook";
    world.invites.set_webhook("crm", address).await.unwrap();
    let began = world.time.now();
    let alice = actor("alice");
    for number in 0..3 {
        let mut request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
        request.email = Some(format!("person{number}@example.com"));
        request.send = number < 2;
        let made = world.invites.create(Some(&alice), "notes", request).await;
        made.unwrap();
        world.time.pass_seconds(1);
    }
    let queue = |waiting, seconds: u32| Queue {
        waiting,
        oldest: Some(began.plus_seconds(seconds)),
    };
    let waiting = store.queues().await.unwrap();
    assert_eq!(
        (waiting.webhooks, waiting.mails),
        (queue(3, 0), queue(2, 0))
    );

    // Whoever has taken it still has it to do.
    let told = world.invites.take_deliveries("crm", 1, 30).await.unwrap();
    let mailed = world.invites.take_mails(1, 30).await.unwrap();
    assert_eq!(store.queues().await.unwrap(), waiting);
    let message = told[0].message.clone();
    let told = WebhookChange::Delivered { message };
    world.invites.change_webhook(told).await.unwrap();
    let (invite, until) = (mailed[0].invite.clone(), mailed[0].until);
    let state = MailState::Sent;
    let mailed = MailChange::Done {
        invite,
        until,
        state,
    };
    world.invites.change_mail(mailed).await.unwrap();
    let waiting = store.queues().await.unwrap();
    assert_eq!(
        (waiting.webhooks, waiting.mails),
        (queue(2, 1), queue(1, 1))
    );
}
