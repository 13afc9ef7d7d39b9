//! Links as QR codes.

use alloc::string::String;
use core::fmt;

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::text::push_integer;

/// The quiet zone that readers need around a code, in modules.
const MARGIN: usize = 4;

/// Draws a link as a QR code: an SVG picture of one path, black on white, which scales to any size. It has no scripts, no
/// styles and no text in it.
///
/// ```
/// let svg = invite_key::qr::svg("https://host/notes/?acceptInvite=inv1_0000000000000000000000000000001J49hq")?;
/// assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 45 45\""));
/// # Ok::<(), invite_key::qr::TooLong>(())
/// ```
pub fn svg(link: &str) -> Result<String, TooLong> {
    // As bytes, for links have small letters; and the level of correction rises as far as the size stays the same.
    // Readers undo any mask; trying all eight to see which looks best would be 600 bytes more of the browser's module.
    let segment = QrSegment::make_bytes(link.as_bytes());
    let code = QrCode::encode_segments_advanced(
        &[segment],
        QrCodeEcc::Medium,
        Version::MIN,
        Version::MAX,
        Some(Mask::new(0)),
        true,
    )
    .map_err(|_| TooLong)?;
    let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ");
    let size = usize::try_from(code.size()).unwrap_or(0);
    let whole = (size + 2 * MARGIN) as u64;
    push_integer(&mut svg, whole);
    svg.push(' ');
    push_integer(&mut svg, whole);
    svg.push_str("\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h");
    push_integer(&mut svg, whole);
    svg.push('v');
    push_integer(&mut svg, whole);
    svg.push_str("H0z\"/><path d=\"");
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let length = dark_modules(&code, x, y, size);
            if length > 0 {
                push_run(&mut svg, x + MARGIN, y + MARGIN, length);
            }
            x += length + 1;
        }
    }
    svg.push_str("\"/></svg>");
    Ok(svg)
}

/// How many dark modules follow each other from here on.
fn dark_modules(code: &QrCode, x: usize, y: usize, size: usize) -> usize {
    let is_dark = |x: &usize| match (i32::try_from(*x), i32::try_from(y)) {
        (Ok(x), Ok(y)) => code.get_module(x, y),
        _ => false,
    };
    (x..size).take_while(is_dark).count()
}

fn push_run(svg: &mut String, x: usize, y: usize, length: usize) {
    svg.push('M');
    push_integer(svg, x as u64);
    svg.push(' ');
    push_integer(svg, y as u64);
    svg.push('h');
    push_integer(svg, length as u64);
    svg.push_str("v1h-");
    push_integer(svg, length as u64);
    svg.push('z');
}

/// A QR code holds 2,331 bytes at this level of correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl TooLong {
    /// What is wrong, as an English sentence for people.
    pub const fn sentence(self) -> &'static str {
        "The link is too long for a QR code."
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence())
    }
}

impl core::error::Error for TooLong {}
