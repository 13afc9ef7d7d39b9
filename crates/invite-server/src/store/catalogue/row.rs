//! What goes into a statement, and what comes out of it.

use std::vec::IntoIter;

use invite_key::permissions::Permissions;

use crate::core::{Moment, User, state::KeyHash};

/// A value that is bound.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Bind<'a> {
    /// Nothing.
    Null,
    /// A text.
    Text(&'a str),
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Many texts.
    Texts(&'a [String]),
    /// Many numbers. PostgreSQL's alone.
    Numbers(&'a [i64]),
}

impl Bind<'_> {
    /// Whether a text has the one character that PostgreSQL has no place for.
    pub(in crate::store) fn has_nul(self) -> bool {
        match self {
            Bind::Text(text) => text.contains('\0'),
            Bind::Texts(texts) => texts.iter().any(|text| text.contains('\0')),
            _ => false,
        }
    }
}

macro_rules! bind {
    ($($from:ty: $value:ident => $bind:expr;)*) => {
        $(impl<'a> From<$from> for Bind<'a> {
            fn from($value: $from) -> Bind<'a> {
                $bind
            }
        })*
    };
}

bind! {
    &'a str: text => Bind::Text(text);
    &'a String: text => Bind::Text(text);
    i64: number => Bind::Number(number);
    u32: number => Bind::Number(number.into());
    Moment: at => Bind::Number(at.0);
    &'a [u8; 32]: bytes => Bind::Bytes(bytes);
    &'a KeyHash: hash => Bind::Bytes(&hash.0);
    &'a [String]: texts => Bind::Texts(texts);
    &'a [i64]: numbers => Bind::Numbers(numbers);
    Permissions: letters => Bind::Text(letters.as_str());
    &'a Value: value => match value {
        Value::Null => Bind::Null,
        Value::Text(text) => Bind::Text(text),
        Value::Number(number) => Bind::Number(*number),
        Value::Bytes(bytes) => Bind::Bytes(bytes),
    };
}

impl<'a, T: Into<Bind<'a>>> From<Option<T>> for Bind<'a> {
    fn from(value: Option<T>) -> Bind<'a> {
        value.map_or(Bind::Null, Into::into)
    }
}

/// A value of a row, or one that a statement keeps. SQLite has no truth values: they are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Value {
    /// Nothing.
    Null,
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What no server of this schema wrote, or a change decided over another state than the one that is stored.
#[derive(Debug, thiserror::Error)]
pub(in crate::store) enum Unreadable {
    /// A row.
    #[error("a row cannot be read: {0}")]
    Row(&'static str),
    /// A change that should have met one row.
    #[error("a change found {0} rows")]
    Rows(u64),
}

/// A row, read from left to right.
#[derive(Debug)]
pub(in crate::store) struct Row(IntoIter<Value>);

impl Row {
    pub(in crate::store) fn new(values: Vec<Value>) -> Row {
        Row(values.into_iter())
    }

    fn next(&mut self) -> Result<Value, Unreadable> {
        self.0.next().ok_or(Unreadable::Row("it is too short"))
    }

    pub(super) fn text_or_none(&mut self) -> Result<Option<String>, Unreadable> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(Unreadable::Row("no text where one should be")),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Unreadable> {
        let text = self.text_or_none()?;
        text.ok_or(Unreadable::Row("nothing where a text should be"))
    }

    pub(super) fn number_or_none(&mut self) -> Result<Option<i64>, Unreadable> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Number(number) => Ok(Some(number)),
            _ => Err(Unreadable::Row("no number where one should be")),
        }
    }

    pub(super) fn number(&mut self) -> Result<i64, Unreadable> {
        let number = self.number_or_none()?;
        number.ok_or(Unreadable::Row("nothing where a number should be"))
    }

    pub(super) fn count_or_none(&mut self) -> Result<Option<u32>, Unreadable> {
        let number = self.number_or_none()?.map(u32::try_from).transpose();
        number.map_err(|_| Unreadable::Row("a count that cannot be"))
    }

    pub(super) fn count(&mut self) -> Result<u32, Unreadable> {
        let count = self.count_or_none()?;
        count.ok_or(Unreadable::Row("nothing where a count should be"))
    }

    pub(super) fn flag(&mut self) -> Result<bool, Unreadable> {
        Ok(self.number()? != 0)
    }

    pub(super) fn moment(&mut self) -> Result<Moment, Unreadable> {
        self.number().map(Moment)
    }

    pub(super) fn moment_or_none(&mut self) -> Result<Option<Moment>, Unreadable> {
        Ok(self.number_or_none()?.map(Moment))
    }

    pub(super) fn hash(&mut self) -> Result<[u8; 32], Unreadable> {
        match self.next()? {
            Value::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
        .ok_or(Unreadable::Row("no hash where one should be"))
    }

    pub(super) fn permissions(&mut self) -> Result<Permissions, Unreadable> {
        Permissions::parse(&self.text()?)
            .map_err(|_| Unreadable::Row("letters that are no permissions"))
    }

    pub(super) fn permissions_or_none(&mut self) -> Result<Option<Permissions>, Unreadable> {
        let letters = self.text_or_none()?.map(|text| Permissions::parse(&text));
        let letters = letters.transpose();
        letters.map_err(|_| Unreadable::Row("letters that are no permissions"))
    }

    /// Three columns: username, provider, display name.
    pub(super) fn user(&mut self) -> Result<User, Unreadable> {
        Ok(User {
            username: self.text()?,
            provider: self.text()?,
            display_name: self.text_or_none()?,
        })
    }
}
