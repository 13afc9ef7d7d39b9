use serde_json::json;

use super::*;

fn create(options: Value) -> Result<CreateRequest, Refusal> {
    let Value::Object(members) = options else {
        panic!("an object")
    };
    CreateRequest::from_json(&members, KeyKind::Opaque)
}

#[test]
fn what_is_not_said_has_a_default() {
    let expected = CreateRequest::new(Permissions::READ, 604_800, KeyKind::Opaque);
    assert_eq!(create(json!({})), Ok(expected.clone()));
    assert_eq!(create(json!({"extras": null})), Ok(expected));
}

#[test]
fn whole_numbers_come_in_several_forms() {
    for (written, seconds) in [
        (json!(1), 1),
        (json!(60.0), 60),
        (json!("2"), 2),
        (json!("0060"), 60),
        (json!(2_592_000), 2_592_000),
        (json!("2592000"), 2_592_000),
    ] {
        assert_eq!(
            create(json!({"maxAge": written})).map(|request| request.max_age),
            Ok(seconds),
            "{written}"
        );
    }
}

#[test]
fn whatever_is_out_of_bounds_is_refused_by_name() {
    let long = |times: usize| "x".repeat(times);
    for (field, values) in [
        (
            "permissions",
            vec![
                json!(""),
                json!("x"),
                json!("rr"),
                json!("arwr"),
                json!("R"),
                json!(null),
                json!(false),
                json!(["r"]),
            ],
        ),
        (
            "maxAge",
            vec![
                json!(0),
                json!(-1),
                json!(1.5),
                json!(2_592_001),
                json!(1e12),
                json!(1e300),
                json!("abc"),
                json!(""),
                json!("-1"),
                json!("1.5"),
                json!("1e3"),
                json!(" 1"),
                json!("99999999999"),
                json!(null),
                json!(true),
                json!([1]),
            ],
        ),
        (
            "maxUses",
            vec![json!(0), json!(10_001), json!(-1), json!(1.5), json!(null)],
        ),
        (
            "message",
            vec![
                json!(long(1001)),
                json!(1),
                json!(null),
                json!("a\u{0}b"),
                json!("a\rb"),
                json!("\u{1b}[0m"),
            ],
        ),
        (
            "label",
            vec![
                json!(long(201)),
                json!(1),
                json!("two\nlines"),
                json!("a\r\nSet-Cookie: x"),
            ],
        ),
        (
            "extras",
            vec![json!(long(8 * 1024)), json!([long(8 * 1024)])],
        ),
        ("maxage", vec![json!(1)]),
        ("", vec![json!(1)]),
    ] {
        for value in values {
            let refusal = create(json!({ field: value.clone() })).expect_err(field);
            assert_eq!(refusal.code(), "invalid_option", "{field} {value}");
            assert_eq!(refusal.field().unwrap_or(""), field, "{value}");
        }
    }
    let without_address = create(json!({"send": true})).unwrap_err();
    assert_eq!(without_address.code(), "invalid_option");
    assert_eq!(without_address.field(), Some("email"));
}

#[test]
fn bounds_count_characters_and_leave_words_alone() {
    let message = "é\n\t🎉<b>&amp;</b>".to_owned() + &"ü".repeat(980);
    let request =
        create(json!({"message": message, "label": "x".repeat(200), "extras": "e".repeat(8190)}))
            .unwrap();
    assert_eq!(request.message, Some(message));
    assert_eq!(request.label.map(|label| label.len()), Some(200));
}

#[test]
fn only_keys_that_can_be_derived_are_made() {
    for kind in [KeyKind::Userkit, KeyKind::Rkvst] {
        let refusal = CreateRequest::new(Permissions::READ, 60, kind)
            .validate()
            .unwrap_err();
        assert_eq!(refusal.code(), "unsupported");
    }
    let none = CreateRequest::new(Permissions::NONE, 60, KeyKind::Opaque)
        .validate()
        .unwrap_err();
    assert_eq!(none.field(), Some("permissions"));
    for max_age in [0, MAX_AGE_LIMIT + 1] {
        let refusal = CreateRequest::new(Permissions::READ, max_age, KeyKind::Webstrates)
            .validate()
            .unwrap_err();
        assert_eq!(refusal.field(), Some("maxAge"));
    }
}

#[test]
fn names_of_new_resources() {
    for good in ["a", "notes", "Team-notes_2.0", &"x".repeat(128)] {
        assert_eq!(validate_resource(good), Ok(()), "{good}");
        assert!(!is_reserved(good), "{good}");
    }
    for kept in ["api", "auth", "sdk", "join", "site", "demo", ".well-known"] {
        assert_eq!(validate_resource(kept), Ok(()), "{kept}");
        assert!(is_reserved(kept), "{kept}");
    }
    for bad in ["", "a b", "a/b", "ä", "a\n", &"x".repeat(129), ".", ".."] {
        assert_eq!(
            validate_resource(bad).unwrap_err().field(),
            Some("resource"),
            "{bad:?}"
        );
    }
}

#[test]
fn an_unknown_member_is_named_unless_it_may_be_a_key() {
    assert_eq!(unknown_member("webstrateId").field(), Some("webstrateId"));
    let key = invite_key::InviteKey::opaque(&[7; 32]);
    for name in [
        "",
        "a b",
        "a\n",
        "é",
        key.reveal(),
        &"a".repeat(64),
        "invt_12345678901234-123456789012345678901234",
    ] {
        let refusal = unknown_member(name);
        assert_eq!(refusal.field(), None);
        assert!(name.len() < 5 || !refusal.sentence().contains(name));
    }
}
