//! Whoever is taken out is shown nothing of what came after, though it comes in the same moment.

use std::sync::Arc;

use invite_server::core::{Actor, EventKind, Invites, MembersRequest, Needle};
use tokio::{sync::Barrier, task::JoinSet};

use super::*;

const ROUNDS: usize = 40;
/// What is called, and whether one of its answers shows that it is late.
const CALLS: usize = 8;
const LATE: &str = "late";

async fn shows_what_is_late<S: Store>(
    invites: &Invites<S>,
    who: &Actor,
    resource: &str,
    call: usize,
) -> Result<bool, Refusal> {
    let who = Some(who);
    let everyone = ListRequest {
        everyone: true,
        ..ListRequest::default()
    };
    Ok(match call {
        0 => !invites
            .list(who, resource, &everyone)
            .await?
            .invites
            .is_empty(),
        1 => {
            let looked_for = ListRequest {
                q: Needle::parse(LATE).unwrap(),
                ..everyone
            };
            let found = invites.list(who, resource, &looked_for).await?;
            !found.invites.is_empty()
        }
        2 => {
            let add = |count: &mut u32, _| *count += 1;
            invites.gather(who, resource, 10, add).await? > 0
        }
        3 => {
            invites
                .count(who, resource, &ListRequest::default())
                .await?
                > 0
        }
        // One has been before.
        4 => invites.events(who, resource, Some(0)).await?.events.len() > 1,
        5 => is_late(&invites.members(who, resource).await?),
        6 => {
            let all = MembersRequest::default();
            is_late(&invites.list_members(who, resource, &all).await?.members)
        }
        _ => {
            let some = MembersRequest {
                q: Some(LATE.into()),
                ..MembersRequest::default()
            };
            is_late(&invites.list_members(who, resource, &some).await?.members)
        }
    })
}

fn is_late(members: &[invite_server::core::Member]) -> bool {
    members.iter().any(|one| one.user.username == LATE)
}

/// Asks until it is refused, and begins with a glance at a moment when all may ask; whether it ever saw what is late.
async fn asks<S: Store>(
    invites: Invites<S>,
    who: Actor,
    resource: String,
    call: usize,
    ready: Arc<Barrier>,
) -> Option<usize> {
    assert_eq!(
        shows_what_is_late(&invites, &who, &resource, call).await,
        Ok(false)
    );
    ready.wait().await;
    loop {
        match shows_what_is_late(&invites, &who, &resource, call).await {
            Ok(false) => {}
            Ok(true) => return Some(call),
            Err(refusal) => {
                assert_eq!(
                    refusal.code(),
                    if call < 5 && who.app.is_none() {
                        "not_admin"
                    } else {
                        "forbidden"
                    }
                );
                return None;
            }
        }
    }
}

/// Somebody is taken out, and an app's resource taken from it.
pub(crate) async fn whoever_is_taken_out_sees_nothing_of_what_came_after<S: Store>(store: S) {
    let world = World::over(store.clone());
    world.invites.add_app("crm", false).await.unwrap();
    let mut seen = Vec::new();
    for round in 0..ROUNDS {
        let resource = format!("notes{round}");
        for admin in ["alice", "bob", "dora"] {
            world.member(admin, &resource, "arw").await;
        }
        world.invites.grant_app("crm", &resource).await.unwrap();
        let tell = |invite: StoredInvite| Change::Tell {
            kind: EventKind::Created,
            user: invite.inviter.clone(),
            invite: Box::new(invite),
            at: Moment(1_000),
        };
        let of = |by: &str, id: &str| StoredInvite {
            resource: resource.clone(),
            label: Some(LATE.into()),
            inviter: user(by),
            ..stored(id)
        };
        write(&store, vec![tell(of("alice", "before"))])
            .await
            .unwrap();
        let ready = Arc::new(Barrier::new(2 * CALLS + 1));
        let mut asking = JoinSet::new();
        for call in 0..CALLS {
            for who in [actor("bob"), actor("dora").by_app("crm")] {
                let (invites, ready) = (world.invites.clone(), Arc::clone(&ready));
                asking.spawn(asks(invites, who, resource.clone(), call, ready));
            }
        }
        let set = |name: &str, letters| Change::SetMember {
            resource: resource.clone(),
            user: user(name),
            permissions: letters,
        };
        let mut at_once = vec![
            set("bob", Permissions::NONE),
            Change::TakeResource {
                app: "crm".into(),
                resource: resource.clone(),
            },
            set(LATE, Permissions::READ),
        ];
        for by in ["bob", "dora"] {
            let invite = of(by, &format!("{by}{round}"));
            at_once.push(Change::AddInvite(Box::new(invite.clone())));
            at_once.push(tell(invite));
        }
        ready.wait().await;
        write(&store, at_once).await.unwrap();
        seen.extend(asking.join_all().await.into_iter().flatten());
    }
    seen.sort_unstable();
    assert!(seen.is_empty(), "calls that showed it: {seen:?}");
}
