//! A strict reader of small JSON documents.
//!
//! JSON as in RFC 8259, minus all that two readers could take in two ways: no member twice (however its name is
//! escaped, at any depth), no lone surrogates, no byte order mark, UTF-8 only. And with caps: at most
//! [`MAX_MEMBERS`] members in an object and [`MAX_DEPTH`] levels.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::hex;
use crate::json::MAX_INTEGER;
use crate::verdict::Reason;

const MAX_MEMBERS: usize = 64;
const MAX_DEPTH: usize = 8;

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

/// The value of a member, and where it stands.
pub(crate) struct Member<'json> {
    pub(crate) at: usize,
    value: Value<'json>,
}

enum Value<'json> {
    Text(Cow<'json, str>),
    /// A whole number from 0 to [`MAX_INTEGER`], written with digits only.
    Integer(u64),
    /// Anything else, as it is written.
    Other(&'json str),
}

// These borrow: what moves has to be dropped wherever a `?` leaves, which would cost the browser kilobytes.
impl<'json> Member<'json> {
    /// The string, if it is a fine one.
    pub(crate) fn text(
        &self,
        name: &'static str,
        is_fine: fn(&str) -> bool,
    ) -> Result<&str, Fault> {
        match self.as_text() {
            Some(text) if is_fine(text) => Ok(text),
            _ => Err(Fault::new(Reason::BadMember, self.at, Some(name))),
        }
    }

    pub(crate) fn integer(&self) -> Result<u64, Fault> {
        match self.value {
            Value::Integer(number) => Ok(number),
            _ => {
                let hint = Some("not a whole number");
                Err(Fault::new(Reason::BadMember, self.at, hint))
            }
        }
    }

    /// The string, whatever it says.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What is written there, if it is neither a string nor a whole number.
    pub(crate) fn as_other(&self) -> Option<&'json str> {
        match self.value {
            Value::Other(json) => Some(json),
            _ => None,
        }
    }
}

/// The members of an object that have these names, in the order of the names.
pub(crate) struct Members<'json> {
    named: Vec<Option<Member<'json>>>,
    /// Where the first member with another name has its value.
    pub(crate) other: Option<usize>,
}

impl<'json> Members<'json> {
    /// Those of the names, of which there were as many.
    pub(crate) fn named<const N: usize>(&self) -> Result<&[Option<Member<'json>>; N], Fault> {
        self.named
            .as_slice()
            .try_into()
            .map_err(|_| Fault::syntax(0))
    }
}

/// Reads a document that is one object.
pub(crate) fn document<'json>(
    json: &'json [u8],
    names: &[&'static str],
) -> Result<Members<'json>, Fault> {
    let json = core::str::from_utf8(json).map_err(|error| Fault::syntax(error.valid_up_to()))?;
    let mut reader = Reader::new(json);
    let members = reader.members(names)?;
    reader.skip_space();
    if reader.at == json.len() {
        Ok(members)
    } else {
        Err(Fault::syntax(reader.at))
    }
}

/// A place in a document.
pub(crate) struct Reader<'json> {
    json: &'json str,
    at: usize,
    depth: usize,
}

impl<'json> Reader<'json> {
    pub(crate) fn new(json: &'json str) -> Self {
        Self {
            json,
            at: 0,
            depth: 0,
        }
    }

    /// Where the next value begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Reads an object.
    pub(crate) fn members(&mut self, names: &[&'static str]) -> Result<Members<'json>, Fault> {
        let mut named = Vec::new();
        named.resize_with(names.len(), || None);
        let other = self.object(names, &mut named)?;
        Ok(Members { named, other })
    }

    fn object(
        &mut self,
        names: &[&'static str],
        named: &mut [Option<Member<'json>>],
    ) -> Result<Option<usize>, Fault> {
        let mut other = None;
        let mut seen: Vec<Cow<'json, str>> = Vec::with_capacity(16);
        self.skip_space();
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
            let member = reader.member()?;
            let mut slots = names.iter().zip(named.iter_mut());
            match slots.find(|(wanted, _)| **wanted == name) {
                Some((_, slot)) => *slot = Some(member),
                None => other = other.or(Some(member.at)),
            }
            seen.push(name);
            Ok(())
        })?;
        Ok(other)
    }

    fn member(&mut self) -> Result<Member<'json>, Fault> {
        let at = self.at;
        if self.peek() == Some(b'"') {
            let value = Value::Text(self.string()?);
            return Ok(Member { at, value });
        }
        self.skip()?;
        let json = self.json.get(at..self.at).unwrap_or_default();
        let value = integer(json).map_or(Value::Other(json), Value::Integer);
        Ok(Member { at, value })
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
            code = (code << 4) | u32::from(hex::value(self.next()?)?);
        }
        Some(code)
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
    fn skip(&mut self) -> Result<(), Fault> {
        let word = match self.peek() {
            Some(b'{') => return self.object(&[], &mut []).map(drop),
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

/// A number that was read, if it is whole and not too large.
fn integer(digits: &str) -> Option<u64> {
    let mut number = 0;
    for digit in digits.bytes() {
        // Capped before the next digit, so nothing overflows.
        if !digit.is_ascii_digit() || number > MAX_INTEGER {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    (number <= MAX_INTEGER).then_some(number)
}
