//! Two thousand packages from area to area.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context as _, Result};

use super::grown::{Grown, Kind, copy};
use crate::bench::measure::Figures;
use crate::bench::workshop::{Workshop, expect_listed, expect_state, nsrw_variables, script};
use crate::bench::{Contest, Job, Way};
use crate::clients::write_file;
use crate::process::run;

/// How many packages are moved.
const COUNT: u32 = 2_000;

const OURS: &str = "nsrw promote\n";
const OURS_MORE: &str = "The whole step from *StageRollout* to *Production*: a new generation of the production repository, \
synced to disk and made live by one rename; the release withdrawn from staged rollout; the ticket answered; plan, steps and log \
in the database.";

const APTLY: &str = "\
aptly -config=aptly.conf snapshot create tested from repo stage >/dev/null
aptly -config=aptly.conf publish switch -skip-signing -skip-contents -skip-bz2 bookworm tested >/dev/null
";
const APTLY_MORE: &str = "The published snapshot becomes the one with the packages; indexes are packed with gzip alone. The packages \
stay in the repository they came from. Nothing is synced to disk but aptly's database.";
const APTLY_CONF: &str = r#"{ "rootDir": "aptly", "architectures": ["amd64"], "gpgDisableSign": true, "gpgDisableVerify": true }
"#;
const APTLY_FIRST: &str = "\
aptly -config=aptly.conf repo create stage
aptly -config=aptly.conf repo add stage \"$(readlink -f packages)\"
aptly -config=aptly.conf repo create nothing
aptly -config=aptly.conf snapshot create first from repo nothing
aptly -config=aptly.conf publish snapshot -distribution=bookworm -skip-signing -skip-contents -skip-bz2 first
";

const REPREPRO: &str = "reprepro --silent copymatched production stage '*'\n";
const REPREPRO_MORE: &str = "The packages are listed in both distributions afterwards; they are one pool's files and none is moved. \
Nothing is synced to disk but its database, and the indexes change under readers' eyes.";
const REPREPRO_CONF: &str = "\
Codename: stage
Architectures: amd64
Components: main

Codename: production
Architectures: amd64
Components: main
";
const REPREPRO_FIRST: &str = "\
reprepro --silent includedeb stage packages/*.deb
reprepro --silent export
";

const GIVEN: &str = "Not timed: the site or folder is new each run, a copy with the packages in the first area; production is \
published and empty. Indexes are unsigned on all sides.";

/// The packages in their first area.
pub(super) struct Stage {
    grown: Grown,
    ticket: u64,
    packages: PathBuf,
}

impl Stage {
    pub(super) fn new(workshop: &Workshop) -> Result<Self> {
        let grown = Grown::new(&workshop.room("promotion")?, Kind::Deb)?;
        let (ticket, files) = grown.deliver(0, COUNT)?;
        grown.stage(ticket)?;
        grown.ask(ticket, "mario", "Production")?;
        let packages = files.first().and_then(|file| file.parent()).context("there are no packages")?.to_owned();
        Ok(Self { grown, ticket, packages })
    }
}

/// Who else moves packages from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Aptly,
    Reprepro,
}

/// Moving them on.
pub(super) struct Promotion<'w> {
    workshop: &'w Workshop,
    stage: Rc<Stage>,
    peer: Peer,
    theirs: PathBuf,
}

impl<'w> Promotion<'w> {
    pub(super) fn new(workshop: &'w Workshop, stage: &Rc<Stage>, peer: Peer) -> Result<Self> {
        let theirs = workshop.room(&format!("{peer:?}"))?;
        let first = match peer {
            Peer::Aptly => {
                write_file(&theirs.join("aptly.conf"), APTLY_CONF)?;
                APTLY_FIRST
            }
            Peer::Reprepro => {
                std::fs::create_dir(theirs.join("conf")).context("failed to create reprepro's folder")?;
                write_file(&theirs.join("conf/distributions"), REPREPRO_CONF)?;
                REPREPRO_FIRST
            }
        };
        let packages = theirs.join("packages");
        std::os::unix::fs::symlink(&stage.packages, &packages).context("failed to name the packages")?;
        run(Command::new("sh").args(["-euc", first]).current_dir(&theirs))?;
        Ok(Self { workshop, stage: Rc::clone(stage), peer, theirs })
    }

    /// The folder in which clients find production.
    fn production(&self, folder: &Path) -> PathBuf {
        folder.join(match self.peer {
            Peer::Aptly => "aptly/public/dists/bookworm",
            Peer::Reprepro => "dists/production",
        })
    }
}

impl Contest for Promotion<'_> {
    fn job(&self) -> Job {
        let theirs = match self.peer {
            Peer::Aptly => Way { name: "aptly", script: APTLY, language: "sh", more: APTLY_MORE },
            Peer::Reprepro => Way { name: "reprepro", script: REPREPRO, language: "sh", more: REPREPRO_MORE },
        };
        Job {
            title: format!("{COUNT} typical deb packages from area to area"),
            count: COUNT,
            unit: "packages",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs,
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let Stage { grown, ticket, .. } = self.stage.as_ref();
        let bench = self.workshop.bench()?;
        let site = copy(&grown.site, &bench.path().join("site"))?;
        rustix::fs::sync();
        let figures = script(OURS, bench.path(), &nsrw_variables(&site, *ticket)?)?;
        expect_state(&site, *ticket, "Production")?;
        expect_listed(&site.public().join("production"), COUNT)?;
        Ok(figures)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let folder = bench.path().join("theirs");
        run(Command::new("cp").arg("--archive").args([&self.theirs, &folder]))?;
        rustix::fs::sync();
        let theirs = match self.peer {
            Peer::Aptly => APTLY,
            Peer::Reprepro => REPREPRO,
        };
        let figures = script(theirs, &folder, &[])?;
        expect_listed(&self.production(&folder), COUNT)?;
        Ok(figures)
    }
}
