//! What was compressed when the server was built (`build/`), found by the hash of what it was; and pages, which are not
//! known before it starts.

use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// A file's hash, and what it comes to.
struct Compressed {
    hash: [u8; 32],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// In the order of their hashes.
static ALL: &[Compressed] = &include!(concat!(env!("OUT_DIR"), "/compressed.rs"));

/// The same in brotli and in gzip, where that is less.
pub(super) fn of(hash: &[u8; 32]) -> [Option<Bytes>; 2] {
    let found = ALL.binary_search_by(|one| one.hash.cmp(hash)).ok();
    match found.and_then(|place| ALL.get(place)) {
        Some(one) => [one.brotli, one.gzip].map(|bytes| bytes.map(Bytes::from_static)),
        None => [None, None],
    }
}

/// In gzip, where that is less.
pub(super) fn gzip(plain: &Bytes) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    let bytes = encoder.finish().ok()?;
    (bytes.len() < plain.len()).then(|| bytes.into())
}
