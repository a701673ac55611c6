//! The archive: files by name, a list of their digests, and the same bytes for the same files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;

use anyhow::{Context as _, ensure};
use egi_model::digest::Sha256;
use egi_model::name::RelPath;

/// The list of digests, as `sha256sum --check` reads it.
pub(super) const DIGESTS: &str = "SHA256SUMS";
/// The most bytes that are read of an archive's members.
const MOST: u64 = 1 << 30;

/// The files of a pack, without the list of their digests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pack {
    files: BTreeMap<String, Vec<u8>>,
}

impl Pack {
    /// Adds a file.
    pub(super) fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(name.into(), bytes.into());
    }

    /// Adds what is known as JSON.
    pub(super) fn add_json(&mut self, name: &str, value: &impl serde::Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec_pretty(value)?;
        text.push(b'\n');
        self.add(name, text);
        Ok(())
    }

    /// How many files it has.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// A file that has to be there.
    pub(super) fn file(&self, name: &str) -> anyhow::Result<&[u8]> {
        self.files.get(name).map(Vec::as_slice).with_context(|| format!("it has no {name}"))
    }

    /// A file of text that has to be there.
    pub(super) fn text(&self, name: &str) -> anyhow::Result<&str> {
        std::str::from_utf8(self.file(name)?).with_context(|| format!("{name} is no text"))
    }

    fn digests(&self) -> String {
        let mut list = String::new();
        for (name, bytes) in &self.files {
            // Writing to a String can not fail.
            let _ = writeln!(list, "{}  {name}", Sha256::of(bytes));
        }
        list
    }

    /// The archive.
    pub(super) fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        let digests = self.digests().into_bytes();
        let all =
            std::iter::once((DIGESTS, &digests)).chain(self.files.iter().map(|(name, bytes)| (name.as_str(), bytes)));
        for (name, bytes) in all {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            archive.append_data(&mut header, name, bytes.as_slice())?;
        }
        Ok(archive.into_inner()?)
    }

    /// Reads an archive, which must be to the byte what its files make.
    pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut pack = Self::default();
        let mut list = None;
        let mut archive = tar::Archive::new(bytes);
        for entry in archive.entries().context("it is no tar archive")? {
            let mut entry = entry.context("it is no whole tar archive")?;
            let name = String::from_utf8(entry.path_bytes().into_owned()).context("a name in it is no text")?;
            name.parse::<RelPath>().with_context(|| format!("it has a file named \"{}\"", name.escape_debug()))?;
            let mut content = Vec::new();
            entry.by_ref().take(MOST).read_to_end(&mut content).with_context(|| format!("{name} breaks off"))?;
            if name == DIGESTS { list = Some(content) } else { pack.add(name, content) }
        }
        let list = list.with_context(|| format!("it has no {DIGESTS}"))?;
        for (name, file) in &pack.files {
            let line = format!("{}  {name}\n", Sha256::of(file));
            let listed = String::from_utf8_lossy(&list).lines().any(|one| one == line.trim_end());
            ensure!(listed, "{name} is not what {DIGESTS} says");
        }
        ensure!(list == pack.digests().into_bytes(), "{DIGESTS} lists what is not there");
        ensure!(pack.to_bytes()? == bytes, "something in it was altered between its files");
        Ok(pack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts() {
        let mut pack = Pack::default();
        pack.add("a.txt", *b"alpha");
        pack.add("folder/b.txt", *b"beta");
        let bytes = pack.to_bytes().unwrap();
        assert_eq!(Pack::read(&bytes).unwrap(), pack);
        for place in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            assert!(Pack::read(&altered).is_err(), "byte {place}");
        }
        assert!(Pack::read(&bytes[..bytes.len() - 512]).is_err() && Pack::read(b"").is_err());
    }
}
