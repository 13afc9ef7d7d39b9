//! Release builds embed www/ and pkg/: build again when a file there comes or goes, which the embedding cannot notice.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Debug builds read the folders while they run; following them would rebuild the server at every edit of a page.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../../www");
        println!("cargo:rerun-if-changed=../../pkg");
    }
}
