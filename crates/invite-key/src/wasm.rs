//! The bindings of the browser's modules besides the SDK: one file each, built by a feature of its own, so that a page
//! loads only what it uses. Texts in, JSON text out: the files of the same names in `pkg/offline/` stand in front and
//! know the rest, so that no object ever crosses over, which would cost bytes on both sides.
//!
//! What is given is wiped when it was looked at. What is answered is not, where it holds a key: the glue frees it, and the
//! page has it as a JavaScript string then, which nobody can wipe.

#[cfg(feature = "wasm-find")]
pub mod find;
#[cfg(feature = "wasm-offline")]
pub mod offline;
#[cfg(feature = "wasm-qr")]
pub mod qr;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// What was wrong with an argument, for `read` in `pkg/offline/shared.js` to throw.
#[cfg(any(feature = "wasm-find", feature = "wasm-offline"))]
fn wrong(code: &str, field: &str, sentence: &str) -> alloc::string::String {
    let mut error = crate::json::Object::new();
    error.text("error", code);
    error.text("field", field);
    error.text("message", sentence);
    error.finish()
}

#[cfg(any(feature = "wasm-find", feature = "wasm-offline"))]
fn wrong_link(error: &crate::link::LinkError) -> alloc::string::String {
    use crate::link::LinkError;

    let (code, field) = match error {
        LinkError::Key(_) => ("malformed_key", "key"),
        LinkError::Parameter => ("invalid_option", "param"),
        LinkError::Resource => ("invalid_option", "resource"),
        _ => ("invalid_option", "link"),
    };
    wrong(code, field, &error.sentence())
}
