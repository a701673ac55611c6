//! A small disk for a folder, mounted where nobody but the site's own commands see it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::process::{Guarded, is_root, run, superuser, wait_until};

/// The name of the file that takes up what is free.
const FILLER: &str = "filler";
/// How long mounting may take.
const MOUNT_LIMIT: Duration = Duration::from_secs(10);

/// A disk in memory, in a mount namespace that a sleeping process keeps. Gone when dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    keeper: Guarded,
    _home: TempDir,
    folder: PathBuf,
}

impl Disk {
    /// Mounts an empty disk of this size (`2m`) over `folder`.
    pub(crate) fn mount(folder: &Path, size: &str) -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-disk-").context("failed to create a folder for a log")?;
        let script = "mount -t tmpfs -o size=\"$1\" none \"$2\" && echo mounted && exec sleep infinity";
        let mut command = superuser("unshare");
        command.args(["--mount", "--", "sh", "-c", script, "sh", size]).arg(folder);
        let mut keeper = Guarded::start("the disk's keeper", &mut command, &home.path().join("log"))?;
        let mounted = wait_until(MOUNT_LIMIT, || {
            let mounted = keeper.log().contains("mounted");
            anyhow::ensure!(mounted || keeper.is_alive(), "it ended at once");
            Ok(mounted.then_some(()))
        });
        mounted.context("failed to mount a disk in memory").with_context(|| keeper.log_tail())?;
        Ok(Self { keeper, _home: home, folder: folder.to_owned() })
    }

    /// Mounts it anew with these options: `size=64m`, `ro`, `rw`.
    pub(crate) fn remount(&self, options: &str) -> Result<()> {
        // Without the options of before: they name users that an ordinary user's namespace does not know.
        self.run("mount --options-source disable -o \"remount,$1\" none \"$2\"", options)
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) -> Result<()> {
        self.run("! cat /dev/zero > \"$2/$1\" 2>/dev/null", FILLER)
    }

    /// Gives back what filled it.
    pub(crate) fn free(&self) -> Result<()> {
        self.run("rm \"$2/$1\"", FILLER)
    }

    /// Runs a script where the disk is mounted, with a word and the disk's folder.
    fn run(&self, script: &str, word: &str) -> Result<()> {
        self.inside(&["sh", "-c", script, "sh", word], &[&self.folder])
    }

    /// Runs a program where the disk is mounted, with words and with paths after them.
    pub(crate) fn inside(&self, words: &[impl AsRef<OsStr>], paths: &[&Path]) -> Result<()> {
        let entrance = self.entrance();
        let (program, more) = entrance.split_first().context("the entrance has no words")?;
        run(Command::new(program).args(more).args(words).args(paths)).map(drop)
    }

    /// The command that runs another one where the disk is mounted.
    pub(crate) fn entrance(&self) -> Vec<OsString> {
        let id = self.keeper.id().to_string();
        let own: &[&str] = if is_root() { &[] } else { &["--user", "--preserve-credentials"] };
        let words = ["nsenter", "--target", &id, "--mount"].into_iter().chain(own.iter().copied()).chain(["--"]);
        words.map(OsString::from).collect()
    }

    /// Where this process sees what the site sees as `path`.
    pub(crate) fn seen(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(path.strip_prefix("/").unwrap_or(path))
    }
}
