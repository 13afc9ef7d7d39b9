//! What a key is checked against: a mistake there is an error, never a kinder verdict.

#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use invite_key::Verdict;
use invite_key::signed::{
    Audience, Checks, ChecksError, DEFAULT_LEEWAY, EXAMPLE_KEY, EXAMPLE_KEY_SET, KeySet, MAX_LEEWAY,
};
use proptest::prelude::*;
use support::{NOW, SERVER, checks, claims};

const NOTES: Audience<'_> = Audience::Resource {
    server: SERVER,
    resource: "notes",
};

#[test]
fn a_time_has_ten_digits() {
    for now in [1_000_000_000, NOW, 9_999_999_999] {
        assert!(Checks::new(NOTES, now).is_ok(), "{now}");
    }
    for now in [
        0,
        1,
        NOW / 1000,
        999_999_999,
        10_000_000_000,
        NOW * 1000,
        u64::MAX,
    ] {
        assert_eq!(Checks::new(NOTES, now), Err(ChecksError::Now), "{now}");
    }
}

#[test]
fn a_leeway_is_an_hour_at_most() {
    for leeway in [0, 1, DEFAULT_LEEWAY, MAX_LEEWAY] {
        assert!(checks().with_leeway(leeway).is_ok(), "{leeway}");
    }
    for leeway in [MAX_LEEWAY + 1, 60_000, u64::MAX - 1, u64::MAX] {
        assert_eq!(
            checks().with_leeway(leeway),
            Err(ChecksError::Leeway),
            "{leeway}"
        );
    }
}

#[test]
fn numbers_of_javascript_are_judged_before_they_become_whole() {
    let now = NOW as f64 * 1000.0;
    let numbers = |now, leeway| Checks::from_numbers(NOTES, now, leeway);
    assert_eq!(numbers(now, 60.0), Checks::new(NOTES, NOW));
    assert_eq!(numbers(now + 999.9, 60.9), Checks::new(NOTES, NOW));
    let zero = Checks::new(NOTES, NOW).unwrap().with_leeway(0);
    for leeway in [0.0, -0.0, 0.9] {
        assert_eq!(numbers(now, leeway), zero);
    }
    let odd = [
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        -1.0,
        -f64::MIN_POSITIVE,
        -now,
        1e20,
    ];
    for odd in odd {
        assert_eq!(numbers(odd, 60.0), Err(ChecksError::Now), "{odd}");
        assert_eq!(numbers(now, odd), Err(ChecksError::Leeway), "{odd}");
    }
    for wrong in [
        0.0,
        -0.0,
        f64::MIN_POSITIVE,
        NOW as f64,
        now * 1000.0,
        1e12 - 1.0,
        1e13,
    ] {
        assert_eq!(numbers(wrong, 60.0), Err(ChecksError::Now), "{wrong}");
    }
    for wrong in [3601.0, 60_000.0] {
        assert_eq!(numbers(now, wrong), Err(ChecksError::Leeway), "{wrong}");
    }
}

#[test]
fn an_audience_is_an_address() {
    let long = format!("https://{}", "x".repeat(600));
    for none in [
        "",
        " ",
        "/",
        "//",
        "x",
        "notes",
        "invites.example",
        "https",
        "https:",
        "https://",
        "https:///",
        "ftp://a.example",
        "HTTPS://invites.example",
        "https://invites.example//",
        " https://invites.example",
        "https://invites.example\n",
        "https://invites.example/a b",
        "https://nø.example",
        &long,
    ] {
        for audience in [
            Audience::Server(none),
            Audience::Address(none),
            Audience::Resource {
                server: none,
                resource: "notes",
            },
        ] {
            assert_eq!(
                Checks::new(audience, NOW),
                Err(ChecksError::Audience),
                "{audience:?}"
            );
        }
        assert_eq!(
            Audience::of_issuer(none, SERVER),
            Err(ChecksError::Issuer),
            "{none}"
        );
    }
    for resource in ["", "notes/", "/notes", "a/b", "..", "a b"] {
        let audience = Audience::Resource {
            server: SERVER,
            resource,
        };
        assert_eq!(
            Checks::new(audience, NOW),
            Err(ChecksError::Audience),
            "{resource}"
        );
    }
}

