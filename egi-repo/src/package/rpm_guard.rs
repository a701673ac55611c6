//! Checks the bones of an rpm's headers before the `rpm` crate parses them.
//!
//! That crate trusts the counts and offsets it finds: it allocates by them and slices with them, so a damaged header
//! could exhaust the memory or panic. What passes here can do neither.

use std::io::{self, Read};

const LEAD: usize = 96;
const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];
/// With the four reserved bytes, which rpm wants to be zero too.
const HEADER_MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];
const INTRO: usize = 16;
const ENTRY: usize = 16;

/// More entries than any header has; rpm itself refuses more than 65535.
const MAX_ENTRIES: u32 = 0xffff;
/// The largest store accepted, in bytes. The header of texlive or a kernel's debuginfo has some tens of MiB.
const MAX_STORE: u32 = 64 << 20;

/// Why the headers are refused.
pub(super) enum Refusal {
    Io(io::Error),
    /// What was expected, what was found.
    Malformed(&'static str, String),
    TooLarge(u64, u64),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Malformed("a lead and two complete headers", "the end of the file".to_owned());
        }
        Self::Io(error)
    }
}

/// Lead, signature header and header of the rpm that `input` starts with, as they are in the file.
pub(super) fn read_headers(input: &mut impl Read) -> Result<Vec<u8>, Refusal> {
    let mut all = take(input, LEAD)?;
    if !all.starts_with(&LEAD_MAGIC) {
        return Err(Refusal::Malformed("an rpm file", "something else".to_owned()));
    }
    let signature = read_header(input)?;
    let padding = signature.len().next_multiple_of(8) - signature.len();
    all.extend(signature);
    all.extend(take(input, padding)?);
    all.extend(read_header(input)?);
    Ok(all)
}

fn read_header(input: &mut impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = take(input, INTRO)?;
    if !bytes.starts_with(&HEADER_MAGIC) {
        return Err(Refusal::Malformed("the start of an rpm header", "something else".to_owned()));
    }
    let (entries, store) = (number(&bytes, 8), number(&bytes, 12));
    if entries > MAX_ENTRIES {
        return Err(Refusal::Malformed("an rpm header of at most 65535 entries", format!("{entries} entries")));
    }
    if store > MAX_STORE {
        return Err(Refusal::TooLarge(store.into(), MAX_STORE.into()));
    }
    let index = take(input, entries as usize * ENTRY)?;
    check_entries(&index, store.into())?;
    bytes.extend(index);
    bytes.extend(take(input, store as usize)?);
    Ok(bytes)
}

/// Every entry lies within the store, and together they are no larger than it: they do not overlap in a real header,
/// and if they could, a small file would unfold into a large memory.
fn check_entries(index: &[u8], store: u64) -> Result<(), Refusal> {
    let mut total = 0;
    for entry in index.chunks_exact(ENTRY) {
        let (kind, offset, count) = (number(entry, 4), u64::from(number(entry, 8)), u64::from(number(entry, 12)));
        let item = match kind {
            0 => 0,
            1 | 2 | 6..=9 => 1,
            3 => 2,
            4 => 4,
            5 => 8,
            other => return Err(Refusal::Malformed("a header entry of a known type", format!("type {other}"))),
        };
        let size = item * count;
        total += size;
        if offset + size > store || total > store {
            let found = format!("an entry that leaves its {store} bytes");
            return Err(Refusal::Malformed("header entries within the header", found));
        }
    }
    Ok(())
}

/// The big-endian number at `at`; the callers have taken enough bytes.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.iter().skip(at).take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn take(input: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
