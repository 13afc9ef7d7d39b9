//! What holds for every text, tried on many.

use invite_key::InviteKey;
use invite_key::find::{MAX_FOUND, find};
use invite_key::link::{self, Link, LinkOptions, Placement};
use proptest::prelude::*;

use crate::corpus;
use crate::transports::{Inline, Whole, inline, whole, wrap};

fn key() -> impl Strategy<Value = InviteKey> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|bytes| InviteKey::webstrates(&bytes)),
        any::<[u8; 32]>().prop_map(|bytes| InviteKey::opaque(&bytes)),
        "invs1_eyJ[A-Za-z0-9_-]{40,60}\\.[A-Za-z0-9_-]{60,90}\\.[A-Za-z0-9_-]{85}[AQgw]"
            .prop_map(|text| text.parse().unwrap()),
    ]
}

fn link() -> impl Strategy<Value = Link> {
    let page = prop::sample::select(vec![
        "https://host.example/notes/",
        "https://host.example/notes/?lang=da",
        "http://127.0.0.1:7007/join?a=1&b=2",
    ]);
    (page, key(), any::<bool>()).prop_map(|(page, key, in_query)| {
        let options = LinkOptions::default();
        if in_query {
            Link::new(page, None, key, Placement::Query, &options).unwrap()
        } else {
            Link::new(page, Some("notes"), key, Placement::Fragment, &options).unwrap()
        }
    })
}

/// Lines that a repair could be tempted to join a key with: digits, other keys' halves, what looks like an encoding.
fn temptation() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{1,63}",
        "[0-9a-f]{65,90}",
        "[0-9A-Za-z]{1,40}",
        "(inv1_|invs1_|invt_|invites/)?[0-9A-Za-z]{0,30}",
        "(=|=3D|%3D|&amp;|\\\\|<wbr>|>|<|> |\u{200B}|＝|https://|acceptInvite=){1,3}",
        "(https://host/\\?acceptInvite=)?[0-9a-f]{1,40}=?",
    ]
}

proptest! {
    #![proptest_config(crate::config(2000))]

    #[test]
    fn what_transports_did_is_undone(
        link in link(),
        wraps in prop::collection::vec(wrap(), 0..=2),
        inline in inline(),
        wholes in whole(),
    ) {
        let mut text = link::build(&link, &LinkOptions::default());
        for wrap in &wraps {
            text = wrap.apply(&text);
        }
        text = format!("Hello!\nJoin us: {} today\nBye", inline.apply(&text));
        for whole in &wholes {
            text = whole.apply(&text);
        }
        let finds = find(&text);
        let broken = finds.broken().to_vec();
        let found: Vec<_> = finds.collect();
        prop_assert_eq!(found.len(), 1, "{} {:?}", text, broken);
        prop_assert_eq!(&found[0].key, &link.key);
        prop_assert_eq!(found[0].link.as_ref(), Some(&link), "{}", text);
        let is_damaged = !wraps.is_empty()
            || !wholes.iter().all(|whole| matches!(whole, Whole::Quoted))
            || !matches!(inline, Inline::Plain | Inline::Parentheses | Inline::Quotes | Inline::Brackets);
        prop_assert!(is_damaged || found[0].repairs.is_empty(), "{:?}", found[0].repairs);
    }

    #[test]
    fn no_repair_yields_a_key_that_was_not_there(
        link in link(),
        wraps in prop::collection::vec(wrap(), 0..=2),
        inline in inline(),
        wholes in whole(),
        cut in 1..40usize,
        before in prop::collection::vec(temptation(), 0..3),
        after in prop::collection::vec(temptation(), 0..3),
        breaks in "(\n|\r\n|\n> | |=\n|\u{200B}|, )",
    ) {
        // The key is cut off, and what stands around it could complete it.
        let whole_link = link::build(&link, &LinkOptions::default());
        let end = whole_link.find(link.key.reveal()).unwrap() + link.key.reveal().len();
        let mut text = whole_link[..end - cut].to_owned();
        for wrap in &wraps {
            text = wrap.apply(&text);
        }
        text = inline.apply(&text);
        let mut lines = before;
        lines.push(text);
        lines.extend(after);
        text = lines.join(&breaks);
        for whole in &wholes {
            text = whole.apply(&text);
        }
        for found in find(&text) {
            prop_assert!(is_there(&text[found.range.clone()], &found), "{:?} in {}", found, text);
        }
    }

    #[test]
    fn any_text_can_be_looked_at(text in any_text()) {
        let finds = find(&text);
        prop_assert!(finds.is_complete());
        let mut end = 0;
        for found in finds {
            prop_assert!(found.range.start >= end && text.get(found.range.clone()).is_some());
            end = found.range.end;
        }
    }

    #[test]
    fn a_key_with_a_checksum_survives_or_is_lost_but_never_changes(
        index in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of("[0-9A-Za-z\\n =%&>\u{200B}]")), 1..4),
    ) {
        let cases = corpus::cases();
        let keys = corpus::keys();
        let mut text: Vec<char> = index.get(cases).text.chars().collect();
        for (place, with) in edits {
            if text.is_empty() {
                break;
            }
            let place = place.index(text.len());
            match with {
                Some(with) => text[place] = with.chars().next().unwrap(),
                None => drop(text.remove(place)),
            }
        }
        let text: String = text.into_iter().collect();
        for found in find(&text) {
            if found.key.kind() == invite_key::KeyKind::Opaque {
                prop_assert!(keys.values().any(|key| key == found.key.reveal()), "{}", text);
            }
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let cases = corpus::cases();
    let pieces: Vec<String> = cases.iter().map(|case| case.text.clone()).collect();
    let piece = prop_oneof![
        prop::sample::select(pieces),
        temptation(),
        "\\PC{0,8}",
        "[<>=&%\\\\\"'\n\r ;#?_.-]{0,4}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Whether the key stands in the text for someone who leaves out whatever transports add and decodes whatever they
/// encode, without a thought: a repair may not do more.
fn is_there(text: &str, found: &invite_key::find::Found) -> bool {
    let mut text = text.to_owned();
    for _ in 0..6 {
        for (from, to) in [
            ("=\r\n", ""),
            ("=\n", ""),
            ("\r", ""),
            ("\n", ""),
            ("\\n", ""),
            ("\\r", ""),
            ("<wbr>", ""),
            ("\\", ""),
            ("\u{200B}", ""),
            ("> ", ""),
            ("&gt; ", ""),
            (" ", ""),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&amp;", "&"),
            ("＝", "="),
            ("？", "?"),
            ("＃", "#"),
            ("%25", "%"),
            ("%5F", "_"),
            ("%2E", "."),
            ("-5F", "_"),
            ("-2D", "-"),
            ("-25", "%"),
            ("=E2=80=8B", ""),
            ("=3D", "="),
            ("%3E", ">"),
            ("%20", ""),
            ("%0A", ""),
            ("%E2%80%8B", ""),
        ] {
            if text.contains(found.key.reveal()) {
                return true;
            }
            text = text.replace(from, to);
        }
    }
    text.contains(found.key.reveal())
}

#[test]
fn there_is_a_cap() {
    let key = InviteKey::opaque(&[1; 32]);
    let text = format!("{}\n", key.reveal()).repeat(MAX_FOUND + 1);
    let finds = find(&text);
    assert!(!finds.is_complete());
    assert_eq!(finds.len(), MAX_FOUND);

    let long = "ü".repeat(invite_key::find::MAX_TEXT / 2 + 1) + key.reveal();
    let finds = find(&long);
    assert!(!finds.is_complete());
    assert_eq!(finds.len(), 0);
}
