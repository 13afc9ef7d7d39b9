//! Many callers at once.

use super::*;

pub(crate) async fn concurrent_accepts_lose_nobody<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "rw", None).await;
    let names = people(100);
    let answers = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
    assert!(
        answers.iter().all(|answer| *answer == Ok(false)),
        "{answers:?}"
    );
    let members = store.members("notes").await.unwrap();
    assert_eq!(members.len(), 101);
    assert!(
        members
            .iter()
            .skip(1)
            .all(|member| member.permissions.as_str() == "rw")
    );
    let uses = look(&store, Some(InviteName::Id(invite.id)), "alice")
        .await
        .invite
        .unwrap()
        .uses;
    assert_eq!(uses, 100);
}

pub(crate) async fn concurrent_accepts_spend_no_use_twice<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(10)).await;
    let names = people(100);
    let answers = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
    let taken = answers
        .iter()
        .filter(|answer| **answer == Ok(false))
        .count();
    let refused = answers
        .iter()
        .filter(|answer| **answer == Err(Refusal::Exhausted))
        .count();
    assert_eq!((taken, refused), (10, 90));
    for (name, answer) in names.iter().zip(&answers) {
        assert_eq!(
            world.letters(name, "notes").await,
            if answer.is_ok() { "r" } else { "" },
            "{name}"
        );
    }
    assert_eq!(store.acceptances(&invite.id).await.unwrap().len(), 10);
    let again = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
    assert_eq!(
        again.iter().filter(|answer| **answer == Ok(true)).count(),
        10,
        "those inside get the same answer again"
    );
}

pub(crate) async fn one_person_accepting_many_times_spends_one_use<S: Store>(store: S) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(2)).await;
    let answers = world
        .all_accept(invite.key.as_ref().unwrap(), &vec!["bob".to_owned(); 50])
        .await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| **answer == Ok(false))
            .count(),
        1
    );
    assert_eq!(
        answers.iter().filter(|answer| **answer == Ok(true)).count(),
        49
    );
    let carol = world
        .invites
        .accept(Some(&actor("carol")), invite.key.as_ref().unwrap(), None)
        .await;
    assert!(!carol.unwrap().already, "the second use is left");
}

pub(crate) async fn removing_while_accepting_keeps_every_promise<S: Store>(store: S) {
    let world = World::over(store);
    for round in 0..10 {
        let resource = format!("notes{round}");
        world.member("alice", &resource, "arw").await;
        let invite = world.invite("alice", &resource, "r", None).await;
        let names = people(30);
        let remover = {
            let (invites, target) = (
                world.invites.clone(),
                RemoveTarget::Key(invite.key.clone().unwrap()),
            );
            tokio::spawn(async move { invites.remove(Some(&actor("alice")), None, &target).await })
        };
        let answers = world.all_accept(invite.key.as_ref().unwrap(), &names).await;
        remover.await.unwrap().unwrap();
        for (name, answer) in names.iter().zip(&answers) {
            let expected = match answer {
                Ok(_) => "r",
                Err(Refusal::Removed) => "",
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(
                world.letters(name, &resource).await,
                expected,
                "{name} in round {round}"
            );
        }
    }
}

pub(crate) async fn coming_back_after_removal_is_a_new_use<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(2)).await;
    let key = invite.key.as_ref().unwrap();
    let bob = actor("bob");
    for expected in [Ok(false), Ok(false), Err(Refusal::Exhausted)] {
        let answer = world.invites.accept(Some(&bob), key, None).await;
        assert_eq!(answer.map(|accepted| accepted.already), expected);
        world.member("bob", "notes", "").await;
    }
    assert_eq!(store.acceptances(&invite.id).await.unwrap().len(), 2);
}

pub(crate) async fn resources_of_one_name_begin_once<S: Store>(store: S) {
    let world = World::over(store);
    let mut running = Vec::new();
    for name in people(20) {
        let invites = world.invites.clone();
        running.push(tokio::spawn(async move {
            invites
                .create_resource(Some(&actor(&name)), "notes", None)
                .await
        }));
    }
    let mut created = 0;
    for one in running {
        match one.await.unwrap() {
            Ok(permissions) => created += usize::from(permissions == Permissions::ALL),
            Err(refusal) => assert_eq!(refusal.code(), "already_exists"),
        }
    }
    assert_eq!(created, 1);
}

/// Whoever was told yes, or would have been had the answer come through, is not told no on asking again.
pub(crate) async fn who_came_in_gets_the_same_answer_whatever_became_of_the_invite<S: Store>(
    store: S,
) {
    let world = World::over(store);
    world.member("alice", "notes", "arw").await;
    world.member("carol", "notes", "r").await;
    let invite = world.invite("alice", "notes", "r", None).await;
    let key = invite.key.as_ref().unwrap();
    let accept = async |who: &str| {
        let answer = world.invites.accept(Some(&actor(who)), key, None).await;
        answer.map(|accepted| accepted.already)
    };
    assert_eq!(accept("bob").await, Ok(false));
    assert_eq!(accept("carol").await, Ok(true));
    world.member("alice", "notes", "rw").await;
    assert_eq!(accept("bob").await, Ok(true), "the inviter is no admin");
    assert_eq!(accept("carol").await, Err(Refusal::InviterNotAdmin));
    world.member("alice", "notes", "arw").await;
    let target = RemoveTarget::Key(key.clone());
    let (alice, bob) = (actor("alice"), actor("bob"));
    let removed = world.invites.remove(Some(&alice), None, &target);
    removed.await.unwrap();
    assert_eq!(accept("bob").await, Ok(true), "removed");
    let checked = world.invites.check(Some(&bob), key, None).await;
    assert_eq!(checked.unwrap().reader.unwrap().gained, Permissions::NONE);
    assert_eq!(
        accept("carol").await,
        Err(Refusal::Removed),
        "in by another way"
    );
    assert_eq!(accept("dave").await, Err(Refusal::Removed));
    // Taken out, it lets nobody in again.
    world.member("bob", "notes", "").await;
    assert_eq!(accept("bob").await, Err(Refusal::Removed));
}

pub(crate) async fn an_id_that_is_taken_is_drawn_again<S: Store>(store: S) {
    const MANY: usize = 200;
    let world = World::over(store);
    let world = world.invites.within(invite_server::core::Quotas::NONE);
    let alice = actor("alice");
    let always = world.clone().drawing_ids(|| Ok("same".into()));
    let first = always.create_resource_anywhere(Some(&alice), None).await;
    assert_eq!(first, Ok(("same".into(), Permissions::ALL)));
    let none = always.create_resource_anywhere(Some(&alice), None).await;
    assert_eq!(none, Err(Refusal::ServerError));
    // Half of what is drawn is taken: of three draws in a row that happens once in eight times.
    let sometimes = world.clone().drawing_ids(|| {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).unwrap();
        Ok(if bytes[0] % 2 == 0 {
            "same".into()
        } else {
            invite_key::hex::encode(&bytes)
        })
    });
    let mut refused = 0;
    for _ in 0..MANY {
        let made = sometimes.create_resource_anywhere(Some(&alice), None).await;
        refused += usize::from(made.is_err());
    }
    assert!(refused < MANY * 3 / 10, "{refused} of {MANY}");
}
