//! How the pages look: neutral, unless it is a demo, and as the operator wants them.

use std::path::{Path, PathBuf};

use crate::support::{Server, command, http};

/// What a visitor of somebody's server must not read. It is no demo, nobody is Alice, and a great deal leaves it.
const FORBIDDEN: [&str; 6] = [
    "demo",
    "alice",
    "bob",
    "carol",
    "this machine",
    "nothing leaves",
];

/// A server as people have it, and a folder for what it keeps.
fn server(folder: &Path, arguments: &[&str]) -> Server {
    let database = folder.join("invites.db");
    let all = ["--database", database.to_str().unwrap()];
    Server::start(&[&all, arguments].concat())
}

async fn page(server: &Server, path: &str) -> (u16, reqwest::header::HeaderMap, String) {
    let answer = http()
        .get(server.at(path))
        .header("accept", "text/html,*/*;q=0.8");
    let answer = answer.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
    (status, headers, text)
}

#[track_caller]
fn assert_neutral(what: &str, text: &str) {
    let text = text.to_lowercase();
    for word in FORBIDDEN {
        assert!(!text.contains(word), "{what} says {word}: {text}");
    }
}

/// Files of a folder, by their paths in it.
fn files(folder: &Path) -> Vec<String> {
    let mut folders = vec![folder.to_owned()];
    let mut all = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(folder).unwrap();
                all.push(inside.to_str().unwrap().to_owned());
            }
        }
    }
    all
}

#[tokio::test]
async fn without_demo_no_page_speaks_of_one() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there: whoever signs in is told so on a page, too.
    let issuer = [
        "--oidc-issuer",
        "http://127.0.0.1:9",
        "--oidc-client-id",
        "invites",
    ];
    let server = server(folder.path(), &issuer);
    for (path, status) in [
        ("/", 200),
        ("/join", 200),
        ("/notes/", 200),
        ("/site/inspect.html", 200),
        ("/nowhere/at/all", 404),
        ("/site/nothing.html", 404),
        ("/site/docs/links.html", 404),
        ("/sdk/nothing.js", 404),
        ("/auth/test", 404),
        ("/auth/oidc/callback?state=a", 400),
        ("/auth/oidc/login", 503),
    ] {
        let (found, _, text) = page(&server, path).await;
        assert_eq!(found, status, "{path}");
        assert_neutral(path, &text);
    }
    // Whatever of the pages' files is given out.
    let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
    let mut given = 0;
    for file in files(&www) {
        let (status, _, text) = page(&server, &format!("/site/{file}")).await;
        let sample = ["sample/", "docs/", "examples/", "demo.webp", "parts/"];
        let is_sample = sample.iter().any(|one| file.starts_with(one));
        assert_eq!(status, if is_sample { 404 } else { 200 }, "{file}");
        if !is_sample {
            assert_neutral(&file, &text);
            given += 1;
        }
    }
    assert!(given > 10, "{given}");
    // And what is mailed.
    let mails = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mail/templates");
    for file in files(&mails) {
        assert_neutral(&file, &std::fs::read_to_string(mails.join(&file)).unwrap());
    }

    let demo = Server::demo(&[]);
    for path in ["/", "/join"] {
        let (_, _, text) = page(&demo, path).await;
        assert!(text.contains("A demo on this machine."), "{path}: {text}");
    }
    assert_eq!(page(&demo, "/site/docs/links.html").await.0, 200);
    assert_eq!(page(&demo, "/site/parts/head.html").await.0, 404);
}

