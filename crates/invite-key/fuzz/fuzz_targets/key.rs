//! Any text: what is said about it, and what a key made of it is.

#![no_main]

use invite_key::signed::SignedKey;
use invite_key::{InviteKey, KeyKind, MAX_LENGTH, Verdict, inspect, signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        looked_at(text);
    }
    if let Some(bytes) = data.first_chunk::<32>() {
        made(&InviteKey::webstrates(bytes), KeyKind::Webstrates);
        made(&InviteKey::opaque(bytes), KeyKind::Opaque);
    }
});

fn looked_at(text: &str) {
    let verdict = inspect(text);
    let parsed = InviteKey::parse(text);
    match (&verdict, &parsed) {
        (Verdict::Malformed(said), Err(found)) => {
            assert_eq!(said, found);
            if let Some(at) = said.at {
                // Positions count bytes, characters and UTF-16 units alike.
                assert!(text.as_bytes()[..at].is_ascii(), "the fault is at {at}");
            }
        }
        (Verdict::Plausible { kind }, Ok(key)) => {
            assert_eq!(*kind, key.kind());
            assert!(text.len() <= MAX_LENGTH && text.is_ascii());
            assert!(text.ends_with(key.reveal()));
            assert_eq!(InviteKey::parse(key.reveal()).as_ref(), Ok(key));
            let shown = format!("{key:?}");
            assert!(!shown.contains(key.reveal()));
        }
        _ => panic!("{verdict:?} but {parsed:?}"),
    }
    // A sentence of ours could hold a short text by chance.
    if text.len() > 90 {
        assert!(!format!("{verdict:?} {}", verdict.sentence()).contains(text));
    }

    // Looking into signed keys refuses more, and nothing less.
    let inside = signed::inspect(text);
    match inside {
        Verdict::Malformed(_) => {}
        _ => assert_eq!(inside, verdict),
    }
    let read = SignedKey::read(text);
    assert_eq!(matches!(inside, Verdict::Malformed(_)), read.is_err());
    if let Ok(Some(key)) = read {
        assert!(parsed.is_ok_and(|parsed| parsed.kind() == KeyKind::Signed));
        assert!(!key.kid().is_empty());
    }
}

fn made(key: &InviteKey, kind: KeyKind) {
    assert_eq!(key.kind(), kind);
    assert_eq!(inspect(key.reveal()), Verdict::Plausible { kind });
    // One character fewer, or one changed, is seen: by its length, or by its checksum.
    let cut = &key.reveal()[..key.reveal().len() - 1];
    assert!(InviteKey::parse(cut).is_err());
    if kind == KeyKind::Opaque {
        let end = if key.reveal().ends_with('0') {
            "1"
        } else {
            "0"
        };
        assert!(InviteKey::parse(&format!("{cut}{end}")).is_err());
    }
}
