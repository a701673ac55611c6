//! Reads the control archive of deb packages.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use egi_model::release::PackageFormat;

use super::deb_archive::{DebArchive, malformed};
use super::signature::Judge;
use super::unpack::unpack;
use super::{Control, FileFacts, PackageError, PackageHeader, measure};

/// The largest control archive accepted, unpacked, in bytes. It holds scripts and a list of files, not the files.
const MAX_CONTROL_TAR: u64 = 64 << 20;
/// The largest control file accepted, in bytes.
const MAX_CONTROL: u64 = 4 << 20;

/// A deb whose members are all there and whose control archive is read.
pub(super) struct Deb {
    pub(super) archive: DebArchive,
    control: Control,
    /// The md5 of each file, by its path from the root without a leading slash, where the package gives it.
    pub(super) md5sums: BTreeMap<String, String>,
}

/// Reads the package at `path` and hashes its file.
pub fn read(path: &Path) -> Result<PackageHeader, PackageError> {
    read_known(path, measure(path)?)
}

pub(crate) fn read_known(path: &Path, facts: FileFacts) -> Result<PackageHeader, PackageError> {
    open(path)?.describe(facts)
}

/// The control paragraph of the package at `path`, whose outer archive is complete.
pub(crate) fn load(path: &Path) -> Result<Control, PackageError> {
    Ok(open(path)?.control)
}

/// Opens the package at `path` and reads its control archive to its end.
pub(super) fn open(path: &Path) -> Result<Deb, PackageError> {
    let archive = DebArchive::open(path)?;
    let files = read_control_archive(&archive)?;
    let control =
        files.get("control").ok_or_else(|| malformed(path, "a file named control in the control archive", "none"))?;
    let text =
        str::from_utf8(control).map_err(|source| malformed(path, "a control file in UTF-8", source.to_string()))?;
    let control =
        Control::parse(text).map_err(|found| malformed(path, "one paragraph of fields in the control file", found))?;
    let md5sums = files.get("md5sums").map(|bytes| parse_md5sums(path, bytes)).transpose()?.unwrap_or_default();
    Ok(Deb { archive, control, md5sums })
}

impl Deb {
    pub(super) fn describe(&self, facts: FileFacts) -> Result<PackageHeader, PackageError> {
        describe(&self.control, facts)
            .map_err(|field| malformed(&self.archive.path, field, "a control file without it"))
    }

    /// Every signature in the package is good.
    pub(super) fn check_signature(&self, judge: &Judge<'_>) -> Result<(), PackageError> {
        let refused = |source| PackageError::Signature { path: self.archive.path.clone(), source };
        if self.archive.signatures.is_empty() {
            return judge.without().map_err(refused);
        }
        for part in &self.archive.signatures {
            let mut signature = Vec::new();
            let mut bytes = self.archive.open_part(*part)?.take(MAX_CONTROL);
            bytes
                .read_to_end(&mut signature)
                .map_err(|source| super::deb_archive::unreadable(&self.archive.path, source))?;
            judge.verify(&signature, self.archive.open_signed()?).map_err(refused)?;
        }
        Ok(())
    }
}

/// The files of the control archive that are looked at, by name. It is unpacked to its end, so that what follows them
/// is known to be whole.
fn read_control_archive(archive: &DebArchive) -> Result<BTreeMap<String, Vec<u8>>, PackageError> {
    let path = &archive.path;
    let (packing, part) = archive.control;
    if part.size > MAX_CONTROL_TAR {
        let (what, given, limit) = ("a control archive", part.size, MAX_CONTROL_TAR);
        return Err(PackageError::TooLarge { path: path.clone(), what, given, limit });
    }
    let broken = |source: io::Error| malformed(path, "a readable control archive", source.to_string());
    let unpacked = unpack(archive.open_part(part)?, packing).map_err(broken)?;
    let mut tar = tar::Archive::new(unpacked.take(MAX_CONTROL_TAR));
    let mut files = BTreeMap::new();
    for entry in tar.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().trim_start_matches("./").to_owned();
        let (what, limit) = match name.as_str() {
            "control" => ("a control file", MAX_CONTROL),
            "md5sums" => ("a list of md5sums", MAX_CONTROL_TAR),
            _ => continue,
        };
        if entry.size() > limit {
            return Err(PackageError::TooLarge { path: path.clone(), what, given: entry.size(), limit });
        }
        let mut bytes = Vec::new();
        entry.take(limit).read_to_end(&mut bytes).map_err(broken)?;
        files.insert(name, bytes);
    }
    let mut rest = tar.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
    if rest.limit() == 0 {
        let (what, given, limit) = ("a control archive", MAX_CONTROL_TAR, MAX_CONTROL_TAR);
        return Err(PackageError::TooLarge { path: path.clone(), what, given, limit });
    }
    Ok(files)
}

/// `<md5>  <path>` in each line, as md5sum writes it.
fn parse_md5sums(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, String>, PackageError> {
    let mut sums = BTreeMap::new();
    for line in BufReader::new(bytes).lines() {
        let expected = "lines of an md5 and a path in md5sums";
        let line = line.map_err(|source| malformed(path, expected, source.to_string()))?;
        match line.split_once("  ") {
            // A name with a backslash or line end is escaped and marked so. Its file is not compared.
            Some((sum, _)) if sum.starts_with('\\') => {}
            Some((sum, name)) if sum.len() == 32 => {
                sums.insert(name.trim_start_matches("./").trim_start_matches('/').to_owned(), sum.to_ascii_lowercase());
            }
            _ if line.is_empty() => {}
            _ => return Err(malformed(path, expected, format!("{line:?}"))),
        }
    }
    Ok(sums)
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
