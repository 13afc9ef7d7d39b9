//! Calls over HTTP: what a server is asked, when a call is made again, and who is asked before an invite is taken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use invite_keys::error::Code;
use invite_keys::json::{self, Json};
use invite_keys::transport::Platform as _;
use scripted::http::{http, key};
use scripted::{Method, run};
use tokio::task::spawn_local;

const KNOWN: &str =
    r#"{"invite-keys":1,"dialect":"http","api":"/v7","features":["maxUses","signed"]}"#;

#[test]
fn a_server_is_asked_once_what_it_speaks() {
    run(async {
        let list = r#"{"invites":[],"next_page_token":""}"#;
        let client = http(
            r#"{"server":"https://example.org/","resource":"doc"}"#,
            &[
                (0, "", None),
                (200, KNOWN, None),
                (200, list, None),
                (200, list, None),
                (200, list, None),
            ],
        );
        let calls: Vec<_> = (0..3)
            .map(|_| spawn_local(client.call(Method::Get, vec![])))
            .collect();
        for call in calls {
            assert!(call.await.unwrap().is_ok());
        }
        let requests = client.world.server.requests.take();
        assert_eq!(
            requests[1],
            "GET https://example.org/.well-known/invite-keys"
        );
        assert_eq!(
            requests[2],
            "GET https://example.org/v7/resources/doc/invites"
        );
        assert_eq!(requests.len(), 5);
        assert_eq!(
            client
                .call(Method::Supports, vec!["maxUses".into()])
                .await
                .unwrap(),
            true.into()
        );
        assert_eq!(
            client
                .call(Method::Supports, vec!["mail".into()])
                .await
                .unwrap(),
            false.into()
        );
    });
}

#[test]
fn another_sort_of_server_is_told_apart_and_asked_anew() {
    run(async {
        let options = r#"{"server":"https://example.org","resource":"doc"}"#;
        for answer in [
            (200, "<html>", None),
            (404, "", None),
            (200, r#"{"invite-keys":2}"#, None),
        ] {
            let client = http(options, &[answer, (200, KNOWN, None)]);
            let error = client
                .call(Method::Supports, vec!["signed".into()])
                .await
                .unwrap_err();
            assert_eq!(error.code, Code::NotInvitesServer);
            assert!(
                error.message.contains("<meta name=\"invite-keys\"")
                    && error.message.contains("configure(")
            );
            assert_eq!(
                client
                    .call(Method::Supports, vec!["signed".into()])
                    .await
                    .unwrap(),
                true.into()
            );
        }
    });
}

#[test]
fn retry_after_is_kept_inside_the_deadline() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        let found = r#"{"permissions":"r"}"#;
        let client = http(options, &[(429, "", Some("3")), (200, found, None)]);
        let begin = client.world.now();
        assert!(client.call(Method::Check, vec![key()]).await.is_ok());
        assert_eq!((client.world.now() - begin).round(), 3000.0);

        let client = http(options, &[(429, "", Some("60"))]);
        let error = client.call(Method::Check, vec![key()]).await.unwrap_err();
        assert_eq!(
            (error.code, error.retry_after, error.status),
            (Code::RateLimited, Some(60_000.0), Some(429))
        );

        let client = http(
            options,
            &[
                (503, "", Some("Sat, 21 Nov 2026 05:21:00 GMT")),
                (200, found, None),
            ],
        );
        assert!(client.call(Method::Check, vec![key()]).await.is_ok());
    });
}

#[test]
fn a_call_does_not_wait_until_too_little_time_is_left() {
    run(async {
        let found = r#"{"permissions":"r"}"#;
        for (timeout, asks) in [(10_000, 2), (9_900, 1), (9_100, 1)] {
            let options = format!(
                r#"{{"server":"https://example.org","dialect":"http","resource":"doc","timeout":{timeout}}}"#
            );
            let client = http(&options, &[(429, "", Some("9")), (200, found, None)]);
            let begin = client.world.now();
            let reply = client.call(Method::Check, vec![key()]).await;
            assert_eq!(client.world.server.requests.borrow().len(), asks);
            if asks == 1 {
                // At once, and with the time after which another call is worth it.
                let error = reply.unwrap_err();
                assert_eq!(
                    (error.code, error.retry_after),
                    (Code::RateLimited, Some(9_000.0))
                );
                assert_eq!(client.world.now() - begin, 0.0);
            } else {
                assert!(reply.is_ok());
            }
        }
    });
}

