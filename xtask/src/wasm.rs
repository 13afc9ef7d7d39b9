//! The SDK's wasm modules: cargo → wasm-bindgen → wasm-opt and a minifier → `pkg/wasm/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::files::{Stamp, cargo, fingerprint, root, target};
use crate::process::{run, run_quietly, timed};
use crate::tools;

const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc emits for wasm32-unknown-unknown; wasm-opt refuses a module that uses more than it was told.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// How much work to put into the module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As it is shipped.
    Release,
    /// Quick to build, with names in stack traces; not for `size`.
    Dev,
}

/// Where the generated files are.
pub(crate) fn output() -> PathBuf {
    root().join("pkg/wasm")
}

/// Builds `pkg/elements.js` and `pkg/elements-languages.js`: a second's work, so it is done every time.
fn build_elements() -> Result<()> {
    tools::npm_packages("xtask")?;
    timed("elements: bundle and minify (terser)", || {
        run_quietly(
            Command::new("node")
                .current_dir(root())
                .arg("xtask/elements.mjs"),
        )
    })
}

/// A module of the SDK.
struct Module {
    /// `pkg/wasm/<name>.js` and `pkg/wasm/<name>_bg.wasm`.
    name: &'static str,
    package: &'static str,
    /// What cargo calls the compiled library.
    library: &'static str,
    cargo_features: &'static str,
    /// For rustc. A module with flags of its own has a target directory of its own: otherwise each build of one would
    /// throw away what the other compiled.
    rust_flags: &'static [&'static str],
    /// Besides [`FEATURES`].
    wasm_features: &'static [&'static str],
    /// What is written by hand and goes into the same file as the glue.
    front: Option<&'static str>,
}

/// What every front may import.
const SHARED_FRONT: &str = "pkg/offline/shared.js";

const MODULES: [Module; 4] = [
    Module {
        name: "core",
        package: "invite-keys",
        library: "invite_keys.wasm",
        cargo_features: "",
        rust_flags: &[],
        wasm_features: &[],
        front: None,
    },
    Module {
        name: "offline",
        package: "invite-key",
        library: "invite_key.wasm",
        cargo_features: "wasm-offline",
        rust_flags: &[
            "-Ctarget-feature=+simd128",
            // The smallest of the ways to compute SHA-512: a signed key is a few blocks of it.
            "--cfg=sha2_backend=\"soft\"",
            "--cfg=sha2_backend_soft=\"compact\"",
        ],
        wasm_features: &["--enable-simd"],
        front: Some("pkg/offline/offline.js"),
    },
    Module {
        name: "find",
        package: "invite-key",
        library: "invite_key.wasm",
        cargo_features: "wasm-find",
        rust_flags: &[],
        wasm_features: &[],
        front: Some("pkg/offline/find.js"),
    },
    Module {
        name: "qr",
        package: "invite-key",
        library: "invite_key.wasm",
        cargo_features: "wasm-qr",
        rust_flags: &[],
        wasm_features: &[],
        front: Some("pkg/offline/qr.js"),
    },
];

impl Module {
    fn target(&self) -> PathBuf {
        if self.rust_flags.is_empty() {
            target()
        } else {
            target().join(self.name)
        }
    }

    fn file(&self, behind: &str) -> String {
        [self.name, behind].concat()
    }

    /// Compiles it, if something changed; where it is then.
    fn compile(&self, mode: Mode) -> Result<PathBuf> {
        let (profile, folder) = match mode {
            Mode::Release => ("wasm", "wasm"),
            Mode::Dev => ("dev", "debug"),
        };
        timed(&format!("wasm: compile {} for wasm32", self.name), || {
            // Nobody but us needs the library as a module, so its manifest does not say so.
            let mut command = cargo(&["rustc", "--package", self.package, "--lib"]);
            command
                .args(["--crate-type", "cdylib", "--features", self.cargo_features])
                .args(["--target", TARGET, "--profile", profile])
                .arg("--target-dir")
                .arg(self.target());
            if !self.rust_flags.is_empty() {
                command.env("CARGO_ENCODED_RUSTFLAGS", self.rust_flags.join("\x1f"));
            }
            run(&mut command)
        })?;
        Ok(self.target().join(TARGET).join(folder).join(self.library))
    }

