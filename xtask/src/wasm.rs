//! The SDK's wasm: cargo → wasm-bindgen → wasm-opt and a minifier → `pkg/wasm/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::files::{Stamp, cargo, fingerprint, root, target};
use crate::process::{run, run_quietly, timed};
use crate::tools;

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

/// Builds the elements, `pkg/wasm/core.js` and `pkg/wasm/core_bg.wasm`.
pub(crate) fn build(mode: Mode) -> Result<()> {
    build_elements()?;
    tools::wasm_target()?;
    let (profile, folder) = match mode {
        Mode::Release => ("wasm", "wasm"),
        Mode::Dev => ("dev", "debug"),
    };
    timed("wasm: compile the SDK for wasm32", || {
        run(&mut cargo(&[
            "build",
            "--package",
            "invite-keys",
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            profile,
        ]))
    })?;
    let compiled = target()
        .join("wasm32-unknown-unknown")
        .join(folder)
        .join("invite_keys.wasm");

    let inputs = [
        compiled.clone(),
        root().join("Cargo.lock"),
        root().join("xtask/package-lock.json"),
        root().join("xtask/src/bindgen.rs"),
        root().join("xtask/src/wasm.rs"),
    ];
    let products = [output().join("core.js"), output().join("core_bg.wasm")];
    let stamp = Stamp::new(
        target().join("xtask/wasm.stamp"),
        fingerprint(&inputs, &[profile])?,
    );
    if stamp.is_current() && products.iter().all(|product| product.is_file()) {
        println!("    pkg/wasm is up to date");
        return Ok(());
    }

    let bindgen = build_bindgen()?;
    // Everything is made beside the package and then moved in, so that a server or a bundler reading `pkg/wasm` never
    // meets half a build.
    let work = target().join("xtask/wasm");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    timed("wasm: generate the JavaScript glue (wasm-bindgen)", || {
        let mut command = Command::new(&bindgen);
        command.arg(&compiled).arg(&work).arg("core");
        if mode == Mode::Dev {
            command.arg("--dev");
        }
        run(&mut command)
    })?;
    if mode == Mode::Release {
        tools::npm_packages("xtask")?;
        optimise(&work.join("core_bg.wasm"))?;
        minify(&work.join("core.js"))?;
    }
    install(&work)?;
    stamp.write()
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
fn optimise(module: &Path) -> Result<()> {
    timed("wasm: make it small (wasm-opt)", || {
        let mut command = Command::new("node");
        command
            .arg(root().join("xtask/node_modules/binaryen/bin/wasm-opt"))
            // Flattened first, the second round finds more (1 % after brotli). What Rust links keeps the first
            // kilobyte empty and starts from zeroes.
            .args(["--flatten", "--rereloop", "-Oz", "-Oz", "--converge"])
            .args(["--low-memory-unused", "--zero-filled-memory"])
            .args(FEATURES)
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

/// Minifies the glue in place: a quarter of it.
fn minify(glue: &Path) -> Result<()> {
    timed("wasm: minify the glue (terser)", || {
        let mut command = Command::new("node");
        command
            .arg(root().join("xtask/node_modules/terser/bin/terser"))
            .arg(glue)
            .args([
                "--module",
                "--ecma",
                "2022",
                "--compress",
                "passes=2",
                "--mangle",
                "--output",
            ])
            .arg(glue);
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
