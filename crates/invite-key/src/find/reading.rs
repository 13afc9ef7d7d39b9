//! A text as it can be read, and where each piece of it stands in the text that was given.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use zeroize::Zeroizing;

use super::repair::Repairs;
use crate::text::push_secret;

/// A place where reading and given text are not the same.
#[derive(Clone, Copy, Debug)]
struct Edit {
    /// Where in the reading.
    at: usize,
    /// Where in the given text that ends which stands before it.
    before: usize,
    /// Where in the given text that begins which stands after it.
    after: usize,
    /// Whether the text before it was put in place of another. If not, something was left out here.
    replaced: bool,
    repairs: Repairs,
}

/// A text as it can be read.
#[derive(Debug)]
pub(super) struct Reading {
    /// Wiped on drop: there may be keys in it.
    text: Zeroizing<String>,
    /// In order; none where the reading is the given text.
    edits: Vec<Edit>,
}

impl Reading {
    /// The given text as it stands.
    pub(super) fn of(given: &str) -> Self {
        Self {
            text: Zeroizing::new(String::from(given)),
            edits: Vec::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text from one place to another, both between characters.
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// The character that ends at a place.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    /// The character that begins at a place.
    pub(super) fn after(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// Where in the given text that stands which stands here.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        self.start(range.start)..self.end(range.end)
    }

    fn start(&self, at: usize) -> usize {
        self.shifted(self.edits.partition_point(|edit| edit.at <= at), at)
    }

    fn end(&self, at: usize) -> usize {
        let index = self.edits.partition_point(|edit| edit.at < at);
        match self.edits.get(index) {
            Some(edit) if edit.at == at => edit.before,
            _ => self.shifted(index, at),
        }
    }

    /// The place `at`, which the first `count` edits are before.
    fn shifted(&self, count: usize, at: usize) -> usize {
        let last = count.checked_sub(1).and_then(|index| self.edits.get(index));
        last.map_or(at, |edit| edit.after + (at - edit.at))
    }

    /// What was undone to read what stands here.
    pub(super) fn repairs(&self, range: Range<usize>) -> Repairs {
        let first = self.edits.partition_point(|edit| edit.at <= range.start);
        self.edits
            .iter()
            .skip(first)
            .take_while(|edit| edit.at <= range.end)
            .filter(|edit| edit.replaced || edit.at < range.end)
            .fold(Repairs::NONE, |all, edit| all.and(edit.repairs))
    }
}

/// Writes a reading of a reading.
pub(super) struct Writer<'parent> {
    parent: &'parent Reading,
    /// Up to here the parent was taken over.
    done: usize,
    /// How many of the parent's edits are before that.
    edits_done: usize,
    out: Reading,
    changed: bool,
}

impl<'parent> Writer<'parent> {
    /// Begins at a place of the parent.
    pub(super) fn new(parent: &'parent Reading, start: usize) -> Self {
        let mut out = Reading {
            text: Zeroizing::new(String::new()),
            edits: Vec::new(),
        };
        if start > 0 {
            let source = parent.start(start);
            out.edits.push(Edit {
                at: 0,
                before: source,
                after: source,
                replaced: false,
                repairs: Repairs::NONE,
            });
        }
        Self {
            parent,
            done: start,
            edits_done: parent.edits.partition_point(|edit| {
                // At the very beginning an edit may leave something out before the first character.
                edit.at < start || (start > 0 && edit.at == start)
            }),
            out,
            changed: false,
        }
    }

    /// Takes over what stands up to here.
    pub(super) fn keep(&mut self, to: usize) {
        let at = self.out.text.len();
        push_secret(&mut self.out.text, self.parent.slice(self.done..to));
        while let Some(edit) = self.parent.edits.get(self.edits_done)
            && edit.at <= to
        {
            self.out.edits.push(Edit {
                at: at + (edit.at - self.done),
                ..*edit
            });
            self.edits_done += 1;
        }
        self.done = to;
    }

    /// Leaves out what stands up to here.
    pub(super) fn leave_out(&mut self, to: usize, repairs: impl Into<Repairs>) {
        self.put("", to, repairs.into());
    }

    /// Puts a character in place of what stands up to here.
    pub(super) fn replace(&mut self, to: usize, with: char, repairs: impl Into<Repairs>) {
        self.put(with.encode_utf8(&mut [0; 4]), to, repairs.into());
    }

    fn put(&mut self, text: &str, to: usize, mut repairs: Repairs) {
        let (before, after) = if text.is_empty() {
            (self.parent.end(self.done), self.parent.start(to))
        } else {
            (self.parent.end(to), self.parent.start(to))
        };
        while let Some(edit) = self.parent.edits.get(self.edits_done)
            && edit.at <= to
        {
            repairs = repairs.and(edit.repairs);
            self.edits_done += 1;
        }
        push_secret(&mut self.out.text, text);
        self.out.edits.push(Edit {
            at: self.out.text.len(),
            before,
            after,
            replaced: !text.is_empty(),
            repairs,
        });
        self.done = to;
        self.changed = true;
    }

    /// The reading, up to a place of the parent.
    pub(super) fn finish(mut self, to: usize) -> Reading {
        self.keep(to);
        self.out
    }

    /// The reading of all that is left, if it is not the parent itself.
    pub(super) fn finish_if_changed(self) -> Option<Reading> {
        let end = self.parent.text.len();
        self.changed.then(|| self.finish(end))
    }
}
