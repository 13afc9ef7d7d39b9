//! Files of `www/` and `pkg/`: built in, or from a folder while somebody works on them.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::Embed;
use sha2::{Digest as _, Sha256};

#[derive(Embed)]
#[folder = "../../www"]
struct BuiltInPages;

#[derive(Embed)]
#[folder = "../../pkg"]
struct BuiltInPackage;

/// One file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// `Content-Type`.
    pub media_type: HeaderValue,
}

impl Asset {
    /// A strong `ETag`.
    pub fn etag(&self) -> Option<HeaderValue> {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.bytes));
        HeaderValue::from_str(&format!("\"{hash}\"")).ok()
    }
}

/// Where files come from.
#[derive(Debug, Clone)]
pub enum Assets {
    /// The pages this program was built with.
    Pages,
    /// The package this program was built with.
    Package,
    /// A folder, read at every request.
    Folder(PathBuf),
}

impl Assets {
    /// The file at a relative path with `/` between its parts. No path leads out of the folder, and files that begin
    /// with a dot and node_modules are not served.
    pub fn get(&self, path: &str) -> Option<Asset> {
        let relative = Path::new(path);
        let inside = relative.components().all(|part| match part {
            Component::Normal(name) => name
                .to_str()
                .is_some_and(|name| !name.starts_with('.') && name != "node_modules"),
            _ => false,
        });
        if path.is_empty() || path.contains(['\\', '\0']) || !inside {
            return None;
        }
        let bytes = match self {
            Self::Pages => BuiltInPages::get(path)?.data,
            Self::Package => BuiltInPackage::get(path)?.data,
            Self::Folder(folder) => read_inside(folder, relative)?.into(),
        };
        Some(Asset {
            bytes,
            media_type: media_type(path),
        })
    }
}

// A small file from a developer's own disk: not worth a thread. A link must not lead out of the folder.
fn read_inside(folder: &Path, relative: &Path) -> Option<Vec<u8>> {
    let folder = folder.canonicalize().ok()?;
    let file = folder.join(relative).canonicalize().ok()?;
    (file.starts_with(&folder) && file.is_file()).then(|| std::fs::read(file).ok())?
}

fn media_type(path: &str) -> HeaderValue {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        // Streaming compilation insists on exactly this.
        "wasm" => "application/wasm",
        "ts" | "md" | "txt" => "text/plain; charset=utf-8",
        _ => {
            return HeaderValue::from_str(
                mime_guess::from_path(path).first_or_octet_stream().as_ref(),
            )
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        }
    };
    HeaderValue::from_static(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_files_and_nothing_else() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("www");
        std::fs::create_dir_all(folder.join("part")).unwrap();
        std::fs::write(folder.join("part/a.js"), "1").unwrap();
        std::fs::write(folder.join(".hidden"), "2").unwrap();
        std::fs::write(outside.path().join("secret"), "3").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.join("link")).unwrap();
        let assets = Assets::Folder(folder);

        let found = assets.get("part/a.js").unwrap();
        assert_eq!(
            (&*found.bytes, found.media_type.to_str().unwrap()),
            (&b"1"[..], "text/javascript; charset=utf-8")
        );
        for none in [
            "",
            "part",
            "../secret",
            "part/../../secret",
            "/etc/passwd",
            ".hidden",
            "link",
            "a.js",
            "part\\a.js",
            "a\0",
        ] {
            assert!(assets.get(none).is_none(), "{none:?}");
        }
    }
}
