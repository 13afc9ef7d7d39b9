//! Single characters: what nobody sees, what only looks different, what was escaped.

use super::html;
use crate::find::address::is_delimiter;
use crate::find::octet;
use crate::find::reading::{Reading, Writer};
use crate::find::repair::{Repair, Repairs};

/// Mends single characters. None of what it changes has a meaning in a key or, unencoded, in a link.
pub(in crate::find) fn characters(given: &Reading) -> Option<Reading> {
    let mut writer = Writer::new(given, 0);
    let text = given.text();
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, character) in text.char_indices() {
        if at < done {
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let (stands_for, length, repair) = match character {
            '&' => match html::reference(rest) {
                Some((character, length)) => (Some(character), length, Repair::HtmlEntity),
                None => continue,
            },
            '<' => match html::word_break(rest) {
                Some(length) => (None, length, Repair::HtmlEntity),
                None => continue,
            },
            '\\' => match backslashed(rest) {
                (Some(character), length) => (character, length, Repair::Backslash),
                (None, length) => {
                    done = at + length;
                    continue;
                }
            },
            _ if character.is_ascii() => continue,
            _ if is_invisible(character) => {
                (None, character.len_utf8(), Repair::InvisibleCharacter)
            }
            _ => match usual(character) {
                Some((usual, repair)) => (Some(usual), character.len_utf8(), repair),
                None => continue,
            },
        };
        writer.keep(at);
        done = at + length;
        match stands_for {
            None => writer.leave_out(done, repair),
            // A reference may stand for one of the others.
            Some(character) if is_invisible(character) => {
                writer.leave_out(
                    done,
                    Repairs::from(repair).and(Repair::InvisibleCharacter.into()),
                );
            }
            Some(character) => match usual(character) {
                Some((usual, more)) => {
                    writer.replace(done, usual, Repairs::from(repair).and(more.into()));
                }
                None => writer.replace(done, character, repair),
            },
        }
    }
    writer.finish_if_changed()
}

/// Characters without width, and those that only steer how others look.
pub(in crate::find) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// The ASCII character that a character is a form of.
fn usual(character: char) -> Option<(char, Repair)> {
    match character {
        // What ends a sentence or stands around words is that in full width, too.
        _ if is_delimiter(character) => None,
        '\u{FF01}'..='\u{FF5E}' => {
            let ascii = char::from_u32(u32::from(character) - 0xFEE0)?;
            Some((ascii, Repair::FullWidth))
        }
        '\u{2010}' | '\u{2011}' => Some(('-', Repair::Hyphen)),
        _ => None,
    }
}

/// What backslashes do to the character behind them: nothing is left of them before punctuation. Several do what one
/// does, for texts are put into texts. (`None`: they stay.)
fn backslashed(text: &[u8]) -> (Option<Option<char>>, usize) {
    let count = text.iter().take_while(|byte| **byte == b'\\').count();
    let stands_for = match text.get(count..).unwrap_or_default() {
        [b'u', digits @ ..] => {
            let number = digits.iter().take(4).try_fold(0, |number, byte| {
                Some(number << 4 | u32::from(octet::digit(*byte, true)?))
            });
            match number.and_then(char::from_u32) {
                Some(character) if digits.len() >= 4 => {
                    return (Some(Some(character)), count + 5);
                }
                _ => None,
            }
        }
        [b'n' | b'r' | b't', ..] => return (Some(Some('\n')), count + 1),
        [b'!'..=b'/' | b':'..=b'@' | b'['..=b'`' | b'{'..=b'~', ..] => Some(None),
        _ => None,
    };
    (stands_for, count)
}
