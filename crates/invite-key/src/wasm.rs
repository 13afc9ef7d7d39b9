//! The bindings of the browser's modules besides the SDK: one file each, built by a feature of its own, so that a page
//! loads only what it uses. Texts in, JSON text out: the files of the same names in `pkg/offline/` stand in front and
//! know the rest, so that no object ever crosses over, which would cost bytes on both sides.

#[cfg(feature = "wasm-find")]
pub mod find;
#[cfg(feature = "wasm-offline")]
pub mod offline;
#[cfg(feature = "wasm-qr")]
pub mod qr;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
