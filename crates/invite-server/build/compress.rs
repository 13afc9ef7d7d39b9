//! Files, compressed as well as can be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};

/// What is compressed already.
const DENSE: [&str; 6] = ["webp", "png", "jpg", "gif", "woff2", "tgz"];
/// The window of brotli, as a power of two: the largest that every decoder takes.
const WINDOW: u32 = 22;

/// Compresses every file in these folders, and writes `compressed.rs`: an array of each one's hash, in order, with what
/// it comes to in brotli and gzip, where that is less.
pub(crate) fn all(folders: &[&Path], out: &Path) -> io::Result<()> {
    let mut files = BTreeMap::new();
    for folder in folders {
        read(folder, &mut files)?;
    }
    let kept = out.join("compressed");
    fs::create_dir_all(&kept)?;
    let waiting = Mutex::new(files.iter());
    let next = || waiting.lock().ok().and_then(|mut files| files.next());
    let work = || {
        while let Some((hash, bytes)) = next() {
            write(&kept, hash, bytes)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut joined = all.into_iter().map(|one| one.join());
        joined
            .try_for_each(|one| one.unwrap_or_else(|_| Err(io::Error::other("compressing failed"))))
    })?;

    let mut table = String::from("[\n");
    for (hash, bytes) in &files {
        let one = |ending: &str| -> io::Result<String> {
            let file = kept.join(format!("{hash}.{ending}"));
            Ok(if fs::metadata(&file)?.len() < bytes.len() as u64 {
                format!("Some(include_bytes!({file:?}))")
            } else {
                "None".to_owned()
            })
        };
        let (brotli, gzip) = (one("br")?, one("gz")?);
        let _ = writeln!(
            table,
            "    Compressed {{ hash: {:?}, brotli: {brotli}, gzip: {gzip} }},",
            Sha256::digest(bytes).as_slice()
        );
    }
    table.push_str("]\n");
    fs::write(out.join("compressed.rs"), table)
}

/// Files by their hash, as hexadecimal digits.
fn read(folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    // What `cargo xtask build` makes is not there before it.
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // `raw` is what bundles are made of.
        if name.starts_with('.') || name == "node_modules" || name == "raw" {
            continue;
        }
        if path.is_dir() {
            read(&path, files)?;
            continue;
        }
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if !DENSE.contains(&&*ending) {
            let bytes = fs::read(&path)?;
            files.insert(hexadecimal(&Sha256::digest(&bytes)), bytes);
        }
    }
    Ok(())
}

/// Unless it is there already, from a build before.
fn write(kept: &Path, hash: &str, bytes: &[u8]) -> io::Result<()> {
    let keep = |ending: &str, compressed: &dyn Fn() -> io::Result<Vec<u8>>| {
        let file = kept.join(format!("{hash}.{ending}"));
        if file.is_file() {
            return Ok(());
        }
        // Under another name first: a build that is stopped leaves no half of one behind.
        let half = kept.join(format!("{hash}.{ending}.half"));
        fs::write(&half, compressed()?)?;
        fs::rename(&half, &file)
    };
    keep("br", &|| brotli(bytes))?;
    keep("gz", &|| gzip(bytes))
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 64 * 1024, 11, WINDOW);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
