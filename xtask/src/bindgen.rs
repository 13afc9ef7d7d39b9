//! wasm-bindgen's generator, as a program: `xtask-bindgen <input.wasm> <out directory> <out name> [--dev]`.
//!
//! A program of its own so that `xtask` starts without compiling it, and no `cargo install`: its version is the one in
//! `Cargo.lock`, which must be that of the `wasm-bindgen` crate.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Result, bail};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionId, Module};
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
    refuse_formatting(output.wasm())?;
    for function in output.wasm_mut().funcs.iter_mut() {
        if function.name.as_deref().is_some_and(only_panics) {
            let mut body = function.kind.unwrap_local_mut().builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }

    // Nor does anybody read where it was; those paths name the machine that built it.
    let sources = source_directories();
    let data: Vec<_> = output.wasm().data.iter().map(|data| data.id()).collect();
    let mut address = DATA_BEGINS;
    for id in data {
        let data = &mut output.wasm_mut().data.get_mut(id).value;
        let paths = blank_paths(data, &sources);
        blank_locations(data, address, &paths);
        address += data.len();
        for text in PANIC_TEXTS {
            blank(data, text.as_bytes());
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

/// An error if something else than a panic formats: the functions it needs are about to be emptied, and it would trap.
fn refuse_formatting(module: &Module) -> Result<()> {
    let name = |id| module.funcs.get(id).name.as_deref().unwrap_or_default();
    for (id, function) in module.funcs.iter_local() {
        if only_panics(name(id)) || formats(name(id)) {
            continue;
        }
        let mut calls = Calls(Vec::new());
        dfs_in_order(&mut calls, function, function.entry_block());
        if let Some(callee) = calls.0.into_iter().map(name).find(|name| formats(name)) {
            bail!(
                "`{}` formats (it calls `{callee}`), but this build empties what formats and it would trap in the \
                 browser: join the text with `push_str` and `push_number` instead of `format!`, `write!` or `to_string()`",
                name(id)
            );
        }
    }
    Ok(())
}

/// The functions that a function calls by their names.
struct Calls(Vec<FunctionId>);

impl Visitor<'_> for Calls {
    fn visit_call(&mut self, call: &Call) {
        self.0.push(call.func);
    }
}

/// Whether a function turns values into text as `format!` and `to_string()` do.
fn formats(name: &str) -> bool {
    name.contains("]::fmt::") || name.contains("]::string::SpecToString>::")
}

/// Whether a function of the standard library does nothing but panic: `core[5d3f…]::panicking::panic_fmt`.
fn only_panics(name: &str) -> bool {
    // What a panic says reaches the formatter through tables, so that nothing finds it unused.
    let payload = name.starts_with("<std[") && name.contains("]::panicking::");
    // The SDK formats nothing (it has no `serde_json` and joins its sentences), so whatever formats serves a panic.
    let formats = name.ends_with("]::fmt::Debug>::fmt")
        || name.ends_with("]::fmt::Display>::fmt")
        || name.contains(" as core[") && name.contains("]::fmt::Write>::");
    if payload || formats {
        return true;
    }
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

/// What only the emptied functions read: sentences of the standard library, and the decimal digits by pairs.
const PANIC_TEXTS: [&str; 25] = [
    "slice index starts at ",
    " but ends at ",
    "index out of bounds: the len is ",
    " but the index is ",
    "range start index ",
    "range end index ",
    " out of range for slice of length ",
    "assertion `left ",
    " right` failed",
    "insertion index (is ",
    ") should be <= len (is ",
    "removal index (is ",
    ") should be < len (is ",
    "cannot access a Thread Local Storage value during or after destruction: ",
    "called `Option::unwrap()` on a `None` value",
    "attempt to divide by zero",
    "attempt to calculate the remainder with a divisor of zero",
    "RefCell already borrowed",
    "internal error: entered unreachable code",
    "capacity overflow",
    "mid > len",
    "Illegal argument",
    "Value out of range",
    "Degree out of range",
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
     5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899",
];

/// How the path of a source file begins: the standard library's, a crate's, ours.
fn source_directories() -> Vec<String> {
    let mut found: Vec<String> = ["/rustc/", "/rust/deps/", "crates/", "src/"]
        .map(str::to_owned)
        .into();
    let home =
        std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| home + "/.cargo"));
    found.extend(home.map(|home| home + "/registry/src/"));
    found
}

/// Where the linker puts the first data: behind a mebibyte of stack.
const DATA_BEGINS: usize = 1 << 20;

/// Overwrites a text with zeroes, which weigh nothing.
fn blank(data: &mut [u8], text: &[u8]) {
    while let Some(found) = find(data, 0, text).and_then(|at| data.get_mut(at..at + text.len())) {
        found.fill(0);
    }
}

/// Overwrites the places in source files that panics name: address and length of a path, line, column.
fn blank_locations(data: &mut [u8], address: usize, paths: &[Range<usize>]) {
    for path in paths {
        let mut wanted = Vec::new();
        for number in [address + path.start, path.len()] {
            wanted.extend(u32::try_from(number).unwrap_or_default().to_le_bytes());
        }
        while let Some(found) = find(data, 0, &wanted).and_then(|at| data.get_mut(at..at + 16)) {
            found.fill(0);
        }
    }
}

/// Overwrites the paths of source files, and says where they stood.
fn blank_paths(data: &mut [u8], sources: &[String]) -> Vec<Range<usize>> {
    let mut blanked = Vec::new();
    let is_of_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let mut from = 0;
    while let Some(end) = find(data, from, b".rs").map(|at| at + 3) {
        // Strings stand there without anything between them: this path begins after the one before it, somewhere.
        let before = data.get(from..end).unwrap_or_default();
        let earliest = before
            .iter()
            .rposition(|byte| !is_of_path(byte))
            .map_or(from, |at| from + at + 1);
        let start = sources
            .iter()
            .filter_map(|source| find(data, earliest, source.as_bytes()))
            .min();
        if let Some(start) = start
            && let Some(path) = data.get_mut(start..end)
        {
            path.fill(0);
            blanked.push(start..end);
        }
        from = end;
    }
    blanked
}

fn find(data: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let rest = data.get(from..)?;
    rest.windows(wanted.len())
        .position(|window| window == wanted)
        .map(|at| from + at)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_blanked_and_nothing_else() {
        let mut data = b"a src/ of/rustc/1/core/cell.rssrc/a.rsx.rs/home/me/.cargo/registry/src/i/c-1.0/src/lib.rskept".to_vec();
        let sources = ["/rustc/", "src/", "/home/me/.cargo/registry/src/"].map(str::to_owned);
        blank_paths(&mut data, &sources);
        let text: String = String::from_utf8_lossy(&data).replace('\0', "");
        assert_eq!(text, "a src/ ofx.rskept");
    }
}
