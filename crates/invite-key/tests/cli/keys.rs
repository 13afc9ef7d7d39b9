//! `inspect`, `verify`, `generate`.

use invite_key::signed::{EXAMPLE_KEY, EXAMPLE_KEY_SET};
use invite_key::{InviteKey, KeyKind};

use crate::{OPAQUE, run, run_in};

#[test]
fn a_key_is_inspected_from_either_side() {
    for answer in [
        run(&["inspect", OPAQUE], ""),
        run(&["inspect"], OPAQUE),
        run(&["inspect"], &format!("{OPAQUE}\r\n\n")),
    ] {
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        assert!(answer.out.starts_with("plausible: opaque\n"));
        assert!(!answer.out.contains(OPAQUE));
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let answer = run(&["inspect", "--json"], &OPAQUE[..38]);
    assert_eq!(answer.code, 1);
    let said = &answer.objects()[0];
    assert_eq!(said["verdict"], "malformed");
    assert_eq!(said["reason"], "too_short");
    assert_eq!(said["hint"], "38 of 41 characters: cut off?");
    assert_eq!(said["at"], 38);

    let empty = run(&["inspect"], "");
    assert_eq!(empty.code, 1);
    assert!(empty.out.contains("malformed: empty"));
}

#[test]
fn a_link_is_taken_apart_and_each_line_answered() {
    let input = format!(
        "https://host.example/notes/?lang=da&acceptInvite={OPAQUE}\n{}\n",
        &OPAQUE[1..]
    );
    let answer = run(&["inspect"], &input);
    assert_eq!(answer.code, 1);
    assert!(answer.out.contains("1: plausible: opaque"));
    assert!(
        answer
            .out
            .contains("page: https://host.example/notes/?lang=da")
    );
    assert!(answer.out.contains("resource: notes"));
    assert!(answer.out.contains("2: malformed: bad_character"));

    let json = run(&["inspect", "--json"], &input).objects();
    assert_eq!(json.len(), 2);
    assert_eq!(json[0]["link"]["resource"], "notes");
    assert!(json[0]["link"].get("key").is_none());
    assert!(json[1].get("link").is_none());

    let named = run(
        &[
            "inspect",
            "--parameter",
            "key",
            &format!("https://host.example/?key={OPAQUE}"),
        ],
        "",
    );
    assert_eq!(named.code, 0);
    assert_eq!(
        run(&["inspect", "--parameter", "resource", OPAQUE], "").code,
        2
    );
}

#[test]
fn what_a_signed_key_says_is_shown_as_unproved() {
    let answer = run(&["inspect"], EXAMPLE_KEY);
    assert_eq!(answer.code, 0);
    assert!(answer.out.contains("can prove"));
    for said in [
        "https://invites.example",
        "notes",
        "2026-11-28T12:00:00Z",
        "at most 5",
        "Alice",
    ] {
        assert!(answer.out.contains(said), "{said}");
    }
    let json = &run(&["inspect", "--json"], EXAMPLE_KEY).objects()[0];
    assert_eq!(json["unverifiedClaims"]["resource"], "notes");
}

#[test]
fn a_signed_key_is_proved() {
    let folder = std::env::temp_dir().join(format!("invite-key-verify-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("jwks.json"), EXAMPLE_KEY_SET).unwrap();
    std::fs::write(folder.join("none.json"), r#"{"keys":[]}"#).unwrap();
    std::fs::write(folder.join("broken.json"), "{").unwrap();
    let verify = |jwks: &str, audience: &str, now: &str, input: &str| {
        let arguments = [
            "verify",
            "--jwks",
            jwks,
            "--audience",
            audience,
            "--now",
            now,
            "--json",
        ];
        run_in(&folder, &arguments, input.as_bytes())
    };
    let (server, now) = ("https://invites.example", "1795262400");
    let link = format!("https://host.example/#acceptInvite={EXAMPLE_KEY}&resource=notes");
    let mut other = EXAMPLE_KEY.to_owned();
    other.replace_range(other.len() - 20..other.len() - 19, "A");
    for (jwks, audience, now, key, code, verdict) in [
        ("jwks.json", server, now, EXAMPLE_KEY, 0, "authentic"),
        (
            "jwks.json",
            "https://invites.example/notes",
            now,
            EXAMPLE_KEY,
            0,
            "authentic",
        ),
        ("jwks.json", server, now, link.as_str(), 0, "authentic"),
        (
            "jwks.json",
            "https://invites.example/other",
            now,
            EXAMPLE_KEY,
            1,
            "wrong_audience",
        ),
        ("jwks.json", server, "1900000000", EXAMPLE_KEY, 1, "expired"),
        ("none.json", server, now, EXAMPLE_KEY, 1, "unknown_key"),
        ("jwks.json", server, now, other.as_str(), 1, "bad_signature"),
        ("jwks.json", server, now, OPAQUE, 1, "plausible"),
        ("jwks.json", server, now, "invs1_a.b.c", 1, "malformed"),
    ] {
        let answer = verify(jwks, audience, now, key);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""));
        assert_eq!(answer.objects()[0]["verdict"], verdict);
    }
    let words = run_in(
        &folder,
        &[
            "verify",
            "--jwks",
            "jwks.json",
            "--audience",
            server,
            "--now",
            now,
            EXAMPLE_KEY,
        ],
        b"",
    );
    assert!(words.out.starts_with("authentic\n"));
    assert!(words.out.contains("permissions  r"));

    for (jwks, said) in [
        ("broken.json", "not a JWK set"),
        ("absent.json", "cannot be read"),
    ] {
        let answer = verify(jwks, server, now, EXAMPLE_KEY);
        assert_eq!((answer.code, answer.out.as_str()), (3, ""));
        assert!(answer.err.contains(said), "{}", answer.err);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_makes_no_sense_to_prove_by_is_refused() {
    let folder = std::env::temp_dir().join(format!("invite-key-sense-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("jwks.json"), EXAMPLE_KEY_SET).unwrap();
    let (server, now) = ("https://invites.example", "1795262400");
    for (audience, now, leeway, said) in [
        (server, "0", "60", "seconds since 1970"),
        (server, "-1", "60", "cannot have"),
        (server, "1795262400000", "60", "seconds since 1970"),
        (server, "18446744073709551615", "60", "seconds since 1970"),
        (server, "18446744073709551616", "60", "cannot have"),
        (server, "NaN", "60", "cannot have"),
        (server, "2026-11-21", "60", "cannot have"),
        (server, "", "60", "cannot have"),
        (server, now, "3601", "from 0 to 3600"),
        (server, now, "18446744073709551615", "from 0 to 3600"),
        (server, now, "-1", "cannot have"),
        (server, now, "inf", "cannot have"),
        ("", now, "60", "the server's address"),
        ("invites.example", now, "60", "the server's address"),
        ("https://", now, "60", "the server's address"),
    ] {
        let arguments = [
            "verify",
            "--jwks=jwks.json",
            &format!("--audience={audience}"),
            &format!("--now={now}"),
            &format!("--leeway={leeway}"),
        ];
        let answer = run_in(&folder, &arguments, EXAMPLE_KEY.as_bytes());
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}");
        assert!(answer.err.contains(said), "{arguments:?}: {}", answer.err);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn keys_are_made() {
    let answer = run(&["generate"], "");
    assert_eq!(answer.code, 0);
    let key = InviteKey::parse(answer.out.trim_end()).unwrap();
    assert_eq!(key.kind(), KeyKind::Opaque);

    let three = run(
        &["generate", "--kind", "webstrates", "--count", "3", "--json"],
        "",
    )
    .objects();
    let mut keys: Vec<_> = three
        .iter()
        .map(|made| made["key"].as_str().unwrap())
        .collect();
    assert!(
        keys.iter()
            .all(|key| InviteKey::parse(key).unwrap().kind() == KeyKind::Webstrates)
    );
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3);

    assert_eq!(run(&["generate", "--count", "0"], "").code, 2);
    assert_eq!(run(&["generate", "--kind", "signed"], "").code, 2);
}
