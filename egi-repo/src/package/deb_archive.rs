//! The outer archive of a deb package: which members it has, and where.
//!
//! Read here and not by a library: three fixed headers are all that a deb has of the `ar` format, and the common crate
//! panics on crafted name tables.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::PackageError;
use super::unpack::Packing;

/// The member that says which format this is.
const FORMAT_MEMBER: &str = "debian-binary";
/// Members that hold a signature, as debsigs writes them: of origin, maintainer, archive.
const SIGNATURE_PREFIX: &str = "_gpg";
/// More members than any deb has.
const MAX_MEMBERS: usize = 64;

/// A member's place in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    at: u64,
    /// Bytes.
    pub(super) size: u64,
}

/// The members of a deb, all of which lie within the file.
#[derive(Debug)]
pub(super) struct DebArchive {
    pub(super) path: PathBuf,
    format: Part,
    pub(super) control: (Packing, Part),
    pub(super) data: (Packing, Part),
    pub(super) signatures: Vec<Part>,
}

impl DebArchive {
    /// Reads the headers of the members, in the order that the format prescribes. Members with a leading underscore are
    /// extensions, which readers skip where they do not know them.
    pub(super) fn open(path: &Path) -> Result<Self, PackageError> {
        let mut scan = Scan::open(path)?;
        let format = match scan.next()? {
            Some((name, part)) if name == FORMAT_MEMBER && part.size <= 64 => part,
            other => return Err(malformed(path, "debian-binary as first member", found(other))),
        };
        let version = scan.read(format)?;
        if !version.starts_with(b"2.") {
            return Err(malformed(path, "a deb of format 2", String::from_utf8_lossy(&version)));
        }
        let (mut signatures, mut packed) = (Vec::new(), Vec::new());
        while let Some((name, part)) = scan.next()? {
            match (name.strip_prefix('_'), packed.len()) {
                (Some(_), _) if name.starts_with(SIGNATURE_PREFIX) => signatures.push(part),
                (Some(_), _) => {}
                (None, 0) => {
                    packed.push((packing_of(path, &name, "control.tar", "control.tar as second member")?, part));
                }
                (None, 1) => packed.push((packing_of(path, &name, "data.tar", "data.tar as third member")?, part)),
                (None, _) => return Err(malformed(path, "nothing after data.tar but signatures", name)),
            }
        }
        match packed[..] {
            [control, data] => Ok(Self { path: path.to_owned(), format, control, data, signatures }),
            _ => Err(cut_short(path)),
        }
    }

    /// A member's bytes.
    pub(super) fn open_part(&self, part: Part) -> Result<impl BufRead + use<>, PackageError> {
        open_part(&self.path, part).map_err(|source| unreadable(&self.path, source))
    }

    /// What a signature in it is over: the three members without their headers, one after the other.
    pub(super) fn open_signed(&self) -> Result<impl Read + use<>, PackageError> {
        let [format, control, data] = [self.format, self.control.1, self.data.1].map(|part| self.open_part(part));
        Ok(format?.chain(control?).chain(data?))
    }
}

fn packing_of(path: &Path, name: &str, stem: &str, expected: &'static str) -> Result<Packing, PackageError> {
    let suffix = name.strip_prefix(stem).ok_or_else(|| malformed(path, expected, name))?;
    Packing::of_suffix(suffix).ok_or_else(|| malformed(path, "an archive packed with gz, bz2, lzma, xz or zst", name))
}

fn open_part(path: &Path, part: Part) -> io::Result<io::Take<BufReader<File>>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(part.at))?;
    Ok(BufReader::new(file).take(part.size))
}

/// Goes from header to header.
struct Scan<'a> {
    path: &'a Path,
    file: File,
    len: u64,
    at: u64,
    members: usize,
}

impl<'a> Scan<'a> {
    fn open(path: &'a Path) -> Result<Self, PackageError> {
        let mut file = File::open(path).map_err(|source| unreadable(path, source))?;
        let len = file.metadata().map_err(|source| unreadable(path, source))?.len();
        let mut magic = Vec::new();
        file.by_ref().take(8).read_to_end(&mut magic).map_err(|source| unreadable(path, source))?;
        if magic != b"!<arch>\n" {
            return Err(malformed(path, "a deb file", "something else"));
        }
        Ok(Self { path, file, len, at: 8, members: 0 })
    }

    /// Name and place of the next member; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<(String, Part)>, PackageError> {
        if self.at >= self.len {
            return Ok(None);
        }
        self.members += 1;
        if self.members > MAX_MEMBERS {
            return Err(malformed(self.path, "a few members", "more than 64"));
        }
        let header = self.read(Part { at: self.at, size: 60 })?;
        let text = |from: usize, len: usize| {
            let bytes = header.get(from..from + len).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim_end().to_owned()
        };
        let (true, Ok(size)) = (header.ends_with(b"`\n"), text(48, 10).parse::<u64>()) else {
            return Err(malformed(self.path, "the header of an archive member", "something else"));
        };
        let (name, part) = (text(0, 16).trim_end_matches('/').to_owned(), Part { at: self.at + 60, size });
        let end = part.at.saturating_add(size);
        if end > self.len {
            return Err(malformed(
                self.path,
                "a complete deb",
                format!("{} bytes of {name}'s {size}", self.len - part.at),
            ));
        }
        // Members start at even places; the last one needs no padding after it.
        self.at = end.saturating_add(size % 2);
        Ok(Some((name, part)))
    }

    fn read(&mut self, part: Part) -> Result<Vec<u8>, PackageError> {
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(part.at))
            .and_then(|_| self.file.by_ref().take(part.size).read_to_end(&mut bytes))
            .map_err(|source| unreadable(self.path, source))?;
        if bytes.len() as u64 == part.size { Ok(bytes) } else { Err(cut_short(self.path)) }
    }
}

fn found(member: Option<(String, Part)>) -> String {
    member.map_or_else(|| "the end of the file".to_owned(), |(name, _)| name)
}

fn cut_short(path: &Path) -> PackageError {
    malformed(path, "debian-binary, control.tar and data.tar", "the end of the file")
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> PackageError {
    PackageError::Read { path: path.to_owned(), source }
}

pub(super) fn malformed(path: &Path, expected: &'static str, found: impl Into<String>) -> PackageError {
    PackageError::Malformed { path: path.to_owned(), expected, found: found.into() }
}
