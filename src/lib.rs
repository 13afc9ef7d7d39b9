//! The SDK's WebAssembly part: what JavaScript cannot do without rules. `pkg/index.js` stands in front of it.
//!
//! All but `page`, `value`, `invites` and the two transports is plain Rust and runs natively in tests.

mod accepting;
mod announce;
mod call;
pub mod connection;
pub mod dialect;
mod discovery;
pub mod error;
mod flights;
#[cfg(target_arch = "wasm32")]
pub mod invites;
pub mod json;
pub mod later;
mod link;
pub mod operation;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod transport;
#[cfg(target_arch = "wasm32")]
mod value;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
