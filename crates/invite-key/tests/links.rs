//! Links as people and programs write them.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

use invite_key::link::{self, Link, LinkError, LinkOptions, Placement};

const HEX: &str = "0b7e95c4d1a2f3860b7e95c4d1a2f3860b7e95c4d1a2f3860b7e95c4d1a23f9a";

fn default() -> LinkOptions {
    LinkOptions::default()
}

fn parse(url: &str) -> Result<Option<Link>, LinkError> {
    link::parse(url, &default())
}

#[test]
fn links_are_taken_apart() {
    let encoded: String = HEX.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let secret = format!("secret-token:{HEX}");
    use Placement::{Fragment, Query};
    let table: Vec<(String, &str, Option<&str>, Placement)> = vec![
        (
            format!("https://host/notes/?acceptInvite={HEX}"),
            "https://host/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("https://host/notes?acceptInvite={HEX}"),
            "https://host/notes",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite={HEX}"),
            "/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("//host/notes/?acceptInvite={HEX}"),
            "//host/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("https://host:7007/a.b_c-d/?acceptInvite={HEX}"),
            "https://host:7007/a.b_c-d/",
            Some("a.b_c-d"),
            Query,
        ),
        (
            format!("https://host/%6Eotes/?acceptInvite={HEX}"),
            "https://host/%6Eotes/",
            Some("notes"),
            Query,
        ),
        (
            format!("https://host/?acceptInvite={HEX}"),
            "https://host/",
            None,
            Query,
        ),
        (
            format!("https://host?acceptInvite={HEX}"),
            "https://host",
            None,
            Query,
        ),
        (
            format!("https://host/a/b/?acceptInvite={HEX}"),
            "https://host/a/b/",
            None,
            Query,
        ),
        (
            format!("/a//b/c?acceptInvite={HEX}"),
            "/a//b/c",
            None,
            Query,
        ),
        (
            format!("https://host/join?acceptInvite={HEX}"),
            "https://host/join",
            None,
            Query,
        ),
        (
            format!("https://host/.well-known/?acceptInvite={HEX}"),
            "https://host/.well-known/",
            None,
            Query,
        ),
        (
            format!("https://host/no%20tes/?acceptInvite={HEX}"),
            "https://host/no%20tes/",
            None,
            Query,
        ),
        (format!("notes/?acceptInvite={HEX}"), "notes/", None, Query),
        (format!("?acceptInvite={HEX}"), "", None, Query),
        (
            format!("https://host/notes/?v&acceptInvite={HEX}&b=%31&a=+#s?x=1&y"),
            "https://host/notes/?v&b=%31&a=+#s?x=1&y",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite={HEX}&resource=x"),
            "/notes/?resource=x",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite={HEX}#resource=x"),
            "/notes/#resource=x",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite={HEX}&acceptInvite={HEX}"),
            "/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite={encoded}"),
            "/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?accept%49nvite={HEX}"),
            "/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite={secret}"),
            "/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("/notes/?acceptInvite=secret-token%3A{HEX}"),
            "/notes/",
            Some("notes"),
            Query,
        ),
        (
            format!("https://host/join#acceptInvite={HEX}&resource=notes"),
            "https://host/join",
            Some("notes"),
            Fragment,
        ),
        (
            format!("https://host/join#resource=notes&acceptInvite={HEX}"),
            "https://host/join",
            Some("notes"),
            Fragment,
        ),
        (
            format!("/join#acceptInvite={HEX}&resource=notes&resource=notes"),
            "/join",
            Some("notes"),
            Fragment,
        ),
        (
            format!("/join#acceptInvite={HEX}&resource=n%6Ftes"),
            "/join",
            Some("notes"),
            Fragment,
        ),
        // Outside Webstrates a page's path means nothing to us, so a fragment does not make us read it.
        (
            format!("https://host/welcome#acceptInvite={HEX}"),
            "https://host/welcome",
            None,
            Fragment,
        ),
        (
            format!("/welcome?a=1#top&acceptInvite={HEX}&z"),
            "/welcome?a=1#top&z",
            None,
            Fragment,
        ),
        (
            format!("/welcome?acceptInvite={HEX}#acceptInvite={HEX}&resource=x"),
            "/welcome",
            Some("x"),
            Fragment,
        ),
    ];
    for (url, page, resource, placement) in table {
        let found = parse(&url).unwrap().expect(&url);
        assert_eq!(found.key.reveal(), HEX, "{url}");
        assert_eq!(
            (
                found.page.as_str(),
                found.resource.as_deref(),
                found.placement
            ),
            (page, resource, placement),
            "{url}"
        );
        assert_eq!(link::strip(&url, &default()), page, "{url}");
        assert_eq!(
            parse(&link::build(&found, &default())),
            Ok(Some(found)),
            "{url}"
        );
    }
}

