//! Links that are made, and those that are refused because they could not be read back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use invite_key::InviteKey;
use invite_key::link::{self, Link, LinkError, LinkOptions, Placement};

const OPAQUE: &str = "inv1_0000000000000000000000000000001J49hq";

#[test]
fn links_are_built_where_they_belong() {
    let key = InviteKey::parse(OPAQUE).unwrap();
    use Placement::{Fragment, Query};
    for (page, resource, placement, url) in [
        ("https://h/p/", None, Query, "https://h/p/?acceptInvite=KEY"),
        (
            "https://h/p/",
            Some("p"),
            Query,
            "https://h/p/?acceptInvite=KEY",
        ),
        (
            "https://h/p/?v#top",
            None,
            Query,
            "https://h/p/?v&acceptInvite=KEY#top",
        ),
        (
            "https://h/p/?",
            None,
            Query,
            "https://h/p/?&acceptInvite=KEY",
        ),
        (
            "https://h/join",
            None,
            Fragment,
            "https://h/join#acceptInvite=KEY",
        ),
        (
            "https://h/join",
            Some("p"),
            Fragment,
            "https://h/join#acceptInvite=KEY&resource=p",
        ),
        (
            "https://h/?a#b",
            Some("p"),
            Fragment,
            "https://h/?a#b&acceptInvite=KEY&resource=p",
        ),
        (
            "https://h/#",
            None,
            Fragment,
            "https://h/#&acceptInvite=KEY",
        ),
    ] {
        let made = Link::new(
            page,
            resource,
            key.clone(),
            placement,
            &LinkOptions::default(),
        )
        .unwrap();
        let built = link::build(&made, &LinkOptions::default());
        assert_eq!(built, url.replace("KEY", OPAQUE));
        assert_eq!(link::strip(&built, &LinkOptions::default()), page);
        assert_eq!(link::parse(&built, &LinkOptions::default()), Ok(Some(made)));
    }
}

#[test]
fn links_that_could_not_be_read_back_are_refused() {
    let key = InviteKey::parse(OPAQUE).unwrap();
    use Placement::{Fragment, Query};
    for (page, resource, placement, error) in [
        ("https://h/p/", Some("q"), Query, LinkError::Resource),
        ("https://h/a/b", Some("q"), Query, LinkError::Resource),
        ("https://h/", Some("a b"), Fragment, LinkError::Resource),
        ("https://h/", Some(""), Fragment, LinkError::Resource),
        ("https://h/?acceptInvite=x", None, Query, LinkError::Page),
        ("https://h/?acceptInvite=x", None, Fragment, LinkError::Page),
        ("https://h/#acceptInvite", None, Query, LinkError::Page),
        (
            "https://h/#resource=x",
            Some("y"),
            Fragment,
            LinkError::Page,
        ),
    ] {
        assert_eq!(
            Link::new(
                page,
                resource,
                key.clone(),
                placement,
                &LinkOptions::default()
            ),
            Err(error),
            "{page}"
        );
    }
}

#[test]
fn the_parameter_can_have_another_name() {
    let key = InviteKey::parse(OPAQUE).unwrap();
    for (parameter, written) in [
        ("invite", "invite"),
        ("ein ladung&=é", "ein%20ladung%26%3D%C3%A9"),
        ("100%", "100%25"),
    ] {
        let options = LinkOptions {
            parameter: parameter.into(),
        };
        let made = Link::new(
            "https://h/p/?acceptInvite=kept",
            None,
            key.clone(),
            Placement::Query,
            &options,
        )
        .unwrap();
        let built = link::build(&made, &options);
        assert_eq!(
            built,
            format!("https://h/p/?acceptInvite=kept&{written}={OPAQUE}")
        );
        assert_eq!(link::parse(&built, &options), Ok(Some(made)));
    }
    for parameter in ["", "resource"] {
        let options = LinkOptions {
            parameter: parameter.into(),
        };
        let url = "https://h/?=x#resource=y";
        assert_eq!(link::parse(url, &options), Err(LinkError::Parameter));
        assert_eq!(
            Link::new("/", None, key.clone(), Placement::Query, &options),
            Err(LinkError::Parameter)
        );
        assert_eq!(link::strip(url, &options), url);
    }
}
