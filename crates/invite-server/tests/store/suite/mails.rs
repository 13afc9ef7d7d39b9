//! What has to be mailed is written together with the invite, holds no key, and is taken by one.

use std::collections::HashSet;

use invite_server::core::{Mail, MailChange, MailState};

use super::*;

async fn mailed<S: Store>(world: &World<S>, email: &str) -> invite_server::core::Invite {
    let mut request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
    (request.email, request.send) = (Some(email.to_owned()), true);
    let alice = actor("alice");
    let made = world.invites.create(Some(&alice), "notes", request).await;
    made.unwrap()
}

async fn take<S: Store>(world: &World<S>) -> Vec<Mail> {
    world.invites.take_mails(100, 30).await.unwrap()
}

pub(crate) async fn a_mail_is_taken_by_one_until_it_is_done<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.invite("alice", "notes", "r", None).await;
    assert_eq!(take(&world).await, [], "nobody asked for a mail");
    let mut ids = HashSet::new();
    for number in 0..20 {
        let invite = mailed(&world, &format!("person{number}@example.com")).await;
        ids.insert(invite.id);
    }
    let takers = (0..8).map(|_| world.invites.take_mails(5, 30));
    let mut taken: Vec<Mail> = Vec::new();
    for mails in futures_util::future::join_all(takers).await {
        taken.extend(mails.unwrap());
    }
    taken.extend(take(&world).await);
    let names: HashSet<String> = taken.iter().map(|mail| mail.invite.clone()).collect();
    assert_eq!((taken.len(), names), (20, ids));
    assert_eq!(take(&world).await, []);

    let [done, later, lost] = &taken[..3] else {
        panic!("three of them")
    };
    let (done, later, lost) = (done.clone(), later.clone(), lost.clone());
    let change = async |change| world.invites.change_mail(change).await.unwrap();
    for mail in &taken[3..] {
        let (invite, until) = (mail.invite.clone(), mail.until);
        let state = MailState::Sent;
        change(MailChange::Done {
            invite,
            until,
            state,
        })
        .await;
    }
    change(MailChange::Done {
        invite: done.invite,
        until: done.until,
        state: MailState::Failed,
    })
    .await;
    change(MailChange::TryLater {
        invite: later.invite.clone(),
        until: later.until,
        due_at: Moment(world.time.now().0 + 5_000),
    })
    .await;
    world.time.pass_seconds(5);
    let again = take(&world).await;
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].invite, again[0].attempts), (&later.invite, 2));
    // Whoever took this one has died.
    world.time.pass_seconds(25);
    let again = take(&world).await;
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].invite, again[0].attempts), (&lost.invite, 2));
}

pub(crate) async fn a_mail_is_asked_for_again_where_it_was_mailed<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let plain = world.invite("alice", "notes", "r", None).await;
    let invite = mailed(&world, "bob@example.com").await;
    let alice = actor("alice");
    let resend = async |id: &str| world.invites.resend(Some(&alice), id, 60).await.unwrap();
    resend(&plain.id).await;
    let first = take(&world).await;
    assert_eq!(first.len(), 1);
    world.time.pass_seconds(1);
    // Asked for again while it is on its way: the end of the first does not swallow the second.
    resend(&invite.id).await;
    let done = MailChange::Done {
        invite: invite.id.clone(),
        until: first[0].until,
        state: MailState::Sent,
    };
    world.invites.change_mail(done).await.unwrap();
    let second = take(&world).await;
    assert_eq!(second.len(), 1);
    assert_eq!((&second[0].invite, second[0].attempts), (&invite.id, 1));

    let letter = world.invites.letter(&invite.id).await.unwrap().unwrap();
    assert_eq!(letter.email, "bob@example.com");
    assert_eq!(Some(&letter.key), invite.key.as_ref());
    world.member("alice", "notes", "rw").await;
    let letter = world.invites.letter(&invite.id).await.unwrap();
    assert!(letter.is_none(), "its inviter is no admin any more");
    assert!(world.invites.letter("nothing").await.unwrap().is_none());
}
