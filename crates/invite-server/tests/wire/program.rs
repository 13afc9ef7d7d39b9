//! The command line.

use std::process::Output;

use crate::support::{Server, command, http};

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn refused(arguments: &[&str], sentence: &str) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains(sentence),
        "{arguments:?}: {said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn the_test_sign_in_never_leaves_the_machine() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        refused(&["--demo", "--listen", address], "loopback only");
        refused(
            &[
                "--demo",
                "--listen",
                address,
                "--public-url",
                "https://a.example",
            ],
            "loopback only",
        );
    }
    refused(&["--listen", "0.0.0.0:0"], "--public-url");
    refused(
        &["--public-url", "https://a.example/invites"],
        "not an address like",
    );
}

#[test]
fn help_explains_every_option() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for option in [
        "--demo",
        "--listen",
        "--database",
        "--secret-file",
        "--public-url",
        "--www",
        "--sdk",
        "--log",
        "--log-format",
        "--max-connections",
        "--limit-address",
        "--trust-proxy",
        "--metrics",
        "--smtp",
        "--mail-from",
        "--drain-seconds",
        "INVITE_SERVER_DATABASE",
    ] {
        assert!(help.contains(option), "{option} is not in\n{help}");
    }
}

#[test]
fn a_taken_address_and_a_bad_secret_file_are_said() {
    let server = Server::demo(&[]);
    refused(
        &[
            "--demo",
            "--listen",
            server.url.trim_start_matches("http://"),
        ],
        "Choose another with --listen",
    );
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "nonsense").unwrap();
    refused(
        &[
            "--demo",
            "--listen",
            "127.0.0.1:0",
            "--secret-file",
            secret.to_str().unwrap(),
        ],
        "secret file",
    );
    refused(
        &[
            "--demo",
            "--listen",
            "127.0.0.1:0",
            "--database",
            "/no/such/folder/invites.db",
        ],
        "/no/such/folder",
    );
}

#[tokio::test]
async fn without_demo_nobody_signs_in_by_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::start(&["--database", database.to_str().unwrap()]);
    for path in ["/auth/test", "/demo/members/notes"] {
        let response = http()
            .post(server.at(path))
            .form(&[("username", "alice"), ("password", "")])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
    assert_eq!(
        http().get(server.at("/")).send().await.unwrap().status(),
        200
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("invites.secret"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (status, output) = server.stop();
    assert!(status.success());
    for said in [
        "nobody can sign in",
        "--oidc-issuer",
        "--trust-header",
        "--demo",
    ] {
        assert!(output.contains(said), "{said}: {output}");
    }
}

#[test]
fn a_demo_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(&["--demo", "--listen", "127.0.0.1:0"])
        .env("TMPDIR", folder.path())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    assert!(line.starts_with("invite-server listening on http://127.0.0.1:"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let told = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success() && child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
