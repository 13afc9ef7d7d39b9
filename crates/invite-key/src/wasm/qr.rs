//! Links as pictures.

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::qr;

/// The picture; empty if the link is too long for one.
#[wasm_bindgen(js_name = qrCode, skip_jsdoc)]
pub fn qr_code(link: String) -> String {
    qr::svg(&Zeroizing::new(link)).unwrap_or_default()
}
