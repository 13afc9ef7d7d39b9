//! What holds for every input, tried on many.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

use invite_key::link::{self, Link, LinkOptions, Placement};
use invite_key::{InviteKey, KeyKind, Permissions, Reason, Verdict, inspect, resource};
use proptest::prelude::*;

fn key() -> impl Strategy<Value = InviteKey> {
    let uuid = "invites/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    prop_oneof![
        any::<[u8; 32]>().prop_map(|bytes| InviteKey::webstrates(&bytes)),
        any::<[u8; 32]>().prop_map(|bytes| InviteKey::opaque(&bytes)),
        "invs1_[A-Za-z0-9_-]{1,50}\\.[A-Za-z0-9_-]{1,90}\\.[A-Za-z0-9_-]{1,86}"
            .prop_map(|text| text.parse().unwrap()),
        "invt_[A-Za-z0-9]{14}-[A-Za-z0-9]{24}".prop_map(|text| text.parse().unwrap()),
        uuid.prop_map(|text| text.parse().unwrap()),
    ]
}

/// Made of the pieces that could confuse, and of anything.
fn address() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[?&#=%+/:]".boxed(),
        "(https://host|//|/notes/|/join|resource=x|acceptInvite=y|accept%49nvite|%|%4|%zz|%00)"
            .boxed(),
        "\\PC{0,3}".boxed(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn options() -> impl Strategy<Value = LinkOptions> {
    prop_oneof![Just("acceptInvite".to_owned()), "\\PC{1,6}"]
        .prop_map(|parameter| LinkOptions { parameter })
}

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![Just(Placement::Query), Just(Placement::Fragment)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_built_link_is_read_back_and_stripped_to_its_page(
        page in address(),
        resource in proptest::option::of("[A-Za-z0-9_.-]{1,20}"),
        key in key(),
        placement in placement(),
        options in options(),
    ) {
        // Refused are only pages that carry an invite and resources that the form cannot name.
        if let Ok(made) = Link::new(&page, resource.as_deref(), key, placement, &options) {
            let url = link::build(&made, &options);
            prop_assert_eq!(link::strip(&url, &options), page);
            prop_assert_eq!(link::parse(&url, &options), Ok(Some(made)));
        }
    }

    #[test]
    fn a_clean_page_is_always_linked_to(
        page in "https://host(:[0-9]{1,4})?(/[a-z.%0-9]{0,6}){0,3}(\\?[a-z=&%+]{0,12})?(#[a-z=&%/?]{0,12})?",
        resource in "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}",
        key in key(),
    ) {
        let options = LinkOptions::default();
        prop_assert!(Link::new(&page, None, key.clone(), Placement::Query, &options).is_ok());
        prop_assert!(Link::new(&page, Some(&resource), key, Placement::Fragment, &options).is_ok());
    }

    #[test]
    fn what_was_read_can_be_written_and_read_again(url in address(), key in key(), options in options()) {
        let with_key = url.replace("=y", &format!("={}", key.reveal()));
        if let Ok(Some(found)) = link::parse(&with_key, &options) {
            prop_assert_eq!(link::parse(&link::build(&found, &options), &options), Ok(Some(found)));
        }
    }

    #[test]
    fn nothing_panics_and_stripping_leaves_no_invite(url in address(), options in options()) {
        let _ = link::parse(&url, &options);
        let stripped = link::strip(&url, &options);
        prop_assert_eq!(link::parse(&stripped, &options).is_ok_and(|found| found.is_some()), false);
        prop_assert_eq!(link::strip(&stripped, &options), stripped);
    }

    #[test]
    fn stripping_keeps_the_other_parameters_byte_for_byte(
        path in "/[a-z]{0,5}/?",
        query in proptest::collection::vec("[a-z%+=0-9]{0,6}", 0..5),
        fragment in proptest::collection::vec("[a-z%+=0-9/?]{0,6}", 0..5),
        at in any::<prop::sample::Index>(),
        in_query in any::<bool>(),
        key in key(),
    ) {
        let write = |query: &[String], fragment: &[String]| {
            let part = |sign: &str, pieces: &[String]| {
                if pieces.is_empty() { String::new() } else { format!("{sign}{}", pieces.join("&")) }
            };
            format!("{path}{}{}", part("?", query), part("#", fragment))
        };
        let page = write(&query, &fragment);
        let (mut query, mut fragment) = (query, fragment);
        let part = if in_query { &mut query } else { &mut fragment };
        part.insert(at.index(part.len() + 1), format!("acceptInvite={}", key.reveal()));
        let url = write(&query, &fragment);
        prop_assert_eq!(link::strip(&url, &LinkOptions::default()), page.clone());
        let found = link::parse(&url, &LinkOptions::default()).unwrap().unwrap();
        prop_assert_eq!((found.page, found.key), (page, key));
    }

    #[test]
    fn any_text_gets_a_verdict_without_itself_in_it(text in "\\PC{0,80}|[0-9a-fA-F]{50,70}|inv[1st_]{1,3}[0-9A-Za-z._-]{0,60}") {
        let said = inspect(&text);
        prop_assert_eq!(InviteKey::parse(&text).is_ok(), matches!(said, Verdict::Plausible { .. }));
        if text.len() > 60 {
            let shown = format!("{said:?} {}", said.sentence());
            prop_assert!(!shown.contains(&text));
        }
        if let Verdict::Malformed(malformed) = said {
            prop_assert!(malformed.at.is_none_or(|at| at <= text.len() && text.is_char_boundary(at)));
            // A place counts the same in bytes, characters and UTF-16 units.
            prop_assert!(malformed.at.is_none_or(|at| text[..at].is_ascii()));
        }
    }

    #[test]
    fn made_keys_are_keys(bytes in any::<[u8; 32]>()) {
        for (key, kind) in [
            (InviteKey::webstrates(&bytes), KeyKind::Webstrates),
            (InviteKey::opaque(&bytes), KeyKind::Opaque),
        ] {
            prop_assert_eq!(key.kind(), kind);
            prop_assert_eq!(inspect(key.reveal()), Verdict::Plausible { kind });
            prop_assert_eq!(InviteKey::parse(key.reveal()), Ok(key));
        }
    }

    #[test]
    fn debug_never_shows_a_key(key in key()) {
        let shown = format!("{key:?}");
        prop_assert!(!shown.contains(key.reveal()));
        prop_assert!(shown.len() < 30);
    }

    #[test]
    fn resources_are_their_alphabet(id in "\\PC{0,12}|[A-Za-z0-9_.-]{0,140}") {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
        let expected = (1..=128).contains(&id.len()) && id.chars().all(allowed) && !matches!(id.as_str(), "." | "..");
        prop_assert_eq!(resource::is_valid(&id), expected);
    }

    #[test]
    fn permissions_are_read_or_refused(text in "[arwx]{0,5}|\\PC{0,4}") {
        let unique = text.chars().all(|letter| "arw".contains(letter) && text.matches(letter).count() == 1);
        let read = Permissions::parse(&text);
        prop_assert_eq!(read.is_ok(), unique && !text.is_empty());
        prop_assert!(read.is_err() || read.unwrap().as_str() == text);
    }
}

proptest! {
    // Each case tries some 2,500 substitutions.
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_checksum_catches_every_substitution_of_one_character(bytes in any::<[u8; 32]>()) {
        let key = InviteKey::opaque(&bytes);
        for at in 0..key.reveal().len() {
            for replacement in (b'!'..=b'~').filter(|byte| key.reveal().as_bytes()[at] != *byte) {
                let mut changed = key.reveal().as_bytes().to_vec();
                changed[at] = replacement;
                let malformed = InviteKey::parse(std::str::from_utf8(&changed).unwrap()).unwrap_err();
                if at >= 5 && replacement.is_ascii_alphanumeric() {
                    prop_assert_eq!(malformed.reason, Reason::Checksum);
                }
            }
        }
    }
}
