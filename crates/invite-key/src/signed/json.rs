//! A strict reader of small JSON documents.
//!
//! JSON as in RFC 8259, minus all that two readers could take in two ways: no member twice (however its name is
//! escaped, at any depth), no lone surrogates, no byte order mark, UTF-8 only. And with caps: at most
//! [`MAX_MEMBERS`] members in an object and [`MAX_DEPTH`] levels.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::verdict::Reason;

const MAX_MEMBERS: usize = 64;
const MAX_DEPTH: usize = 8;
/// The largest integer that every JSON reader keeps exactly: 2⁵³ − 1.
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// What is wrong, and at which byte of the document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) at: usize,
    pub(crate) hint: Option<&'static str>,
}

impl Fault {
    pub(crate) fn new(reason: Reason, at: usize, hint: Option<&'static str>) -> Self {
        Self { reason, at, hint }
    }

    fn syntax(at: usize) -> Self {
        Self::new(Reason::NotJson, at, None)
    }
}

/// What to do with a member whose name was read: read its value from the reader.
pub(crate) type OnMember<'call, 'json> =
    &'call mut dyn FnMut(&str, &mut Reader<'json>) -> Result<(), Fault>;

/// A place in a document.
pub(crate) struct Reader<'json> {
    json: &'json str,
    at: usize,
    depth: usize,
}

/// Reads a document that is one object.
pub(crate) fn object<'json>(
    json: &'json [u8],
    on_member: OnMember<'_, 'json>,
) -> Result<(), Fault> {
    let json = core::str::from_utf8(json).map_err(|error| Fault::syntax(error.valid_up_to()))?;
    let mut reader = Reader {
        json,
        at: 0,
        depth: 0,
    };
    reader.skip_space();
    reader.object(on_member)?;
    reader.skip_space();
    if reader.at == json.len() {
        Ok(())
    } else {
        Err(Fault::syntax(reader.at))
    }
}

impl<'json> Reader<'json> {
    /// Where the next value begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Reads an object, giving each member to `on_member`, which has to read the value.
    pub(crate) fn object(&mut self, on_member: OnMember<'_, 'json>) -> Result<(), Fault> {
        let mut seen: Vec<Cow<'json, str>> = Vec::with_capacity(16);
        self.sequence(b'{', b'}', &mut |reader| {
            let at = reader.at;
            let name = reader.string()?;
            if seen.contains(&name) {
                return Err(Fault::new(Reason::DuplicateMember, at, None));
            }
            if seen.len() == MAX_MEMBERS {
                return Err(Fault::new(Reason::NotJson, at, Some("too many members")));
            }
            reader.skip_space();
            reader.expect(b':')?;
            reader.skip_space();
            on_member(&name, reader)?;
            seen.push(name);
            Ok(())
        })
    }

    /// Reads an array, calling `on_item` before each item, which has to read it.
    pub(crate) fn array(
        &mut self,
        on_item: &mut dyn FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.sequence(b'[', b']', on_item)
    }

    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        on_item: &mut dyn FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(
                Reason::NotJson,
                self.at,
                Some("nested too deeply"),
            ));
        }
        self.skip_space();
        if self.peek() != Some(close) {
            loop {
                on_item(self)?;
                self.skip_space();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
                self.skip_space();
            }
        }
        self.depth -= 1;
        self.expect(close)
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Cow<'json, str>, Fault> {
        self.expect(b'"')?;
        let mut text = Cow::Borrowed("");
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            // All before a quotation mark or a backslash is whole characters.
            let run = self.json.get(start..self.at).unwrap_or_default();
            if text.is_empty() {
                text = Cow::Borrowed(run);
            } else {
                text.to_mut().push_str(run);
            }
            let at = self.at;
            match self.next() {
                Some(b'"') => return Ok(text),
                Some(b'\\') => {
                    let character = self.escape().ok_or(Fault::syntax(at))?;
                    text.to_mut().push(character);
                }
                _ => return Err(Fault::syntax(at)),
            }
        }
    }

    /// Reads a string, or passes over a value of another sort.
    pub(crate) fn optional_string(&mut self) -> Result<Option<Cow<'json, str>>, Fault> {
        if self.peek() == Some(b'"') {
            return self.string().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            letter @ (b'"' | b'\\' | b'/') => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = self.four_digits()?;
                if let 0xD800..0xDC00 = code {
                    let low = match (self.next()?, self.next()?) {
                        (b'\\', b'u') => self.four_digits()?.checked_sub(0xDC00)?,
                        _ => return None,
                    };
                    if low > 0x3FF {
                        return None;
                    }
                    code = 0x10000 + ((code - 0xD800) << 10) + low;
                }
                char::from_u32(code)?
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut code = 0;
        for _ in 0..4 {
            code = (code << 4) | char::from(self.next()?).to_digit(16)?;
        }
        Some(code)
    }

    /// Reads a whole number from 0 to [`MAX_INTEGER`], written with digits only.
    pub(crate) fn integer(&mut self) -> Result<u64, Fault> {
        let start = self.at;
        let refuse = Err(Fault::new(
            Reason::BadMember,
            start,
            Some("not a whole number"),
        ));
        let Some(b'0'..=b'9') = self.peek() else {
            return refuse;
        };
        self.number()?;
        let digits = self.json.get(start..self.at).unwrap_or_default();
        let mut number = 0u64;
        for digit in digits.bytes() {
            // At most 17 digits get this far before the cap does, so nothing overflows.
            if !digit.is_ascii_digit() || number > MAX_INTEGER {
                return refuse;
            }
            number = number * 10 + u64::from(digit - b'0');
        }
        if number > MAX_INTEGER {
            refuse
        } else {
            Ok(number)
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            Err(Fault::syntax(start))
        } else {
            Ok(())
        }
    }

    /// Reads a value of any sort and forgets it.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        let word = match self.peek() {
            Some(b'{') => return self.object(&mut |_, reader| reader.skip()),
            Some(b'[') => return self.array(&mut Self::skip),
            Some(b'"') => return self.string().map(drop),
            Some(b't') => "true",
            Some(b'f') => "false",
            Some(b'n') => "null",
            _ => return self.number(),
        };
        word.bytes().try_for_each(|byte| self.expect(byte))
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(Fault::syntax(self.at))
        }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}

/// Appends a string as JSON writes it, with as few escapes as possible, so that one value has one text.
pub(crate) fn write_string(value: &str, json: &mut String) {
    json.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1F' => {
                json.push_str("\\u00");
                let code = u32::from(character);
                json.extend(char::from_digit(code >> 4, 16));
                json.extend(char::from_digit(code & 15, 16));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}
