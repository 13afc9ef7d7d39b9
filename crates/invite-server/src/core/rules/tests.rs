use invite_key::KeyKind;
use serde_json::json;

use super::*;
use crate::core::state::{KeyHash, Resource};

mod ends;
mod quotas;
mod resources;

const NOW: Moment = Moment(1_000_000);

fn letters(text: &str) -> Permissions {
    if text.is_empty() {
        Permissions::NONE
    } else {
        Permissions::parse(text).unwrap()
    }
}

fn alice() -> User {
    User::new("alice", "test")
}

fn bob() -> Actor {
    Actor::new(User::new("bob", "test"))
}

fn invite(permissions: &str) -> StoredInvite {
    StoredInvite {
        id: "invite_1".into(),
        key_hash: KeyHash([7; 32]),
        kind: KeyKind::Opaque,
        secret_id: "1".into(),
        resource: "notes".into(),
        permissions: letters(permissions),
        created_at: Moment(0),
        expires_at: Moment(NOW.0 + 1),
        inviter: alice(),
        uses: 0,
        max_uses: None,
        message: None,
        label: None,
        extras: Some(json!({"team": 7})),
        removed_at: None,
        email: None,
        issuer: None,
        ended: false,
        mail: None,
        inviter_email: None,
    }
}

fn state(current: &str, invite: Option<StoredInvite>) -> State {
    State {
        resource: Some(Resource {
            name: "notes".into(),
            title: None,
            version: 1,
            number: 1,
            events: 0,
            revivals: 0,
            created_at: Moment(1),
        }),
        invite,
        permissions: letters(current),
        inviter_permissions: letters("arw"),
        ..State::default()
    }
}

#[test]
fn accepting_adds_letters_and_spends_a_use_only_then() {
    //   holds, invite, all,   gained
    for (current, granted, all, gained) in [
        ("", "r", "r", "r"),
        ("", "awr", "awr", "awr"),
        ("r", "w", "rw", "w"),
        ("w", "r", "wr", "r"),
        ("r", "awr", "raw", "aw"),
        ("r", "r", "r", ""),
        ("arw", "r", "arw", ""),
        ("wr", "rw", "wr", ""),
    ] {
        let decision = accept(
            &state(current, Some(invite(granted))),
            Some(&bob()),
            None,
            NOW,
        )
        .unwrap();
        let expected = Accepted {
            invite: "invite_1".into(),
            resource: "notes".into(),
            permissions: letters(all),
            gained: letters(gained),
            already: gained.is_empty(),
            extras: Some(json!({"team": 7})),
        };
        assert_eq!(decision.answer, expected, "{current} + {granted}");
        let changes = if gained.is_empty() {
            vec![]
        } else {
            let (resource, user, permissions) = ("notes".into(), bob().user, letters(all));
            vec![
                Change::SetMember {
                    resource,
                    user: user.clone(),
                    permissions,
                },
                Change::AddUse {
                    invite: "invite_1".into(),
                    user: user.clone(),
                    at: NOW,
                },
                tell(EventKind::Used, &invite(granted), &user, NOW),
            ]
        };
        assert_eq!(decision.changes, changes, "{current} + {granted}");
    }
}

