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

    // A panic is a trap either way; the texts that describe it, which no browser shows, weigh two kilobytes.
    for function in output.wasm_mut().funcs.iter_mut() {
        if function.name.as_deref().is_some_and(only_panics) {
            let mut body = function.kind.unwrap_local_mut().builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }

    // An import's name ends in a hash of it, which no compression takes away, in both files.
    let mut shorter = Vec::new();
    for (number, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        let short = format!("_{number}");
        shorter.push((std::mem::replace(&mut import.name, short.clone()), short));
    }
    output.emit(out)?;
    let glue = Path::new(out).join(format!("{name}.js"));
    let renamed = rename(fs::read_to_string(&glue)?, &shorter)?;
    fs::write(glue, renamed)?;
    Ok(())
}

/// Whether a function of the standard library does nothing but panic: `core[5d3f…]::panicking::panic_fmt`.
fn only_panics(name: &str) -> bool {
    const LIBRARIES: [&str; 4] = ["core[", "alloc[", "std[", "<alloc["];
    const PLACES: [&str; 7] = [
        "]::panicking::",
        "::panic_",
        "_fail",
        "::assert_failed",
        "]::raw_vec::handle_error",
        "]::alloc::handle_alloc_error",
        "]::alloc::rust_oom",
    ];
    LIBRARIES.iter().any(|library| name.starts_with(library))
        && PLACES.iter().any(|place| name.contains(place))
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