#[test]
fn a_list_is_of_what_is_looked_for() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        let client = http(
            options,
            &[(200, r#"{"invites":[],"next_page_token":""}"#, None)],
        );
        let filter = json::parse(r#"{"q":"a b","everyone":false}"#).unwrap();
        assert!(client.call(Method::ListPage, vec![filter]).await.is_ok());
        assert_eq!(
            client.world.server.requests.take(),
            ["GET https://example.org/api/v1/resources/doc/invites?q=a%20b"]
        );
    });
}

#[test]
fn what_is_not_asked_for_needs_no_server_that_has_it() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"webstrates","resource":"doc"}"#;
        for (name, is_refused) in [("true", true), ("false", false)] {
            for option in ["signed", "send"] {
                let client = http(options, &[]);
                let given = json::parse(&format!(r#"{{"{option}":{name}}}"#)).unwrap();
                let call = client.call(Method::Create, vec![given]);
                let refused = tokio::time::timeout(core::time::Duration::from_secs(1), call).await;
                let code = refused.ok().map(|reply| reply.unwrap_err().code);
                // Else it goes on, and waits for a socket.
                assert_eq!(code, is_refused.then_some(Code::Unsupported), "{option}");
            }
        }
    });
}

#[test]
fn a_failing_server_is_not_asked_for_ever() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        let client = http(options, &[(500, "", None); 10]);
        let error = client.call(Method::Check, vec![key()]).await.unwrap_err();
        assert_eq!((error.code, error.status), (Code::ServerError, Some(500)));
        assert_eq!(client.world.server.requests.borrow().len(), 6);
    });
}

/// Preview, then accept.
const INVITE: &str = r#"{"resource":"doc","permissions":"rw","gained":"rw","expiresAt":null,"account":{"username":"bob","provider":"test"},"createdBy":{"username":"alice","provider":"test"}}"#;
const OUTCOME: &str = r#"{"resource":"doc","permissions":"rw","gained":"rw","already":false}"#;

#[test]
fn a_person_is_asked_before_an_invite_is_taken() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http"}"#;
        let admin = INVITE
            .replace("\"gained\":\"rw\"", "\"gained\":\"a\"")
            .leak();
        let none = INVITE
            .replace("\"gained\":\"rw\"", "\"gained\":\"\"")
            .leak();
        let stranger = INVITE
            .replace(r#"{"username":"bob","provider":"test"}"#, "null")
            .leak();
        let policy = |text: &str| match text {
            "" => Json::Null,
            "function" => Json::HELD,
            text => json::parse(text).unwrap(),
        };
        for (invite, name, answer, asked, taken) in [
            (INVITE, "", true, 1, true),
            (INVITE, "", false, 1, false),
            (INVITE, "\"confirm\"", true, 1, true),
            (INVITE, "\"signed-in\"", false, 0, true),
            (admin, "\"signed-in\"", false, 1, false),
            (none, "\"confirm\"", false, 0, true),
            (none, "function", false, 1, false),
            (stranger, "function", false, 1, false),
        ] {
            let client = http(options, &[(200, invite, None), (200, OUTCOME, None)]);
            client.world.answer.set(answer);
            let outcome = client
                .call(Method::AcceptInvite, vec![key(), Json::Null, policy(name)])
                .await
                .unwrap();
            assert_eq!(client.world.asked.get(), asked, "{name}");
            assert_eq!(outcome != Json::Null, taken, "{name}");
            assert_eq!(client.world.events.borrow().len(), usize::from(taken));
        }
        let client = http(options, &[(200, stranger, None)]);
        let error = client
            .call(Method::AcceptInvite, vec![key()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.code, client.world.asked.get()),
            (Code::NotSignedIn, 0)
        );
    });
}

