//! Finding: what is found stands there, undamaged or after what is reported as repaired, and looking takes time in
//! proportion to the text.

#![no_main]

use invite_key::InviteKey;
use invite_key::find::{Found, MAX_FOUND, MAX_TEXT, Repair, find};
use invite_key::link::{self, LinkOptions};
use invite_key::signed::EXAMPLE_KEY;
use libfuzzer_sys::fuzz_target;

/// At most so often each byte is looked at: the cap of the search is 400, and it ends after what it does just then.
const MOST: usize = 430;

/// What control characters stand for, since chance finds no keys: whole ones, and parts.
const KEYS: [(char, &str); 6] = [
    ('\u{1}', "inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw"),
    (
        '\u{2}',
        "3d67aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c41",
    ),
    ('\u{3}', EXAMPLE_KEY),
    ('\u{4}', "invt_Ab3dEf6hIj9kLm-N0pQr3tUv6xYz9bCd2fGh5jK"),
    ('\u{5}', "inv1_OMUvgMnQHFYjTg1"),
    ('\u{6}', "MPDEck1mquf66EY1dR9Mw"),
];

fuzz_target!(|given: &str| {
    let mut text = given.to_owned();
    for (sign, key) in KEYS {
        text = text.replace(sign, key);
    }
    let finds = find(&text);
    assert!(
        finds.work() <= MOST * (text.len() + 100),
        "{} for {}",
        finds.work(),
        text.len()
    );
    assert!(finds.len() + finds.broken().len() <= 4 * MAX_FOUND);
    assert!(!finds.is_complete() || text.len() <= MAX_TEXT);
    for broken in finds.broken() {
        assert!(
            text.get(broken.range.clone())
                .is_some_and(|text| !text.is_empty())
        );
        assert!(!broken.malformed.sentence().is_empty());
    }
    let mut end = 0;
    for found in finds {
        assert!(found.range.start >= end, "{found:?} overlaps");
        end = found.range.end;
        let stands = text
            .get(found.range.clone())
            .expect("characters are not cut");
        assert!(
            is_there(stands, &found),
            "{:?} {found:?} in {stands:?}",
            found.key.reveal()
        );
        if let Some(link) = &found.link {
            assert_eq!(link.key, found.key);
        }
    }
});

fn is_there(text: &str, found: &Found) -> bool {
    let key = found.key.reveal();
    if found.repairs.is_empty() || found.repairs == [Repair::TrailingText] {
        // As it stands, for whoever takes the range and nothing else.
        let name = |parameter: &str| {
            let options = LinkOptions {
                parameter: parameter.to_owned(),
            };
            link::parse(text, &options).ok().flatten()
        };
        return match &found.link {
            Some(link) => ["acceptInvite", "invt"]
                .into_iter()
                .any(|parameter| name(parameter).as_ref() == Some(link)),
            None => {
                InviteKey::parse(text).is_ok_and(|key| key == found.key)
                    || name("acceptInvite")
                        .or(name("invt"))
                        .is_some_and(|link| link.key == found.key)
            }
        };
    }
    let encoded = [
        Repair::QuotedPrintable,
        Repair::HtmlEntity,
        Repair::Backslash,
        Repair::PercentEncoding,
        Repair::SafeLinks,
        Repair::GoogleRedirect,
        Repair::ProofpointRedirect,
    ];
    if found.repairs.iter().any(|repair| encoded.contains(repair)) {
        return can_be_read_off(text, key.as_bytes());
    }
    // Without what is invisible, every character of it stands there in its order.
    let visible: String = text.chars().filter_map(plain).collect();
    let visible = percent_encoding::percent_decode_str(&visible).collect::<Vec<u8>>();
    visible
        .windows(key.len())
        .any(|part| part == key.as_bytes())
}

/// The ASCII character that a character looks like; nothing if nobody sees it.
fn plain(character: char) -> Option<char> {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0),
        '\u{2010}' | '\u{2011}' => Some('-'),
        '>' => None,
        _ if character.is_ascii() && !character.is_ascii_whitespace() => Some(character),
        _ => None,
    }
}

/// Whether the key's characters stand in the text in their order, with nothing between them but punctuation, white space
/// and escapes. An escape may stand for any one character: which, is for the other tests.
fn can_be_read_off(text: &str, key: &[u8]) -> bool {
    let text: Vec<char> = text.chars().collect();
    if text.len() * key.len() > 400_000 {
        return true;
    }
    // reached[at] are the lengths of the key's beginnings that can be read off when `at` is where to read on.
    let mut reached = vec![vec![false; key.len() + 1]; text.len() + 12];
    for at in 0..text.len() {
        reached[at][0] = true;
        let character = text[at];
        let looks = plain(character).unwrap_or(' ');
        for read in 0..key.len() {
            if !reached[at][read] {
                continue;
            }
            if looks == char::from(key[read]) {
                reached[at + 1][read + 1] = true;
            }
            if !looks.is_ascii_alphanumeric() {
                reached[at + 1][read] = true;
                // An escape: the sign, and what belongs to it.
                let belongs = text[at + 1..]
                    .iter()
                    .take(9)
                    .map(|c| plain(*c).unwrap_or(' '));
                let belongs = belongs
                    .take_while(|c| c.is_ascii_alphanumeric() || "#;%=&\\".contains(*c))
                    .count();
                for next in at + 2..=at + 1 + belongs {
                    reached[next][read] = true;
                    reached[next][read + 1] = true;
                }
            }
        }
        if reached[at][key.len()] || reached[at + 1][key.len()] {
            return true;
        }
    }
    reached.iter().any(|reached| reached[key.len()])
}
