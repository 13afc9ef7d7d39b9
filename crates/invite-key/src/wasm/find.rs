//! Finding invites in texts.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::wrong_link;
use crate::find;
use crate::json::{Object, array};
use crate::link::LinkOptions;
use crate::report;

/// `{"found":[…],"broken":[…],"complete":…}`.
#[wasm_bindgen(skip_jsdoc)]
pub fn find(text: String, parameter: String) -> String {
    let text = Zeroizing::new(text);
    let options = match LinkOptions::named(parameter) {
        Ok(options) => options,
        Err(error) => return wrong_link(&error),
    };
    let all = find::all(&text, &options);
    let mut units = Units::of(&text);
    let (mut found, mut broken) = (Vec::new(), Vec::new());
    for piece in all.pieces {
        let range = units.range(&piece.range);
        let (is_whole, json) = report::piece(*piece, range);
        if is_whole { &mut found } else { &mut broken }.push(json);
    }
    let mut object = Object::new();
    object.json("found", &array(found));
    object.json("broken", &array(broken));
    object.json("complete", if all.is_complete { "true" } else { "false" });
    object.finish()
}

/// Counts as JavaScript does, in UTF-16 units.
struct Units<'text> {
    text: &'text [u8],
    byte: usize,
    unit: usize,
}

impl<'text> Units<'text> {
    fn of(text: &'text str) -> Self {
        Self {
            text: text.as_bytes(),
            byte: 0,
            unit: 0,
        }
    }

    fn range(&mut self, range: &Range<usize>) -> Range<usize> {
        self.to(range.start)..self.to(range.end)
    }

    /// Where a byte stands. It goes on from the one before, unless that was farther on.
    fn to(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.unit) = (0, 0);
        }
        for one in self.text.get(self.byte..byte).unwrap_or_default() {
            self.unit += usize::from(one & 0xC0 != 0x80) + usize::from(*one >= 0xF0);
        }
        self.byte = byte;
        self.unit
    }
}
