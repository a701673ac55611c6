//! Every way a delivery goes wrong between a provider's disk and its checksums file.
//!
//! Each does one thing and leaves the rest as it was, so that a test sees the finding it provoked and no other.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use egi_model::checksums::Checksums;
use egi_model::digest::Algorithm;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Delivery, listed, write};
use crate::process::run;

impl Delivery {
    /// One bit of the file's last byte turns over; its size stays.
    pub fn flip_bit(&mut self, file: &str) -> Result<()> {
        let path = self.path(file);
        let mut bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
        match bytes.last_mut() {
            Some(last) => *last ^= 1,
            None => bail!("{} is empty and has no bit to flip", path.display()),
        }
        write(&path, bytes)
    }

    /// The file ends after `length` bytes.
    pub fn truncate(&mut self, file: &str, length: u64) -> Result<()> {
        let path = self.path(file);
        let cut = OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(length));
        cut.with_context(|| format!("failed to cut {} short", path.display()))
    }

    /// A listed file is not there.
    pub fn remove_file(&mut self, file: &str) -> Result<()> {
        let path = self.path(file);
        fs::remove_file(&path).with_context(|| format!("failed to remove {}", path.display()))
    }

    /// The whole folder is not there.
    pub fn remove_folder(&mut self) -> Result<()> {
        fs::remove_dir_all(&self.dir).with_context(|| format!("failed to remove {}", self.dir.display()))
    }

    /// A file is there that nobody listed.
    pub fn add_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        write(&self.path(file), bytes)
    }

    /// A symbolic link is there, to wherever `target` says.
    pub fn add_symlink(&mut self, file: &str, target: &Path) -> Result<()> {
        let path = self.path(file);
        symlink(target, &path).with_context(|| format!("failed to link {}", path.display()))
    }

    /// A second name is there for a file elsewhere on the same disk.
    pub fn add_hard_link(&mut self, file: &str, target: &Path) -> Result<()> {
        let path = self.path(file);
        fs::hard_link(target, &path).with_context(|| format!("failed to link {}", path.display()))
    }

    /// A FIFO is there, which nobody could read to its end.
    pub fn add_fifo(&mut self, file: &str) -> Result<()> {
        let path = self.path(file);
        let made = mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0);
        made.with_context(|| format!("failed to make the FIFO {}", path.display()))
    }

    /// A file is there under another name.
    pub fn rename_file(&mut self, file: &str, to: &str) -> Result<()> {
        let (from, to) = (self.path(file), self.path(to));
        fs::rename(&from, &to).with_context(|| format!("failed to rename {}", from.display()))
    }

    /// Its files were last changed a day ago, as most are when they are fetched: servers do not vouch for what is younger
    /// than a minute.
    pub fn set_back_times(&mut self) -> Result<()> {
        let yesterday = SystemTime::now() - Duration::from_hours(24);
        for entry in fs::read_dir(&self.dir).with_context(|| format!("failed to list {}", self.dir.display()))? {
            let path = entry?.path();
            let set = File::options().append(true).open(&path).and_then(|file| file.set_modified(yesterday));
            set.with_context(|| format!("failed to set back the time of {}", path.display()))?;
        }
        Ok(())
    }

    /// The checksums file is made anew from what lies in the folder, right or wrong.
    pub fn list_anew(&mut self) -> Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir).with_context(|| format!("failed to list {}", self.dir.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name != super::CHECKSUMS_XML {
                let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
                files.push(listed(&name, &bytes)?);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        self.checksums_xml = Checksums { files }.render();
        self.write_documents()
    }

    /// The checksums file has md5 digests and no others, as old providers make them with `md5sum`.
    pub fn list_with_md5(&mut self) -> Result<()> {
        let dir = self.dir.clone();
        self.edit_list(|list| {
            for entry in &mut list.files {
                let said = run(Command::new("md5sum").arg(dir.join(entry.path.as_str())))?;
                let digits = said.split_whitespace().next().unwrap_or_default();
                entry.digests = [(Algorithm::Md5, digits.to_owned())].into();
            }
            Ok(())
        })
    }

    /// The checksums file has the file's entry twice.
    pub fn list_twice(&mut self, file: &str) -> Result<()> {
        self.edit_list(|list| {
            let entry = list.files.iter().find(|entry| entry.path.as_str() == file).cloned();
            list.files.push(entry.with_context(|| format!("\"{file}\" is not listed"))?);
            Ok(())
        })
    }

    /// The checksums file has an entry for a file that does not exist.
    pub fn list_missing(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        self.edit_list(|list| {
            list.files.push(listed(file, bytes)?);
            Ok(())
        })
    }

    /// The checksums file has no entry for the file.
    pub fn unlist(&mut self, file: &str) -> Result<()> {
        self.edit_list(|list| {
            let before = list.files.len();
            list.files.retain(|entry| entry.path.as_str() != file);
            if list.files.len() == before {
                bail!("\"{file}\" is not listed");
            }
            Ok(())
        })
    }

    /// The checksums file has the file's digest wrong, and the file is as it should be.
    pub fn misstate_digest(&mut self, file: &str) -> Result<()> {
        self.edit_list(|list| {
            let entry = list.files.iter_mut().find(|entry| entry.path.as_str() == file);
            let entry = entry.with_context(|| format!("\"{file}\" is not listed"))?;
            for digits in entry.digests.values_mut() {
                *digits = "0".repeat(digits.len());
            }
            Ok(())
        })
    }

    /// The metadata says `to` where it said `from`. The checksums file is kept true to it, so that the metadata's content
    /// is all that is wrong.
    pub fn edit_release_xml(&mut self, from: &str, to: &str) -> Result<()> {
        self.set_release_xml(replaced(&self.release_xml, from, to)?)
    }

    /// The metadata is this text. The checksums file is kept true to it.
    pub fn set_release_xml(&mut self, text: String) -> Result<()> {
        self.checksums_xml = self.whole.list(&text)?.render();
        self.release_xml = text;
        self.write_documents()
    }

    /// The checksums file says `to` where it said `from`: for paths and digests that no list of ours would hold.
    pub fn edit_checksums_xml(&mut self, from: &str, to: &str) -> Result<()> {
        self.checksums_xml = replaced(&self.checksums_xml, from, to)?;
        self.write_documents()
    }

    fn edit_list(&mut self, edit: impl FnOnce(&mut Checksums) -> Result<()>) -> Result<()> {
        let mut list = Checksums::parse(self.checksums_xml.as_bytes()).context("it is spoilt already")?;
        edit(&mut list)?;
        self.checksums_xml = list.render();
        self.write_documents()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    if !text.contains(from) {
        bail!("\"{from}\" does not occur in the document");
    }
    Ok(text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt as _;

    use tempfile::TempDir;

    use super::*;
    use crate::packages::TinyPackage;

    const RPM: &str = "storm-client-1.8.2-1.noarch.rpm";

    fn delivery() -> (TempDir, Delivery) {
        let dir = TempDir::new().unwrap();
        let rpm = TinyPackage::new("storm-client", "1.8.2").write_rpm(dir.path()).unwrap();
        let builder = Delivery::builder("INFN.storm.sl6.x86_64", "1.8.2").package(rpm);
        let delivery = builder.build(&dir.path().join("offered")).unwrap();
        (dir, delivery)
    }

    /// What the folder holds, and both documents.
    fn state(delivery: &Delivery) -> Vec<(String, Vec<u8>)> {
        let bytes = |entry: &fs::DirEntry| {
            let fifo = entry.file_type().unwrap().is_fifo();
            if fifo { Vec::new() } else { fs::read(entry.path()).unwrap() }
        };
        let read = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), bytes(&entry));
        let mut state: Vec<_> = fs::read_dir(&delivery.dir).unwrap().map(|entry| read(entry.unwrap())).collect();
        state.sort();
        state.push(("attached release".to_owned(), delivery.release_xml.clone().into_bytes()));
        state.push(("attached checksums".to_owned(), delivery.checksums_xml.clone().into_bytes()));
        state
    }

    #[test]
    fn a_whole_delivery_reads_back_without_a_fault() {
        let (_dir, delivery) = delivery();
        let read = egi_model::release_xml::parse(delivery.release_xml.as_bytes()).unwrap();
        assert_eq!(read.warnings, []);
        assert_eq!(read.release.packages().filter_map(|package| package.file.as_deref()).collect::<Vec<_>>(), [RPM]);
        let list = Checksums::parse(delivery.checksums_xml.as_bytes()).unwrap();
        assert_eq!(list.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [RPM, "release.xml"]);
    }

    #[test]
    fn each_way_to_spoil_it_changes_something_and_mending_undoes_it() {
        type Spoil = fn(&mut Delivery) -> Result<()>;
        let ways: [(&str, Spoil); 16] = [
            ("flip_bit", |d| d.flip_bit(RPM)),
            ("truncate", |d| d.truncate(RPM, 10)),
            ("remove_file", |d| d.remove_file(RPM)),
            ("add_file", |d| d.add_file("extra.rpm", b"extra")),
            ("add_symlink", |d| d.add_symlink("passwd", Path::new("/etc/passwd"))),
            ("list_twice", |d| d.list_twice(RPM)),
            ("list_missing", |d| d.list_missing("missing.rpm", b"missing")),
            ("unlist", |d| d.unlist(RPM)),
            ("misstate_digest", |d| d.misstate_digest(RPM)),
            ("add_fifo", |d| d.add_fifo("pipe.rpm")),
            ("rename_file", |d| d.rename_file(RPM, "other.rpm")),
            ("list_anew", |d| d.truncate(RPM, 10).and_then(|()| d.list_anew())),
            ("list_with_md5", Delivery::list_with_md5),
            ("edit_release_xml", |d| d.edit_release_xml("TP", "..")),
            ("edit_checksums_xml", |d| d.edit_checksums_xml(RPM, "../escaped.rpm")),
            ("add_hard_link", |d| {
                let outside = d.dir.with_file_name("outside");
                fs::write(&outside, "outside")?;
                d.add_hard_link("linked.rpm", &outside)
            }),
        ];
        let (_dir, mut delivery) = delivery();
        let whole = state(&delivery);
        for (name, spoil) in ways {
            spoil(&mut delivery).unwrap();
            assert_ne!(state(&delivery), whole, "{name} changed nothing");
            delivery.mend().unwrap();
            assert_eq!(state(&delivery), whole, "{name} was not undone");
        }
    }

    #[test]
    fn edited_metadata_stays_listed_truly() {
        let (_dir, mut delivery) = delivery();
        delivery.set_release_xml("<not-a-release/>".to_owned()).unwrap();
        let list = Checksums::parse(delivery.checksums_xml.as_bytes()).unwrap();
        let entry = list.files.last().unwrap();
        assert_eq!(*entry, listed("release.xml", b"<not-a-release/>").unwrap());
    }
}
