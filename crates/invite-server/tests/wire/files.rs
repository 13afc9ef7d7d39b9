//! Files of the pages and the package: compressed, kept, asked for again.

use std::io::Read as _;
use std::path::Path;

use reqwest::header::HeaderMap;

use crate::support::{Server, http};

struct File {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl File {
    async fn get(server: &Server, path: &str, headers: &[(&'static str, &str)]) -> File {
        File::ask(http().get(server.at(path)), headers).await
    }

    async fn ask(mut request: reqwest::RequestBuilder, headers: &[(&'static str, &str)]) -> File {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        File {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            bytes: answer.bytes().await.unwrap().to_vec(),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// What it is when it is unpacked.
    fn unpacked(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.header("content-encoding") {
            "br" => brotli::Decompressor::new(&*self.bytes, 4096)
                .read_to_end(&mut bytes)
                .unwrap(),
            "gzip" => flate2::read::GzDecoder::new(&*self.bytes)
                .read_to_end(&mut bytes)
                .unwrap(),
            "" => return self.bytes.clone(),
            other => panic!("{other}"),
        };
        bytes
    }
}

/// A file that was compressed when the server was built: all but those that changed since.
async fn packed(server: &Server, folder: &str, at: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    names.sort_by_key(|entry| entry.as_ref().unwrap().file_name());
    for entry in names {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("/{at}/{name}");
        if !name.ends_with(".html") {
            let file = File::get(server, &path, &[("accept-encoding", "br")]).await;
            if file.header("content-encoding") == "br" {
                return path;
            }
        }
    }
    panic!("nothing of {at} is compressed");
}

#[tokio::test]
async fn files_come_compressed_to_whoever_takes_them_so() {
    let server = Server::demo(&[]);
    for (folder, at) in [("www", "site"), ("pkg", "sdk")] {
        let path = packed(&server, folder, at).await;
        let plain = File::get(&server, &path, &[]).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
        let mut tags = vec![plain.header("etag").to_owned()];
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0, *", "gzip"),
            ("br;q=0, gzip;q=0", ""),
            ("br;q=0.3, gzip;q=0.8", "gzip"),
            ("identity", ""),
            ("*;q=0, identity", ""),
        ] {
            let asked = [("accept-encoding", accepted)];
            let file = File::get(&server, &path, &asked).await;
            assert_eq!(
                (file.status, file.header("content-encoding")),
                (200, encoding),
                "{accepted}"
            );
            assert_eq!(file.header("vary"), "accept-encoding");
            assert_eq!(file.header("content-type"), plain.header("content-type"));
            assert!(file.unpacked() == plain.bytes, "{path} in {encoding:?}");
            assert_eq!(
                file.bytes.len() < plain.bytes.len(),
                !encoding.is_empty(),
                "{accepted}"
            );
            let length = file.bytes.len().to_string();
            assert_eq!(file.header("content-length"), length);
            // What a browser has it need not be sent; not as one form while it has another.
            let tag = file.header("etag").to_owned();
            for (known, status) in [
                (tag.as_str(), 304),
                (&format!("\"a\", W/{tag}"), 304),
                ("*", 304),
                ("\"a\"", 200),
                (&tag.replace('"', ""), 200),
            ] {
                let asked = [("accept-encoding", accepted), ("if-none-match", known)];
                let again = File::get(&server, &path, &asked).await;
                assert_eq!(again.status, status, "{accepted} {known}");
                assert_eq!(again.header("etag"), tag);
                assert_eq!(again.header("vary"), "accept-encoding");
                assert_eq!(again.header("cache-control"), "no-cache");
                if status == 304 {
                    assert!(again.bytes.is_empty());
                }
            }
            // And its head is the same without the body.
            let head = File::ask(http().head(server.at(&path)), &asked).await;
            assert_eq!((head.status, head.bytes.len()), (200, 0));
            for name in [
                "content-encoding",
                "content-length",
                "content-type",
                "etag",
                "vary",
            ] {
                assert_eq!(head.header(name), file.header(name), "{name}");
            }
            tags.push(tag);
        }
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 3, "each form has a tag of its own: {tags:?}");
        for refused in ["*;q=0", "zstd, identity;q=0"] {
            let none = File::get(&server, &path, &[("accept-encoding", refused)]).await;
            assert_eq!(
                (none.status, none.header("vary")),
                (406, "accept-encoding"),
                "{refused}"
            );
        }
        // Whoever asks for a part gets a part of what it asked for, or all.
        let part = File::get(&server, &path, &[("range", "bytes=0-3")]).await;
        assert!(
            part.status == 200 && part.bytes == plain.bytes,
            "{}",
            part.status
        );
    }
}

#[tokio::test]
async fn a_file_at_an_address_with_its_hash_is_kept_for_good() {
    let server = Server::demo(&[]);
    let page = File::get(&server, "/notes/", &[]).await;
    let page = String::from_utf8(page.bytes).unwrap();
    let named = |begins: &str| {
        let address = page
            .split('"')
            .find(|part| part.starts_with(begins) && part.len() > 30);
        address
            .unwrap_or_else(|| panic!("{begins} in {page}"))
            .to_owned()
    };
    for (address, plain) in [(named("/site/@"), "/site/"), (named("/sdk/@"), "/sdk/")] {
        let kept = File::get(&server, &address, &[]).await;
        if plain == "/sdk/" && kept.status == 404 {
            // Before `cargo xtask build` there is no index.js.
            continue;
        }
        assert_eq!(kept.status, 200, "{address}");
        assert_eq!(
            kept.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let name = address.splitn(4, '/').nth(3).unwrap();
        // Of another version, which another copy of the server may have, it is ours and asked about again.
        for other in [
            format!("{plain}{name}"),
            format!("{plain}@AAAAAAAAAAAAAAAA/{name}"),
        ] {
            let asked = File::get(&server, &other, &[]).await;
            assert_eq!(
                (asked.status, asked.header("cache-control")),
                (200, "no-cache"),
                "{other}"
            );
            assert!(asked.bytes == kept.bytes && asked.header("etag") == kept.header("etag"));
        }
    }
    // A module names others without a version; they are found at their addresses with one, all of them once.
    assert!(
        page.contains(r#"<script type="importmap">{"imports":{"/sdk/":"/sdk/@"#),
        "{page}"
    );
    for bad in [
        "/sdk/@",
        "/sdk/@x",
        "/sdk/@x/",
        "/sdk/@/../Cargo.toml",
        "/site/@x/parts/head.html",
    ] {
        assert_eq!(File::get(&server, bad, &[]).await.status, 404, "{bad}");
    }
}

#[tokio::test]
async fn a_proxy_is_told_not_to_keep_events_back() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let stream = alice
        .get("/api/v1/resources/notes/events")
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    let other = alice.get("/api/v1/resources").send().await.unwrap();
    assert!(!other.headers().contains_key("x-accel-buffering"));
}

/// Pages are the same for everybody: nothing secret is in them that compressing could tell.
#[tokio::test]
async fn pages_come_compressed_and_are_not_kept() {
    let server = Server::demo(&[]);
    let pages = [
        ("/", 200),
        ("/join", 200),
        ("/notes/", 200),
        ("/site/inspect.html", 200),
        ("/nowhere/at/all", 404),
    ];
    for (path, status) in pages {
        let ask = async |accepted: &str| {
            let headers = [("accept-encoding", accepted), ("accept", "text/html")];
            File::get(&server, path, &headers).await
        };
        let plain = ask("identity").await;
        let packed = ask("gzip, deflate, br").await;
        for (file, encoding) in [(&plain, ""), (&packed, "gzip")] {
            let found = (file.status, file.header("content-encoding"));
            assert_eq!(found, (status, encoding), "{path}");
            assert!(file.header("vary").contains("accept-encoding"), "{path}");
            assert_eq!(file.header("cache-control"), "no-store", "{path}");
        }
        assert_eq!(packed.unpacked(), plain.bytes, "{path}");
        assert!(packed.bytes.len() * 3 < plain.bytes.len() * 2, "{path}");
    }
}
