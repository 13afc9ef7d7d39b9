//! Pages, files and what every answer says about them.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use crate::support::{Server, http, raw_status};

fn header(response: &reqwest::Response, name: &str) -> String {
    response
        .headers()
        .get(name)
        .map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_page_runs_the_snippet_and_nothing_else_inline() {
    let folder = tempfile::tempdir().unwrap();
    let (www, sdk) = (folder.path().join("www"), folder.path().join("sdk"));
    for folder in [&www, &sdk] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::write(
        www.join("index.html"),
        "<!doctype html><!-- invite-keys:head --><p>manager",
    )
    .unwrap();
    std::fs::write(
        www.join("accept.html"),
        "<!doctype html><!-- invite-keys:head --><p>accept",
    )
    .unwrap();
    std::fs::write(sdk.join("head.js"), "let taken = true\n").unwrap();
    let server = Server::demo(&[
        "--www",
        www.to_str().unwrap(),
        "--sdk",
        sdk.to_str().unwrap(),
    ]);
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest("let taken = true"));
    let socket = server.url.replacen("http", "ws", 1);
    for (path, name) in [
        ("/", "manager"),
        ("/join", "accept"),
        ("/notes/", "accept"),
        ("/no-such-thing/?acceptInvite=x", "accept"),
        ("/site/index.html", "manager"),
    ] {
        let response = http().get(server.at(path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let policy = header(&response, "content-security-policy");
        for part in [
            "default-src 'none'",
            &format!("script-src 'self' 'wasm-unsafe-eval' 'sha256-{hash}'"),
            "style-src 'self'",
            &format!("connect-src 'self' {socket}"),
            "img-src 'self' data:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {part} is not in {policy}");
        }
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(
            response.text().await.unwrap(),
            format!("<!doctype html><script>let taken = true</script><p>{name}")
        );
    }
}

#[tokio::test]
async fn the_package_is_for_every_origin_and_the_site_for_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("wasm")).unwrap();
    for (name, text) in [
        ("index.js", "export {}"),
        ("wasm/core_bg.wasm", "\0asm"),
        ("index.d.ts", "export {}"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let server = Server::demo(&["--www", path, "--sdk", path]);
    for (name, media_type) in [
        ("index.js", "text/javascript; charset=utf-8"),
        ("wasm/core_bg.wasm", "application/wasm"),
        ("index.d.ts", "text/plain; charset=utf-8"),
    ] {
        let response = http()
            .get(server.at(&format!("/sdk/{name}")))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "content-type").as_str()
            ),
            (200, media_type)
        );
        assert_eq!(header(&response, "access-control-allow-origin"), "*");
        assert_eq!(
            header(&response, "cross-origin-resource-policy"),
            "cross-origin"
        );
        // A worker runs under its script's policy.
        assert!(!header(&response, "content-security-policy").contains("default-src"));
        let again = http()
            .get(server.at(&format!("/sdk/{name}")))
            .header("if-none-match", header(&response, "etag"))
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), 304);
    }
    let own = http()
        .get(server.at("/site/index.js"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            own.status().as_u16(),
            header(&own, "access-control-allow-origin").as_str()
        ),
        (200, "")
    );
    for path in [
        "/sdk/none.js",
        "/sdk/../Cargo.toml",
        "/sdk/../../etc/passwd",
        "/sdk/%2e%2e/Cargo.toml",
        "/sdk/..%2fCargo.toml",
        "/sdk/..%5cCargo.toml",
        "/sdk//etc/passwd",
        "/sdk/%2fetc%2fpasswd",
        "/sdk/.npmrc",
        "/sdk/node_modules/a.js",
        "/site/../Cargo.toml",
    ] {
        assert_eq!(raw_status(&server.url, path).await, 404, "{path}");
    }
}

/// Files that `cargo xtask build` makes.
const MADE: &str = include_str!("../../../../.gitignore");

#[tokio::test]
async fn the_pages_built_in_are_served() {
    let server = Server::demo(&[]);
    for path in ["/", "/notes/", "/join", "/auth/test"] {
        let response = http().get(server.at(path)).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "content-type").as_str()
            ),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        let page = response.text().await.unwrap();
        // Each file that the page names is there.
        for name in page
            .split(['"', '\''])
            .filter(|part| part.starts_with("/site/") || part.starts_with("/sdk/"))
            // Folders are in the map of modules.
            .filter(|part| !part.ends_with('/'))
        {
            // What the build makes is not there before it; the browser tests load that.
            let made = match name
                .strip_prefix("/sdk/@")
                .and_then(|rest| rest.split_once('/'))
            {
                Some((_version, name)) => format!("/pkg/{name}"),
                None => name.replace("/sdk/", "/pkg/"),
            };
            if MADE.lines().any(|line| line == made) {
                continue;
            }
            let status = http().get(server.at(name)).send().await.unwrap().status();
            assert_eq!(status, 200, "{path} names {name}");
        }
    }
    assert!(
        http()
            .get(server.at("/favicon.ico"))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    assert_eq!(
        http()
            .get(server.at("/robots.txt"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "User-agent: *\nDisallow: /\n"
    );
}
