//! Files of `www/` and `pkg/`: kept from the start on, or from a folder while somebody works on them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest as _, Sha256};

use super::compressed;
use super::encoding::Encoding;

#[derive(Embed)]
#[folder = "../../www"]
struct BuiltInPages;

#[derive(Embed)]
#[folder = "../../pkg"]
struct BuiltInPackage;

/// One file, in each form that there is of it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Asset {
    /// `Content-Type`.
    pub(super) media_type: HeaderValue,
    hash: [u8; 32],
    /// The smallest first.
    forms: Arc<[Form]>,
}

/// A file as it is sent.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) encoding: Encoding,
    pub(super) bytes: Bytes,
    /// A strong `ETag`.
    pub(super) etag: HeaderValue,
}

impl Asset {
    /// A file of this name.
    pub(super) fn new(path: &str, bytes: Bytes) -> Asset {
        let hash = Sha256::digest(&bytes).into();
        Asset::hashed(media_type(path), bytes, hash)
    }

    fn embedded(path: &str, file: EmbeddedFile) -> Asset {
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        Asset::hashed(media_type(path), bytes, file.metadata.sha256_hash())
    }

    fn hashed(media_type: HeaderValue, bytes: Bytes, hash: [u8; 32]) -> Asset {
        let [brotli, gzip] = compressed::of(&hash);
        let all = [
            (Encoding::Brotli, brotli),
            (Encoding::Gzip, gzip),
            (Encoding::Identity, Some(bytes)),
        ];
        let forms = all.into_iter().filter_map(|(encoding, bytes)| {
            Some(Form {
                encoding,
                bytes: bytes?,
                etag: etag(&hash, encoding)?,
            })
        });
        Asset {
            media_type,
            hash,
            forms: forms.collect(),
        }
    }

    /// The same file as another kind of thing.
    pub(super) fn of_type(self, media_type: &'static str) -> Asset {
        Asset {
            media_type: HeaderValue::from_static(media_type),
            ..self
        }
    }

    /// Each form, the smallest first.
    pub(super) fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// The file as it is, as text.
    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.forms.last()?.bytes).ok()
    }
}

fn etag(hash: &[u8; 32], encoding: Encoding) -> Option<HeaderValue> {
    let hash = URL_SAFE_NO_PAD.encode(hash);
    let form = encoding.name().map(|name| format!("-{name}"));
    HeaderValue::from_str(&format!("\"{hash}{}\"", form.unwrap_or_default())).ok()
}

/// Where files come from. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Assets {
    /// All of them, by their paths, and a hash over all.
    Kept(Arc<BTreeMap<String, Asset>>, String),
    /// A folder, read at every request, and files that are there instead of its own.
    Folder(PathBuf, Arc<BTreeMap<String, Asset>>),
}

impl Assets {
    /// The pages this program was built with.
    pub fn pages() -> Assets {
        Assets::embedded::<BuiltInPages>()
    }

    /// The package this program was built with.
    pub fn package() -> Assets {
        Assets::embedded::<BuiltInPackage>()
    }

    /// The files of a folder.
    pub fn folder(folder: PathBuf) -> Assets {
        Assets::Folder(folder, Arc::default())
    }

    /// With these files instead of those of their names.
    pub(super) fn with(self, files: BTreeMap<String, Asset>) -> Assets {
        match self {
            Self::Kept(kept, _) => {
                let mut all = Arc::unwrap_or_clone(kept);
                all.extend(files);
                Assets::keep(all)
            }
            Self::Folder(folder, _) => Self::Folder(folder, Arc::new(files)),
        }
    }

    fn embedded<All: Embed>() -> Assets {
        let files = All::iter().filter(|path| is_inside(Path::new(&**path)));
        let files = files.filter_map(|path| {
            let file = All::get(&path)?;
            Some((path.to_string(), Asset::embedded(&path, file)))
        });
        Assets::keep(files.collect())
    }

    /// These files.
    pub(super) fn keep(files: BTreeMap<String, Asset>) -> Assets {
        let mut hash = Sha256::new();
        for (path, asset) in &files {
            hash.update(Sha256::digest(path));
            hash.update(asset.hash);
        }
        let hash = URL_SAFE_NO_PAD.encode(hash.finalize());
        Assets::Kept(Arc::new(files), hash.chars().take(16).collect())
    }

    /// What is another one where any of the files is; none while they may change.
    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Kept(_, hash) => Some(hash),
            Self::Folder(..) => None,
        }
    }

    /// The file at a relative path with `/` between its parts. No path leads out of the folder, and files that begin
    /// with a dot and node_modules are not served.
    pub(super) fn get(&self, path: &str) -> Option<Asset> {
        let relative = Path::new(path);
        if path.is_empty() || path.contains(['\\', '\0']) || !is_inside(relative) {
            return None;
        }
        match self {
            Self::Kept(files, _) => files.get(path).cloned(),
            Self::Folder(folder, files) => files.get(path).cloned().or_else(|| {
                let bytes = read_inside(folder, relative)?;
                Some(Asset::new(path, bytes.into()))
            }),
        }
    }
}

fn is_inside(relative: &Path) -> bool {
    relative.components().all(|part| match part {
        Component::Normal(name) => name
            .to_str()
            .is_some_and(|name| !name.starts_with('.') && name != "node_modules"),
        _ => false,
    })
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
    use std::io::Read as _;

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
        let assets = Assets::folder(folder);

        let found = assets.get("part/a.js").unwrap();
        assert_eq!(
            (found.text().unwrap(), found.media_type.to_str().unwrap()),
            ("1", "text/javascript; charset=utf-8")
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

    #[test]
    fn what_was_compressed_is_the_same_file_in_fewer_bytes() {
        let Assets::Kept(pages, _) = Assets::pages() else {
            panic!("pages are kept")
        };
        let mut seen = 0;
        for (path, asset) in pages.iter() {
            let whole = &asset.forms().last().unwrap().bytes;
            for form in asset.forms() {
                let mut bytes = Vec::new();
                match form.encoding {
                    Encoding::Brotli => brotli::Decompressor::new(&*form.bytes, 4096)
                        .read_to_end(&mut bytes)
                        .unwrap(),
                    Encoding::Gzip => flate2::read::GzDecoder::new(&*form.bytes)
                        .read_to_end(&mut bytes)
                        .unwrap(),
                    Encoding::Identity => continue,
                };
                assert!(bytes == **whole && form.bytes.len() < whole.len(), "{path}");
                seen += 1;
            }
        }
        // Pages that changed since the server was built are not among them.
        assert!(seen > 20, "{seen}");
    }
}
