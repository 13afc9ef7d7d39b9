//! What is said about texts that are keys, and about those that are not.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

use invite_key::{InviteKey, KeyKind, MAX_LENGTH, Reason, Verdict, inspect};

const HEX: &str = "0b7e95c4d1a2f3860b7e95c4d1a2f3860b7e95c4d1a2f3860b7e95c4d1a23f9a";
const OPAQUE: &str = "inv1_0000000000000000000000000000001J49hq";
const SIGNED: &str = "invs1_eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJpbnZpdGVfMSJ9.c2lnbmF0dXJl";
const USERKIT: &str = "invt_0AbCdEfGhIjK12-0123456789abcdefghijKLMN";
const RKVST: &str = "invites/bbbaeab8-539d-4482-9a98-f1285e7f75cb";

#[test]
fn every_kind_is_recognised() {
    for (text, kind) in [
        (HEX, KeyKind::Webstrates),
        (OPAQUE, KeyKind::Opaque),
        (SIGNED, KeyKind::Signed),
        (USERKIT, KeyKind::Userkit),
        (RKVST, KeyKind::Rkvst),
    ] {
        assert_eq!(
            inspect(text),
            Verdict::Plausible { kind },
            "{}",
            kind.as_str()
        );
        for prefix in ["secret-token:", "Secret-Token:"] {
            let key = InviteKey::parse(&format!("{prefix}{text}")).unwrap();
            assert_eq!((key.kind(), key.reveal()), (kind, text));
        }
    }
}

#[test]
fn every_broken_shape_has_its_reason_place_and_hint() {
    let at = |text: &str, at: usize, character: char| {
        let (before, after) = text.split_at(at);
        format!(
            "{before}{character}{}",
            after.chars().skip(1).collect::<String>()
        )
    };
    let table: Vec<(String, Reason, Option<usize>, Option<&str>)> = vec![
        (String::new(), Reason::Empty, None, None),
        ("secret-token:".into(), Reason::Empty, None, None),
        (
            HEX[..61].into(),
            Reason::TooShort,
            Some(61),
            Some("61 of 64 characters: cut off?"),
        ),
        (
            HEX[..1].into(),
            Reason::TooShort,
            Some(1),
            Some("1 of 64 characters: cut off?"),
        ),
        (
            format!("{HEX}0"),
            Reason::TooLong,
            Some(64),
            Some("65 of 64 characters: something added?"),
        ),
        (
            format!("{HEX}…"),
            Reason::TooLong,
            Some(64),
            Some("65 of 64 characters: something added?"),
        ),
        (
            format!("{HEX}{HEX}"),
            Reason::TooLong,
            Some(64),
            Some("128 of 64 characters: something added?"),
        ),
        (
            "0".repeat(MAX_LENGTH),
            Reason::TooLong,
            Some(64),
            Some("4096 of 64 characters: something added?"),
        ),
        (
            "0".repeat(MAX_LENGTH + 1),
            Reason::TooLong,
            Some(MAX_LENGTH),
            Some("not a key alone?"),
        ),
        (at(HEX, 12, 'g'), Reason::BadCharacter, Some(12), None),
        (at(HEX, 12, 'é'), Reason::BadCharacter, Some(12), None),
        (at(HEX, 63, 'O'), Reason::BadCharacter, Some(63), None),
        (
            at(HEX, 30, '\n'),
            Reason::BadCharacter,
            Some(30),
            Some("white space: broken or padded?"),
        ),
        (
            format!(" {HEX}"),
            Reason::BadCharacter,
            Some(0),
            Some("white space: broken or padded?"),
        ),
        (
            format!("{}…", &HEX[..8]),
            Reason::BadCharacter,
            Some(8),
            Some("shortened for display?"),
        ),
        (
            format!("{}...", &HEX[..8]),
            Reason::BadCharacter,
            Some(8),
            Some("shortened for display?"),
        ),
        (
            format!("https://host/p/?acceptInvite={HEX}"),
            Reason::BadCharacter,
            Some(0),
            Some("a link, not a key?"),
        ),
        (
            "notes".into(),
            Reason::BadCharacter,
            Some(0),
            Some("not an invite key?"),
        ),
        (
            at(HEX, 1, 'B'),
            Reason::UpperCase,
            Some(1),
            Some("was its case changed?"),
        ),
        (
            HEX.to_uppercase(),
            Reason::UpperCase,
            Some(1),
            Some("was its case changed?"),
        ),
        (
            format!("secret-token:{}", at(HEX, 12, 'g')),
            Reason::BadCharacter,
            Some(25),
            None,
        ),
        ("inv".into(), Reason::TooShort, Some(3), Some("cut off?")),
        ("inv1".into(), Reason::TooShort, Some(4), Some("cut off?")),
        (
            "inv1_".into(),
            Reason::TooShort,
            Some(5),
            Some("5 of 41 characters: cut off?"),
        ),
        (
            OPAQUE[..40].into(),
            Reason::TooShort,
            Some(40),
            Some("40 of 41 characters: cut off?"),
        ),
        (
            format!("{OPAQUE}."),
            Reason::TooLong,
            Some(41),
            Some("42 of 41 characters: something added?"),
        ),
        (at(OPAQUE, 20, '-'), Reason::BadCharacter, Some(20), None),
        (at(OPAQUE, 20, 'a'), Reason::Checksum, None, None),
        (at(OPAQUE, 40, 'r'), Reason::Checksum, None, None),
        (
            OPAQUE.to_uppercase(),
            Reason::UpperCase,
            Some(0),
            Some("was its case changed?"),
        ),
        (
            "inv2_0000".into(),
            Reason::BadCharacter,
            Some(0),
            Some("not an invite key?"),
        ),
        ("invs1_".into(), Reason::TooShort, Some(6), Some("cut off?")),
        (
            "invs1_a.b".into(),
            Reason::TooShort,
            Some(9),
            Some("cut off?"),
        ),
        (
            "invs1_a.b.".into(),
            Reason::TooShort,
            Some(10),
            Some("cut off?"),
        ),
        ("invs1_a..b".into(), Reason::BadCharacter, Some(8), None),
        ("invs1_a.b.c.d".into(), Reason::BadCharacter, Some(11), None),
        ("invs1_a.b.c=".into(), Reason::BadCharacter, Some(11), None),
        (
            "INVS1_a.b.c".into(),
            Reason::UpperCase,
            Some(0),
            Some("was its case changed?"),
        ),
        (
            USERKIT[..43].into(),
            Reason::TooShort,
            Some(43),
            Some("43 of 44 characters: cut off?"),
        ),
        (at(USERKIT, 19, 'x'), Reason::BadCharacter, Some(19), None),
        (
            "invites/".into(),
            Reason::TooShort,
            Some(8),
            Some("8 of 44 characters: cut off?"),
        ),
        (at(RKVST, 22, '1'), Reason::BadCharacter, Some(22), None),
        (at(RKVST, 27, 'c'), Reason::BadCharacter, Some(27), None),
        (
            at(RKVST, 8, 'B'),
            Reason::UpperCase,
            Some(8),
            Some("was its case changed?"),
        ),
    ];
    for (text, reason, at, hint) in table {
        let malformed = InviteKey::parse(&text).expect_err(&text);
        assert_eq!(
            (malformed.reason, malformed.at, malformed.hint.as_deref()),
            (reason, at, hint),
            "{text:?}"
        );
        assert_eq!(inspect(&text), Verdict::Malformed(malformed));
    }
}

