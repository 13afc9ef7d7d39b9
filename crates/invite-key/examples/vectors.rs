//! The vectors of `tests/support/vectors.rs` as a WebAssembly module: what the browser computes with has other
//! arithmetic and other tables than native code. `tests/interop/wasm.test.mjs` builds and runs it.

#![cfg(target_arch = "wasm32")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a test in the form of a module"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use support::vectors;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn rfc_8037_appendix_a() {
    vectors::rfc_8037_appendix_a();
}

#[wasm_bindgen]
pub fn wycheproof() {
    vectors::wycheproof();
}

#[wasm_bindgen]
pub fn points_with_a_part_of_small_order_are_judged_as_dalek_judges_them() {
    vectors::points_with_a_part_of_small_order_are_judged_as_dalek_judges_them();
}

#[wasm_bindgen]
pub fn encodings_that_are_not_canonical_are_refused() {
    vectors::encodings_that_are_not_canonical_are_refused();
}

#[wasm_bindgen]
pub fn a_second_half_of_the_order_or_more_is_refused() {
    vectors::a_second_half_of_the_order_or_more_is_refused();
}

#[wasm_bindgen]
pub fn every_bit_of_key_message_and_signature_counts() {
    vectors::every_bit_of_key_message_and_signature_counts();
}
