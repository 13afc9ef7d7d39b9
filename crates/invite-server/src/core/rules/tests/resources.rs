//! Resources and their members.

use super::*;

#[test]
fn whoever_creates_a_resource_may_do_everything_there() {
    let empty = State::default();
    let decision = create_resource(
        &empty,
        Some(&bob()),
        "notes",
        Some("Team notes"),
        (Creators::People, Quotas::NONE),
        NOW,
    )
    .unwrap();
    assert_eq!(decision.answer.as_str(), "arw");
    let [
        Change::AddResource {
            resource,
            title,
            creator,
            at,
        },
        Change::SetMember {
            user, permissions, ..
        },
    ] = decision.changes.as_slice()
    else {
        panic!("two changes: {:?}", decision.changes)
    };
    assert_eq!(
        (resource.as_str(), title.as_deref(), *at),
        ("notes", Some("Team notes"), NOW)
    );
    assert_eq!(*creator, Some(bob().user));
    assert_eq!((user, permissions.as_str()), (&bob().user, "arw"));

    let quotas = Quotas {
        resources: 2,
        ..Quotas::NONE
    };
    let everybody = (Creators::People, Quotas::NONE);
    let refused = |state: &State, actor: Option<&Actor>, name: &str, title: Option<&str>| {
        create_resource(state, actor, name, title, (Creators::People, quotas), NOW)
            .unwrap_err()
            .code()
    };
    assert_eq!(
        refused(&state("", None), Some(&bob()), "notes", None),
        "already_exists"
    );
    assert_eq!(refused(&empty, None, "notes", None), "not_signed_in");
    let words = |name: &str| {
        let state = if name == "notes" {
            state("", None)
        } else {
            empty.clone()
        };
        let refusal = create_resource(&state, Some(&bob()), name, None, everybody, NOW);
        let refusal = refusal.unwrap_err();
        (refusal.code(), refusal.sentence().replace(name, "NAME"))
    };
    for name in ["api", ".hidden", "site", "demo"] {
        assert_eq!(words(name), words("notes"), "{name}");
    }
    assert_eq!(refused(&empty, Some(&bob()), "a b", None), "invalid_option");
    assert_eq!(
        refused(&empty, Some(&bob()), "notes", Some("a\nb")),
        "invalid_option"
    );
    let full = |resource| State {
        resources: 2,
        ..resource
    };
    assert_eq!(
        refused(&full(empty), Some(&bob()), "notes", None),
        "limit_reached"
    );
    // Whoever may create none learns nothing of names.
    let taken = full(state("", None));
    assert_eq!(
        refused(&taken, Some(&bob()), "notes", None),
        "limit_reached"
    );
}

#[test]
fn the_operator_appoints_whom_they_like() {
    let set = |state: &State, name: &str| {
        appoint(state, name, &alice(), letters("r"), NOW).map(|decision| decision.changes.len())
    };
    assert_eq!(set(&state("a", None), "notes"), Ok(1));
    assert_eq!(
        set(&State::default(), "notes"),
        Ok(2),
        "the resource begins too"
    );
    assert_eq!(
        set(&State::default(), "a b").unwrap_err().code(),
        "invalid_option"
    );
}
