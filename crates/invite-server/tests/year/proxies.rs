//! nginx and Caddy with the files that are shipped, in front of two copies that are restarted one after the other.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Certificate;
use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::cluster::{Listen, Postgres};
use crate::front::Front;
use crate::instance::{Instance, arguments};
use crate::ledger::Ledger;
use crate::row::skip;
use crate::scene::Scene;
use crate::states::until_ready;
use crate::support::{PATIENCE, command};

const DRAIN: &str = "5";
/// Each copy is restarted so often.
const ROUNDS: usize = 2;

struct Proxy {
    child: Child,
    authority: Certificate,
    folder: tempfile::TempDir,
}

impl Proxy {
    /// Runs `program`, whose files `prepare` writes into a folder, and waits until it takes connections. Nothing where it
    /// is not installed.
    async fn start(
        front: &Listen,
        program: &str,
        prepare: impl FnOnce(&Path) -> Vec<String>,
    ) -> Option<Proxy> {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let (certificate, key) = authority.vouch_for(&front.address);
        for (name, text) in [("cert.pem", certificate), ("key.pem", key)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
        let said = fs::File::create(folder.path().join("said")).unwrap();
        let child = Command::new(program)
            .args(prepare(folder.path()))
            .env("PATH", path)
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .ok()?;
        let proxy = Proxy {
            child,
            authority: Certificate::from_pem(authority.pem.as_bytes()).unwrap(),
            folder,
        };
        let (began, there) = (Instant::now(), front.to_string());
        while TcpStream::connect(&there).await.is_err() {
            assert!(began.elapsed() < PATIENCE, "{}", proxy.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(proxy)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers go with it.
        let _ = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("{}", self.said());
        }
    }
}

/// Changed as whoever uses it changes it: each line has to be there.
fn changed(file: &str, changes: &[(&str, String)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(file);
    let mut text = fs::read_to_string(path).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{file} has no {from}");
        text = text.replace(from, to);
    }
    text
}

async fn rolling(
    state: &'static str,
    program: &str,
    prepare: impl FnOnce(&Path, &Listen, [&str; 2]) -> Vec<String>,
) {
    let postgres = Postgres::start(true);
    let database = postgres.database("rolled").await;
    let front = Listen::somewhere();
    let public = format!("https://{front}");
    let shared = tempfile::tempdir().unwrap();
    let secret = shared.path().join("secret");
    let mut copies = Vec::new();
    for _ in 0..2 {
        let more = [
            "--public-url",
            &public,
            "--trust-proxy",
            "127.0.0.0/8",
            "--drain-seconds",
            DRAIN,
        ];
        let all = arguments(&database, &secret, &more);
        copies.push(Instance::of(tempfile::tempdir().unwrap(), move || {
            command(&all.iter().map(String::as_str).collect::<Vec<_>>())
        }));
    }
    let there: Vec<String> = copies
        .iter()
        .map(|copy| copy.url.trim_start_matches("http://").to_owned())
        .collect();
    let prepare = |folder: &Path| prepare(folder, &front, [&there[0], &there[1]]);
    let Some(proxy) = Proxy::start(&front, program, prepare).await else {
        return skip(
            state,
            "it is not installed (apt-get install nginx-light caddy)",
        );
    };
    let ledger = Arc::new(Ledger::default());
    let way = Front::trusting([proxy.authority.clone()], vec![public], ledger);
    let scene = Scene::before(state, way).await;
    scene.strikes();
    let mut longest = Duration::ZERO;
    for number in 0..2 * ROUNDS {
        let copy = &mut copies[number % 2];
        let (status, log) = copy.stop();
        assert!(status.success(), "{log}");
        let back = copy.is_back().await;
        longest = longest.max(back);
        until_ready(copy, 200).await;
        scene.goes_on().await;
    }
    let said = "INFO stopped".to_owned();
    let (_, log) = copies[0].stop();
    assert!(log.contains(&said), "{log}");
    copies[0].start_again();
    scene
        .end(
            longest,
            15,
            format!("{said} (all that a copy says at its end)"),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn nginx() {
    rolling("rolling restart behind nginx", "nginx", |folder, front, [one, other]| {
        let place = folder.display();
        let shipped = changed(
            "nginx.conf",
            &[
                (
                    "    server 127.0.0.1:7007 fail_timeout=1s;\n",
                    format!("    server {one} fail_timeout=1s;\n    server {other} fail_timeout=1s;\n"),
                ),
                ("    listen 80;\n    listen [::]:80;\n", format!("    listen {}:{};\n", front.address, front.port - 1)),
                ("    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n", format!("    listen {front} ssl http2;\n")),
                ("/etc/ssl/invites.example.com.pem", format!("{place}/cert.pem")),
                ("/etc/ssl/invites.example.com.key", format!("{place}/key.pem")),
                ("/var/log/nginx/invites.log", format!("{place}/access.log")),
                ("server_name invites.example.com;", format!("server_name {};", front.address)),
            ],
        );
        let own = "client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;";
        let text = format!(
            "daemon off; worker_processes 1; pid {place}/pid; error_log stderr warn;\n\
             events {{ worker_connections 512; }}\nhttp {{ {own}\n{shipped}}}\n"
        );
        fs::write(folder.join("nginx.conf"), text).unwrap();
        // Its worker is nobody's, and has to enter.
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let prefix = format!("{place}/");
        ["-p", &prefix, "-c", "nginx.conf", "-e", "stderr"].map(str::to_owned).to_vec()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn caddy() {
    rolling("rolling restart behind Caddy", "caddy", |folder, front, [one, other]| {
        let place = folder.display();
        let shipped = changed(
            "Caddyfile",
            &[
                ("invites.example.com {\n", format!("https://{front} {{\n\ttls {place}/cert.pem {place}/key.pem\n")),
                ("reverse_proxy 127.0.0.1:7007 {", format!("reverse_proxy {one} {{")),
                        ("# to 127.0.0.1:7008", format!("to {other}")),
                        ("# health_", "health_".to_owned()),
            ],
        );
        let text = format!("{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\n{shipped}");
        fs::write(folder.join("Caddyfile"), text).unwrap();
        let file = format!("{place}/Caddyfile");
        ["run", "--adapter", "caddyfile", "--config", &file].map(str::to_owned).to_vec()
    })
    .await;
}