#[test]
fn a_link_without_an_invite_is_none_and_stays_as_it_is() {
    for url in [
        "",
        "https://host/notes/",
        "https://host/notes/?acceptinvite=x&xacceptInvite=y&acceptInvitex=z",
        "https://host/acceptInvite=x/",
        "https://host/notes/?a=acceptInvite#b=acceptInvite",
        "https://host/notes/#resource=notes",
        "https://host/?#",
        "?&&=&#&",
        "https://host/notes/?invt=x&app=y",
        "%",
        "?%=%4&%zz=%",
    ] {
        assert_eq!(parse(url), Ok(None), "{url}");
        assert_eq!(link::strip(url, &default()), url);
    }
}

#[test]
fn a_broken_invite_is_an_error_and_is_still_stripped() {
    let other = HEX.replace('0', "1");
    let table: Vec<(String, &str, &str)> = vec![
        ("/p/?acceptInvite=".into(), "/p/", "empty"),
        ("/p/?acceptInvite".into(), "/p/", "empty"),
        (
            format!("/p/?acceptInvite={}", &HEX[..61]),
            "/p/",
            "too_short",
        ),
        (format!("/p/?acceptInvite={HEX}="), "/p/", "too_long"),
        (format!("/p/?acceptInvite=%FF{HEX}"), "/p/", "bad_character"),
        (format!("/p/?acceptInvite=%{HEX}"), "/p/", "bad_character"),
        (format!("/p/?acceptInvite=+{HEX}"), "/p/", "bad_character"),
        (
            format!("/p/?acceptInvite={}", "0".repeat(4097)),
            "/p/",
            "too_long",
        ),
        (
            format!("/p/?acceptInvite={HEX}&a&acceptInvite={other}"),
            "/p/?a",
            "repeated",
        ),
        (
            format!("/p/?acceptInvite={HEX}&acceptInvite="),
            "/p/",
            "repeated",
        ),
        (
            format!("/p/?acceptInvite={HEX}#acceptInvite={other}"),
            "/p/",
            "repeated",
        ),
        (
            format!("/p#acceptInvite={HEX}&resource=a&resource=b"),
            "/p",
            "repeated",
        ),
        (
            format!("/p#acceptInvite={HEX}&resource=a%20b"),
            "/p",
            "resource",
        ),
        (
            format!("/p#acceptInvite={HEX}&resource=%FF"),
            "/p",
            "resource",
        ),
        (format!("/p#acceptInvite={HEX}&resource="), "/p", "resource"),
        (
            format!("/p#acceptInvite={HEX}&resource={}", "x".repeat(129)),
            "/p",
            "resource",
        ),
        (
            format!("/p#acceptInvite={HEX}&resource={}", "x".repeat(5000)),
            "/p",
            "resource",
        ),
    ];
    for (url, page, expected) in table {
        let error = parse(&url).expect_err(&url);
        let code = match &error {
            LinkError::Key(malformed) => malformed.code(),
            other => other.code(),
        };
        assert_eq!(code, expected, "{url}");
        assert!(
            !error.sentence().contains(&HEX[..8]) && !format!("{error:?}").contains(&HEX[..8]),
            "{url}"
        );
        assert_eq!(link::strip(&url, &default()), page, "{url}");
    }
}