#[test]
fn who_has_access_is_read_from_the_document_however_it_is_quoted() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"webstrates","resource":"doc"}"#;
        let members = json::parse(
            r#"[{"user":{"username":"o'neil","provider":"test"},"permissions":"arw"},{"user":{"username":"bob","provider":"a&b"},"permissions":"r"}]"#,
        );
        for auth in [
            r#"[{\"username\":\"o'neil\",\"provider\":\"test\",\"permissions\":\"arw\"},{\"username\":\"bob\",\"provider\":\"a&b\",\"permissions\":\"r\"}]"#,
            r#"[{&quot;username&quot;:&quot;o'neil&quot;,&quot;provider&quot;:&quot;test&quot;,&quot;permissions&quot;:&quot;arw&quot;},{&quot;username&quot;:&quot;bob&quot;,&quot;provider&quot;:&quot;a&amp;b&quot;,&quot;permissions&quot;:&quot;r&quot;}]"#,
        ] {
            let document = ["[\"html\",{\"data-auth\":\"", auth, "\"},[\"body\",{}]]"].concat();
            let client = http(options, &[(200, document.leak(), None)]);
            let mut found = client.call(Method::Members, vec![]).await.unwrap();
            assert_eq!(found.take("members"), members);
            assert_eq!(
                client.world.server.requests.take(),
                ["GET https://example.org/doc/?json"]
            );
        }
        let apostrophes =
            r#"["html",{"data-auth":"[{'username':'bob','provider':'test','permissions':'r'}]"}]"#;
        let client = http(options, &[(200, apostrophes, None)]);
        let found = client.call(Method::Members, vec![]).await.unwrap();
        let found = found.get("members").unwrap();
        assert_eq!(found.items()[0].text("permissions"), Some("r"));
        let client = http(
            options,
            &[
                (200, "[\"html\",[\"body\",{}]]", None),
                (200, "<html>", None),
                (403, "Insufficient permissions.", None),
            ],
        );
        let found = client.call(Method::Members, vec![]).await.unwrap();
        assert_eq!(found.get("members"), Some(&vec![].into()));
        let error = client.call(Method::Members, vec![]).await.unwrap_err();
        assert_eq!(error.code, Code::BadResponse);
        let error = client.call(Method::Members, vec![]).await.unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (Code::Forbidden, "Insufficient permissions.")
        );
    });
}

fn of(members: &[(&str, Json)]) -> Json {
    let mut filter = Json::object();
    for (name, value) in members {
        filter.set(name, value.clone());
    }
    filter
}

/// What a Webstrates server cannot do is refused before anything is sent, and so is what says nothing of who or what.
#[test]
fn members_that_cannot_be_asked_for_or_changed() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"webstrates","resource":"doc"}"#;
        let bob = ("user", Json::from("bob:test"));
        let links = |what: &str| of(&[("links", what.into())]);
        let client = http(options, &[]);
        for (method, arguments, what) in [
            (
                Method::SetMember,
                vec![of(&[bob.clone(), ("permissions", "r".into())])],
                "setMember()",
            ),
            (
                Method::Member,
                vec![of(std::slice::from_ref(&bob)), links("tell")],
                "links",
            ),
            (Method::Members, vec![of(&[("q", "bob".into())])], "q"),
        ] {
            let error = client.call(method, arguments).await.unwrap_err();
            assert_eq!(
                (error.code, error.field.as_deref()),
                (Code::Unsupported, Some(what))
            );
        }
        let client = http(DOC, &[]);
        let nobody = [
            Json::Null,
            "".into(),
            "bob".into(),
            Json::object(),
            7.0.into(),
        ];
        for user in nobody {
            let filter = of(&[("user", user)]);
            let error = client.call(Method::Member, vec![filter]).await.unwrap_err();
            assert_eq!(error.field.as_deref(), Some("user"));
        }
        for (method, arguments, field) in [
            (
                Method::SetMember,
                vec![of(&[bob.clone(), ("permissions", Json::Null)])],
                "permissions",
            ),
            (Method::Member, vec![Json::object()], "user"),
            // A list is none of one person, and changes nobody.
            (
                Method::Members,
                vec![of(&[bob, ("permissions", "arw".into())])],
                "user",
            ),
            (
                Method::Members,
                vec![Json::object(), "".into(), of(&[("links", 7.0.into())])],
                "links",
            ),
            (
                Method::Create,
                vec![Json::object(), Json::Null, links("end")],
                "links",
            ),
            (
                Method::Members,
                vec![of(&[("status", "pending".into())])],
                "status",
            ),
            (
                Method::ListPage,
                vec![of(&[("user", "bob:test".into())])],
                "user",
            ),
        ] {
            let error = client.call(method, arguments).await.unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{method:?}");
        }
        assert!(client.world.server.requests.take().is_empty());
    });
}

