//! Histories that once failed, as short as they became: they are run first, always. What fails is printed so that it can
//! be put here, under a name that says what was wrong.

use crate::history::{Asker::*, Kind::*, Op, Op::*, Which::*};

/// Each with its name.
pub(crate) const FOUND: &[(&str, &[Op])] = &[(
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
)];
