//! What opens, and until when.

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Who {
    username: String,
}

fn who() -> Who {
    Who {
        username: "alice".into(),
    }
}

fn sealer() -> Sealer {
    Sealer::new(Secrets::generate().unwrap(), "sign-in")
}

const PURPOSES: [Purpose; 4] = [
    Purpose::Bearer,
    Purpose::AccessToken,
    Purpose::Pending,
    Purpose::SignIn,
];

#[test]
fn what_was_sealed_opens_until_it_expires() {
    let sealer = sealer();
    let text = sealer.seal(Purpose::SignIn, &who(), 0, 100);
    assert_eq!(sealer.open::<Who>(Purpose::SignIn, &text, 99), Some(who()));
    assert_eq!(sealer.open::<Who>(Purpose::SignIn, &text, 100), None);
}

#[test]
fn nothing_counts_longer_than_its_purpose_lasts_whoever_sealed_it() {
    let sealer = sealer();
    for purpose in PURPOSES {
        let lifetime = u64::from(sealer.lifetime(purpose));
        let text = sealer.seal(purpose, &who(), 1000, u32::MAX);
        let opens = |text: &str, now| sealer.open::<Who>(purpose, text, now).is_some();
        assert!(opens(&text, 1000 + lifetime - 1), "{purpose:?}");
        assert!(!opens(&text, 1000 + lifetime), "{purpose:?}");
        // By somebody with the secret: 31 years, a little more than there is, from tomorrow on, from after its end.
        for (times, counts) in [
            ((1000, 1000 + lifetime), true),
            ((1060, 1060 + lifetime), true),
            ((1000, 1_000_000_000), false),
            ((1000, 1001 + lifetime), false),
            ((1061, 1062), false),
            ((u64::MAX, 2000), false),
            ((0, u64::MAX), false),
        ] {
            let forged = sealer.key().seal(purpose, &who(), times);
            assert_eq!(opens(&forged, 1000), counts, "{purpose:?} {times:?}");
        }
    }
}

#[test]
fn what_is_locked_shows_nothing_and_opens_for_us_alone() {
    let sealer = sealer();
    let marked = "marked".repeat(20);
    let lock = || sealer.lock(Purpose::Pending, &marked, 0, 100).unwrap();
    let text = lock();
    let body = URL_SAFE_NO_PAD
        .decode(text.split_once('.').unwrap().0)
        .unwrap();
    assert!(!String::from_utf8(body).unwrap().contains("marked"));
    assert_ne!(text, lock());
    let open = |sealer: &Sealer, now| sealer.unlock::<String>(Purpose::Pending, &text, now);
    assert_eq!(open(&sealer, 99), Some(marked.clone()));
    assert_eq!(open(&sealer, 100), None);
    assert_eq!(open(&self::sealer(), 99), None);
    assert_eq!(sealer.unlock::<String>(Purpose::SignIn, &text, 99), None);
    let long = "x".repeat(LONGEST);
    assert_eq!(sealer.lock(Purpose::Pending, &long, 0, 100), None);
}

#[test]
fn another_purpose_label_secret_or_text_does_not_open() {
    let sealer = sealer();
    let text = sealer.seal(Purpose::SignIn, &who(), 0, 100);
    assert_eq!(sealer.open::<Who>(Purpose::Bearer, &text, 1), None);
    let demo = Sealer::new(sealer.secrets.clone(), "demo sign-in");
    for other in [demo, self::sealer()] {
        assert_eq!(other.open::<Who>(Purpose::SignIn, &text, 1), None);
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(
            sealer.open::<Who>(Purpose::SignIn, &changed, 1),
            None,
            "byte {at}"
        );
    }
    for broken in ["", ".", "a.b", &format!("{text}A"), &"a".repeat(5000)] {
        assert_eq!(sealer.open::<Who>(Purpose::SignIn, broken, 1), None);
    }
}
