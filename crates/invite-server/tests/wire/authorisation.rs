//! Every operation of the Webstrates dialect by every sort of asker: over the socket, and what `/<id>/` answers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, Server, Socket, closed, command, http};

/// Each operation and what comes of it. `out`, `not admin`, `no key`, `lost`, `unable` are the words of the dialect (see
/// [`WORDS`]), a number is a status.
///
/// alice is admin and inviter, and the app acts in her name, which is our own API's business alone: no socket opens; grace was admin, and
/// has an invite from then; dora is admin; mallory is a stranger. Somebody has kept a cookie and a socket of alice's, and
/// she has signed out since; somebody else the socket of an access token of hers whose time is over. Without more words it is about alice's invite.
const TABLE: &str = "
operation                       | anonymous | stranger  | reader    | inviter   | admin     | ex-admin  | app key   | signed out | expired
createInvite                    | out       | not admin | not admin | yes       | yes       | not admin | refused   | closed    | closed
createInvite for an admin       | out       | not admin | not admin | yes       | yes       | not admin | refused   | closed    | closed
getInvites                      | out       | not admin | not admin | yes       | yes       | not admin | refused   | closed    | closed
checkInvite                     | out       | yes       | yes       | yes       | yes       | yes       | refused   | closed    | closed
checkInvite of the ex-admin's   | out       | lost      | lost      | lost      | lost      | lost      | refused   | closed    | closed
acceptInvite                    | out       | yes       | yes       | yes       | yes       | yes       | refused   | closed    | closed
acceptInvite of the ex-admin's  | out       | lost      | lost      | lost      | lost      | lost      | refused   | closed    | closed
acceptInvite elsewhere          | out       | no key    | no key    | no key    | no key    | no key    | refused   | closed    | closed
removeInvite                    | out       | not admin | not admin | yes       | unable    | not admin | refused   | closed    | closed
removeInvite of the ex-admin's  | out       | not admin | not admin | unable    | unable    | not admin | refused   | closed    | closed
removeInvite elsewhere          | out       | not admin | not admin | not admin | not admin | not admin | refused   | closed    | closed
GET ?v                          | 403       | 403       | yes       | yes       | yes       | 403       | 403       | 403       | 403
GET ?json                       | 403       | 403       | yes       | yes       | yes       | 403       | 403       | 403       | 403
GET ?acceptInvite               | yes       | yes       | yes       | yes       | yes       | yes       | 403       | yes       | 403
HEAD ?acceptInvite              | yes       | yes       | yes       | yes       | yes       | yes       | 403       | yes       | 403
POST token                      | 401       | yes       | yes       | yes       | yes       | yes       | 401       | 401       | 401
";

const WORDS: [(&str, &str); 5] = [
    ("out", "Must be logged in to handle invites"),
    ("not admin", "Need admin permissions to manage invites."),
    ("no key", "Invalid invitation key"),
    ("lost", "Inviter is no longer admin on the webstrate"),
    ("unable", "Unable to delete invite"),
];

const ASKERS: [&str; 9] = [
    "",
    "mallory",
    "bob",
    "alice",
    "dora",
    "grace",
    "app",
    "signed out",
    "expired",
];

/// What changes nothing even where it is allowed.
const LOOKING: [&str; 4] = ["getInvites", "checkInvite", "GET", "HEAD"];

/// A webstrate of its own, wherever the cell before may have changed something.
struct Scene {
    id: String,
    key: String,
    ex_admins: String,
}

async fn scene(server: &Server, number: usize, alice: &mut Socket, grace: &mut Socket) -> Scene {
    let id = format!("cell-{number}");
    for (name, permissions) in [
        ("alice", "arw"),
        ("bob", "r"),
        ("dora", "arw"),
        ("grace", "arw"),
    ] {
        server.member(&id, name, Some(permissions)).await;
    }
    let key = alice.create(&id, "w", 3600).await;
    let ex_admins = grace.create(&id, "r", 3600).await;
    server.member(&id, "grace", None).await;
    Scene { id, key, ex_admins }
}

