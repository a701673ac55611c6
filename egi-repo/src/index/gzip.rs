//! Gzip files put together from parts that were packed before.
//!
//! A part is deflated by itself and ends at a byte; parts one after the other, between one header and one trailer, are
//! an ordinary gzip file with one member, which the oldest client reads. The trailer's check sum follows from those of
//! the parts.

use std::io;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

use super::packed::Part;

/// Deflate, no name, no time, unknown system: the same input gives the same bytes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block of a deflate stream, empty.
const END: [u8; 2] = [0x03, 0x00];

/// Deflates a text, without an end.
pub(super) fn pack(text: &[u8]) -> io::Result<Part> {
    let mut deflate = Compress::new(Compression::default(), false);
    let mut bytes = Vec::with_capacity(text.len() / 4 + 64);
    loop {
        let done = usize::try_from(deflate.total_in()).unwrap_or(usize::MAX);
        let rest = text.get(done..).unwrap_or_default();
        let before = bytes.capacity();
        deflate.compress_vec(rest, &mut bytes, FlushCompress::Full)?;
        let complete = deflate.total_in() == text.len() as u64;
        // A flush is complete when it left room in the buffer.
        if complete && bytes.len() < bytes.capacity() {
            break;
        }
        bytes.reserve(before.max(64));
    }
    let mut crc = Hasher::new();
    crc.update(text);
    Ok(Part { bytes, open: text.len() as u64, crc: crc.finalize() })
}

/// What stands before the parts.
pub(super) const fn head() -> &'static [u8] {
    &HEADER
}

/// What stands behind the parts, given how many bytes they have unpacked, and the check sum of these.
pub(super) fn tail(open: u64, crc: Hasher) -> Vec<u8> {
    // The format has 32 bits for the size, whatever it is.
    let size = u32::try_from(open & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    [&END[..], &crc.finalize().to_le_bytes(), &size.to_le_bytes()].concat()
}
