//! People whom a reverse proxy names.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Server, Socket, http, json_of};

fn server(folder: &TempDir, address: &str) -> Server {
    let database = folder.path().join("invites.db");
    let database = ["--database", database.to_str().unwrap()];
    let trust = [
        "--trust-header",
        "X-Forwarded-User",
        "--trust-proxy",
        address,
        "--trust-name-header",
        "X-Name",
        "--trust-email-header",
        "X-Email",
    ];
    Server::start(&[&database[..], &trust].concat())
}

async fn me(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = http().get(server.at("/api/v1/me"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        response.json::<Value>().await.unwrap()["user"]["username"].clone(),
    )
}

#[tokio::test]
async fn the_proxy_is_believed_and_nobody_else() {
    let alice = ("x-forwarded-user", "alice");
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let behind = server(&one, "127.0.0.0/8");
    assert_eq!(me(&behind, &[alice]).await, (200, json!("alice")));
    assert_eq!(me(&behind, &[]).await, (200, Value::Null));
    // Its own sign-in may be of the kind that browsers send along.
    let basic = ("authorization", "Basic YTpi");
    assert_eq!(me(&behind, &[alice, basic]).await, (200, json!("alice")));
    assert_eq!(me(&behind, &[basic]).await.0, 401);
    assert_eq!(
        me(&behind, &[("x-forwarded-user", "mallory"), alice])
            .await
            .0,
        401
    );
    let elsewhere = server(&other, "192.0.2.0/24");
    assert_eq!(me(&elsewhere, &[alice]).await, (200, Value::Null));
    // Nor does it help to say where one comes from.
    let forwarded = ("x-forwarded-for", "192.0.2.1");
    assert_eq!(
        me(&elsewhere, &[alice, forwarded]).await,
        (200, Value::Null)
    );
}

#[tokio::test]
async fn what_says_who_somebody_is_comes_once() {
    let folder = tempfile::tempdir().unwrap();
    let behind = server(&folder, "127.0.0.1");
    let alice = ("x-forwarded-user", "alice");
    for headers in [
        [
            ("x-email", "mallory@b.example"),
            ("x-email", "alice@b.example"),
        ],
        [("x-name", "Mallory"), ("x-name", "Alice")],
        [
            ("x-name", "Alice"),
            ("x-email", "mallory@b.example, alice@b.example"),
        ],
        [
            ("authorization", "Basic YTpi"),
            ("authorization", "Bearer x"),
        ],
    ] {
        let [first, second] = headers;
        assert_eq!(
            me(&behind, &[alice, first, second]).await.0,
            401,
            "{headers:?}"
        );
        let socket = [alice, first, second, ("origin", behind.url.as_str())];
        let socket = socket.map(|(name, value)| (name, value.to_owned()));
        let socket = behind.refused("/plans/", &socket).await;
        assert_eq!(socket, 401, "a socket: {headers:?}");
    }
    let once = [
        alice,
        ("x-name", "Doe, Alice"),
        ("x-email", "alice@b.example"),
    ];
    assert_eq!(me(&behind, &once).await, (200, json!("alice")));
}

#[tokio::test]
async fn what_comes_along_by_itself_changes_things_from_our_own_pages_only() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "127.0.0.1");
    let put = |origin: &str| {
        let request = http()
            .put(server.at("/api/v1/resources/plans"))
            .json(&json!({}));
        let request = request.header("x-forwarded-user", "alice");
        if origin.is_empty() {
            request
        } else {
            request.header("origin", origin)
        }
    };
    for (origin, expected) in [
        ("", 403),
        ("https://evil.example", 403),
        (server.url.as_str(), 201),
    ] {
        assert_eq!(
            put(origin).send().await.unwrap().status(),
            expected,
            "{origin:?}"
        );
    }
    let refused: Value = put("").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        refused["detail"],
        "A change in the name that the proxy in front says has to come from a page of this server, with an Origin or \
         Sec-Fetch-Site header that says so. Programs use a bearer token."
    );
    for (origin, name) in [
        ("", "anonymous"),
        ("https://evil.example", "anonymous"),
        (server.url.as_str(), "alice"),
    ] {
        let headers = [("x-forwarded-user", "alice"), ("origin", origin)];
        let mut socket = Socket::open(&server.url, "/plans/", &headers).await;
        socket
            .send(&json!({ "a": "s", "c": "webstrates", "d": "plans" }))
            .await;
        let hello = json_of(socket.next().await.unwrap());
        assert_eq!(hello["user"]["username"], name, "{origin:?}");
    }
}

#[tokio::test]
async fn of_what_a_proxy_says_that_is_no_address_the_operator_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, "127.0.0.0/8");
    let said = |output: &str| output.matches("that is no address").count();
    for fine in ["198.51.100.1:5555", "[2001:db8::2]:443", "198.51.100.1"] {
        me(&server, &[("x-forwarded-for", fine)]).await;
    }
    for _ in 0..3 {
        me(&server, &[("x-forwarded-for", "unknown")]).await;
        while said(&server.output()) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    let (_, output) = server.stop();
    assert_eq!(said(&output), 1, "{output}");
}
