//! Histories that once failed, as short as they became: they are run first, always. What fails is printed so that it can
//! be put here, under a name that says what was wrong.

use crate::at_once::{Episode, Slot::*};
use crate::history::{Asker::*, For, Kind::*, Op, Op::*, Seen, Which::*};

/// One thing after the other, each with its name.
pub(crate) const FOUND: &[(&str, &[Op])] = &[
    (
        "mails counted for the hour were thought forgotten where the database's clock was far ahead (the model's fault)",
        &[
            Allow {
                invites: 4,
                resources: 0,
                mails: 1,
            },
            Jump {
                time: -3_456_000_000,
            },
            NewResource {
                by: Person(1),
                resource: 1,
            },
            NewAnywhere { by: Person(3) },
            SetMember {
                by: Person(1),
                resource: 1,
                person: 4,
                letters: "ar",
                end_links: false,
            },
            Create {
                name: 88,
                by: Person(3),
                resource: 2,
                grants: "a",
                max_age: 60,
                max_uses: None,
                email: Some(0),
                kind: Opaque,
                once: None,
                send: true,
            },
            Purge { days: 1 },
            Create {
                name: 96,
                by: Person(4),
                resource: 1,
                grants: "r",
                max_age: 1,
                max_uses: Some(1),
                email: Some(0),
                kind: Opaque,
                once: None,
                send: true,
            },
        ],
    ),
    (
        "an app that acts on everything was told that a deleted resource is not its own",
        &[
            AddApp {
                app: 0,
                everything: true,
            },
            Appoint {
                resource: 2,
                person: 0,
                letters: "arw",
            },
            Delete {
                by: Person(0),
                resource: 2,
                swept: false,
            },
            Member {
                by: App(0, 1),
                resource: 2,
                person: 1,
            },
        ],
    ),
    (
        "a receipt counted twice where the database's clock was far ahead of the server's",
        &[
            Jump {
                time: -3_456_000_000,
            },
            AddApp {
                app: 0,
                everything: true,
            },
            NewResource {
                by: Person(4),
                resource: 3,
            },
            Create {
                name: 79,
                by: Person(4),
                resource: 3,
                grants: "wr",
                max_age: 300,
                max_uses: Some(3),
                email: None,
                kind: Opaque,
                once: None,
                send: false,
            },
            Accept {
                by: Person(0),
                invite: 79,
                resource: None,
                receipt: 80,
            },
            Pass { time: 3_600_000 },
            Accept {
                by: Person(0),
                invite: 79,
                resource: None,
                receipt: 83,
            },
            Redeem {
                app: 0,
                receipt: 83,
            },
            Purge { days: 30 },
            Redeem {
                app: 0,
                receipt: 83,
            },
        ],
    ),
    (
        "whoever resent what cannot be made again was told to wait for an hour first",
        &[
            NewResource {
                by: Person(2),
                resource: 1,
            },
            Create {
                name: 71,
                by: Person(2),
                resource: 1,
                grants: "rw",
                max_age: 300,
                max_uses: Some(1),
                email: Some(2),
                kind: Opaque,
                once: None,
                send: true,
            },
            Pass { time: 3_600_000 },
            Rotate { at_once: false },
            Allow {
                invites: 4,
                resources: 1,
                mails: 1,
            },
            RevokeSecret { which: Retired },
            Jump {
                time: -34_552_800_000,
            },
            Resend {
                by: Person(2),
                invite: 71,
                max_age: 2_592_000,
            },
        ],
    ),
    (
        "an invite that had expired before its secret was taken back was resent",
        &[
            NewResource {
                by: Person(4),
                resource: 0,
            },
            Create {
                name: 78,
                by: Person(4),
                resource: 0,
                grants: "r",
                max_age: 3600,
                max_uses: Some(2),
                email: None,
                kind: Opaque,
                once: None,
                send: false,
            },
            Pass { time: 3_600_000 },
            Rotate { at_once: true },
            RevokeSecret { which: Retired },
            Resend {
                by: Person(4),
                invite: 78,
                max_age: 2_592_000,
            },
        ],
    ),
    (
        "the first create after a start wrote what an invite grants before the invite",
        &[
            Restart { away: 0 },
            Appoint {
                resource: 0,
                person: 4,
                letters: "arw",
            },
            RevokeSecret { which: Retired },
            Create {
                name: 4,
                by: Person(4),
                resource: 0,
                grants: "awr",
                max_age: 60,
                max_uses: None,
                email: None,
                kind: Opaque,
                once: None,
                send: false,
            },
        ],
    ),
];

