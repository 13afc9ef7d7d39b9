//! What is written is read back by others, whatever it is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use invite_key::{hex, json, percent, text};
use proptest::prelude::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<i64>().prop_map(|whole| whole as f64),
        any::<i32>().prop_map(|cents| f64::from(cents) / 100.0),
        (-1023..1024).prop_map(|power| 2_f64.powi(power)),
    ]
}

/// The digits that a number is written with, without zeros around them.
fn significant(number: &str) -> String {
    let mantissa = number.split('e').next().unwrap();
    let digits = mantissa.replace(['-', '.'], "");
    digits.trim_matches('0').to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_number_reads_back_the_same_from_as_few_digits_as_rust_needs(number in number()) {
        let mut json = String::new();
        json::push_number(&mut json, number);
        if number.is_finite() {
            prop_assert_eq!(json.parse::<f64>().unwrap(), number);
            prop_assert!(serde_json::from_str::<serde_json::Number>(&json).is_ok(), "{}", json);
            prop_assert!(json.len() <= 24, "{}", json);
            prop_assert_eq!(significant(&json), significant(&format!("{number:e}")));
        } else {
            prop_assert_eq!(json, "null");
        }
    }

    #[test]
    fn a_string_reads_back_the_same(text: String) {
        let mut json = String::new();
        json::push_string(&mut json, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn an_encoded_text_reads_back_the_same_and_can_stand_anywhere(text: String) {
        let encoded = percent::encode(&text);
        prop_assert!(encoded.is_empty() || text::is_printable_ascii(&encoded));
        prop_assert!(!encoded.contains(['?', '&', '#', '=', '+', '/', ':', '"', '\'']));
        prop_assert!(percent::decode(&encoded).eq(text.bytes()));
        prop_assert!(percent::decode_query(&encoded).eq(text.bytes()));
    }

    #[test]
    fn bytes_read_back_the_same(bytes: Vec<u8>) {
        let digits = hex::encode(&bytes);
        let mut read = vec![0; bytes.len()];
        prop_assert!(hex::decode_into(&digits, &mut read).is_some());
        prop_assert_eq!(&read, &bytes);
        prop_assert!(hex::decode_into(&digits, &mut vec![0; bytes.len() + 1]).is_none());
    }

    #[test]
    fn whatever_is_decoded_does_not_panic(text in "[%0-9a-fA-F+\u{e6}]{0,20}") {
        prop_assert!(percent::decode(&text).count() <= text.len());
        let spaces = text.replace('+', "%20");
        prop_assert!(percent::decode_query(&text).eq(percent::decode(&spaces)));
        let _ = hex::decode_into(&text, &mut [0; 4]);
    }
}
