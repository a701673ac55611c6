//! Whether the files of a deb are whole.

use std::collections::BTreeMap;
use std::io::{self, Read as _};

use md5::{Digest as _, Md5};

use super::PackageError;
use super::deb::Deb;
use super::deb_archive::malformed;
use super::unpack::{MAX_UNPACKED, unpack};

/// Unpacks the data archive to its end, and compares the files with the md5sums that the package gives. Files that it
/// gives none of, as for configuration, are unpacked alone.
pub(super) fn check(deb: &Deb) -> Result<(), PackageError> {
    let path = &deb.archive.path;
    let damaged = |source: io::Error| malformed(path, "a data.tar that unpacks to its end", source.to_string());
    let (packing, part) = deb.archive.data;
    let unpacked = unpack(deb.archive.open_part(part)?, packing).map_err(damaged)?;
    let mut tar = tar::Archive::new(unpacked.take(MAX_UNPACKED));
    let (mut found, mut links) = (BTreeMap::new(), Vec::new());
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = plain(&entry.path().map_err(damaged)?.to_string_lossy());
        let kind = entry.header().entry_type();
        if kind.is_hard_link() {
            let target = entry.link_name().map_err(damaged)?.map(|target| plain(&target.to_string_lossy()));
            links.extend(target.map(|target| (name, target)));
        } else if kind.is_file() && !deb.md5sums.is_empty() {
            found.insert(name, hash(&mut entry).map_err(damaged)?);
        }
    }
    let mut rest = tar.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(damaged)?;
    if rest.limit() == 0 {
        let (what, given, limit) = ("a data archive", MAX_UNPACKED, MAX_UNPACKED);
        return Err(PackageError::TooLarge { path: path.clone(), what, given, limit });
    }
    for (name, target) in links {
        if let Some(sum) = found.get(&target).cloned() {
            found.insert(name, sum);
        }
    }
    compare(deb, &found)
}

fn plain(name: &str) -> String {
    name.trim_start_matches("./").trim_start_matches('/').to_owned()
}

fn hash(entry: &mut impl io::Read) -> io::Result<String> {
    let (mut hasher, mut buffer) = (Md5::new(), vec![0; 64 << 10]);
    loop {
        match entry.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

fn compare(deb: &Deb, found: &BTreeMap<String, String>) -> Result<(), PackageError> {
    let path = &deb.archive.path;
    for (name, expected) in &deb.md5sums {
        let Some(found) = found.get(name) else {
            return Err(malformed(path, "every file of its md5sums", format!("no {name}")));
        };
        if found != expected {
            let (what, expected, found) = (format!("md5 of {name}"), expected.clone(), found.clone());
            return Err(PackageError::Digest { path: path.clone(), what, expected, found });
        }
    }
    Ok(())
}