/// What is different about the invite, its inviter, who asks or what for, and the answer to a member and a stranger.
#[test]
fn accept_and_check_refuse_the_same() {
    type Alter = fn(&mut State);
    let nothing: Alter = |_| {};
    let removed: Alter = |state| state.invite.as_mut().unwrap().removed_at = Some(Moment(1));
    let expired: Alter = |state| state.invite.as_mut().unwrap().expires_at = NOW;
    let exhausted: Alter = |state| {
        let invite = state.invite.as_mut().unwrap();
        (invite.uses, invite.max_uses) = (3, Some(3));
    };
    let last_use: Alter = |state| {
        let invite = state.invite.as_mut().unwrap();
        (invite.uses, invite.max_uses) = (2, Some(3));
    };
    let inviter_lost_a: Alter = |state| state.inviter_permissions = letters("rw");
    let inviter_lost_r: Alter = |state| state.inviter_permissions = letters("aw");
    let inviter_gone: Alter = |state| state.inviter_permissions = Permissions::NONE;
    let addressed: Alter = |state| {
        state.invite.as_mut().unwrap().email = Some("carol@example.com".into());
    };
    let unknown: Alter = |state| state.invite = None;
    let all: Alter = |state| {
        let invite = state.invite.as_mut().unwrap();
        (invite.removed_at, invite.expires_at) = (Some(Moment(1)), Moment(2));
        (invite.uses, invite.max_uses) = (3, Some(3));
        state.inviter_permissions = Permissions::NONE;
    };
    for (case, alter, resource, stranger, member) in [
        ("good", nothing, None, "yes", "yes"),
        ("good, resource named", nothing, Some("notes"), "yes", "yes"),
        (
            "another resource's",
            nothing,
            Some("other"),
            "invalid_key",
            "invalid_key",
        ),
        ("unknown", unknown, None, "invalid_key", "invalid_key"),
        ("removed", removed, None, "removed", "removed"),
        (
            "removed, another resource's",
            removed,
            Some("other"),
            "invalid_key",
            "invalid_key",
        ),
        (
            "expired this very millisecond",
            expired,
            None,
            "expired",
            "expired",
        ),
        ("one use left", last_use, None, "yes", "yes"),
        ("no use left", exhausted, None, "exhausted", "yes"),
        (
            "inviter lost a",
            inviter_lost_a,
            None,
            "inviter_not_admin",
            "inviter_not_admin",
        ),
        (
            "inviter lost a letter that it grants",
            inviter_lost_r,
            None,
            "inviter_not_admin",
            "inviter_not_admin",
        ),
        (
            "inviter gone",
            inviter_gone,
            None,
            "inviter_not_admin",
            "inviter_not_admin",
        ),
        ("another account's", addressed, None, "wrong_account", "yes"),
        ("all at once", all, None, "removed", "removed"),
    ] {
        for (current, expected) in [("", stranger), ("rw", member)] {
            let mut state = state(current, Some(invite("r")));
            alter(&mut state);
            let accepted = accept(&state, Some(&bob()), resource, NOW).map(|_| ());
            let checked = acceptance(&state, Some(&bob()), resource, NOW).map(|_| ());
            assert_eq!(accepted, checked, "{case}, holding {current:?}");
            assert_eq!(
                accepted.map_or_else(|refusal| refusal.code(), |()| "yes"),
                expected,
                "{case}, {current:?}"
            );
        }
    }
    let anonymous = accept(&state("", Some(invite("r"))), None, None, NOW).unwrap_err();
    assert_eq!(anonymous, Refusal::NotSignedIn);
    let anonymous = accept(&state("", None), None, None, NOW).unwrap_err();
    assert_eq!(
        anonymous,
        Refusal::NotSignedIn,
        "the signed-out learn nothing about a key"
    );
}

#[test]
fn nobody_grants_what_they_do_not_hold() {
    for (held, asked, expected) in [
        ("arw", "r", "yes"),
        ("arw", "awr", "yes"),
        ("a", "a", "yes"),
        ("ar", "ra", "yes"),
        ("a", "r", "forbidden"),
        ("ar", "rw", "forbidden"),
        ("rw", "r", "not_admin"),
        ("", "r", "not_admin"),
    ] {
        let request = CreateRequest::new(letters(asked), 60, KeyKind::Opaque);
        let decision = create(
            &state(held, None),
            Some(&bob()),
            "notes",
            &request,
            &invite(asked),
            None,
            Quotas::NONE,
        );
        let answer = decision
            .as_ref()
            .map_or_else(|refusal| refusal.code(), |_| "yes");
        assert_eq!(answer, expected, "{held} grants {asked}");
        if let Ok(decision) = decision {
            assert_eq!(
                decision.changes,
                [
                    Change::AddInvite(Box::new(invite(asked))),
                    tell(EventKind::Created, &invite(asked), &alice(), Moment(0)),
                ]
            );
        }
    }
    let request = CreateRequest::new(letters("r"), 60, KeyKind::Opaque);
    let anonymous = create(
        &state("arw", None),
        None,
        "notes",
        &request,
        &invite("r"),
        None,
        Quotas::NONE,
    )
    .unwrap_err();
    assert_eq!(anonymous, Refusal::NotSignedIn);
}

