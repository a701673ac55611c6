//! What reading bytes for their digests costs.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use egi_model::digest::Sha256;

use crate::bench::measure::Figures;
use crate::bench::workshop::{Workshop, nsrw_variables, script};
use crate::bench::{Contest, Job, Way};
use crate::dice::Dice;
use crate::site::Site;

/// Files, and the size of each: a GiB together.
const FILES: u64 = 4;
const SIZE: usize = 256 << 20;

const ONE: (&str, &str) = ("taskset -c 0 nsrw repo verify\n", "taskset -c 0 openssl dgst -sha256 files/*\n");
const TWO: (&str, &str) =
    ("taskset -c 0,1 nsrw repo verify\n", "ls files/* | taskset -c 0,1 xargs -P 2 -n 2 openssl dgst -sha256\n");

const OURS_MORE: &str = "Every file of the pool is read again and compared with its name, and whether every repository has what \
it shows is looked up; here there is no repository. Starting, opening the site and noting in the tree's log that somebody looked are \
in it.";
const THEIRS_MORE: &str = "The digests alone; nothing is compared.";
const GIVEN: &str = "Not timed: making the files, 4 of 256 MiB each, which are in the page cache on both sides.";

/// The files, and a site that has them in its pool.
pub(super) struct Bytes {
    room: PathBuf,
    site: Site,
}

impl Bytes {
    pub(super) fn new(workshop: &Workshop) -> Result<Self> {
        let room = workshop.room("hashing")?;
        let site = Site::init(&room.join("site"), "http://repository.example.org/sw")?;
        let files = room.join("files");
        std::fs::create_dir_all(&files).context("failed to create a folder for files")?;
        for number in 0..FILES {
            let path = files.join(number.to_string());
            let mut file = BufWriter::new(File::create(&path).context("failed to create a file")?);
            let mut dice = Dice(number + 1);
            for _ in 0..SIZE / 8 {
                file.write_all(&dice.next().to_le_bytes()).context("failed to fill a file")?;
            }
            drop(file);
            let digest = Sha256::of(&std::fs::read(&path).context("failed to read a file")?).to_hex();
            let folder = site.folder().join("repository/pool/sha256").join(digest.get(..2).unwrap_or_default());
            std::fs::create_dir_all(&folder).context("failed to create a folder of the pool")?;
            std::fs::hard_link(&path, folder.join(&digest)).context("failed to put a file into the pool")?;
        }
        Ok(Self { room, site })
    }
}

/// Reading them.
pub(super) struct Hashing<'w> {
    workshop: &'w Workshop,
    bytes: Rc<Bytes>,
    cores: u32,
}

impl<'w> Hashing<'w> {
    pub(super) fn on_one_core(workshop: &'w Workshop, bytes: &Rc<Bytes>) -> Self {
        Self { workshop, bytes: Rc::clone(bytes), cores: 1 }
    }

    pub(super) fn on_two_cores(workshop: &'w Workshop, bytes: &Rc<Bytes>) -> Self {
        Self { workshop, bytes: Rc::clone(bytes), cores: 2 }
    }

    fn scripts(&self) -> (&'static str, &'static str) {
        if self.cores == 1 { ONE } else { TWO }
    }
}

impl Contest for Hashing<'_> {
    fn job(&self) -> Job {
        let (ours, theirs) = self.scripts();
        let cores = if self.cores == 1 { "one core" } else { "two cores" };
        Job {
            title: format!("The SHA-256 of a GiB on {cores}"),
            count: 1024,
            unit: "MiB",
            ours: Way { name: "nsrw", script: ours, language: "sh", more: OURS_MORE },
            theirs: Way { name: "openssl", script: theirs, language: "sh", more: THEIRS_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        script(self.scripts().0, bench.path(), &nsrw_variables(&self.bytes.site, 0)?)
    }

    fn theirs(&self) -> Result<Figures> {
        script(self.scripts().1, &self.bytes.room, &[])
    }
}