/// And at once.
pub(crate) fn found_at_once() -> Vec<(&'static str, Episode)> {
    vec![
        taken_out(),
        put_late(),
        checked(),
        listed(),
        overtaken(),
        ended_unseen(),
        revived(),
    ]
}

fn taken_out() -> (&'static str, Episode) {
    (
        "somebody who was taken out saw who was left",
        Episode {
            skew: 0,
            all: vec![
                (
                    First,
                    NewResource {
                        by: Person(3),
                        resource: 2,
                    },
                ),
                (
                    First,
                    Appoint {
                        resource: 2,
                        person: 4,
                        letters: "a",
                    },
                ),
                (
                    By(0, None),
                    SetMember {
                        by: Person(4),
                        resource: 2,
                        person: 4,
                        letters: "",
                        end_links: false,
                    },
                ),
                (
                    By(2, None),
                    Members {
                        by: Person(4),
                        resource: 2,
                    },
                ),
            ],
        },
    )
}

fn put_late() -> (&'static str, Episode) {
    let put = |by, person, letters| Put {
        by: Person(by),
        resource: 0,
        person,
        letters,
        seen: Seen::Latest,
    };
    (
        "a list was answered as it was after somebody else's",
        Episode {
            skew: 0,
            all: vec![
                (
                    First,
                    NewResource {
                        by: Person(0),
                        resource: 0,
                    },
                ),
                (
                    First,
                    Appoint {
                        resource: 0,
                        person: 2,
                        letters: "r",
                    },
                ),
                (
                    First,
                    Appoint {
                        resource: 0,
                        person: 3,
                        letters: "a",
                    },
                ),
                (By(0, None), put(0, 2, "")),
                (By(1, None), put(3, 3, "a")),
            ],
        },
    )
}

fn checked() -> (&'static str, Episode) {
    (
        "a check saw the letters that an accept had given, and not the use",
        Episode {
            skew: 0,
            all: vec![
                (
                    First,
                    NewResource {
                        by: Person(2),
                        resource: 2,
                    },
                ),
                (
                    First,
                    Create {
                        name: 5,
                        by: Person(2),
                        resource: 2,
                        grants: "arw",
                        max_age: 3600,
                        max_uses: None,
                        email: None,
                        kind: Opaque,
                        once: None,
                        send: false,
                    },
                ),
                (
                    By(2, None),
                    Accept {
                        by: Person(0),
                        invite: 5,
                        resource: None,
                        receipt: 3001,
                    },
                ),
                (
                    By(3, None),
                    Check {
                        by: Person(0),
                        invite: 5,
                        resource: None,
                    },
                ),
            ],
        },
    )
}

fn listed() -> (&'static str, Episode) {
    (
        "a list of what was deleted meanwhile was empty instead of refused",
        Episode {
            skew: 0,
            all: vec![
                (
                    First,
                    NewResource {
                        by: Person(3),
                        resource: 4,
                    },
                ),
                (
                    First,
                    Create {
                        name: 6,
                        by: Person(3),
                        resource: 4,
                        grants: "a",
                        max_age: 1,
                        max_uses: None,
                        email: None,
                        kind: Opaque,
                        once: None,
                        send: false,
                    },
                ),
                (
                    By(2, None),
                    Delete {
                        by: Person(3),
                        resource: 4,
                        swept: true,
                    },
                ),
                (
                    By(3, None),
                    List {
                        by: Person(3),
                        resource: 4,
                        everyone: true,
                        status: None,
                        addressed: For::Whoever,
                        by_address: false,
                        page_size: 100,
                    },
                ),
            ],
        },
    )
}

