//! What would do nothing, or something else than was meant: refused, or told in a line at the start and by `config`.

use std::process::Command;

use crate::support::{PATIENCE, Server, command};

/// What it says when it does not start.
fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(output.stdout.is_empty());
    said
}

/// What `config` and the log of a start say.
pub fn told(arguments: &[&str], variables: &[(&str, &str)]) -> (String, String) {
    let mut config = command(&[arguments, &["config"]].concat());
    let shown = config.envs(variables.iter().copied()).output().unwrap();
    assert!(shown.status.success());
    let shown = String::from_utf8(shown.stdout).unwrap();
    let listen = ["--listen", "127.0.0.1:0"];
    let mut command = command(&[&listen, arguments].concat());
    command.envs(variables.iter().copied());
    let (_, logged) = Server::launch(command, "invite-server").stop();
    (shown, logged)
}

#[test]
fn a_header_is_believed_from_proxies_not_from_the_internet() {
    for (wide, fine) in [
        ("0.0.0.0/0", false),
        ("::/0", false),
        ("10.0.0.7,0.0.0.0/1", false),
        ("2000::/3", false),
        ("10.0.0.0/8", true),
        ("fd00::/8", true),
    ] {
        let trust = ["--trust-header", "X-User", "--trust-proxy", wide];
        // Where that is fine, it is the next option that stops it.
        let all = [&trust[..], &["--listen", "0.0.0.0:0"]].concat();
        let said = refused(command(&all));
        let sentence = "--trust-header is believed from every address in --trust-proxy";
        assert_eq!(!said.contains(sentence), fine, "{wide}: {said}");
    }
    let all = ["--trust-header", "X-User", "--trust-proxy", "0.0.0.0/0"];
    assert_eq!(
        refused(command(&all)),
        "invite-server: --trust-header is believed from every address in --trust-proxy, and 0.0.0.0/0 is most of the \
         internet, so that anybody could be anybody: name the proxies that stand in front, as in --trust-proxy 10.0.0.5.\n"
    );
}

#[test]
fn what_is_said_of_mail_asks_for_a_mail_server() {
    for (option, value) in [
        ("--mail-from", "a@b.example"),
        ("--mail-page", "https://a.example/"),
        ("--mail-templates", "."),
    ] {
        let said = refused(command(&["--listen", "127.0.0.1:0", option, value]));
        assert!(said.contains("--smtp"), "{option}: {said}");
    }
}

#[test]
fn a_variable_that_is_none_of_ours_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let (shown, logged) = told(
        &["--database", database.to_str().unwrap()],
        &[
            ("INVITE_SERVER_PUBLIC_ULR", "https://a.example"),
            ("INVITE_SERVER_WEATHER", "marked"),
            // Kubernetes makes these of a service that is called invite-server.
            ("INVITE_SERVER_SERVICE_HOST", "10.0.0.1"),
            ("INVITE_SERVER_SERVICE_PORT_HTTP", "80"),
            ("INVITE_SERVER_PORT", "tcp://10.0.0.1:80"),
            ("INVITE_SERVER_PORT_80_TCP_ADDR", "10.0.0.1"),
        ],
    );
    let lines = [
        "the environment variable INVITE_SERVER_PUBLIC_ULR is no option's and does nothing: perhaps \
         INVITE_SERVER_PUBLIC_URL is meant",
        "the environment variable INVITE_SERVER_WEATHER is no option's and does nothing: --help tells them all",
    ];
    for said in [&shown, &logged] {
        for line in lines {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert_eq!(said.matches("the environment variable").count(), 2);
        assert!(!said.contains("marked"), "{said}");
    }
}

/// The address of an issuer that is not there any more.
pub fn nobody() -> String {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", nobody.local_addr().unwrap())
}

