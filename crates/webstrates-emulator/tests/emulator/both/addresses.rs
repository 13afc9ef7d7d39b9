//! What is done over HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Place, Socket, http};

pub(super) async fn cookie(server: &Place) -> String {
    let form = [("username", "alice"), ("password", "any")];
    let response = http()
        .post(server.at("/auth/test"))
        .form(&form)
        .send()
        .await
        .unwrap();
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let mut parts = cookie.split("; ").skip(1);
    let age = parts
        .clone()
        .find_map(|part| part.strip_prefix("Max-Age="))
        .unwrap();
    let days: u32 = age.parse::<u32>().unwrap() / 86_400;
    let lasts = if days == 365 {
        "a year".into()
    } else {
        format!("{days} days")
    };
    let same_site = parts
        .find(|part| part.starts_with("SameSite"))
        .unwrap_or("no SameSite");
    format!("{lasts}, {same_site}")
}

pub(super) async fn signing_out(server: &Place) -> String {
    let alice = server.person("alice").await;
    let response = alice.get("/auth/logout").send().await.unwrap();
    match response.headers().get("set-cookie") {
        Some(_) => "signs out".into(),
        None => response.status().as_u16().to_string(),
    }
}

pub(super) async fn token(server: &Place) -> String {
    let alice = server.person("alice").await;
    let request = alice
        .request(reqwest::Method::POST, "/doc/")
        .form(&[("token", "60")]);
    let issued: Value = request.send().await.unwrap().json().await.unwrap();
    server.member("doc", "carol", Some("r")).await;
    let path = format!("/doc/?v&token={}", issued["token"].as_str().unwrap());
    match server
        .anonymous()
        .get(&path)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
    {
        200 => "good until its time is over".into(),
        _ => "dead".into(),
    }
}

/// A socket of alice's, opened with an access token for `doc` that lasts so many seconds.
async fn socket_by_token(server: &Place, seconds: &str) -> Socket {
    let alice = server.person("alice").await;
    let request = alice
        .request(reqwest::Method::POST, "/doc/")
        .form(&[("token", seconds)]);
    let issued: Value = request.send().await.unwrap().json().await.unwrap();
    let path = format!("/doc/?token={}", issued["token"].as_str().unwrap());
    Socket::open(&server.url, &path, &[]).await
}

pub(super) async fn token_elsewhere(server: &Place) -> String {
    server.member("other", "alice", Some("arw")).await;
    let mut socket = socket_by_token(server, "60").await;
    let reply = socket
        .call(json!({ "wa": "getInvites", "d": "other" }))
        .await;
    match reply["error"].as_str() {
        None => "answered".into(),
        Some(error) => format!("`{error}`"),
    }
}

pub(super) async fn token_that_ends(server: &Place) -> String {
    let mut socket = socket_by_token(server, "2").await;
    // The event to wait for is the time itself.
    match tokio::time::timeout(Duration::from_secs(5), socket.next()).await {
        Ok(Some(Message::Close(Some(frame)))) => format!("closed, {}", u16::from(frame.code)),
        Ok(other) => panic!("{other:?}"),
        Err(_) => {
            socket.list("doc").await;
            "the socket goes on".into()
        }
    }
}

pub(super) async fn token_for_nobody(server: &Place) -> String {
    let nobody = server.anonymous();
    let request = nobody
        .request(reqwest::Method::POST, "/doc/")
        .form(&[("token", "60")]);
    match request.send().await.unwrap().status().as_u16() {
        200 => "given".into(),
        status => status.to_string(),
    }
}

pub(super) async fn page(server: &Place) -> String {
    let bob = server.person("bob").await;
    let own = bob.get("/doc/").send().await.unwrap();
    let status = own.status().as_u16();
    if status != 200 {
        return status.to_string();
    }
    let everybody = server.anonymous().get("/nothing/").send().await.unwrap();
    assert_eq!(own.text().await.unwrap(), everybody.text().await.unwrap());
    "200, the page that everybody gets".into()
}

pub(super) async fn ghost(server: &Place) -> String {
    let alice = server.person("alice").await;
    let response = alice.get("/ghost/?v").send().await.unwrap();
    match response.status().as_u16() {
        200 => format!("200 `{}`", response.text().await.unwrap()),
        status => status.to_string(),
    }
}

pub(super) async fn root(server: &Place) -> String {
    let response = http().get(server.at("/")).send().await.unwrap();
    match response.headers().get("location") {
        Some(location) => format!(
            "{} to {}",
            response.status().as_u16(),
            location.to_str().unwrap()
        ),
        None => response.status().as_u16().to_string(),
    }
}

pub(super) async fn well_known(server: &Place) -> String {
    let response = http()
        .get(server.at("/.well-known/invite-keys"))
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    let Some(location) = response.headers().get("location") else {
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["invite-keys"], 1);
        return format!("{status}, JSON");
    };
    let followed = http()
        .get(server.at(location.to_str().unwrap()))
        .send()
        .await
        .unwrap();
    assert!(!followed.status().is_success());
    format!("{status}, and nothing there")
}