#[test]
fn one_member_is_asked_for_and_changed_by_name() {
    run(async {
        let bob = r#"{"user":{"username":"bob","provider":"test"},"permissions":"r"}"#;
        let odd = r#"{"user":{"username":"a/b:c é","provider":"test"},"permissions":"r"}"#;
        let client = http(
            DOC,
            &[
                (200, r#"{"invite-keys":1,"features":["setMember"]}"#, None),
                (200, odd, None),
                (200, bob, None),
                (200, bob, None),
            ],
        );
        let name = Json::object()
            .with("username", "a/b:c \u{e9}")
            .with("provider", "test");
        let ask = |method, filter, call| client.call(method, vec![filter, call]);
        let found = ask(Method::Member, of(&[("user", name)]), Json::Null)
            .await
            .unwrap();
        assert_eq!(found.text("permissions"), Some("r"));
        let filter = of(&[("user", "bob:test".into()), ("resource", "other".into())]);
        let tell = of(&[("links", "tell".into())]);
        ask(Method::Member, filter, tell).await.unwrap();
        let filter = of(&[("user", "bob:test".into()), ("permissions", "".into())]);
        let end = of(&[("links", "end".into())]);
        ask(Method::SetMember, filter, end).await.unwrap();
        assert_eq!(
            client.world.server.requests.take(),
            [
                "GET https://example.org/.well-known/invite-keys",
                "GET https://example.org/api/v1/resources/doc/members/a%2Fb%3Ac%20%C3%A9%3Atest",
                "GET https://example.org/api/v1/resources/other/members/bob%3Atest?links=tell",
                "PUT https://example.org/api/v1/resources/doc/members/bob%3Atest?links=end",
            ]
        );
    });
}

const NAMED: &str = r#"{"invite-keys":1,"dialect":"http","features":["idempotencyKey"]}"#;
const MADE: &str = r#"{"id":"1","key":"k","resource":"doc","permissions":"r"}"#;
const DOC: &str = r#"{"server":"https://example.org","resource":"doc"}"#;

#[test]
fn a_create_whose_answer_was_lost_is_asked_for_again_under_one_name() {
    run(async {
        let client = http(DOC, &[(200, NAMED, None), (0, "", None), (201, MADE, None)]);
        assert!(client.call(Method::Create, vec![]).await.is_ok());
        let names = client.world.server.names.take();
        assert_eq!(names.len(), 2);
        assert!(names[0].len() > 20 && names[0] == names[1], "{names:?}");

        // Another create is another.
        let client = http(
            DOC,
            &[(200, NAMED, None), (201, MADE, None), (201, MADE, None)],
        );
        for _ in 0..2 {
            assert!(client.call(Method::Create, vec![]).await.is_ok());
        }
        let names = client.world.server.names.take();
        assert_ne!(names[0], names[1]);
    });
}

#[test]
fn a_create_that_cannot_have_left_is_offline_and_one_that_may_have_is_unknown() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        let none = (404, "", None);
        let client = http(options, &[none, (0, "", None)]);
        let error = client.call(Method::Create, vec![]).await.unwrap_err();
        assert_eq!(error.code, Code::UnknownOutcome);

        // A refused connection: it is tried again, and in the end nothing has happened.
        let client = http(options, &[none]);
        client.world.refuses.set(true);
        let error = client.call(Method::Create, vec![]).await.unwrap_err();
        assert_eq!(
            (error.code, error.retryable()),
            (Code::Offline, true),
            "{}",
            error.message
        );
    });
}

#[test]
fn a_list_whose_pages_lead_in_a_circle_ends() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        let to = |token: &str| -> &'static str {
            let invite = r#"{"id":"1","key":"k","permissions":"r"}"#;
            format!(r#"{{"invites":[{invite}],"next_page_token":"{token}"}}"#).leak()
        };
        let client = http(
            options,
            &[
                (200, to("a"), None),
                (200, to("b"), None),
                (200, to("a"), None),
            ],
        );
        let error = client.call(Method::Get, vec![]).await.unwrap_err();
        assert_eq!(error.code, Code::BadResponse);
        // New tokens for ever, and nothing on the pages.
        let pages: Vec<_> = (0..100)
            .map(|number| {
                let page = format!(r#"{{"invites":[],"next_page_token":"{number}"}}"#);
                (200, &*page.leak(), None)
            })
            .collect();
        let client = http(options, &pages);
        let error = client.call(Method::Get, vec![]).await.unwrap_err();
        assert_eq!(error.code, Code::BadResponse);
        assert_eq!(client.world.server.requests.borrow().len(), 100);
    });
}

