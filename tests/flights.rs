//! Two accepts of one key are one, however long it takes, for as long as anybody waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use invite_keys::error::{Code, Error};
use invite_keys::json::{self, Json};
use invite_keys::later::Later;
use invite_keys::transport::Platform as _;
use scripted::http::{Http, http, key};
use scripted::{Client, Method, run};
use tokio::task::spawn_local;

const TAKEN: &str = r#"{"resource":"doc","permissions":"r","gained":"r","already":false}"#;

fn slow(milliseconds: u64) -> Client<Http> {
    let options = r#"{"server":"https://example.org","dialect":"http","resource":"doc"}"#;
    let client = http(options, &[(200, TAKEN, None); 3]);
    client.world.takes.set(milliseconds);
    client
}

#[test]
fn two_accepts_of_one_key_are_one_however_long_it_takes() {
    run(async {
        for takes in [10, 4_900, 6_000, 8_900] {
            let client = slow(takes);
            let calls = [(); 2].map(|()| spawn_local(client.call(Method::Accept, vec![key()])));
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap(), Json::from("r"));
            }
            assert_eq!(client.world.server.requests.take().len(), 1, "{takes} ms");
        }
    });
}

#[test]
fn an_accept_goes_on_for_who_still_waits_for_it() {
    run(async {
        let client = slow(6_000);
        let short = json::parse(r#"{"timeout":3000}"#).unwrap();
        let signal = Later::default();
        let accept = |rest: Option<Json>| {
            let arguments = [key()].into_iter().chain(rest).collect();
            client.call(Method::Accept, arguments)
        };
        let first = spawn_local(accept(Some(short)));
        let aborted = client.call_until(Method::Accept, vec![key()], Some(signal.clone()));
        let aborted = spawn_local(aborted);
        let third = spawn_local(accept(None));
        assert_eq!(first.await.unwrap().unwrap_err().code, Code::Timeout);
        signal.set(Err(Error::new(Code::Aborted, "enough")));
        assert_eq!(aborted.await.unwrap().unwrap_err().code, Code::Aborted);
        assert_eq!(third.await.unwrap().unwrap(), Json::from("r"));
        // By the request that the first one sent.
        assert_eq!(client.world.now() - scripted::START, 6_000.0);

        // And for nobody else: the next one asks anew.
        let client = slow(6_000);
        let short = json::parse(r#"{"timeout":3000}"#).unwrap();
        let error = client.call(Method::Accept, vec![key(), short]).await;
        assert_eq!(error.unwrap_err().code, Code::Timeout);
        assert!(client.call(Method::Accept, vec![key()]).await.is_ok());
        assert_eq!(client.world.now() - scripted::START, 9_000.0);
    });
}

#[test]
fn an_accept_waits_for_another_tabs_for_half_of_its_time_and_5_seconds_at_most() {
    run(async {
        for (timeout, held, end) in [
            (10_000, 0, 10.0),
            (10_000, 4_000, 4_010.0),
            (10_000, 600_000, 5_010.0),
            (2_000, 600_000, 1_010.0),
            (60_000, 600_000, 5_010.0),
        ] {
            let client = slow(10);
            client.world.other_tab.set(held);
            let options = Json::object().with("timeout", f64::from(timeout));
            let accept = client.call(Method::Accept, vec![key(), options]);
            assert!(accept.await.is_ok());
            let took = client.world.now() - scripted::START;
            assert_eq!(took.round(), end, "held for {held} ms");
        }
    });
}

#[test]
fn an_accept_that_nobody_hears_of_is_made_beside_the_first_and_whichever_is_answered_answers_both()
{
    run(async {
        let long = || json::parse(r#"{"timeout":60000}"#).unwrap();
        for (first_takes, second_takes, end) in [(12_000, 6_000, 12_000.0), (40_000, 10, 9_010.0)] {
            let client = slow(first_takes);
            let accept = || spawn_local(client.call(Method::Accept, vec![key(), long()]));
            let (first, second) = (accept(), accept());
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            client.world.takes.set(second_takes);
            for call in [first, second] {
                assert_eq!(call.await.unwrap().unwrap(), Json::from("r"));
            }
            assert_eq!((client.world.now() - scripted::START).round(), end);
        }
    });
}
