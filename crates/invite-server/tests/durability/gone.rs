//! What ends with what it was opened with, on both databases: access tokens, sockets and streams that somebody got by a
//! bearer or through a proxy.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::cluster::Postgres;
use crate::issuer::{Issuer, SigningKey, now};
use crate::support::{PATIENCE, Server, Socket, closed, command, connect, http};

/// How long the server takes a token of an issuer after its end, for clocks that differ.
const LEEWAY: i64 = 60;

/// A server with an issuer's people, whose names another may have once they are erased.
struct World {
    key: SigningKey,
    issuer: Issuer,
    database: String,
    folder: TempDir,
}

impl World {
    async fn on(database: Option<String>) -> Self {
        let key = SigningKey::elliptic("1");
        let issuer = Issuer::start(&[&key]).await;
        let folder = tempfile::tempdir().unwrap();
        let file = || folder.path().join("i.db").to_str().unwrap().to_owned();
        let database = database.unwrap_or_else(file);
        Self {
            key,
            issuer,
            database,
            folder,
        }
    }

    fn own(&self) -> Vec<String> {
        let secret = self.folder.path().join("secret");
        let secret = secret.to_str().unwrap();
        let own = ["--database", &self.database, "--secret-file", secret];
        own.map(str::to_owned).to_vec()
    }

    fn server(&self, more: &[&str]) -> Server {
        let own = self.own();
        let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
        all.extend(["--oidc-issuer", &self.issuer.url]);
        all.extend(["--oidc-client-id", "invites"]);
        all.extend(["--oidc-username-claim", "preferred_username"]);
        all.extend(more);
        Server::start(&all)
    }

    fn run(&self, more: &[&str]) -> String {
        let own = self.own();
        let all: Vec<&str> = own
            .iter()
            .map(String::as_str)
            .chain(more.to_vec())
            .collect();
        let output = command(&all).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{more:?}: {said}");
        said
    }

    fn active(&self) -> String {
        let listed = self.run(&["keys", "list"]);
        let active = listed.lines().find(|line| line.contains(" active"));
        active.unwrap().split(' ').next().unwrap().to_owned()
    }

    /// A bearer of the subject that is called alice, which ends in so many seconds.
    fn bearer(&self, subject: &str, seconds: i64) -> String {
        let mut claims = self.issuer.claims();
        claims["sub"] = json!(subject);
        claims["preferred_username"] = json!("alice");
        claims["exp"] = json!(now() + seconds - LEEWAY);
        claims["sid"] = json!(format!("at the issuer, {subject}"));
        self.key.token(&claims)
    }