/// Somebody, with what they bring along.
struct Asker {
    headers: Vec<(&'static str, String)>,
    /// What stands in the address, after a `?` or `&`.
    token: Option<String>,
    /// None where none opens.
    socket: Option<Socket>,
}

impl Asker {
    async fn new(server: &Server, headers: Vec<(&'static str, String)>) -> Self {
        let given: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let socket = Some(Socket::open(&server.url, "/doc/", &given).await);
        let token = None;
        Self {
            headers,
            token,
            socket,
        }
    }

    /// Somebody with an app's key.
    async fn app(server: &Server, key: String) -> Self {
        let headers = vec![
            ("authorization", format!("Bearer {key}")),
            ("on-behalf-of", "alice:test".to_owned()),
        ];
        assert_eq!(server.refused("/doc/", &headers).await, 401);
        Self {
            headers,
            token: None,
            socket: None,
        }
    }

    /// Alice's cookie and socket, after she has signed out.
    async fn signed_out(server: &Server) -> Self {
        let alice = server.person("alice").await;
        let mut asker = Self::new(server, Self::person(server, &alice)).await;
        let out = alice.request(Method::POST, "/auth/logout");
        assert_eq!(out.send().await.unwrap().status(), 302);
        let socket = asker.socket.as_mut().unwrap();
        assert_eq!(closed(&mut socket.stream).await.0, 1001);
        asker
    }

    /// The socket of an access token of alice's, after its second.
    async fn expired(server: &Server) -> Self {
        let alice = server.person("alice").await;
        let asked = alice.request(Method::POST, "/doc/").form(&[("token", "1")]);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        let token = format!("token={}", answer["token"].as_str().unwrap());
        let mut socket = Socket::open(&server.url, &format!("/doc/?{token}"), &[]).await;
        assert_eq!(closed(&mut socket.stream).await.0, 1002);
        Self {
            headers: Vec::new(),
            token: Some(token),
            socket: Some(socket),
        }
    }

    fn person(server: &Server, person: &Person) -> Vec<(&'static str, String)> {
        vec![
            ("cookie", person.cookie.clone()),
            ("origin", server.url.clone()),
        ]
    }
}

#[tokio::test]
async fn the_table() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let mut askers = Vec::new();
    for name in ASKERS {
        match name {
            "signed out" => {
                askers.push(Asker::signed_out(&server).await);
                continue;
            }
            "expired" => {
                askers.push(Asker::expired(&server).await);
                continue;
            }
            "app" => {
                askers.push(Asker::app(&server, app_key(&database)).await);
                continue;
            }
            _ => {}
        }
        let headers = match name {
            "" => Vec::new(),
            name => Asker::person(&server, &server.person(name).await),
        };
        askers.push(Asker::new(&server, headers).await);
    }
    let mut alice = server.person("alice").await.socket().await;
    let mut grace = server.person("grace").await.socket().await;
    let mut dora = server.person("dora").await.socket().await;
    let reader = Reader {
        client: http(),
        url: server.url.clone(),
        cookie: server.person("dora").await.cookie,
    };
    let mut number = 0;
    let mut untouched = None;
    for row in TABLE.trim().lines().skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), ASKERS.len() + 1, "{row}");
        for ((asker, who), expected) in askers.iter_mut().zip(ASKERS).zip(&cells[1..]) {
            number += 1;
            let (scene, before) = match untouched.take() {
                Some(untouched) => untouched,
                None => {
                    let scene = scene(&server, number, &mut alice, &mut grace).await;
                    let before = stored(&reader, &scene, &mut alice, &mut dora).await;
                    (scene, before)
                }
            };
            let answer = call(&reader, &scene, cells[0], asker).await;
            let meant = WORDS
                .iter()
                .find(|(short, _)| short == expected)
                .map_or(*expected, |(_, words)| words);
            assert!(
                answer.starts_with(meant),
                "{} by {who:?}: {answer}",
                cells[0]
            );
            if *expected != "yes" || LOOKING.iter().any(|looking| cells[0].starts_with(looking)) {
                let after = stored(&reader, &scene, &mut alice, &mut dora).await;
                assert_eq!(after, before, "{} by {who:?}", cells[0]);
                untouched = Some((scene, before));
            }
        }
    }
}

/// `yes`, the words of a refusal, or a status.
async fn call(reader: &Reader, scene: &Scene, operation: &str, asker: &mut Asker) -> String {
    let (name, case) = operation.split_once(' ').unwrap_or((operation, ""));
    let key = if case.starts_with("of the ex") {
        &scene.ex_admins
    } else {
        &scene.key
    };
    let method = match name {
        "GET" | "HEAD" | "POST" => name.parse::<Method>().unwrap(),
        _ => {
            let webstrate = if case == "elsewhere" {
                "ghost"
            } else {
                &scene.id
            };
            let options = match (name, case) {
                ("createInvite", "") => json!({"permissions": "r", "maxAge": 60}),
                ("createInvite", _) => json!({"permissions": "a", "maxAge": 60}),
                _ => json!({"key": key}),
            };
            let frame = json!({"wa": name, "d": webstrate, "options": options});
            let Some(socket) = &mut asker.socket else {
                return "refused".into();
            };
            if socket.is_closed().await {
                return "closed".into();
            }
            let answer = socket.call(frame).await;
            let error = answer.get("error").filter(|error| !error.is_null());
            return error.map_or("yes".into(), |error| error.as_str().unwrap().to_owned());
        }
    };
    let query = match case {
        "?acceptInvite" => format!("?acceptInvite={key}"),
        "token" => String::new(),
        query => query.to_owned(),
    };
    let query = match (&asker.token, query.as_str()) {
        (None, _) => query,
        (Some(token), "") => format!("?{token}"),
        (Some(token), _) => format!("{query}&{token}"),
    };
    let url = format!("{}/{}/{query}", reader.url, scene.id);
    let mut request = reader.client.request(method, url);
    for (name, value) in &asker.headers {
        request = request.header(*name, value);
    }
    if case == "token" {
        request = request.form(&[("token", "60")]);
    }
    let answer = request.send().await.unwrap();
    match answer.status().as_u16() {
        200 => "yes".into(),
        status => status.to_string(),
    }
}

/// dora, over and over with one client, as making one takes its time.
struct Reader {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

/// Who may do what, and which invites there are.
async fn stored(
    reader: &Reader,
    scene: &Scene,
    alice: &mut Socket,
    dora: &mut Socket,
) -> Vec<Value> {
    let document = reader
        .client
        .get(format!("{}/{}/?json", reader.url, scene.id))
        .header("cookie", &reader.cookie);
    let members = document.send().await.unwrap().json().await.unwrap();
    let invites = [alice.list(&scene.id).await, dora.list(&scene.id).await].concat();
    vec![members, Value::Array(invites)]
}

fn app_key(database: &std::path::Path) -> String {
    let database = database.to_str().unwrap();
    let added = command(&["--database", database, "apps", "add", "crm"])
        .output()
        .unwrap();
    assert!(added.status.success(), "{added:?}");
    String::from_utf8(added.stdout).unwrap().trim().to_owned()
}
