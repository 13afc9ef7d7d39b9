//! Secrets that change while servers run: nothing good is refused, nothing that was taken back goes on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use invite_key::signed::{Audience, Checks, KeySet};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cluster::Postgres;
use crate::leaked::Leaked;
use crate::people::{client, code, sign_in};
use crate::support::{PATIENCE, Person, Server, Socket, closed, command, http};
use invite_server::core::SessionToken;

/// The same address for each copy: signed keys and cookies name it.
const PUBLIC: &str = "http://localhost:7007";
const DAY: i64 = 86_400;
const YEARS: i64 = 31 * 366 * DAY;

/// A database, and a secret file for it.
struct Place {
    database: String,
    secret: PathBuf,
}

impl Place {
    fn in_folder(folder: &TempDir) -> Self {
        let path = |name: &str| folder.path().join(name);
        Self {
            database: path("invites.db").to_str().unwrap().to_owned(),
            secret: path("secret"),
        }
    }

    fn arguments(&self) -> [&str; 4] {
        let secret = self.secret.to_str().unwrap();
        ["--database", &self.database, "--secret-file", secret]
    }

    fn server(&self) -> Server {
        let options = ["--demo", "--public-url", PUBLIC];
        Server::start(&[&self.arguments()[..], &options].concat())
    }

    fn run(&self, arguments: &[&str]) -> String {
        let all = [&self.arguments()[..], arguments].concat();
        let output = command(&all).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said.trim().to_owned()
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

async fn body(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {status} {text}"))
}

async fn published(server: &Server) -> String {
    let request = http().get(server.at("/.well-known/jwks.json"));
    body(request).await.to_string()
}

async fn until<Holds: AsyncFnMut() -> bool>(what: &str, mut holds: Holds) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE * 3, waiting).await;
    waited.unwrap_or_else(|_| panic!("in vain: {what}"));
}

async fn publishes(server: &Server, count: usize) {
    until("the set of keys", async || {
        published(server).await.matches("\"kid\"").count() == count
    })
    .await;
}

/// An app key and an RKVST client, for what they may do.
struct Backend {
    app: String,
    client: String,
    secret: String,
}

impl Backend {
    fn add(place: &Place) -> Self {
        let app = place.run(&["apps", "add", "crm", "--all-resources"]);
        let said = place.run(&[
            "apps",
            "add",
            "partner",
            "--dialect",
            "rkvst",
            "--resource",
            "deals",
        ]);
        let (client, secret) = said.split_once('\n').unwrap();
        Self {
            app,
            client: client.into(),
            secret: secret.into(),
        }
    }

    async fn bearer(&self, server: &Server) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client),
            ("client_secret", &self.secret),
        ];
        let request = http().post(server.at("/archivist/iam/v1/appidp/token"));
        let answer = body(request.form(&form)).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

async fn me(server: &Server, bearer: &str) -> u16 {
    status(http().get(server.at("/api/v1/me")).bearer_auth(bearer)).await
}

async fn by_cookie(server: &Server, cookie: &str) -> Value {
    let request = http().get(server.at("/api/v1/me")).header("cookie", cookie);
    body(request).await["user"]["username"].clone()
}

async fn by_token(server: &Server, token: &str) -> u16 {
    status(http().get(server.at(&format!("/notes/?v&token={token}")))).await
}

async fn by_client(server: &Server, bearer: &str) -> u16 {
    let request = http().get(server.at("/archivist/iam/v1/invites"));
    status(request.bearer_auth(bearer)).await
}

async fn redeem(server: &Server, backend: &Backend, receipt: &str) -> u16 {
    let request = http().post(server.at("/api/v1/receipts/redeem"));
    let request = request.json(&json!({ "receipt": receipt }));
    status(request.bearer_auth(&backend.app)).await
}

