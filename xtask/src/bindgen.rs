//! wasm-bindgen's generator, as a program: `xtask-bindgen <input.wasm> <out directory> <out name> [--dev]`.
//!
//! A program of its own so that `xtask` starts without compiling it, and no `cargo install`: its version is the one in
//! `Cargo.lock`, which must be that of the `wasm-bindgen` crate.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (input, out, name, dev) = match arguments.as_slice() {
        [input, out, name] => (input, out, name, false),
        [input, out, name, flag] if flag == "--dev" => (input, out, name, true),
        _ => bail!("usage: xtask-bindgen <input.wasm> <out directory> <out name> [--dev]"),
    };
    Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)?
        // The public types are written by hand (ARCHITECTURE.md).
        .typescript(false)
        // `index.js` says where the wasm is; the default would make every bundler copy it twice.
        .omit_default_module_path(true)
        // Every browser that runs the module has it.
        .encode_into(EncodeInto::Always)
        .keep_debug(dev)
        .remove_name_section(!dev)
        .remove_producers_section(!dev)
        .generate(out)
}