#[test]
fn removing_is_for_the_inviter_while_they_are_admin() {
    type Alter = fn(&mut State);
    let nothing: Alter = |_| {};
    let unknown: Alter = |state| state.invite = None;
    let removed: Alter = |state| state.invite.as_mut().unwrap().removed_at = Some(Moment(1));
    let expired: Alter = |state| state.invite.as_mut().unwrap().expires_at = NOW;
    let used_up: Alter = |state| {
        let invite = state.invite.as_mut().unwrap();
        (invite.uses, invite.max_uses) = (1, Some(1));
    };
    let another: Alter = |state| state.invite.as_mut().unwrap().resource = "other".into();
    for (case, asker, current, resource, alter, expected) in [
        ("own", "alice", "arw", None, nothing, "yes"),
        (
            "own, resource named",
            "alice",
            "a",
            Some("notes"),
            nothing,
            "yes",
        ),
        ("own, used up", "alice", "a", None, used_up, "yes"),
        (
            "own, not admin any more",
            "alice",
            "rw",
            None,
            nothing,
            "not_admin",
        ),
        ("own, expired", "alice", "a", None, expired, "cannot_remove"),
        ("own, removed", "alice", "a", None, removed, "cannot_remove"),
        (
            "own, of another resource",
            "alice",
            "a",
            Some("notes"),
            another,
            "cannot_remove",
        ),
        (
            "another admin's",
            "carol",
            "a",
            Some("notes"),
            nothing,
            "cannot_remove",
        ),
        ("another's", "bob", "r", None, nothing, "not_admin"),
        (
            "unknown, in a resource",
            "alice",
            "a",
            Some("notes"),
            unknown,
            "cannot_remove",
        ),
        (
            "unknown, in a resource, not admin",
            "bob",
            "",
            Some("notes"),
            unknown,
            "not_admin",
        ),
        ("unknown", "alice", "", None, unknown, "cannot_remove"),
    ] {
        let mut state = state(current, Some(invite("r")));
        alter(&mut state);
        let asker = Actor::new(User::new(asker, "test"));
        let decision = remove(&state, Some(&asker), resource, NOW);
        let answer = decision
            .as_ref()
            .map_or_else(|refusal| refusal.code(), |_| "yes");
        assert_eq!(answer, expected, "{case}");
        if let Ok(decision) = decision {
            assert_eq!(
                decision.changes,
                [
                    Change::RemoveInvite {
                        invite: "invite_1".into(),
                        at: NOW
                    },
                    tell(
                        EventKind::Removed,
                        state.invite.as_ref().unwrap(),
                        &asker.user,
                        NOW
                    ),
                ],
                "{case}"
            );
        }
    }
    assert_eq!(
        remove(&state("a", Some(invite("r"))), None, None, NOW),
        Err(Refusal::NotSignedIn)
    );
}

#[test]
fn no_refusal_is_without_words() {
    for refusal in [
        Refusal::NotAdmin {
            resource: "notes".into(),
            current: Permissions::NONE,
        },
        Refusal::NotAdmin {
            resource: "notes".into(),
            current: letters("r"),
        },
        Refusal::BeyondInviter {
            held: letters("a"),
            asked: letters("rw"),
        },
        Refusal::Expired,
        Refusal::CannotRemove,
        Refusal::TryAgain,
    ] {
        let sentence = refusal.sentence();
        assert!(sentence.ends_with('.') && sentence.len() > 20, "{sentence}");
    }
}
