//! Reads the control file of deb packages.
//!
//! The outer `ar` archive is read here and not by a library: three fixed headers are all that a deb has of it, and
//! the common crate panics on crafted name tables.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use egi_model::release::PackageFormat;

use super::{Control, FileFacts, PackageError, PackageHeader, measure};

/// The largest control archive accepted, unpacked, in bytes. It holds scripts and a list of files, not the files.
const MAX_CONTROL_TAR: u64 = 64 << 20;
/// The largest control file accepted, in bytes.
const MAX_CONTROL: u64 = 4 << 20;
/// The memory that unpacking may take, in bytes: `xz -9` needs 65 MiB.
const MAX_MEMORY: u64 = 128 << 20;
/// The same as a power of two, for zstd.
const MAX_WINDOW_LOG: u32 = 27;

/// Reads the package at `path` and hashes its file.
pub fn read(path: &Path) -> Result<PackageHeader, PackageError> {
    read_known(path, measure(path)?)
}

pub(super) fn read_known(path: &Path, facts: FileFacts) -> Result<PackageHeader, PackageError> {
    let control = load(path)?;
    describe(&control, facts).map_err(|field| malformed(path, field, "a control file without it"))
}

/// The control paragraph of the package at `path`, whose outer archive is complete.
pub(crate) fn load(path: &Path) -> Result<Control, PackageError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    let mut members = Members::open(path, file)?;
    let (suffix, packed) = members.control()?;
    members.data()?;
    let text = unpack_control(path, &suffix, &packed)?;
    Control::parse(&text).map_err(|found| malformed(path, "one paragraph of fields in the control file", found))
}

fn describe(control: &Control, facts: FileFacts) -> Result<PackageHeader, &'static str> {
    let name = control.get("Package").ok_or("a field Package")?;
    let arch = control.get("Architecture").ok_or("a field Architecture")?;
    let (epoch, version, release) = split_version(control.get("Version").ok_or("a field Version")?)?;
    let described = control.get("Description").unwrap_or_default();
    let (summary, description) = described.split_once('\n').unwrap_or((described, ""));
    let needs = ["Pre-Depends", "Depends"].into_iter().filter_map(|f| control.get(f)).flat_map(|v| v.split(','));
    Ok(PackageHeader {
        format: PackageFormat::Deb,
        name: name.to_owned(),
        epoch,
        version,
        release,
        arch: arch.to_owned(),
        summary: summary.to_owned(),
        description: unfold(description),
        license: None,
        depends: needs.map(str::trim).filter(|d| !d.is_empty()).map(str::to_owned).collect(),
        file_name: facts.name,
        size: facts.size,
        sha256: facts.sha256,
    })
}

/// `1:2.3-4` is epoch 1, version 2.3 and release 4.
fn split_version(text: &str) -> Result<(u32, String, Option<String>), &'static str> {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let epoch = epoch.parse().map_err(|_| "a Version whose epoch is a number")?;
    Ok(match rest.rsplit_once('-') {
        Some((version, release)) => (epoch, version.to_owned(), Some(release.to_owned())),
        None => (epoch, rest.to_owned(), None),
    })
}

/// A continuation line starts with a blank; a line of a single dot stands for an empty one.
fn unfold(text: &str) -> String {
    let lines = text.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).map(|l| if l == "." { "" } else { l });
    lines.collect::<Vec<_>>().join("\n")
}

/// The members of the outer archive, in the order that the format prescribes.
struct Members<'a> {
    path: &'a Path,
    input: BufReader<File>,
    len: u64,
}

impl<'a> Members<'a> {
    fn open(path: &'a Path, file: File) -> Result<Self, PackageError> {
        let len = file.metadata().map_err(|source| unreadable(path, source))?.len();
        let mut members = Self { path, input: BufReader::new(file), len };
        let magic = members.take(8)?;
        if magic != b"!<arch>\n" {
            return Err(malformed(path, "a deb file", "something else"));
        }
        let (name, size) = members.header()?;
        if name != "debian-binary" || size > 64 {
            return Err(malformed(path, "debian-binary as first member", name));
        }
        let version = members.body(size)?;
        if !version.starts_with(b"2.") {
            let found = String::from_utf8_lossy(&version).into_owned();
            return Err(malformed(path, "a deb of format 2", found));
        }
        Ok(members)
    }

    /// The control archive with the suffix that tells its compression.
    fn control(&mut self) -> Result<(String, Vec<u8>), PackageError> {
        let (name, size) = self.header_past_extensions()?;
        let Some(suffix) = name.strip_prefix("control.tar") else {
            return Err(malformed(self.path, "control.tar as second member", name));
        };
        if size > MAX_CONTROL_TAR {
            return Err(self.too_large("a control archive", size, MAX_CONTROL_TAR));
        }
        Ok((suffix.to_owned(), self.body(size)?))
    }

