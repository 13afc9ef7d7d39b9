//! wasm-bindgen's generator, as a program: `xtask-bindgen <input.wasm> <out directory> <out name> [--dev]`.
//!
//! A program of its own so that `xtask` starts without compiling it, and no `cargo install`: its version is the one in
//! `Cargo.lock`, which must be that of the `wasm-bindgen` crate.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (input, out, name, dev) = match arguments.as_slice() {
        [input, out, name] => (input, out, name, false),
        [input, out, name, flag] if flag == "--dev" => (input, out, name, true),
        _ => bail!("usage: xtask-bindgen <input.wasm> <out directory> <out name> [--dev]"),
    };
    let mut output = Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)?
        // The public types are written by hand (ARCHITECTURE.md).
        .typescript(false)
        // `index.js` says where the wasm is; the default would make every bundler copy it twice.
        .omit_default_module_path(true)
        .keep_debug(dev)
        // wasm-opt removes the names, at the end.
        .remove_name_section(false)
        .remove_producers_section(!dev)
        .generate_output()?;
    if dev {
        return output.emit(out);
    }

    // An import's name ends in a hash of it, which no compression takes away, in both files.
    let mut shorter = Vec::new();
    for (number, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        let short = format!("_{number}");
        shorter.push((std::mem::replace(&mut import.name, short.clone()), short));
    }
    output.emit(out)?;
    let glue = Path::new(out).join(format!("{name}.js"));
    let slim = rename(without_comments(&fs::read_to_string(&glue)?), &shorter)?;
    fs::write(glue, slim)?;
    Ok(())
}

/// The glue without its comments, which repeat the documentation of the Rust side. All stand on lines of their own.
fn without_comments(glue: &str) -> String {
    let is_comment = |line: &&str| {
        ["/**", "*", "//"]
            .iter()
            .any(|start| line.trim_start().starts_with(start))
    };
    glue.lines()
        .filter(|line| !is_comment(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The glue with the imports' names replaced; each stands there once, as `name: function…`.
fn rename(mut glue: String, names: &[(String, String)]) -> Result<String> {
    for (long, short) in names {
        let (long, short) = (format!(" {long}: "), format!(" {short}: "));
        if glue.matches(&long).count() != 1 {
            bail!(
                "wasm-bindgen's glue does not define `{}` once: xtask/src/bindgen.rs must follow it",
                long.trim()
            );
        }
        glue = glue.replace(&long, &short);
    }
    Ok(glue)
}
