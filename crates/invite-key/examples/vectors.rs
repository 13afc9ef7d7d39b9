//! Every signature that the tests of `tests/support/vectors.rs` verify, one a line: public key, message and signature as hex
//! digits, and whether it is right. `tests/interop/wasm.test.mjs` asks the browser's module the same.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a test in the form of a program"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use invite_key::hex;
use support::vectors;

fn main() {
    vectors::rfc_8037_appendix_a();
    vectors::wycheproof();
    vectors::points_with_a_part_of_small_order_are_judged_as_dalek_judges_them();
    vectors::encodings_that_are_not_canonical_are_refused();
    vectors::a_second_half_of_the_order_or_more_is_refused();
    vectors::every_bit_of_key_message_and_signature_counts();
    let mut out = String::new();
    for (key, message, signature, is_right) in support::verified() {
        for bytes in [&key[..], &message, &signature] {
            hex::push(&mut out, bytes);
            out.push(' ');
        }
        out.push_str(if is_right { "right\n" } else { "wrong\n" });
    }
    print!("{out}");
}
