//! What an invite is for: the mail, the link in it, and whoever it is for.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, INVITES, World, send};
use crate::post::Post;
use crate::support::Person;

async fn accept(person: &Person, key: &str) -> Answer {
    let request = person.request(Method::POST, "/api/v1/invites/accept");
    send(request.json(&json!({ "key": key }))).await
}

#[tokio::test]
async fn whom_it_is_for_gets_it_by_mail_and_accepts_it_once() {
    let mut post = Post::open().await;
    let smtp = ["--smtp", &post.url, "--mail-from", "invites@example.org"];
    let world = World::start(&smtp).await;
    let shop = world
        .client("The Shop", &["--resource", "deals", "--permissions", "wr"])
        .await;
    let body = json!({ "email": "bob@example.com", "message": "Come & see" });
    let made = shop.post(&body).await;
    let mail = post.next().await;
    assert_eq!(mail.to, "bob@example.com");
    assert!(mail.text.contains("The Shop") && mail.text.contains("Come & see"));
    let page = world.server.at("/join#acceptInvite=inv1_");
    assert!(mail.link().starts_with(&page), "{}", mail.link());
    let key = mail.key();
    assert!(!made.body.to_string().contains(key));

    // Looking at the page accepts nothing; another's account does not either.
    let (bob, mallory) = (
        world.server.person("bob").await,
        world.server.person("mallory").await,
    );
    for _ in 0..2 {
        let path = format!("/join?acceptInvite={key}");
        assert_eq!(bob.get(&path).send().await.unwrap().status(), 200);
    }
    let wrong = accept(&mallory, key).await;
    assert_eq!(wrong.body["code"], "wrong_account");
    let path = format!(
        "/archivist/iam/v1/{}",
        made.body["identity"].as_str().unwrap()
    );
    assert_eq!(shop.get(&path).await.body, made.body);

    let accepted = accept(&bob, key).await;
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(accepted.body["resource"], "deals");
    assert_eq!(accepted.body["permissions"], "wr");
    for method in [Method::GET, Method::DELETE] {
        let gone = send(shop.request(method, &path)).await;
        assert_eq!(gone.refused(), (404, 5));
    }
    assert!(shop.emails("").await.is_empty());
    assert_eq!(accept(&bob, key).await.body["already"], true);
}

#[tokio::test]
async fn mails_are_counted() {
    let mut post = Post::open().await;
    let smtp = ["--smtp", &post.url, "--mail-from", "invites@example.org"];
    let world = World::start(&[&smtp[..], &["--limit-mails", "1"]].concat()).await;
    world.crm.invite("bob@example.com").await;
    let refused = world.crm.post(&json!({ "email": "eve@example.com" })).await;
    assert_eq!(refused.refused(), (429, 8));
    assert_eq!(world.crm.emails("").await, ["bob@example.com"]);
    assert_eq!(post.next().await.to, "bob@example.com");
}

/// Without mail there is still a way: a backend with an app key, in the client's name.
#[tokio::test]
async fn an_invite_dies_with_its_client() {
    let world = World::start(&[]).await;
    let crm = &world.crm;
    let (dead, used) = ("eve@example.com", "bob@example.com");
    crm.invite(dead).await;
    crm.invite(used).await;
    let app = world.operate(&["apps", "add", "backend", "--all-resources"]);
    let list = crm
        .http
        .get(world.server.at("/api/v1/resources/deals/invites"));
    let list = list
        .bearer_auth(&app)
        .header("on-behalf-of", format!("{}:rkvst", crm.id));
    let listed = send(list).await;
    let key = |email: &str| {
        let invites = listed.body["invites"].as_array().unwrap();
        let invite = invites.iter().find(|one| one["email"] == email).unwrap();
        invite["key"].as_str().unwrap().to_owned()
    };
    let (bob, eve) = (
        world.server.person("bob").await,
        world.server.person("eve").await,
    );
    assert_eq!(accept(&bob, &key(used)).await.status, 200);
    assert_eq!(crm.emails("").await, [dead]);

    world.operate(&["apps", "remove", "crm"]);
    let refused = crm.get(INVITES).await;
    assert_eq!(refused.refused(), (401, 16));
    assert_eq!(crm.token(&crm.secret).await.refused(), (401, 16));
    let refused = accept(&eve, &key(dead)).await;
    assert_eq!(refused.body["code"], "inviter_not_admin", "{refused:?}");
    let mine = send(bob.get("/api/v1/resources")).await;
    let resources = mine.body["resources"].as_array().cloned();
    let deals = |one: &Value| one["resource"] == "deals";
    assert!(resources.unwrap().iter().any(deals), "who came in stays");
}