#[tokio::test]
async fn the_pages_look_as_the_operator_says() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo");
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    std::fs::write(&logo, svg).unwrap();
    let config = folder.path().join("invites.toml");
    // Nobody listens at either.
    let issuers = "oidc-issuer = ['one=http://127.0.0.1:9/a', 'two=http://127.0.0.1:9/b']\n\
                   [oidc.one]\nclient-id = 'invites'\n[oidc.two]\nclient-id = 'invites'\n";
    std::fs::write(&config, issuers).unwrap();
    let server = server(
        folder.path(),
        &[
            "--name",
            "Ørsted & <Sons>",
            "--logo",
            logo.to_str().unwrap(),
            "--color",
            "#ffcc00",
            "--open-url",
            "https://app.example.com/d/{resource}?a=1&b=\"",
            "--contact-url",
            "mailto:help@example.com",
            "--privacy-url",
            "https://example.com/privacy",
            "--config",
            config.to_str().unwrap(),
        ],
    );
    // Where somebody chooses where to sign in, and is told that it did not work.
    for (path, status, title) in [
        ("/auth/oidc/login", 200, "Sign in"),
        ("/auth/oidc/login?issuer=one", 503, "Not signed in"),
        ("/auth/oidc/login?issuer=three", 404, "Not signed in"),
        ("/auth/oidc/callback?state=a", 400, "Not signed in"),
    ] {
        let (found, headers, text) = page(&server, path).await;
        assert_eq!(found, status, "{path}");
        for part in [
            "<img src=\"/site/logo.svg\"",
            "<span>Ørsted &amp; &lt;Sons&gt;</span>",
            &format!("<title>{title} · Ørsted &amp; &lt;Sons&gt;</title>"),
            "href=\"/site/sign-in.css\"",
            r#"<a href="mailto:help@example.com" rel="noreferrer">Contact</a>"#,
            r#"<a href="https://example.com/privacy" rel="noreferrer">Privacy</a>"#,
        ] {
            assert!(text.contains(part), "{path}: {part} is not in {text}");
        }
        assert!(!text.contains("<Sons>"));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("style-src 'self';"), "{policy}");
    }
    let (_, _, sheet) = page(&server, "/site/sign-in.css").await;
    assert!(sheet.contains("/site/color.css"), "{sheet}");
    let mut picture = String::new();
    for path in [
        "/",
        "/join",
        "/notes/",
        "/site/inspect.html",
        "/nowhere/at/all",
    ] {
        let (_, headers, text) = page(&server, path).await;
        for part in [
            "<span>Ørsted &amp; &lt;Sons&gt;</span>",
            "Ørsted &amp; &lt;Sons&gt;</title>",
            r#"<a href="mailto:help@example.com" rel="noreferrer">Contact</a>"#,
            r#"<a href="https://example.com/privacy" rel="noreferrer">Privacy</a>"#,
            "/color.css\"",
        ] {
            assert!(text.contains(part), "{path}: {part} is not in {text}");
        }
        assert!(!text.contains("<Sons>"));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("style-src 'self';") && !policy.contains("unsafe-inline"),
            "{policy}"
        );
        let begins = text.find("<img src=\"").unwrap() + 10;
        picture = text[begins..].split('"').next().unwrap().to_owned();
    }
    for path in ["/", "/notes/"] {
        let (_, _, text) = page(&server, path).await;
        let open = r#"<meta name="invite-open" content="https://app.example.com/d/{resource}?a=1&amp;b=&quot;">"#;
        assert!(text.contains(open), "{text}");
    }
    // A picture is what it begins with, and nothing in it runs. Its address has a hash.
    assert!(picture.ends_with("/logo.svg"), "{picture}");
    let (status, headers, text) = page(&server, &picture).await;
    assert_eq!((status, text.as_str()), (200, svg));
    assert_eq!(headers["content-type"], "image/svg+xml");
    assert!(
        headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains("sandbox"),
        "{policy}"
    );
    // Text of this colour could not be read on white, but of a darker shade.
    let (_, _, sheet) = page(&server, "/site/color.css").await;
    assert!(
        sheet.contains("--invite-accent: light-dark(#") && sheet.contains(", #ffcc00);"),
        "{sheet}"
    );
    assert!(
        server.output().contains("not everybody could read --color"),
        "{}",
        server.output()
    );
}

#[test]
fn what_pages_cannot_show_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("page.png"), "<!doctype html><script>alert(1)</script>").unwrap();
    for (option, value, said) in [
        ("--name", "", "--name is 1 to"),
        ("--name", "two\nlines", "--name is 1 to"),
        ("--logo", &path("none"), "none"),
        ("--logo", &path("page.png"), "not a PNG"),
        ("--color", "red", "like #0b5d4b"),
        ("--open-url", "https://app.example.com/", "{resource}"),
        (
            "--open-url",
            "javascript:alert('{resource}')",
            "http or https",
        ),
        (
            "--open-url",
            "https://{resource}.example.com/",
            "behind the host",
        ),
        ("--contact-url", "javascript:alert(1)", "--contact-url"),
        ("--privacy-url", "/privacy", "--privacy-url"),
    ] {
        let database = path("invites.db");
        let output = command(&[
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database,
            option,
            value,
        ]);
        let output = { output }.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && stderr.contains(said),
            "{option} {value:?}: {stderr}"
        );
        assert!(
            !Path::new(&database).exists(),
            "{option}: nothing was begun"
        );
    }
}

#[tokio::test]
async fn what_is_missing_to_sign_in_the_operator_reads_and_nobody_else() {
    for (arguments, said) in [
        (&[][..], "nobody can sign in. There are three ways"),
        (
            &["--oidc-issuer", "http://127.0.0.1:9"],
            "--oidc-client-id is missing",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = server(folder.path(), arguments);
        for path in ["/", "/join", "/site/page/account.js"] {
            let (_, _, text) = page(&server, path).await;
            for word in ["--oidc", "--trust", "issuer's people", "OpenID"] {
                assert!(!text.contains(word), "{path}: {word}");
            }
        }
        let (_, output) = server.stop();
        assert!(output.contains(said), "{output}");
    }
}