#[test]
fn sentences_say_what_to_look_at() {
    for (text, code, sentence) in [
        ("", "empty", "The key is empty."),
        (
            &HEX[..61],
            "too_short",
            "The key is too short (61 of 64 characters: cut off?).",
        ),
        (
            "0g",
            "bad_character",
            "The key has a character that does not belong, the first is number 2.",
        ),
        (
            "inv1_0000000000000000000000000000001J49hr",
            "checksum",
            "The key has a typing error somewhere: its checksum does not fit.",
        ),
    ] {
        let malformed = InviteKey::parse(text).unwrap_err();
        assert_eq!(
            (malformed.code(), malformed.sentence().as_str()),
            (code, sentence)
        );
        assert_eq!(malformed.to_string(), sentence);
        assert_eq!(inspect(text).sentence(), sentence);
        assert_eq!(inspect(text).code(), "malformed");
    }
    assert_eq!(inspect(HEX).code(), "plausible");
}

#[test]
fn debug_shows_the_last_four_characters_only() {
    for (text, shown) in [
        (HEX, "InviteKey(…3f9a)"),
        (OPAQUE, "InviteKey(inv1_…49hq)"),
        (SIGNED, "InviteKey(invs1_…dXJl)"),
        (USERKIT, "InviteKey(invt_…KLMN)"),
        (RKVST, "InviteKey(invites/…75cb)"),
        ("invs1_a.b.c", "InviteKey(invs1_…)"),
    ] {
        assert_eq!(format!("{:?}", InviteKey::parse(text).unwrap()), shown);
    }
}

#[test]
fn equality_is_that_of_the_texts() {
    let key = InviteKey::parse(HEX).unwrap();
    assert_eq!(key, key.clone());
    assert_eq!(key, HEX.parse().unwrap());
    assert_ne!(key, InviteKey::parse(OPAQUE).unwrap());
    assert_ne!(key, InviteKey::webstrates(&[0; 32]));
}

#[test]
fn keys_from_bytes_are_these() {
    let ascending: [u8; 32] = core::array::from_fn(|index| index as u8);
    assert_eq!(
        InviteKey::webstrates(&ascending).reveal(),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    );
    // Worked out apart, with Python's integers and zlib.
    assert_eq!(
        InviteKey::opaque(&ascending).reveal(),
        "inv1_CTQj2uNU3MFagCXG9LRKRcwGkBIDlf3IxRbd"
    );
    assert_eq!(
        InviteKey::opaque(&[0xFF; 32]).reveal(),
        "inv1_L1YmHWZWm8LLG7HjnuCA2j5rOw8Xp147Q7FV"
    );
}