/// Run after run others come in between: then only what was seen ends.
fn overtaken() -> (&'static str, Episode) {
    let create = |name, by, grants, max_age, kind| Create {
        name,
        by: Person(by),
        resource: 1,
        grants,
        max_age,
        max_uses: None,
        email: None,
        kind,
        once: None,
        send: false,
    };
    (
        "links ended that were seen before another was made, and were told of after it",
        Episode {
            skew: 20_000,
            all: vec![
                (
                    First,
                    NewResource {
                        by: Person(3),
                        resource: 1,
                    },
                ),
                (By(0, Some(1025)), create(1001, 3, "a", 3600, Opaque)),
                (
                    By(0, None),
                    SetMember {
                        by: Person(3),
                        resource: 1,
                        person: 2,
                        letters: "",
                        end_links: true,
                    },
                ),
                (By(1, None), create(2001, 3, "r", 1, Opaque)),
                (
                    By(3, None),
                    Put {
                        by: Person(3),
                        resource: 1,
                        person: 4,
                        letters: "arw",
                        seen: Seen::Latest,
                    },
                ),
                (By(3, None), create(4001, 4, "ar", 60, Webstrates)),
            ],
        },
    )
}

/// Nothing is left that tells of its end.
fn ended_unseen() -> (&'static str, Episode) {
    let create = |name, by, resource, grants, max_age, max_uses| Create {
        name,
        by: Person(by),
        resource,
        grants,
        max_age,
        max_uses: Some(max_uses),
        email: None,
        kind: Opaque,
        once: None,
        send: false,
    };
    (
        "an invite of a copy whose clock is behind ended, and was deleted with its resource",
        Episode {
            skew: -60_000,
            all: vec![
                (
                    First,
                    NewResource {
                        by: Person(4),
                        resource: 2,
                    },
                ),
                (First, Sweep),
                (By(2, None), TellEnds),
                (
                    By(2, None),
                    Delete {
                        by: Person(4),
                        resource: 2,
                        swept: true,
                    },
                ),
                (By(3, None), create(4001, 4, 2, "wr", 1, 3)),
                (By(3, None), create(4002, 1, 5, "arw", 86_400, 1)),
                (
                    By(3, None),
                    Accept {
                        by: Person(2),
                        invite: 4001,
                        resource: None,
                        receipt: 4003,
                    },
                ),
            ],
        },
    )
}

fn revived() -> (&'static str, Episode) {
    let create = |name, grants, max_age, kind, once| Create {
        name,
        by: Person(2),
        resource: 2,
        grants,
        max_age,
        max_uses: None,
        email: None,
        kind,
        once,
        send: false,
    };
    let accept = |by, invite, resource, receipt| Accept {
        by: Person(by),
        invite,
        resource,
        receipt,
    };
    let all = vec![
        (
            First,
            NewResource {
                by: Person(2),
                resource: 2,
            },
        ),
        (First, create(2, "arw", 60, Webstrates, None)),
        (
            First,
            Put {
                by: Person(2),
                resource: 2,
                person: 0,
                letters: "r",
                seen: Seen::Latest,
            },
        ),
        (First, Pass { time: 60_000 }),
        (First, TellEnds),
        (First, accept(3, 2, None, 3)),
        (First, create(4, "r", 3600, Signed, Some((1, 0)))),
        (
            First,
            Member {
                by: Person(4),
                resource: 2,
                person: 3,
            },
        ),
        (First, accept(4, 4, Some(2), 5)),
        (
            By(0, None),
            SetMember {
                by: Person(2),
                resource: 2,
                person: 0,
                letters: "",
                end_links: true,
            },
        ),
        (
            By(0, None),
            List {
                by: Person(3),
                resource: 4,
                everyone: true,
                status: Some(invite_server::core::InviteStatus::Removed),
                addressed: For::Whoever,
                by_address: false,
                page_size: 100,
            },
        ),
        (By(1, None), accept(0, 4, Some(2), 2001)),
        (
            By(1, None),
            Check {
                by: Person(0),
                invite: 4,
                resource: None,
            },
        ),
        (
            By(2, None),
            Resend {
                by: Person(2),
                invite: 2,
                max_age: 3600,
            },
        ),
    ];
    (
        "a link was sent again while another was looking for those to end, and lived on",
        Episode {
            skew: 7_200_000,
            all,
        },
    )
}
