//! `<https://…>`: white space inside the angle brackets is none of the link's (RFC 3986, appendix C).

use crate::find::reading::{Reading, Writer};
use crate::find::repair::Repair;

/// Joins what is broken inside angle brackets. In a quoted mail the marks before each line are left out, too.
pub(in crate::find) fn brackets(given: &Reading) -> Option<Reading> {
    let mut writer = Writer::new(given, 0);
    let bytes = given.text().as_bytes();
    let mut at = 0;
    // How many quote marks the current line began with; it is still its beginning while `in_margin`.
    let mut marks = 0;
    let mut in_margin = true;
    while let Some(rest) = bytes.get(at..)
        && let Some(&byte) = rest.first()
    {
        at += 1;
        match byte {
            b'\n' => {
                marks = 0;
                in_margin = true;
            }
            b'>' if in_margin => marks += 1,
            b' ' | b'\t' | b'\r' => {}
            b'<' if is_address(rest) => {
                in_margin = false;
                let length = closing(rest, marks);
                if let Some(length) = length {
                    join(&mut writer, bytes, at, at + length, marks);
                    at += length;
                }
            }
            _ => in_margin = false,
        }
    }
    writer.finish_if_changed()
}

/// Whether an address begins after the bracket.
fn is_address(text: &[u8]) -> bool {
    let blank = text
        .iter()
        .skip(1)
        .take_while(|byte| byte.is_ascii_whitespace());
    let blank = blank.take(80).count();
    let begins = |text: &[u8], with: &[u8]| {
        text.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    let inside = text.get(1 + blank..).unwrap_or_default();
    begins(inside, b"http") || begins(inside, b"url:http")
}

/// How many bytes there are between the brackets.
fn closing(text: &[u8], marks: usize) -> Option<usize> {
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'>' => return Some(at - 1),
            b'<' | b'"' => return None,
            byte if byte.is_ascii_whitespace() => at = margin(text, at, marks).0,
            _ => at += 1,
        }
    }
}

/// Leaves out white space, up to a label after `|`.
fn join(writer: &mut Writer<'_>, bytes: &[u8], start: usize, end: usize, marks: usize) {
    let mut at = start;
    while at < end {
        match bytes.get(at) {
            Some(b'|') => return,
            Some(byte) if byte.is_ascii_whitespace() => {
                writer.keep(at);
                at = margin(bytes, at, marks).0.min(end);
                writer.leave_out(at, Repair::LineBreak);
            }
            _ => at += 1,
        }
    }
}

/// Where white space ends, with the quote marks after its line breaks: as many as the first line has, for the next one
/// is the closing bracket. And whether there is a line break in it.
pub(in crate::find) fn margin(text: &[u8], start: usize, marks: usize) -> (usize, usize) {
    let mut at = start;
    let mut left = 0;
    let mut breaks = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\n' => {
                left = marks;
                breaks += 1;
            }
            b'>' if left > 0 => left -= 1,
            byte if byte.is_ascii_whitespace() => {}
            _ => break,
        }
        at += 1;
    }
    (at, breaks)
}
