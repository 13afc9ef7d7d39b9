//! `find`.

use std::path::Path;

use crate::{OPAQUE, run, run_in};

#[test]
fn a_damaged_link_is_found_and_the_repairs_are_told() {
    let mail = format!(
        "Hej Søren,\n\njoin us: <https://host.example/notes/?lang=da&amp;acceptInvite={}\n{}>.\n",
        &OPAQUE[..20],
        &OPAQUE[20..]
    );
    let answer = run(&["find"], &mail);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(
        answer
            .out
            .starts_with("line 3, column 11: plausible: opaque\n"),
        "{}",
        answer.out
    );
    assert!(
        answer
            .out
            .contains("page: https://host.example/notes/?lang=da\n")
    );
    assert!(
        answer
            .out
            .contains("repaired: It was broken over several lines.")
    );
    assert!(!answer.out.contains(OPAQUE));

    let revealed = run(&["find", "--reveal", "-"], &mail);
    let link = format!("link: https://host.example/notes/?lang=da&acceptInvite={OPAQUE}\n");
    assert!(revealed.out.contains(&link));

    let json = run(&["find", "--json"], &mail).objects();
    assert_eq!(json.len(), 1);
    assert_eq!(
        json[0]["repairs"],
        serde_json::json!(["line_break", "html_entity"])
    );
    assert_eq!(json[0]["verdict"]["verdict"], "plausible");
    assert!(json[0].get("key").is_none());
    let start = usize::try_from(json[0]["start"].as_u64().unwrap()).unwrap();
    assert!(mail[start..].starts_with("https://host.example"));
    let revealed = run(&["find", "--json", "--reveal"], &mail).objects();
    assert_eq!(revealed[0]["key"], OPAQUE);
}

#[test]
fn what_is_broken_is_told_in_its_order() {
    let text = format!("a https://host.example/notes/?acceptInvite=0b7e95c4d1\nb {OPAQUE}\n");
    let answer = run(&["find"], &text);
    assert_eq!(answer.code, 0);
    let lines: Vec<_> = answer.out.lines().collect();
    assert_eq!(lines[0], "line 1, column 3: malformed: too_short");
    assert!(lines[1].contains("10 of 64 characters: cut off?"));
    assert_eq!(lines[2], "line 2, column 3: plausible: opaque");

    let none = run(&["find"], "nothing here\n");
    assert_eq!(
        (none.code, none.out.as_str()),
        (1, "There is no invite in it.\n")
    );
    assert_eq!(run(&["find", "--json"], "").out, "");
}

#[test]
fn files_and_old_encodings_are_read() {
    let folder = std::env::temp_dir().join(format!("invite-key-find-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // ISO 8859-1: `ø` is one byte, and so the place is counted.
    let mail = [&b"S\xF8ren: "[..], OPAQUE.as_bytes()].concat();
    std::fs::write(folder.join("mail.eml"), &mail).unwrap();
    let answer = run_in(&folder, &["find", "mail.eml", "--json"], b"");
    assert_eq!(answer.code, 0);
    assert_eq!(
        (
            answer.objects()[0]["start"].clone(),
            answer.objects()[0]["end"].clone()
        ),
        (7.into(), 48.into())
    );
    std::fs::remove_dir_all(&folder).unwrap();

    let absent = run_in(Path::new("."), &["find", "absent.eml"], b"");
    assert_eq!(absent.code, 3);
    assert!(absent.err.contains("cannot be read"));
}

#[test]
fn of_a_text_without_end_the_beginning_is_looked_at() {
    let mut long = format!("{OPAQUE}\n");
    long.push_str(&"ü".repeat(1 << 20));
    let answer = run(&["find"], &long);
    assert_eq!(answer.code, 0);
    assert!(answer.err.contains("too long"), "{}", answer.err);
    assert_eq!(run(&["inspect"], &long).code, 3);
}

#[test]
fn a_strangers_text_does_not_command_the_terminal() {
    let text = format!("https://host.example/\u{1B}]0;x\u{7}/?acceptInvite={OPAQUE}\n");
    for arguments in [&["inspect"][..], &["find"]] {
        let answer = run(arguments, &text);
        assert!(
            !answer.out.contains(['\u{1B}', '\u{7}']),
            "{:?}",
            answer.out
        );
    }
}
