//! Cookies and bearers of our own, as sign-in sees them.

use invite_server::{
    auth::{
        Auth,
        seal::{self, Purpose},
    },
    core::{Refusal, User},
};
use reqwest::header::{HeaderMap, HeaderValue};

use crate::server::{ORIGIN, Server};

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    all.iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn sealed(auth: &Auth, purpose: Purpose) -> String {
    auth.sealer()
        .seal(purpose, &User::new("alice", "test"), seal::now(), 60)
}

#[tokio::test]
async fn a_cookie_changes_things_from_our_origin_only() {
    let server = Server::start().await;
    let auth = &server.auth;
    let cookie = format!("other=1; {}", server.session("alice").await);
    let own: &[&[(&str, &str)]] = &[
        &[("origin", ORIGIN)],
        &[("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
    ];
    let other: &[&[(&str, &str)]] = &[
        &[],
        &[("origin", "https://b.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[
            ("origin", "https://b.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ];
    for (cases, allowed) in [(own, true), (other, false)] {
        for case in cases {
            let mut all = headers(case);
            all.insert("cookie", HeaderValue::from_str(&cookie).unwrap());
            let identity = auth.identify(&all, None).await;
            assert_eq!(identity.changer().is_ok(), allowed, "{case:?}");
            assert_eq!(
                identity.socket().is_ok_and(|actor| actor.is_some()),
                allowed,
                "{case:?}"
            );
            assert_eq!(identity.reader().unwrap().unwrap().user.username, "alice");
        }
    }
}

#[tokio::test]
async fn a_bearer_counts_from_anywhere_and_a_bad_one_is_said() {
    let server = Server::start().await;
    let auth = &server.auth;
    let good = auth
        .identify(
            &headers(&[(
                "authorization",
                &format!("bearer {}", server.bearer("alice")),
            )]),
            None,
        )
        .await;
    assert_eq!(good.changer().unwrap().unwrap().user.username, "alice");
    for bad in [
        format!("Bearer {}", sealed(auth, Purpose::AccessToken)),
        // It names no session.
        format!("Bearer {}", sealed(auth, Purpose::Bearer)),
        "Bearer x".into(),
        "Basic YTpi".into(),
        "Bearer".into(),
    ] {
        let identity = auth
            .identify(&headers(&[("authorization", &bad)]), None)
            .await;
        assert_eq!(
            identity.reader().unwrap_err(),
            Refusal::BadCredentials,
            "{bad}"
        );
        assert_eq!(identity.socket().unwrap_err(), Refusal::BadCredentials);
    }
}

#[tokio::test]
async fn a_bearer_is_no_cookie_and_a_broken_cookie_is_nobody() {
    let server = Server::start().await;
    let auth = &server.auth;
    for cookie in [
        format!("__Host-session={}", server.bearer("alice")),
        "__Host-session=".into(),
        "__Host-session=x".into(),
        "session=1".into(),
    ] {
        let identity = auth
            .identify(&headers(&[("cookie", &cookie), ("origin", ORIGIN)]), None)
            .await;
        assert!(identity.changer().unwrap().is_none(), "{cookie}");
    }
}