    /// Sees that the data archive is there and whole.
    fn data(&mut self) -> Result<(), PackageError> {
        let (name, size) = self.header_past_extensions()?;
        if !name.starts_with("data.tar") {
            return Err(malformed(self.path, "data.tar as third member", name));
        }
        let at = self.input.stream_position().map_err(|source| unreadable(self.path, source))?;
        if at.saturating_add(size) > self.len {
            let found = format!("{} bytes of its {size}", self.len - at);
            return Err(malformed(self.path, "a complete data.tar", found));
        }
        Ok(())
    }

    /// The next member whose name has no leading underscore: those are extensions that readers skip.
    fn header_past_extensions(&mut self) -> Result<(String, u64), PackageError> {
        loop {
            let (name, size) = self.header()?;
            if !name.starts_with('_') {
                return Ok((name, size));
            }
            let step = i64::try_from(size + size % 2).map_err(|_| self.cut_short())?;
            self.input.seek(SeekFrom::Current(step)).map_err(|source| unreadable(self.path, source))?;
        }
    }

    fn header(&mut self) -> Result<(String, u64), PackageError> {
        let header = self.take(60)?;
        let text = |from: usize, len: usize| {
            let bytes = header.get(from..from + len).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim_end().to_owned()
        };
        let size = text(48, 10).parse::<u64>();
        match (header.ends_with(b"`\n"), size) {
            (true, Ok(size)) => Ok((text(0, 16).trim_end_matches('/').to_owned(), size)),
            _ => Err(malformed(self.path, "the header of an archive member", "something else")),
        }
    }

    fn body(&mut self, size: u64) -> Result<Vec<u8>, PackageError> {
        let bytes = self.take(size)?;
        if size % 2 == 1 {
            self.take(1)?;
        }
        Ok(bytes)
    }

    fn take(&mut self, size: u64) -> Result<Vec<u8>, PackageError> {
        let mut bytes = Vec::new();
        self.input.by_ref().take(size).read_to_end(&mut bytes).map_err(|source| unreadable(self.path, source))?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(self.cut_short()) }
    }

    fn cut_short(&self) -> PackageError {
        malformed(self.path, "debian-binary, control.tar and data.tar", "the end of the file")
    }

    fn too_large(&self, what: &'static str, given: u64, limit: u64) -> PackageError {
        PackageError::TooLarge { path: self.path.to_owned(), what, given, limit }
    }
}

fn unpack_control(path: &Path, suffix: &str, packed: &[u8]) -> Result<String, PackageError> {
    let expected = "a control archive packed with gz, xz or zst";
    let broken = |source: io::Error| malformed(path, "a readable control archive", source.to_string());
    let unpacked: Box<dyn Read + '_> = match suffix {
        "" => Box::new(packed),
        ".gz" => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        ".xz" => {
            let stream = liblzma::stream::Stream::new_stream_decoder(MAX_MEMORY, liblzma::stream::CONCATENATED);
            Box::new(liblzma::read::XzDecoder::new_stream(packed, stream.map_err(|e| broken(e.into()))?))
        }
        ".zst" => {
            let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(broken)?;
            decoder.window_log_max(MAX_WINDOW_LOG).map_err(broken)?;
            Box::new(decoder)
        }
        other => return Err(malformed(path, expected, format!("control.tar{other}"))),
    };
    let mut archive = tar::Archive::new(unpacked.take(MAX_CONTROL_TAR));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?;
        if name.as_os_str() == "control" || name.as_os_str() == "./control" {
            return read_control(path, entry);
        }
    }
    Err(malformed(path, "a file named control in the control archive", "none"))
}

fn read_control<R: Read>(path: &Path, entry: tar::Entry<'_, R>) -> Result<String, PackageError> {
    let size = entry.size();
    if size > MAX_CONTROL {
        let what = "a control file";
        return Err(PackageError::TooLarge { path: path.to_owned(), what, given: size, limit: MAX_CONTROL });
    }
    let mut text = String::new();
    entry
        .take(MAX_CONTROL)
        .read_to_string(&mut text)
        .map_err(|source| malformed(path, "a control file in UTF-8", source.to_string()))?;
    Ok(text)
}

fn unreadable(path: &Path, source: io::Error) -> PackageError {
    PackageError::Read { path: path.to_owned(), source }
}

fn malformed(path: &Path, expected: &'static str, found: impl Into<String>) -> PackageError {
    PackageError::Malformed { path: path.to_owned(), expected, found: found.into() }
}