    /// Builds it into `pkg/wasm`, unless what is there is current.
    fn build(&self, mode: Mode) -> Result<()> {
        let compiled = self.compile(mode)?;
        let mut inputs = vec![
            compiled.clone(),
            root().join("Cargo.lock"),
            root().join("xtask/package-lock.json"),
            root().join("xtask/glue.mjs"),
            root().join("xtask/src/bindgen.rs"),
            root().join("xtask/src/wasm.rs"),
        ];
        if let Some(front) = self.front {
            inputs.extend([root().join(front), root().join(SHARED_FRONT)]);
        }
        let products = [self.file(".js"), self.file("_bg.wasm")].map(|name| output().join(name));
        let stamp = Stamp::new(
            target().join("xtask").join(self.file(".stamp")),
            fingerprint(&inputs, &[if mode == Mode::Dev { "dev" } else { "wasm" }])?,
        );
        if stamp.is_current() && products.iter().all(|product| product.is_file()) {
            println!("    {} is up to date", self.name);
            return Ok(());
        }

        let bindgen = build_bindgen()?;
        // Everything is made beside the package and then moved in, so that a server or a bundler reading `pkg/wasm`
        // never meets half a build.
        let work = target().join("xtask/wasm").join(self.name);
        if work.exists() {
            fs::remove_dir_all(&work)?;
        }
        timed("wasm: generate the JavaScript glue (wasm-bindgen)", || {
            let mut command = Command::new(&bindgen);
            command.arg(&compiled).arg(&work).arg(self.name);
            if mode == Mode::Dev {
                command.arg("--dev");
            }
            run(&mut command)
        })?;
        if mode == Mode::Release {
            optimise(&work.join(self.file("_bg.wasm")), self.wasm_features)?;
        }
        finish(&work.join(self.file(".js")), self.front, mode)?;
        install(&work)?;
        stamp.write()
    }
}

/// Builds the elements and all modules.
pub(crate) fn build(mode: Mode) -> Result<()> {
    build_elements()?;
    tools::wasm_target()?;
    MODULES.iter().try_for_each(|module| module.build(mode))
}

/// Compiles wasm-bindgen's generator, of the version in `Cargo.lock`.
fn build_bindgen() -> Result<PathBuf> {
    timed(
        "wasm: compile wasm-bindgen's generator (slow once, then kept)",
        || {
            run(&mut cargo(&[
                "build",
                "--package",
                "xtask",
                "--features",
                "bindgen",
                "--bin",
                "xtask-bindgen",
            ]))
        },
    )?;
    Ok(target()
        .join("debug")
        .join(format!("xtask-bindgen{}", std::env::consts::EXE_SUFFIX)))
}

/// Shrinks the module in place and drops the sections nobody needs at run time.
fn optimise(module: &Path, features: &[&str]) -> Result<()> {
    timed("wasm: make it small (wasm-opt)", || {
        let mut command = Command::new("node");
        command
            .arg(root().join("xtask/node_modules/binaryen/bin/wasm-opt"))
            // Flattened first, the second round finds more (1 % after brotli). What Rust links keeps the first
            // kilobyte empty and starts from zeroes.
            .args(["--flatten", "--rereloop", "-Oz", "-Oz", "--converge"])
            .args(["--low-memory-unused", "--zero-filled-memory"])
            .args(FEATURES)
            .args(features)
            // The target features last: wasm-opt reads them, a browser does not.
            .args([
                "--strip-debug",
                "--strip-producers",
                "--strip-target-features",
            ])
            .arg(module)
            .arg("--output")
            .arg(module);
        run_quietly(&mut command)
    })
}

/// Puts what is written by hand to the glue and minifies both, in place: a quarter of it.
fn finish(glue: &Path, front: Option<&str>, mode: Mode) -> Result<()> {
    timed("wasm: finish the glue (terser)", || {
        let mut command = Command::new("node");
        command
            .current_dir(root())
            .arg("xtask/glue.mjs")
            .arg(glue)
            .args(front);
        if mode == Mode::Dev {
            command.arg("--dev");
        }
        run_quietly(&mut command)
    })
}

/// Moves a finished build into the package.
fn install(work: &Path) -> Result<()> {
    let output = output();
    fs::create_dir_all(&output)?;
    for entry in fs::read_dir(work)? {
        let entry = entry?;
        let place = output.join(entry.file_name());
        fs::copy(entry.path(), &place)
            .with_context(|| format!("cannot write {}", place.display()))?;
        println!(
            "    {} ({} bytes)",
            place.strip_prefix(root()).unwrap_or(&place).display(),
            entry.metadata()?.len()
        );
    }
    Ok(())
}
