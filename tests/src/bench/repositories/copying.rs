//! Copying a delivered folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use egi_model::checksums::Checksums;
use egi_model::sync::SyncSource;
use egi_repo::fetch::FetchPolicy;
use egi_repo::progress::Silent;
use egi_repo::scratch::ScratchRoot;

use crate::bench::measure::Figures;
use crate::bench::workshop::{Workshop, script};
use crate::bench::{Contest, Job, Way};
use crate::dice::Dice;
use crate::process::run;

/// Files, and the size of each: a GiB together.
const FILES: u64 = 256;
const SIZE: usize = 4 << 20;

const OURS: &str = "$BENCH copy from to\n";
const OURS_MORE: &str = "The step *fetch* of an intake from a folder, called by a program of this crate: each file goes under another \
name into the scratch folder, is synced to disk, and gets its name.";
const THEIRS: &str = "rsync -a from/ to\nsync -f to\n";
const THEIRS_MORE: &str = "All is synced to disk at the end, at once.";
const GIVEN: &str = "Not timed: making the files, 256 of 4 MiB, which are in the page cache on both sides.";

/// A folder to copy.
pub(super) struct Copying<'w> {
    workshop: &'w Workshop,
    from: PathBuf,
}

impl<'w> Copying<'w> {
    pub(super) fn new(workshop: &'w Workshop) -> Result<Self> {
        let from = workshop.room("copying")?;
        let mut dice = Dice(7);
        for number in 0..FILES {
            let bytes: Vec<u8> = (0..SIZE / 8).flat_map(|_| dice.next().to_le_bytes()).collect();
            std::fs::write(from.join(number.to_string()), bytes).context("failed to fill a file")?;
        }
        Ok(Self { workshop, from })
    }

    fn turn(&self, text: &str, copied: &str) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        std::os::unix::fs::symlink(&self.from, bench.path().join("from")).context("failed to name the folder")?;
        let own = std::env::current_exe().context("failed to learn this program's path")?;
        let figures = script(text, bench.path(), &[("BENCH", own.into_os_string())])?;
        run(Command::new("diff").args(["--recursive", "--brief"]).args([&self.from, &bench.path().join(copied)]))?;
        Ok(figures)
    }
}

impl Contest for Copying<'_> {
    fn job(&self) -> Job {
        Job {
            title: "A GiB in 256 files copied, and surely on disk".to_owned(),
            count: 1024,
            unit: "MiB",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs: Way { name: "rsync", script: THEIRS, language: "sh", more: THEIRS_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        self.turn(OURS, &format!("to/{SCRATCH}/files"))
    }

    fn theirs(&self) -> Result<Figures> {
        self.turn(THEIRS, "to")
    }
}

/// The word that makes the program copy.
const WORD: &str = "copy";
/// The scratch folder that is copied to, and where the files are in it.
const SCRATCH: &str = "ticket-1";

/// Copies when the program was started to: `copy FROM TO`. Says whether it was.
pub fn answer(arguments: &[OsString]) -> Result<bool> {
    let [word, from, to] = arguments else { return Ok(false) };
    if word != WORD {
        return Ok(false);
    }
    let from = Path::new(from).canonicalize().context("failed to find the folder to copy")?;
    let source = SyncSource::parse("file", &format!("file://{}", from.display()))?;
    let policy = FetchPolicy { local_roots: vec![from], ..FetchPolicy::default() };
    let scratch = ScratchRoot::new(to).open(&SCRATCH.parse()?)?;
    egi_repo::fetch::fetch(&source, &Checksums { files: Vec::new() }, &scratch, &policy, &Silent)?;
    Ok(true)
}
