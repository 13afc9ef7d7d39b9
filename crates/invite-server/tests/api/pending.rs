//! Invites that wait in a sealed cookie.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::Server;

/// What a browser keeps: each cookie's name and value; without the ones that were cleared.
#[derive(Default)]
struct Jar(Vec<(String, String)>);

impl Jar {
    fn take(&mut self, response: &reqwest::Response) {
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.contains("SameSite=Lax"), "{line}");
            let (name, rest) = line.split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            assert_eq!(
                name.starts_with("pending_"),
                attributes.contains("HttpOnly")
            );
            self.0.retain(|(known, _)| known != name);
            if !attributes.contains("Max-Age=0") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn header(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn marks(&self) -> usize {
        let names = self.0.iter().map(|(name, _)| name);
        names
            .filter(|name| name.starts_with("invites_pending_"))
            .count()
    }
}

/// A browser of `who` at a page of ours.
async fn ask(
    server: &Server,
    jar: &mut Jar,
    who: Option<&str>,
    method: Method,
    path: &str,
    body: Value,
) -> (u16, Value) {
    let mut cookie = jar.header();
    if let Some(who) = who {
        cookie = format!("{cookie}; {}", server.session(who).await);
    }
    let mut request = server
        .request(None, method, path)
        .header("origin", crate::server::ORIGIN)
        .header("cookie", cookie);
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    jar.take(&response);
    (response.status().as_u16(), response.json().await.unwrap())
}

const PENDING: &str = "/api/v1/pending";

async fn invited(server: &Server, uses: Value) -> String {
    let path = "/api/v1/resources/notes/invites";
    let mut body = json!({"permissions": "rw"});
    if !uses.is_null() {
        body["maxUses"] = uses;
    }
    let answer = server.post(Some("alice"), path, &body).await;
    answer.body["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_one_tab_parks_another_accepts_once() {
    let server = Server::with_notes().await;
    let key = invited(&server, json!(1)).await;
    let mut jar = Jar::default();
    let body = json!({"key": key, "resource": "notes", "continuePath": "/notes/?a=1"});
    let (status, kept) = ask(&server, &mut jar, None, Method::POST, PENDING, body).await;
    assert_eq!(status, 200);
    let stand_in = kept["key"].as_str().unwrap().to_owned();
    assert_ne!(stand_in, key);
    assert!(!jar.header().contains(&key));
    assert_eq!(jar.marks(), 1);

    // Later, in another tab, signed in by now.
    let (_, list) = ask(
        &server,
        &mut jar,
        Some("carol"),
        Method::GET,
        PENDING,
        Value::Null,
    )
    .await;
    assert_eq!(list["pending"], json!([kept]));
    assert_eq!(kept["continuePath"], "/notes/?a=1");
    let by_stand_in = json!({"key": stand_in, "resource": "notes"});
    let check = "/api/v1/invites/check";
    let (status, seen) = ask(
        &server,
        &mut jar,
        Some("carol"),
        Method::POST,
        check,
        by_stand_in.clone(),
    )
    .await;
    assert_eq!((status, &seen["gained"]), (200, &json!("rw")));
    let accept = "/api/v1/invites/accept";
    let (status, got) = ask(
        &server,
        &mut jar,
        Some("carol"),
        Method::POST,
        accept,
        by_stand_in.clone(),
    )
    .await;
    assert_eq!((status, &got["already"]), (200, &json!(false)));
    assert_eq!(jar.marks(), 0, "nothing waits any longer");

    // A tab that was about to ask gets the same answer, not an error.
    let (status, again) = ask(
        &server,
        &mut jar,
        Some("carol"),
        Method::POST,
        accept,
        by_stand_in,
    )
    .await;
    assert_eq!((status, &again["already"]), (200, &json!(true)));
}

#[tokio::test]
async fn a_stand_in_means_nothing_without_its_cookie() {
    let server = Server::with_notes().await;
    let key = invited(&server, Value::Null).await;
    let mut jar = Jar::default();
    let (_, kept) = ask(
        &server,
        &mut jar,
        None,
        Method::POST,
        PENDING,
        json!({"key": key}),
    )
    .await;
    let answer = server
        .post(
            Some("carol"),
            "/api/v1/invites/accept",
            &json!({"key": kept["key"]}),
        )
        .await;
    assert_eq!(answer.code(), "invalid_key");
    let (_, list) = ask(
        &server,
        &mut Jar::default(),
        None,
        Method::GET,
        PENDING,
        Value::Null,
    )
    .await;
    assert_eq!(list, json!({"pending": []}));
}

#[tokio::test]
async fn a_final_failure_ends_the_waiting_and_a_passing_one_does_not() {
    let server = Server::with_notes().await;
    let key = invited(&server, Value::Null).await;
    let mut jar = Jar::default();
    let (_, kept) = ask(
        &server,
        &mut jar,
        None,
        Method::POST,
        PENDING,
        json!({"key": key}),
    )
    .await;
    let body = json!({"key": kept["key"]});
    let accept = "/api/v1/invites/accept";
    let (status, _) = ask(&server, &mut jar, None, Method::POST, accept, body.clone()).await;
    assert_eq!((status, jar.marks()), (401, 1));
    server.pass_seconds(8 * 24 * 3600);
    let mut other = Jar(jar.0.clone());
    let check = "/api/v1/invites/check";
    let (status, _) = ask(
        &server,
        &mut other,
        Some("carol"),
        Method::POST,
        check,
        body.clone(),
    )
    .await;
    assert_eq!((status, other.marks()), (410, 0));
    let (status, problem) = ask(&server, &mut jar, Some("carol"), Method::POST, accept, body).await;
    assert_eq!(
        (status, &problem["code"], jar.marks()),
        (410, &json!("expired"), 0)
    );
}

#[tokio::test]
async fn delete_forgets_one_or_all_and_the_oldest_goes_by_itself() {
    let server = Server::with_notes().await;
    let mut jar = Jar::default();
    let mut kept = Vec::new();
    for _ in 0..7 {
        let key = invited(&server, Value::Null).await;
        let (_, one) = ask(
            &server,
            &mut jar,
            None,
            Method::POST,
            PENDING,
            json!({"key": key}),
        )
        .await;
        kept.push(one["key"].clone());
    }
    assert_eq!(jar.marks(), 5);
    let (_, list) = ask(&server, &mut jar, None, Method::GET, PENDING, Value::Null).await;
    let one = list["pending"][0]["key"].clone();
    let (_, gone) = ask(
        &server,
        &mut jar,
        None,
        Method::DELETE,
        PENDING,
        json!({"key": one}),
    )
    .await;
    assert_eq!((&gone["deletedCount"], jar.marks()), (&json!(1), 4));
    let (_, gone) = ask(
        &server,
        &mut jar,
        None,
        Method::DELETE,
        PENDING,
        Value::Null,
    )
    .await;
    assert_eq!((&gone["deletedCount"], jar.marks()), (&json!(4), 0));
}

#[tokio::test]
async fn only_our_own_pages_park_well_formed_keys() {
    let server = Server::with_notes().await;
    let key = invited(&server, Value::Null).await;
    let answer = server.post(None, PENDING, &json!({"key": key})).await;
    assert_eq!(answer.code(), "forbidden");
    let mut jar = Jar::default();
    for (body, code) in [
        (json!({"key": "inv1_short"}), "malformed_key"),
        (json!({}), "invalid_option"),
        (json!({"key": key, "other": 1}), "invalid_option"),
        (json!({"key": key, "continuePath": 1}), "invalid_option"),
    ] {
        let (_, problem) = ask(&server, &mut jar, None, Method::POST, PENDING, body).await;
        assert_eq!(problem["code"], code);
    }
    let body = json!({"key": key, "continuePath": "//evil.example/"});
    let (_, kept) = ask(&server, &mut jar, None, Method::POST, PENDING, body).await;
    assert_eq!(kept["continuePath"], Value::Null, "it leads nowhere else");
}
