//! The SDK's wasm modules: cargo → wasm-bindgen → wasm-opt; then the bundler puts them into `pkg/wasm/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::files::{Stamp, cargo, fingerprint, root, target};
use crate::process::{run, run_quietly, timed};
use crate::{bundle, tools};

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

/// Where the modules are when they are ready, a folder for each, and the bundler takes them from.
pub(crate) fn ready() -> PathBuf {
    target().join("xtask/wasm")
}

/// Where wasm-bindgen's glue is as it was made: what `pkg/offline/` imports. It is no part of the package.
fn raw_glue() -> PathBuf {
    root().join("pkg/wasm/raw")
}

/// A module of the SDK.
struct Module {
    /// `pkg/wasm/<name>.js` and `pkg/wasm/<name>_bg.wasm`.
    name: &'static str,
    package: &'static str,
    /// What cargo calls the compiled library.
    library: &'static str,
    cargo_features: &'static str,
    /// For rustc, besides [`remap`].
    rust_flags: &'static [&'static str],
    /// Besides [`FEATURES`].
    wasm_features: &'static [&'static str],
    /// Whether wasm-opt gives what it imports and exports short names, and the bundler the same to its glue
    /// (`bundle.mjs`): the hashes in wasm-bindgen's weigh 2 KB. Only where no export is called as something else is.
    short_names: bool,
}

const MODULES: [Module; 4] = [
    Module {
        name: "core",
        package: "invite-keys",
        library: "invite_keys.wasm",
        cargo_features: "",
        rust_flags: &[],
        wasm_features: &[],
        short_names: true,
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
        short_names: false,
    },
    Module {
        name: "find",
        package: "invite-key",
        library: "invite_key.wasm",
        cargo_features: "wasm-find",
        rust_flags: &[],
        wasm_features: &[],
        short_names: false,
    },
    Module {
        name: "qr",
        package: "invite-key",
        library: "invite_key.wasm",
        cargo_features: "wasm-qr",
        rust_flags: &[],
        wasm_features: &[],
        short_names: false,
    },
];

impl Module {
    /// Modules of one package have a target directory each: otherwise each build of one would overwrite what the other
    /// compiled.
    fn target(&self) -> PathBuf {
        if self.package == "invite-keys" {
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
            let flags = self.rust_flags.iter().map(|flag| (*flag).to_owned());
            let flags: Vec<String> = flags.chain(remap()).collect();
            command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
            run(&mut command)
        })?;
        Ok(self.target().join(TARGET).join(folder).join(self.library))
    }

    /// Builds it into [`ready`], unless what is there is current.
    fn build(&self, mode: Mode) -> Result<()> {
        let compiled = self.compile(mode)?;
        let inputs = [
            compiled.clone(),
            root().join("Cargo.lock"),
            root().join("xtask/package-lock.json"),
            root().join("xtask/src/bindgen.rs"),
            root().join("xtask/src/order.rs"),
            root().join("xtask/src/wasm.rs"),
        ];
        let work = ready().join(self.name);
        let [glue, wasm] = [self.file(".js"), self.file("_bg.wasm")].map(|name| work.join(name));
        let [raw, named] = [".js", ".build.js"].map(|behind| raw_glue().join(self.file(behind)));
        let print = fingerprint(&inputs, &[if mode == Mode::Dev { "dev" } else { "wasm" }])?;
        let build = print.get(..8).unwrap_or(&print).to_owned();
        let stamp = Stamp::new(target().join("xtask").join(self.file(".stamp")), print);
        if stamp.is_current() && wasm.is_file() && raw.is_file() && named.is_file() {
            println!("    {} is up to date", self.name);
            return Ok(());
        }

        let [bindgen, order] = build_programs()?;
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
            let names = self.optimise(&wasm, &order)?;
            fs::write(work.join(self.file(".names.json")), names)?;
        }
        name_build(&wasm, &build)?;
        fs::create_dir_all(raw_glue())?;
        fs::copy(&glue, &raw).with_context(|| format!("cannot write {}", raw.display()))?;
        let line = format!(
            "// Of {}.\nexport const build = '{build}';\n",
            self.file("_bg.wasm")
        );
        fs::write(&named, line).with_context(|| format!("cannot write {}", named.display()))?;
        stamp.write()
    }

    /// Shrinks the module in place and drops the sections nobody needs at run time. Which names it shortened, as JSON.
    fn optimise(&self, module: &Path, order: &Path) -> Result<Vec<u8>> {
        timed("wasm: make it small (wasm-opt)", || {
            // Flattened first, the second round finds more (1 % after brotli). What Rust links keeps the first kilobyte
            // empty and starts from zeroes. How loads and stores are aligned is a hint that engines pass over. The target
            // features are stripped last: wasm-opt reads them, a browser does not.
            let small = "--flatten --rereloop -Oz -Oz --converge -Oz --low-memory-unused --zero-filled-memory --dealign \
                         --strip-debug --strip-producers --strip-target-features";
            self.wasm_opt(module, small)?;
            run(Command::new(order).arg(module))?;
            let short_names = match self.short_names {
                true => "--minify-imports-and-exports-and-modules",
                false => "",
            };
            let ordered = format!("--reorder-functions-by-name -Oz {short_names} --strip-debug");
            self.wasm_opt(module, &ordered)
        })
    }

    /// Rewrites the module by wasm-opt; what that says.
    fn wasm_opt(&self, module: &Path, passes: &str) -> Result<Vec<u8>> {
        let mut command = Command::new("node");
        command
            .arg(root().join("xtask/node_modules/binaryen/bin/wasm-opt"))
            .args(FEATURES)
            .args(self.wasm_features)
            .args(passes.split_whitespace())
            .arg(module)
            .arg("--output")
            .arg(module);
        run_quietly(&mut command)
    }
}

/// How a module begins: what it is, and its version.
const HEADER: usize = 8;

/// Writes into a module of which build it is: as the name of an empty custom section, which may stand anywhere. The
/// package's JavaScript is of the same build or refuses the module, for the short names of two builds may be the same.
fn name_build(module: &Path, build: &str) -> Result<()> {
    let length = u8::try_from(build.len())?;
    let section = [&[0, length + 1, length], build.as_bytes()].concat();
    let mut bytes = fs::read(module)?;
    // At the end brotli splits the whole otherwise, by chance: 80 bytes.
    bytes.splice(HEADER..HEADER, section);
    fs::write(module, bytes).with_context(|| format!("cannot write {}", module.display()))
}

/// Panics name source files: where this machine keeps those of other crates stays out of the package. Ours are named
/// from the project's directory, and the standard library's from its own.
fn remap() -> Option<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
    let sources = home.join("registry").join("src");
    Some(format!("--remap-path-prefix={}=", sources.display()))
}

/// Builds all modules, and everything in JavaScript that is made.
pub(crate) fn build(mode: Mode) -> Result<()> {
    tools::npm_packages("xtask")?;
    tools::wasm_target()?;
    MODULES.iter().try_for_each(|module| module.build(mode))?;
    bundle::build(mode)
}

/// Compiles wasm-bindgen's generator, of the version in `Cargo.lock`, and what orders functions; where they are.
fn build_programs() -> Result<[PathBuf; 2]> {
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
                "--bin",
                "xtask-order",
            ]))
        },
    )?;
    Ok(["xtask-bindgen", "xtask-order"].map(|name| {
        let name = [name, std::env::consts::EXE_SUFFIX].concat();
        target().join("debug").join(name)
    }))
}
