//! Things that happen at once, to one server or to two copies whose clocks differ: what comes of it has to be what would
//! have come of it one after the other, in some order that fits what everybody saw (linearizability), on each resource
//! for itself.

mod episode;
mod linear;
mod run;
mod spent;

pub(crate) use episode::{Episode, Slot};
pub(crate) use run::holds;
