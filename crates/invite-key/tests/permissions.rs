//! Permissions, as texts and as sets. There are few enough to try all.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

use invite_key::{Permission, Permissions, PermissionsError};

const ALL: [&str; 15] = [
    "a", "r", "w", "ar", "ra", "aw", "wa", "rw", "wr", "arw", "awr", "raw", "rwa", "war", "wra",
];

fn every() -> impl Iterator<Item = Permissions> {
    ALL.into_iter()
        .map(|text| Permissions::parse(text).unwrap())
        .chain([Permissions::NONE])
}

fn of(text: &str) -> Permissions {
    if text.is_empty() {
        Permissions::NONE
    } else {
        Permissions::parse(text).unwrap()
    }
}

#[test]
fn all_fifteen_are_read_and_kept_in_order() {
    for text in ALL {
        let permissions = Permissions::parse(text).unwrap();
        assert_eq!(permissions.as_str(), text);
        for permission in [Permission::Admin, Permission::Read, Permission::Write] {
            assert_eq!(
                permissions.contains(permission),
                text.contains(permission.letter())
            );
        }
        assert!(!permissions.is_empty());
    }
    assert!(Permissions::NONE.is_empty());
}

#[test]
fn anything_else_is_an_error_with_its_place() {
    use PermissionsError::{Empty, RepeatedLetter, UnknownLetter};
    for (text, error) in [
        ("", Empty),
        ("x", UnknownLetter { at: 0 }),
        ("rx", UnknownLetter { at: 1 }),
        ("R", UnknownLetter { at: 0 }),
        (" r", UnknownLetter { at: 0 }),
        ("r,w", UnknownLetter { at: 1 }),
        ("ré", UnknownLetter { at: 1 }),
        ("null", UnknownLetter { at: 0 }),
        ("rr", RepeatedLetter { at: 1 }),
        ("arwa", RepeatedLetter { at: 3 }),
        ("arwx", UnknownLetter { at: 3 }),
    ] {
        assert_eq!(Permissions::parse(text), Err(error), "{text:?}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn merging_is_webstrates_merging() {
    for (current, invite, merged) in [
        ("r", "w", "rw"),
        ("w", "r", "wr"),
        ("r", "awr", "raw"),
        ("rw", "r", "rw"),
        ("", "wr", "wr"),
        ("arw", "", "arw"),
    ] {
        assert_eq!(of(current).merge(of(invite)).as_str(), merged);
    }
}

#[test]
fn laws_of_merging_and_gaining_hold_for_all() {
    for current in every() {
        assert_eq!(current.merge(current), current);
        assert_eq!(current.merge(Permissions::NONE), current);
        assert_eq!(Permissions::NONE.merge(current), current);
        assert!(current.gained(current).is_empty());
        for invite in every() {
            let merged = current.merge(invite);
            let gained = invite.gained(current);
            assert_eq!(
                merged.as_str(),
                format!("{}{}", current.as_str(), gained.as_str())
            );
            assert_eq!(
                merged.merge(invite),
                merged,
                "accepting again changes nothing"
            );
            assert!(
                current.is_within(merged) && invite.is_within(merged) && gained.is_within(invite)
            );
            assert_eq!(
                invite.is_within(current),
                invite
                    .as_str()
                    .chars()
                    .all(|letter| current.as_str().contains(letter))
            );
            for third in every() {
                assert_eq!(
                    current.merge(invite).merge(third),
                    current.merge(invite.merge(third))
                );
            }
        }
    }
}
