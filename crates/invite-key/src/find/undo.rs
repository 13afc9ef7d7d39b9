//! Undoing what transports do to all of a text. Each step reads the whole text once and says where it changed it; `None`
//! where it changed nothing.

mod brackets;
mod characters;
mod html;
mod quoted_printable;

pub(super) use brackets::{brackets, margin};
pub(super) use characters::{characters, is_invisible};
pub(super) use quoted_printable::{Looks, looks, quoted_printable, soft_break};
