//! Pages: RKVST's own client sends the token and the size with the next, and nothing else.

use reqwest::Method;
use serde_json::Value;

use super::world::{Client, INVITES, World, emails, send};

const PEOPLE: [&str; 5] = ["carol", "alice", "erin", "bob", "dan"];

fn addresses(names: &[&str]) -> Vec<String> {
    let address = |name: &&str| format!("{name}@example.com");
    names.iter().map(address).collect()
}

/// All pages of a listing: what each holds.
async fn pages(crm: &Client, query: &str, size: u32) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut next = format!("{INVITES}?{query}&page_size={size}");
    loop {
        let answer = crm.get(&next).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        all.push(emails(&answer));
        match answer.body["next_page_token"].as_str().unwrap() {
            "" => return all,
            token => next = format!("{INVITES}?page_token={token}&page_size={size}"),
        }
        assert!(all.len() < 10, "it does not end");
    }
}

#[tokio::test]
async fn filter_and_order_go_on_from_page_to_page() {
    let world = World::start(&[]).await;
    let crm = &world.crm;
    for name in PEOPLE {
        crm.invite(&format!("{name}@example.com")).await;
    }
    for _ in 0..4 {
        crm.invite("zoe@example.com").await;
    }
    let newest = addresses(&[
        "zoe", "zoe", "zoe", "zoe", "dan", "bob", "erin", "alice", "carol",
    ]);
    let sorted = addresses(&[
        "alice", "bob", "carol", "dan", "erin", "zoe", "zoe", "zoe", "zoe",
    ]);
    let zoe = addresses(&["zoe"; 4]);
    for (query, expected) in [
        ("", &newest),
        ("order_by=DEFAULT", &newest),
        ("order_by=DISPLAY_NAME", &sorted),
        ("email=zoe@example.com", &zoe),
        ("email=zoe@example.com&order_by=DISPLAY_NAME", &zoe),
    ] {
        for size in [1, 2, 4, 9] {
            let pages = pages(crm, query, size).await;
            let (last, full) = pages.split_last().unwrap();
            assert!(full.iter().all(|page| page.len() == size as usize));
            assert!(!last.is_empty());
            assert_eq!(pages.concat(), *expected, "{query} by {size}");
        }
    }
    for (query, count) in [
        ("page_size=0", 9),
        ("page_size=2147483647", 9),
        ("email=", 9),
        ("email=nobody@example.com", 0),
        ("email=ZOE@example.com", 0),
        ("email=bob@example.com", 1),
        ("email=%00", 0),
    ] {
        assert_eq!(crm.emails(query).await.len(), count, "{query}");
    }

    // The count is of all pages, and only for who asks.
    let total = |query: &'static str, wanted: &'static str| {
        let request = crm.request(Method::GET, &format!("{INVITES}?{query}"));
        send(request.header("x-request-total-count", wanted))
    };
    for (query, count) in [
        ("page_size=1", "9"),
        ("page_size=1&email=zoe@example.com", "4"),
        ("email=nobody@example.com", "0"),
    ] {
        let answer = total(query, "true").await;
        assert_eq!(answer.headers["x-total-count"], count, "{query}");
    }
    let unasked = total("", "false").await;
    assert!(!unasked.headers.contains_key("x-total-count"));

    // A token is of its own listing.
    let first = crm
        .get(&format!("{INVITES}?email=zoe@example.com&page_size=1"))
        .await;
    let token = |answer: &Value| answer["next_page_token"].as_str().unwrap().to_owned();
    let token = token(&first.body);
    for (also, status) in [
        ("email=zoe@example.com", 200),
        ("email=bob@example.com", 400),
        ("order_by=DEFAULT", 200),
        ("order_by=DISPLAY_NAME", 400),
    ] {
        let path = format!("{INVITES}?page_token={token}&{also}");
        assert_eq!(crm.get(&path).await.status, status, "{also}");
    }
}

#[tokio::test]
async fn another_clients_token_shows_nothing_of_it() {
    let world = World::start(&[]).await;
    for name in PEOPLE {
        world.crm.invite(&format!("{name}@example.com")).await;
    }
    let shop = world.client("shop", &["--resource", "deals"]).await;
    shop.invite("mine@example.com").await;
    let first = world.crm.get(&format!("{INVITES}?page_size=1")).await;
    let token = first.body["next_page_token"].as_str().unwrap();
    let shown = shop.emails(&format!("page_token={token}")).await;
    assert!(shown.is_empty(), "{shown:?}");
    assert_eq!(shop.emails("").await, ["mine@example.com"]);
}