#[test]
fn what_is_behind_an_issuer_is_a_slash_and_a_resource() {
    let of = |address| Audience::of_issuer(SERVER, address);
    for (address, audience) in [
        (SERVER, Audience::Server(SERVER)),
        ("https://invites.example/", Audience::Server(SERVER)),
        ("https://invites.example/notes", NOTES),
        ("https://invites.example/notes/", NOTES),
    ] {
        assert_eq!(of(address), Ok(audience));
        assert_eq!(
            Audience::of_issuer("https://invites.example/", address),
            Ok(audience)
        );
    }
    for address in [
        "",
        "notes",
        "https://invites.exampl",
        "https://invites.examplenotes",
        "https://invites.example.evil.com/x",
        "https://invites.example-notes",
        "https://invites.example:443/notes",
        "https://elsewhere.example/notes",
    ] {
        assert_eq!(of(address), Err(ChecksError::NotTheIssuers), "{address}");
    }
    let many =
        of("https://invites.example/notes/x").and_then(|audience| Checks::new(audience, NOW));
    assert_eq!(many, Err(ChecksError::Audience));
}

#[test]
fn every_error_names_its_field_and_says_what_to_give() {
    for (error, field, word) in [
        (ChecksError::Audience, "audience", "https://"),
        (ChecksError::NotTheIssuers, "audience", "issuer"),
        (ChecksError::Issuer, "issuer", "https://"),
        (ChecksError::Now, "now", "seconds since 1970"),
        (ChecksError::Leeway, "leeway", "3600"),
    ] {
        assert_eq!(error.field(), field);
        assert_eq!(error.to_string(), error.sentence());
        assert!(error.sentence().contains(word) && error.sentence().ends_with('.'));
    }
    assert!(
        ChecksError::Leeway
            .sentence()
            .contains(&MAX_LEEWAY.to_string())
    );
}

fn any_number() -> impl Strategy<Value = f64> {
    let near = prop_oneof![
        Just(1e9),
        Just(1e10),
        Just(1e12),
        Just(1e13),
        Just(NOW as f64),
        Just(0.0),
        Just(3600.0)
    ];
    prop_oneof![
        any::<f64>(),
        any::<u64>().prop_map(f64::from_bits),
        (near, -5.0..5.0).prop_map(|(near, by)| near + by),
        0.0..2e13,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever numbers are given: an error, or the verdict of the time that they are.
    #[test]
    fn no_number_makes_an_expired_key_authentic(milliseconds in any_number(), leeway in any_number()) {
        let keys = KeySet::parse(EXAMPLE_KEY_SET).unwrap();
        let ends = claims().expires_at as f64;
        match Checks::from_numbers(NOTES, milliseconds, leeway) {
            Err(error) => {
                let fine = (1e12..1e13).contains(&milliseconds) && (0.0..=3600.0).contains(&leeway);
                prop_assert!(!fine, "{}", error);
            }
            Ok(checks) => {
                prop_assert!((1e12..1e13).contains(&milliseconds) && (0.0..3601.0).contains(&leeway));
                let is_over = ends + leeway.trunc() <= (milliseconds / 1000.0).trunc();
                match keys.verify(EXAMPLE_KEY, &checks) {
                    Verdict::Expired { .. } => prop_assert!(is_over),
                    verdict => prop_assert!(!is_over && verdict.code() == "authentic", "{:?}", verdict),
                }
            }
        }
    }

    /// Whatever stands behind the server's address: only a slash and the resource fit.
    #[test]
    fn no_address_fits_but_the_servers_and_the_resources(behind in "[/.a-z@:?#-]{0,12}|/notes[/a-z0-9]{0,2}") {
        let keys = KeySet::parse(EXAMPLE_KEY_SET).unwrap();
        let address = format!("{SERVER}{behind}");
        let is_ours = matches!(&*behind, "" | "/" | "/notes" | "/notes/");
        let own = Audience::of_issuer(SERVER, &address);
        for audience in [Ok(Audience::Address(&address)), own] {
            let checks = audience.and_then(|audience| Checks::new(audience, NOW));
            let fits = checks.is_ok_and(|checks| keys.verify(EXAMPLE_KEY, &checks).code() == "authentic");
            prop_assert_eq!(fits, is_ours, "{}", address);
        }
    }
}
