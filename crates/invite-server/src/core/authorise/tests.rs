use super::{Call::*, *};
use crate::core::Actor;

/// Who asks, what they hold on the resource, and whether the invite that is meant is theirs.
const ASKERS: [(&str, &str, bool); 6] = [
    ("anonymous", "", false),
    ("stranger", "", false),
    ("reader", "r", false),
    ("admin", "arw", true),
    ("other admin", "a", false),
    ("ex-admin", "rw", true),
];

#[test]
fn every_call_of_every_asker() {
    let table: [(Call, [&str; 6]); 17] = [
        (
            CreateResource(Creators::People),
            ["not_signed_in", "yes", "yes", "yes", "yes", "yes"],
        ),
        (
            CreateResource(Creators::Apps),
            [
                "not_signed_in",
                "forbidden",
                "forbidden",
                "forbidden",
                "forbidden",
                "forbidden",
            ],
        ),
        (
            Resources,
            ["not_signed_in", "yes", "yes", "yes", "yes", "yes"],
        ),
        (
            SignOut,
            ["not_signed_in", "yes", "yes", "yes", "yes", "yes"],
        ),
        (
            Permissions,
            ["not_signed_in", "yes", "yes", "yes", "yes", "yes"],
        ),
        (Leave, ["not_signed_in", "yes", "yes", "yes", "yes", "yes"]),
        (Check, ["yes", "yes", "yes", "yes", "yes", "yes"]),
        (Accept, ["not_signed_in", "yes", "yes", "yes", "yes", "yes"]),
        (
            Members,
            ["not_signed_in", "forbidden", "yes", "yes", "yes", "yes"],
        ),
        (
            Create,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "yes",
                "not_admin",
            ],
        ),
        (
            List,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "yes",
                "not_admin",
            ],
        ),
        (
            ListEveryone,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "yes",
                "not_admin",
            ],
        ),
        (
            Watch,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "yes",
                "not_admin",
            ],
        ),
        (
            SetMember,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "yes",
                "not_admin",
            ],
        ),
        (
            DeleteResource,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "yes",
                "not_admin",
            ],
        ),
        (
            Remove,
            [
                "not_signed_in",
                "not_admin",
                "not_admin",
                "yes",
                "cannot_remove",
                "not_admin",
            ],
        ),
        (
            Resend,
            [
                "not_signed_in",
                "not_found",
                "not_found",
                "yes",
                "not_found",
                "not_admin",
            ],
        ),
    ];
    for (call, expected) in table {
        for ((name, letters, own), expected) in ASKERS.into_iter().zip(expected) {
            let asker = Actor::new(User::new(name, "test"));
            let inviter = if own {
                asker.user.clone()
            } else {
                User::new("somebody", "test")
            };
            let permissions =
                invite_key::Permissions::parse(letters).unwrap_or(invite_key::Permissions::NONE);
            let on = On {
                resource: "notes",
                permissions,
                inviter: Some(&inviter),
                is_the_apps: true,
            };
            let asking = (name != "anonymous").then_some(Authority::Actor(&asker));
            let answer =
                authorise(call, asking, on).map_or_else(|refusal| refusal.code(), |()| "yes");
            assert_eq!(answer, expected, "{call:?} by {name}");
        }
    }
}

#[test]
fn the_same_name_of_another_provider_is_somebody_else() {
    let asker = Actor::new(User::new("alice", "test"));
    let inviter = User::new("alice", "elsewhere");
    let on = On {
        resource: "notes",
        permissions: invite_key::Permissions::ALL,
        inviter: Some(&inviter),
        is_the_apps: true,
    };
    assert_eq!(
        authorise(Remove, Some(Authority::Actor(&asker)), on),
        Err(Refusal::CannotRemove)
    );
}

#[test]
fn the_operator_may_do_everything() {
    for call in [
        CreateResource(Creators::Apps),
        Resources,
        Create,
        List,
        ListEveryone,
        Remove,
        Check,
        Accept,
        Members,
        SetMember,
        Leave,
        Resend,
        Watch,
        DeleteResource,
        SignOut,
    ] {
        assert_eq!(
            authorise(call, Some(Authority::Operator), On::nothing()),
            Ok(()),
            "{call:?}"
        );
    }
}

/// Of what an app neither created nor was given it hears nothing, whoever it names.
#[test]
fn an_app_acts_on_what_is_its_own() {
    let alice = User::new("alice", "test");
    let app = Actor::new(alice.clone()).by_app("crm");
    for (call, elsewhere, its_own) in [
        (CreateResource(Creators::Apps), "yes", "yes"),
        (Resources, "yes", "yes"),
        (Create, "forbidden", "yes"),
        (List, "forbidden", "yes"),
        (ListEveryone, "forbidden", "yes"),
        (Remove, "forbidden", "yes"),
        (Resend, "not_found", "yes"),
        (Members, "forbidden", "yes"),
        (SetMember, "forbidden", "yes"),
        (Leave, "forbidden", "yes"),
        (Watch, "forbidden", "yes"),
        (DeleteResource, "forbidden", "yes"),
        (Permissions, "forbidden", "yes"),
        (Accept, "forbidden", "forbidden"),
        (SignOut, "forbidden", "forbidden"),
    ] {
        for (is_the_apps, expected) in [(false, elsewhere), (true, its_own)] {
            let on = On {
                resource: "notes",
                permissions: invite_key::Permissions::ALL,
                inviter: Some(&alice),
                is_the_apps,
            };
            let answer = authorise(call, Some(Authority::Actor(&app)), on)
                .map_or_else(|refusal| refusal.code(), |()| "yes");
            assert_eq!(answer, expected, "{call:?} {is_the_apps}");
        }
    }
}
