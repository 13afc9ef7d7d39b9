//! Published vectors and the edges of Ed25519, on every way of verifying.

#![cfg(feature = "issue")]

mod support;

use support::vectors;

#[test]
fn rfc_8037_appendix_a() {
    vectors::rfc_8037_appendix_a();
}

#[test]
fn wycheproof() {
    vectors::wycheproof();
}

#[test]
fn points_with_a_part_of_small_order_are_judged_as_dalek_judges_them() {
    vectors::points_with_a_part_of_small_order_are_judged_as_dalek_judges_them();
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    vectors::encodings_that_are_not_canonical_are_refused();
}

#[test]
fn a_second_half_of_the_order_or_more_is_refused() {
    vectors::a_second_half_of_the_order_or_more_is_refused();
}

#[test]
fn every_bit_of_key_message_and_signature_counts() {
    vectors::every_bit_of_key_message_and_signature_counts();
}