    /// The issuer says that somebody has signed out.
    async fn tell(&self, server: &Server, name: &str, value: &str) {
        let mut claims = json!({ "iss": self.issuer.url, "aud": "invites", "iat": now(), "exp": now() + 120, "jti": name,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        claims[name] = json!(value);
        let header =
            json!({ "alg": self.key.algorithm(), "kid": self.key.id, "typ": "logout+jwt" });
        let form = [("logout_token", self.key.token_with(&header, &claims))];
        let told = http()
            .post(server.at("/auth/oidc/backchannel-logout"))
            .form(&form);
        assert_eq!(status(told).await, 200);
    }
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

async fn create(server: &Server, resource: &str, bearer: &str) -> u16 {
    let request = http().put(server.at(&format!("/api/v1/resources/{resource}")));
    status(request.bearer_auth(bearer).json(&json!({}))).await
}

async fn me(server: &Server, bearer: &str) -> u16 {
    status(http().get(server.at("/api/v1/me")).bearer_auth(bearer)).await
}

/// An access token for a webstrate, asked for with this, for a day.
async fn lent(request: RequestBuilder) -> (String, i64) {
    let response = request.form(&[("token", "99999999")]).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    let end = answer["expiration"].as_i64().unwrap();
    (answer["token"].as_str().unwrap().to_owned(), end)
}

async fn by_bearer(server: &Server, resource: &str, bearer: &str) -> (String, i64) {
    let request = http().post(server.at(&format!("/{resource}/")));
    lent(request.bearer_auth(bearer)).await
}

async fn open(server: &Server, resource: &str, token: &str) -> Socket {
    Socket::open(&server.url, &format!("/{resource}/?token={token}"), &[]).await
}

async fn with_bearer(server: &Server, resource: &str, bearer: &str) -> Socket {
    let bearer = format!("Bearer {bearer}");
    let headers = [("authorization", bearer.as_str())];
    Socket::open(&server.url, &format!("/{resource}/"), &headers).await
}

async fn is_no_good(server: &Server, resource: &str, token: &str) {
    let mut anew = connect(&server.url, &format!("/{resource}/?token={token}"), &[]).await;
    let (code, reason) = closed(&mut anew).await;
    assert_eq!((code, reason.as_str()), (1002, "Invalid access token."));
    let read = http().get(server.at(&format!("/{resource}/?v&token={token}")));
    assert_eq!(status(read).await, 403);
}

async fn until<Holds: AsyncFnMut() -> bool>(what: &str, mut holds: Holds) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// Whatever ends what an access token was asked for with ends it, and what is open by it.
async fn a_token_ends_with_what_it_came_of(database: Option<String>) {
    let world = World::on(database).await;
    let server = world.server(&[]);
    let long = world.bearer("1", 300 + LEEWAY);
    assert_eq!(create(&server, "doc", &long).await, 201);

    // With the bearer.
    let end = now() + 6;
    let (token, until_then) = by_bearer(&server, "doc", &world.bearer("1", 6)).await;
    assert!(until_then <= end + 1, "{} s too late", until_then - end);
    let mut socket = open(&server, "doc", &token).await;
    assert!(socket.list("doc").await.is_empty());
    assert_eq!(closed(&mut socket.stream).await.0, 1002);
    is_no_good(&server, "doc", &token).await;

    // By the operator, the issuer's word of the person, and its word of its own session.
    for what in ["operator", "sub", "sid"] {
        let (token, _) = by_bearer(&server, "doc", &long).await;
        let mut socket = open(&server, "doc", &token).await;
        assert!(socket.list("doc").await.is_empty());
        match what {
            "operator" => {
                world.run(&["people", "sign-out", "alice:oidc"]);
            }
            "sub" => world.tell(&server, "sub", "1").await,
            _ => world.tell(&server, "sid", "at the issuer, 1").await,
        }
        assert_eq!(closed(&mut socket.stream).await.0, 1002, "{what}");
        is_no_good(&server, "doc", &token).await;
    }
    assert_eq!(me(&server, &long).await, 200, "the bearer is the issuer's");
}

/// Erasing frees a name, and whoever had it has nothing of the next one's.
async fn nobody_is_the_next_one_of_their_name(database: Option<String>) {
    let world = World::on(database).await;
    let server = world.server(&[]);
    let (one, two) = (
        world.bearer("1", 300 + LEEWAY),
        world.bearer("2", 300 + LEEWAY),
    );
    assert_eq!(create(&server, "first", &one).await, 201);
    assert_eq!(me(&server, &two).await, 401, "the name is another's");
    let (token, _) = by_bearer(&server, "second", &one).await;
    let mut by_token = open(&server, "second", &token).await;
    let mut by_bearer = with_bearer(&server, "second", &one).await;

    world.run(&["erase", "--user", "alice:oidc"]);
    assert_eq!(create(&server, "second", &two).await, 201, "free at once");
    assert_eq!(me(&server, &one).await, 401, "and at once another's");
    let members = http().get(server.at("/api/v1/resources/second/members"));
    assert_eq!(status(members.bearer_auth(&one)).await, 401);
    // What is open is noticed within two seconds, and has ended by then.
    assert_eq!(closed(&mut by_token.stream).await.0, 1002);
    assert_eq!(closed(&mut by_bearer.stream).await.0, 1001);
    is_no_good(&server, "second", &token).await;
    assert_eq!(me(&server, &two).await, 200);
    server.stop();
    let server = world.server(&[]);
    is_no_good(&server, "second", &token).await;
}

/// A proxy says no end, so its word has one here.
async fn a_proxy_s_word_does_not_count_for_ever(database: Option<String>) {
    let world = World::on(database).await;
    let proxy = ["--trust-header", "X-User", "--trust-proxy", "127.0.0.1"];
    let server = world.server(&proxy);
    let by_proxy = |request: RequestBuilder| {
        let request = request.header("x-user", "alice");
        request.header("origin", &server.url)
    };
    let put = http().put(server.at("/api/v1/resources/doc"));
    assert_eq!(status(by_proxy(put).json(&json!({}))).await, 201);
    let (token, end) = lent(by_proxy(http().post(server.at("/doc/")))).await;
    assert!((1..=3600).contains(&(end - now())), "{}", end - now());
    let mut by_token = open(&server, "doc", &token).await;
    assert!(by_token.list("doc").await.is_empty());
    let headers = [("x-user", "alice"), ("origin", server.url.as_str())];
    let mut by_header = Socket::open(&server.url, "/doc/", &headers).await;
    assert!(by_header.list("doc").await.is_empty());
    world.run(&["people", "sign-out", "alice:proxy"]);
    assert_eq!(closed(&mut by_token.stream).await.0, 1002);
    assert!(by_header.list("doc").await.is_empty(), "the proxy's word");
    world.run(&["erase", "--user", "alice:proxy"]);
    assert_eq!(closed(&mut by_header.stream).await.0, 1001);
}

/// Those that were made with a secret that leaked are closed with it, and so are those of two rotations ago.
async fn what_a_revoked_secret_opened_is_closed(database: Option<String>) {
    let world = World::on(database).await;
    let server = world.server(&[]);
    let bearer = world.bearer("1", 300 + LEEWAY);
    assert_eq!(create(&server, "doc", &bearer).await, 201);
    let mut others = with_bearer(&server, "doc", &bearer).await;
    for what in ["revoke", "rotate"] {
        let (token, _) = by_bearer(&server, "doc", &bearer).await;
        let mut socket = open(&server, "doc", &token).await;
        assert!(socket.list("doc").await.is_empty());
        if what == "revoke" {
            world.run(&["keys", "revoke", &world.active()]);
        } else {
            world.run(&["keys", "rotate", "--at-once"]);
            world.run(&["keys", "rotate", "--at-once"]);
        }
        assert_eq!(closed(&mut socket.stream).await.0, 1002, "{what}");
        is_no_good(&server, "doc", &token).await;
    }
    assert!(others.list("doc").await.is_empty(), "an issuer's goes on");
    server.stop();

    // A bearer of our own, and a stream.
    let own = world.own();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let server = Server::start(&[&["--demo"], own.as_slice()].concat());
    let alice = server.person("alice").await;
    let stream = http().get(server.at("/api/v1/resources/notes/events"));
    let mut stream = stream.bearer_auth(&alice.bearer).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    world.run(&["keys", "revoke", &world.active()]);
    until("the bearer ends", async || {
        me(&server, &alice.bearer).await == 401
    })
    .await;
    until("the stream ends", async || {
        stream.chunk().await.unwrap().is_none()
    })
    .await;
    let by_cookie = alice.get("/api/v1/me").send().await.unwrap();
    let by_cookie: Value = by_cookie.json().await.unwrap();
    assert_eq!(by_cookie["user"]["username"], "alice", "a cookie is a row");
}

async fn move_ends(database: &str, at: i64) {
    let change = format!("UPDATE sessions SET ends_at = {at}");
    if database.starts_with("postgres") {
        let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client.batch_execute(&change).await.unwrap();
    } else {
        let file = rusqlite::Connection::open(database).unwrap();
        file.busy_timeout(PATIENCE).unwrap();
        file.execute_batch(&change).unwrap();
    }
}

/// A session that ends by itself ends a token that was asked for with it, and what that opened.
async fn a_token_ends_with_the_session_s_own_end(database: Option<String>) {
    let world = World::on(database).await;
    let own = world.own();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let server = Server::start(&[&["--demo"], own.as_slice()].concat());
    let alice = server.person("alice").await;
    let ask = || alice.request(reqwest::Method::POST, "/notes/");
    let (early, end) = lent(ask()).await;
    assert!((86_390..=86_400).contains(&(end - now())), "a day at most");
    let mut opened_early = open(&server, "notes", &early).await;
    move_ends(&world.database, (now() + 5) * 1000).await;
    // What is remembered of a session is soon asked for anew.
    until("the new end is known", async || {
        lent(ask()).await.1 <= now() + 6
    })
    .await;
    let (late, _) = lent(ask()).await;
    let mut opened_late = open(&server, "notes", &late).await;
    assert_eq!(closed(&mut opened_late.stream).await.0, 1002);
    assert_eq!(closed(&mut opened_early.stream).await.0, 1002);
    for token in [&early, &late] {
        is_no_good(&server, "notes", token).await;
    }
}

/// A reader of events who takes them slowly, far behind.
async fn slowly(server: &Server, resource: &str, bearer: &str) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let request = format!(
        "GET /api/v1/resources/{resource}/events HTTP/1.1\r\nhost: {address}\r\nlast-event-id: 0\r\n\
         authorization: Bearer {bearer}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 64];
    let count = stream.read(&mut first).await.unwrap();
    assert!(String::from_utf8_lossy(&first[..count]).starts_with("HTTP/1.1 200"));
    stream
}

/// So many events, written beside the server, of which nobody is woken.
async fn much_happens(database: &str, resource: &str, count: u32) {
    let at = now() * 1000;
    let rows = format!(
        "INSERT INTO events (resource, number, kind, invite, username, provider, at)
         WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < {count})
         SELECT '{resource}', number, 'invite.created', 'invite_x', 'alice', 'test', {at} FROM n;
         UPDATE resources SET events = {count} WHERE name = '{resource}'"
    );
    if database.starts_with("postgres") {
        let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client.batch_execute(&rows).await.unwrap();
    } else {
        let file = rusqlite::Connection::open(database).unwrap();
        file.busy_timeout(PATIENCE).unwrap();
        file.execute_batch(&rows).unwrap();
    }
}

/// So many events at most were on their way when somebody was taken out; a stream that goes on has all of them.
const ON_THEIR_WAY: u32 = 60_000;
const MANY: u32 = 120_000;

/// Whoever is behind is looked at no less than others, and keeps nobody from stopping.
async fn who_is_behind_ends_like_others(database: Option<String>) {
    let world = World::on(database).await;
    let own = world.own();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let server = Server::start(&[&["--demo"], own.as_slice()].concat());
    let alice = server.person("alice").await;
    much_happens(&world.database, "notes", MANY).await;
    let mut stream = slowly(&server, "notes", &alice.bearer).await;
    world.run(&["people", "sign-out", "alice:test"]);
    until("the bearer ends", async || {
        me(&server, &alice.bearer).await == 401
    })
    .await;
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE * 3, stream.read_to_end(&mut bytes)).await;
    read.expect("the stream ends").unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let told = text.matches("id: ").count() as u32;
    assert!(told < ON_THEIR_WAY, "{told} events");

    // One that takes nothing at all does not hold the server up.
    let bob = server.person("alice").await;
    let _deaf = slowly(&server, "notes", &bob.bearer).await;
    let began = std::time::Instant::now();
    let (status, output) = server.stop();
    assert!(status.success(), "{output}");
    assert!(!output.contains("did not end in time"), "{output}");
    assert!(began.elapsed() < Duration::from_secs(12), "{began:?}");
}

macro_rules! on_both {
    ($($name:ident, $sqlite:ident, $postgres:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $sqlite() {
            $name(None).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $postgres() {
            let postgres = Postgres::start(false);
            $name(Some(postgres.database("gone").await)).await;
        }
    )*};
}

on_both! {
    a_token_ends_with_what_it_came_of, tokens_on_sqlite, tokens_on_postgresql;
    nobody_is_the_next_one_of_their_name, names_on_sqlite, names_on_postgresql;
    a_proxy_s_word_does_not_count_for_ever, proxies_on_sqlite, proxies_on_postgresql;
    what_a_revoked_secret_opened_is_closed, secrets_on_sqlite, secrets_on_postgresql;
    a_token_ends_with_the_session_s_own_end, sessions_on_sqlite, sessions_on_postgresql;
    who_is_behind_ends_like_others, streams_on_sqlite, streams_on_postgresql;
}