#[test]
fn an_id_that_no_address_can_hold_is_refused() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        for id in ["", ".", ".."] {
            let client = http(options, &[]);
            let invite = Json::object().with("id", id);
            let error = client.call(Method::Remove, vec![invite]).await.unwrap_err();
            assert_eq!(
                (error.code, error.field.as_deref()),
                (Code::InvalidOption, Some("id"))
            );
        }
        let client = http(
            options,
            &[(200, r#"{"acknowledged":true,"deletedCount":1}"#, None)],
        );
        let invite = Json::object().with("id", "a/../b");
        assert!(client.call(Method::Remove, vec![invite]).await.is_ok());
        assert_eq!(
            client.world.server.requests.take(),
            ["DELETE https://example.org/api/v1/resources/doc/invites/a%2F..%2Fb"]
        );
    });
}

#[test]
fn what_is_wrong_is_told_by_its_own_name() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
        for (name, field) in [("", "param"), ("resource", "param"), ("fine", "page")] {
            let client = http(options, &[]);
            let page = "https://example.org/#fine=x&resource=x";
            let how = Json::object().with("param", name).with("page", page);
            let error = client
                .call(Method::Link, vec![key(), how])
                .await
                .unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{name}");
        }
    });
}

#[test]
fn the_deadline_of_an_offer_counts_from_its_call_but_for_the_time_that_somebody_thinks() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http"}"#;
        let answers = [(200, INVITE, None), (200, OUTCOME, None)];
        let in_time = || {
            vec![
                key(),
                Json::Null,
                json::parse(r#"{"timeout":500}"#).unwrap(),
            ]
        };
        for (takes, thinks, ends) in [
            (400, 0, Some(500.0)),
            (400, 60_000, Some(60_500.0)),
            (200, 60_000, None),
        ] {
            let client = http(options, &answers);
            client.world.takes.set(takes);
            client.world.thinks.set(thinks);
            let outcome = client.call(Method::AcceptInvite, in_time()).await;
            assert_eq!(
                outcome.as_ref().err().map(|error| error.code),
                ends.map(|_| Code::Timeout)
            );
            if let Some(ends) = ends {
                let waited = client.world.monotonic();
                assert!((ends..ends + 50.0).contains(&waited), "{waited}");
            }
        }
    });
}

#[test]
fn times_left_are_counted_by_the_servers_clock() {
    run(async {
        let options = r#"{"server":"https://example.org","dialect":"http"}"#;
        // Ours is eight days ahead of what the server says.
        let invite = r#"{"resource":"doc","permissions":"r","expiresAt":"2026-11-13T05:21:08.803Z","account":null}"#;
        let client = http(options, &[(200, invite, None)]);
        *client.world.server.date.borrow_mut() = Some("2026-11-13T05:20:08.803Z".to_owned());
        let preview = client.call(Method::Preview, vec![key()]).await.unwrap();
        assert_eq!(preview.number("expiresIn"), Some(60.0));
        // What the server counted itself goes before.
        let invite = r#"{"resource":"doc","permissions":"r","expiresAt":"2026-11-13T05:21:08.803Z","expiresIn":42,"account":null}"#;
        let client = http(options, &[(200, invite, None)]);
        let preview = client.call(Method::Preview, vec![key()]).await.unwrap();
        assert_eq!(preview.number("expiresIn"), Some(42.0));
    });
}

#[test]
fn a_dialect_that_nobody_knows_is_refused_and_is_not_webstrates() {
    run(async {
        for name in ["userkit", "rkvst", "Webstrates", ""] {
            let options = format!(r#"{{"server":"https://example.org","dialect":"{name}"}}"#);
            let client = http(&options, &[]);
            let error = client.call(Method::Check, vec![key()]).await.unwrap_err();
            assert_eq!(
                (error.code, error.field.as_deref()),
                (Code::InvalidOption, Some("dialect"))
            );
        }
        let strange = r#"{"invite-keys":1,"dialect":"of-tomorrow","features":[]}"#;
        let client = http(DOC, &[(200, strange, None)]);
        let error = client.call(Method::Get, vec![]).await.unwrap_err();
        assert_eq!(error.code, Code::Unsupported);
    });
}