/// Which of all that lives short are taken, forged with a leaked secret and so long a life.
async fn taken(
    server: &Server,
    backend: &Backend,
    leaked: &Leaked,
    seconds: impl Fn(i64) -> i64,
) -> Vec<&'static str> {
    let now = now();
    let alice = json!({ "username": "alice", "provider": "test" });
    let mut taken = Vec::new();
    // Somebody's session, whose name nobody but them should know.
    let cookie = person(server, "alice").await.cookie;
    let token = SessionToken::parse(cookie.split_once('=').unwrap().1).unwrap();
    let of_session = json!({ "session": token.id() });
    let bearer = leaked.sealed("bearer", of_session, now, seconds(DAY / 2));
    if me(server, &bearer).await == 200 {
        taken.push("bearer");
    }
    let named = json!({ "webstrateId": "notes", "session": token.id() });
    let token = leaked.sealed("access-token", named, now, seconds(DAY));
    if by_token(server, &token).await == 200 {
        taken.push("access token");
    }
    let client = &backend.client;
    let claims = json!({ "iss": PUBLIC, "aud": format!("{PUBLIC}/archivist"), "sub": client, "client_id": client,
                         "jit_tenant_id": "tenant/x", "jti": "x" });
    let bearer = leaked.signed("at+jwt", claims, now, seconds(3600));
    if by_client(server, &bearer).await == 200 {
        taken.push("client's bearer");
    }
    let invite = http()
        .post(server.at("/api/v1/resources/notes/invites"))
        .header("on-behalf-of", "alice:test")
        .bearer_auth(&backend.app)
        .json(&json!({}));
    let invite = body(invite).await["id"].clone();
    let claims = json!({ "iss": PUBLIC, "aud": format!("{PUBLIC}/notes"), "sub": "alice:test", "user": alice,
                         "jti": format!("receipt_{}", seconds(300)), "invite": invite, "resource": "notes",
                         "permissions": "r", "gained": "r" });
    let receipt = leaked.signed("invite-receipt+jwt", claims, now, seconds(300));
    if redeem(server, backend, &receipt).await == 200 {
        taken.push("receipt");
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_rotated_secret_makes_nothing_that_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::in_folder(&folder);
    let server = place.server();
    let backend = Backend::add(&place);
    let leaked = Leaked::from(&place.secret);
    let none: [&str; 0] = [];
    let forever = |_| YEARS;
    assert_eq!(taken(&server, &backend, &leaked, forever).await, none);
    server.stop();
    place.run(&["keys", "rotate"]);
    let server = place.server();
    assert_eq!(taken(&server, &backend, &leaked, forever).await, none);
    let usual = taken(&server, &backend, &leaked, |usual| usual).await;
    assert!(
        usual.contains(&"bearer") && usual.contains(&"receipt"),
        "{usual:?}"
    );
    server.stop();
    place.run(&["keys", "rotate", "--at-once"]);
    let server = place.server();
    for seconds in [1, 60, 1_000_000] {
        let shorter = |usual: i64| usual.min(seconds);
        assert_eq!(taken(&server, &backend, &leaked, shorter).await, none);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_a_rotation_up() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::in_folder(&folder);
    let mut server = place.server();
    let client = client();
    let alice = sign_in(&server, &client, "alice").await;
    let made = alice.invite(&server.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
    publishes(&server, 2).await;
    let first = Leaked::from(&place.secret);
    let said = place.run(&["keys", "rotate"]);
    let second = Leaked::from(&place.secret);
    assert!(said.contains(&second.id) && first.id != second.id, "{said}");
    publishes(&server, 3).await;
    // Who was signed in goes on, and so does what was made.
    let made = alice.invite(&server.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
    let listed = alice.invites(&server.url, "notes", "pending").await;
    assert!(
        listed.len() >= 2 && listed.iter().all(|one| one["key"].is_string()),
        "{listed:?}"
    );
    let list = place.run(&["keys", "list"]);
    let line = |id: &str| list.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(
        line(&first.id).contains("retired") && line(&first.id).contains(" 1 live"),
        "{list}"
    );
    assert!(
        line(&second.id).contains("active") && list.contains("next"),
        "{list}"
    );

    // A file that cannot be used changes nothing, and is told once.
    let whole = std::fs::read_to_string(&place.secret).unwrap();
    std::fs::write(&place.secret, "nonsense\n").unwrap();
    until("the log", async || server.output().contains("go on")).await;
    assert_eq!(
        code(&alice.invite(&server.url, "notes", json!({})).await),
        "yes"
    );
    std::fs::write(&place.secret, whole).unwrap();
    until("the log", async || {
        server.output().matches("took the secrets up").count() == 2
    })
    .await;
    assert_eq!(server.output().matches("go on").count(), 1);

    hang_up(&server);
    place.run(&["keys", "rotate", "--at-once"]);
    hang_up(&server);
    publishes(&server, 4).await;
    server.ask_to_stop();
    assert!(server.wait().0.success());
}

fn hang_up(server: &Server) {
    server.signal("HUP");
}

/// Somebody at a copy of the server whose pages have its public address.
async fn person(server: &Server, name: &str) -> Person {
    let mut person = server.person(name).await;
    person.url.clone_from(&server.url);
    person
}

/// All that one copy makes counts at the other.
async fn counts(here: &Server, there: &Server, backend: &Backend, number: usize) {
    let client = client();
    let alice = person(here, "alice").await;
    assert_eq!(me(there, &alice.bearer).await, 200);
    assert_eq!(by_cookie(there, &alice.cookie).await, "alice");
    let own = |request: RequestBuilder| request.header("origin", PUBLIC);
    let token = http()
        .post(here.at("/notes/"))
        .header("cookie", &alice.cookie);
    let token = body(own(token).form(&[("token", "60")])).await;
    assert_eq!(
        by_token(there, token["token"].as_str().unwrap()).await,
        200,
        "{token}"
    );
    assert_eq!(by_client(there, &backend.bearer(here).await).await, 200);

    let caller = sign_in(here, &client, "alice").await;
    let set = KeySet::parse(&published(there).await).unwrap();
    for signed in [false, true] {
        let options = json!({ "signed": signed });
        let (_, made) = caller.invite(&here.url, "notes", options).await.unwrap();
        let key = made["key"].as_str().unwrap();
        let listed = caller.invites(&there.url, "notes", "pending").await;
        assert!(listed.iter().any(|one| one["key"] == key), "{listed:?}");
        if signed {
            let checks = Checks::new(Audience::Server(PUBLIC), now() as u64).unwrap();
            assert_eq!(set.verify(key, &checks).code(), "authentic");
        }
        let bob = sign_in(here, &client, &format!("bob{number}{signed}")).await;
        let (_, accepted) = bob.accept(&here.url, key).await.unwrap();
        let receipt = accepted["receipt"].as_str().unwrap();
        assert_eq!(redeem(there, backend, receipt).await, 200);

        // Parked at one copy, looked up at the other.
        let parked = own(http().post(here.at("/api/v1/pending"))).json(&json!({ "key": key }));
        let parked = parked.send().await.unwrap();
        let cookies = parked.headers().get_all("set-cookie").iter();
        let cookies =
            cookies.map(|one| one.to_str().unwrap().split(';').next().unwrap().to_owned());
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let parked: Value = parked.json().await.unwrap();
        let check = http().post(there.at("/api/v1/invites/check"));
        let check = own(check).header("cookie", cookies);
        let check = body(check.json(&json!({ "key": parked["key"] }))).await;
        assert_eq!(check["resource"], "notes", "{check}");
    }
    let headers = [("cookie", alice.cookie.as_str()), ("origin", PUBLIC)];
    let mut socket = Socket::open(&here.url, "/notes/", &headers).await;
    let hex = socket.create("notes", "r", 600).await;
    let listed = caller.invites(&there.url, "notes", "pending").await;
    assert!(listed.iter().any(|one| one["key"] == hex), "{listed:?}");
}

/// Two places of one database, the second with a copy of the file.
async fn two(postgres: &Postgres, folder: &TempDir, name: &str) -> (Place, Server, Place, Server) {
    let database = postgres.database(name).await;
    let place = |file: &str| Place {
        database: database.clone(),
        secret: folder.path().join(file),
    };
    let (one, other) = (place("one"), place("other"));
    let here = one.server();
    copy(&one.secret, &other.secret);
    let there = other.server();
    (one, here, other, there)
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_before_and_after_a_rotation_refuse_nothing_of_each_other() {
    let (postgres, folder) = (Postgres::start(false), tempfile::tempdir().unwrap());
    let (one, here, other, there) = two(&postgres, &folder, "rotated").await;
    let backend = Backend::add(&one);
    one.run(&["keys", "rotate"]);
    publishes(&here, 3).await;
    publishes(&there, 2).await;
    counts(&here, &there, &backend, 1).await;
    counts(&there, &here, &backend, 2).await;
    // Nor does one that starts with the file of before.
    drop(there);
    let there = other.server();
    counts(&here, &there, &backend, 3).await;
    copy(&one.secret, &other.secret);
    publishes(&there, 3).await;
    counts(&there, &here, &backend, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_secret_ends_on_every_copy_at_once() {
    let (postgres, folder) = (Postgres::start(false), tempfile::tempdir().unwrap());
    let (one, here, _other, there) = two(&postgres, &folder, "revoked").await;
    let backend = Backend::add(&one);
    one.run(&["apps", "webhook", "crm", "https://crm.example.com/hook"]);
    let client = client();
    let alice = sign_in(&here, &client, "alice").await;
    let before = person(&there, "alice").await;
    let mut keys = Vec::new();
    for url in [&here.url, &there.url] {
        let made = alice.invite(url, "notes", json!({})).await.unwrap().1;
        keys.push(made["key"].as_str().unwrap().to_owned());
    }
    let lent = http().post(here.at("/notes/"));
    let lent = lent
        .header("cookie", &before.cookie)
        .header("origin", PUBLIC);
    let lent = body(lent.form(&[("token", "600")])).await;
    let path = format!("/notes/?token={}", lent["token"].as_str().unwrap());
    let mut lent = Socket::open(&there.url, &path, &[]).await;
    lent.list("notes").await;
    let live = alice.invites(&here.url, "notes", "pending").await.len();
    let leaked = Leaked::from(&one.secret);
    let said = one.run(&["keys", "revoke", &leaked.id]);
    assert!(
        said.contains("live invites ended") && said.contains("apps webhook crm"),
        "{said}"
    );
    let count: usize = said.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!(count >= live, "{count} of {live}: {said}");
    // What is still made with it by one copy is refused by another that has given it up already.
    for server in [&here, &there] {
        until("the bearer of before", async || {
            me(server, &before.bearer).await == 401
        })
        .await;
    }
    let bob = sign_in(&here, &client, "bob").await;
    for (server, key) in [(&there, &keys[0]), (&here, &keys[1])] {
        assert_eq!(code(&bob.accept(&server.url, key).await), "removed");
    }
    for server in [&here, &there] {
        // Sessions are rows, made with no secret.
        assert_eq!(by_cookie(server, &before.cookie).await, "alice");
        let usual = taken(server, &backend, &leaked, |usual| usual).await;
        assert!(usual.is_empty(), "{usual:?}");
    }
    // Nor does a socket go on that such a token has opened, whoever says nothing on it.
    assert_eq!(closed(&mut lent.stream).await.0, 1002);
    // Both go on with the same one, though only one of them has it from the file.
    counts(&here, &there, &backend, 5).await;
    counts(&there, &here, &backend, 6).await;
}

/// The other copy has the file of before a rotation, and so lacks what all is made with since.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_secret_ends_on_a_copy_whose_file_does_not_fit() {
    let (postgres, folder) = (Postgres::start(false), tempfile::tempdir().unwrap());
    let (one, here, other, there) = two(&postgres, &folder, "stale").await;
    let backend = Backend::add(&one);
    one.run(&["keys", "rotate"]);
    publishes(&here, 3).await;
    let leaked = Leaked::from(&one.secret);
    let usual = taken(&there, &backend, &leaked, |usual| usual).await;
    assert!(usual.contains(&"access token"), "{usual:?}");
    one.run(&["keys", "revoke", &leaked.id]);
    for server in [&there, &here] {
        until("the end of what was leaked", async || {
            let usual = taken(server, &backend, &leaked, |usual| usual).await;
            usual.is_empty()
        })
        .await;
    }
    // It says what is wrong, goes on with what is good, and takes the file up once it is brought.
    until("the log", async || there.output().contains("lacks")).await;
    let alice = sign_in(&there, &client(), "alice").await;
    let made = alice.invite(&there.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
    copy(&one.secret, &other.secret);
    until("the file", async || {
        published(&there).await == published(&here).await
    })
    .await;
    counts(&here, &there, &backend, 7).await;
    counts(&there, &here, &backend, 8).await;
}