#[test]
fn a_database_of_another_kind_is_no_file() {
    for address in [
        "mysql://me:marked@127.0.0.1/x",
        "sqlite://invites.db",
        "sqlite:invites.db",
        "file:invites.db?mode=memory",
        "Postgres:marked",
    ] {
        let folder = tempfile::tempdir().unwrap();
        for arguments in [&["--listen", "127.0.0.1:0"][..], &["apps", "list"]] {
            let mut command = command(arguments);
            command.current_dir(folder.path());
            let said = refused_with(command, address);
            let scheme = address.split(':').next().unwrap();
            assert_eq!(
                said,
                format!(
                    "invite-server: --database begins with {scheme}:, which is no database that this server knows: write \
                     postgres://USER@HOST:PORT/DATABASE, or the path of a SQLite file alone, as in ./invites.db.\n"
                )
            );
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

/// SQLite would keep it for as long as one connection is open, each its own.
#[test]
fn a_database_that_is_nowhere_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["", ":memory:"] {
        for arguments in [&["--listen", "127.0.0.1:0"][..], &["apps", "list"]] {
            let mut command = command(arguments);
            command.current_dir(folder.path());
            assert_eq!(
                refused_with(command, path),
                "invite-server: --database is empty or begins with a colon, which is no file: write its path, as in \
                 ./invites.db, or postgres://USER@HOST:PORT/DATABASE.\n"
            );
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_of_pages_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let nothing = folder.path().join("nothing");
    for option in ["--www", "--sdk"] {
        for path in [&file, &nothing] {
            let path = path.to_str().unwrap();
            let said = refused(command(&[
                "--demo",
                "--listen",
                "127.0.0.1:0",
                option,
                path,
            ]));
            let sentence =
                format!("invite-server: {option} {path} is no folder that can be read: ");
            assert!(said.contains(&sentence), "{said}");
        }
    }
}

fn refused_with(mut command: Command, database: &str) -> String {
    command.env("INVITE_SERVER_DATABASE", database);
    refused(command)
}

#[test]
fn a_webhook_that_would_never_be_dialled_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let on = ["--database", database.to_str().unwrap()];
    let run = |more: &[&str]| command(&[&on, more].concat()).output().unwrap();
    assert!(run(&["apps", "add", "crm"]).status.success());
    let never = "0.0.0.0 0.1.2.3 169.254.169.254 224.0.0.1 255.255.255.255 240.0.0.1 192.0.0.8 192.0.2.1 198.18.0.1 \
                 198.51.100.1 203.0.113.1 192.88.99.1 2852039166 0xa9fea9fe 0251.0376.0251.0376 [::] [::a00:1] [fe80::1] \
                 [fec0::1] [ff02::1] [2001::1] [2001:db8::1] [100::1] [::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe] \
                 [64:ff9b:1::1] [3fff::1]";
    for host in never.split_whitespace() {
        for reach in ["public", "private"] {
            let url = format!("https://{host}/hook");
            let output = run(&["--webhooks-to", reach, "apps", "webhook", "crm", &url]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success(), "{host}");
            assert_eq!(
                said,
                "invite-server: A webhook's address is one of the internet: no webhook ever goes to one that names no \
                 machine, or only the wire that it is on.\n",
                "{host}"
            );
        }
    }
    // What the server may be allowed to reach can be set, and is told of where it is not allowed to.
    for (url, reach) in [
        ("http://127.0.0.1/hook", "loopback"),
        ("http://localhost/hook", "loopback"),
        ("https://a.localhost/hook", "loopback"),
        ("https://[::1]/hook", "loopback"),
        ("https://10.0.0.7/hook", "private"),
        ("https://[fd00::7]/hook", "private"),
    ] {
        let line = format!(
            "a webhook is told nothing, as its address is not one that this server may reach: start the server with the \
             --webhooks-to that is said here, or set another address (apps webhook) condition=\"webhook_barred\" place=crm \
             cause=its address needs --webhooks-to {reach} times=1"
        );
        let output = run(&["apps", "webhook", "crm", url]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && output.stdout.starts_with(b"whsec_"),
            "{url}: {said}"
        );
        assert!(said.contains(&line), "{url}: {said}");
        let (_, logged) = Server::start(&on).stop();
        assert!(logged.contains(&line), "{url}: {logged}");
        let allowed = [&on[..], &["--webhooks-to", reach]].concat();
        let (_, logged) = Server::start(&allowed).stop();
        assert!(!logged.contains("webhook_barred"), "{url}: {logged}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_does_not_answer_is_told_at_the_start() {
    let issuer = nobody();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::start(&[
        "--database",
        database.to_str().unwrap(),
        "--oidc-issuer",
        &issuer,
        "--oidc-client-id",
        "invites",
    ]);
    let line = format!(
        "nobody can sign in at an issuer now, as it does not answer as it should: look at --oidc-issuer, at the client's \
         id and secret, and whether this machine reaches it condition=\"issuer_silent\" place={issuer} cause=no answer: "
    );
    let told = async {
        while !server.output().contains(&line) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await;
    assert!(told.is_ok(), "{line}: {}", server.output());
    let (_, said) = server.stop();
    assert_eq!(said.matches(" does not answer").count(), 1, "{said}");
}

#[test]
fn an_issuer_that_does_not_answer_is_told_by_config() {
    // One takes the connection and says nothing, and is waited for no longer than the other.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    let gone = nobody();
    let named = format!("corp={gone}");
    let arguments = [
        "--oidc-issuer",
        &silent.0,
        "--oidc-issuer",
        &named,
        "config",
    ];
    let began = std::time::Instant::now();
    let shown = command(&arguments).output().unwrap();
    assert!(began.elapsed() < PATIENCE);
    let shown = String::from_utf8(shown.stdout).unwrap();
    for issuer in [&silent.0, &gone] {
        let line = format!(
            "\n# warning: nobody can sign in at an issuer now, as it does not answer as it should: look at --oidc-issuer, at \
             the client's id and secret, and whether this machine reaches it ({issuer}: no answer: "
        );
        assert!(shown.contains(&line), "{line}: {shown}");
    }
}
