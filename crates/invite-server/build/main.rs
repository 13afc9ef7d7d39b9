//! Compresses `www/` and `pkg/` when the server is built, so that nobody has to while people wait.
//!
//! What was compressed is found again by its hash, whatever its name: a file that changed since is served as it is.

mod compress;

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build");
    // A release embeds these folders, and is built again when a file there comes or goes, which the embedding cannot
    // notice. Other builds read them when they start; following them would rebuild the server at every edit of a page.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../../www");
        println!("cargo:rerun-if-changed=../../pkg");
    }
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("no OUT_DIR"))?;
    let folders = ["../../www", "../../pkg"].map(Path::new);
    compress::all(&folders, Path::new(&out))
}
