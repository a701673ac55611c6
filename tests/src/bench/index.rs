//! The indexes of a repository of many rpm packages, from scratch.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::measure::Figures;
use super::release::tiny_rpms;
use super::workshop::{Workshop, expect_listed, expect_state, nsrw_variables, script, site_with_ticket};
use super::{Contest, Job, Way};
use crate::provider::Delivery;
use crate::servers::RsyncDaemon;

/// How many packages are indexed.
const COUNT: u32 = 300;

const OURS: &str = "nsrw promote\n";
const OURS_MORE: &str = "The whole step from *InVerification* to *StageRollout*: a new generation with all packages \
linked into it and its indexes, synced to disk and made live by one rename; the release withdrawn from its unverified place; \
the ticket answered; plan, steps and log in the database. The packages' checksums are known since they were verified: their \
headers are read, their payloads are not.";

const THEIRS: &str = "createrepo_c --quiet --no-database --general-compress-type=gz repository\n";
const THEIRS_MORE: &str = "The indexes alone, of packages that already lie in place; each package is read as a whole for its \
checksum, by as many workers as createrepo_c starts by itself. Nothing is synced to disk.";

const GIVEN: &str = "Not timed: the site or folder is new each run; nsrw's packages are fetched, verified and in its pool, and \
the ticket is set to StageRollout; createrepo_c's packages are hard links. Packages are in the page cache on both sides. \
createrepo_c is told to write what nsrw writes: primary, filelists and other, packed with gzip.";

/// A repository of tiny packages.
pub(super) struct Index<'w> {
    workshop: &'w Workshop,
    packages: Vec<PathBuf>,
    delivery: Delivery,
    rsync: RsyncDaemon,
}

impl<'w> Index<'w> {
    pub(super) fn new(workshop: &'w Workshop) -> Result<Self> {
        let packages = tiny_rpms(&workshop.room("packages-index")?, COUNT)?;
        let folder = workshop.room("delivery-index")?;
        let delivery = Delivery::builder("TP.bench-index.sl6.x86_64", "1.0.0").packages(&packages).build(&folder)?;
        Ok(Self { workshop, packages, delivery, rsync: RsyncDaemon::serve(&folder)? })
    }
}

impl Contest for Index<'_> {
    fn job(&self) -> Job {
        Job {
            title: format!("The indexes of a repository of {COUNT} tiny rpm packages, from scratch"),
            count: COUNT,
            unit: "packages",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs: Way { name: "createrepo_c", script: THEIRS, language: "sh", more: THEIRS_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let (site, ticket) = site_with_ticket(bench.path(), &self.delivery, self.rsync.url())?;
        site.set(ticket, "carlos", &["RolloutProgress=Unverified"])?;
        site.set(ticket, "carlos", &["RolloutProgress=InVerification"])?;
        site.set(ticket, "kostas", &["Verification-Report=https://documents.example.org/verification"])?;
        let number = ticket.to_string();
        site.done(&["ticket", "set", "--as", "carlos", &number, "RolloutProgress=StageRollout"])?;
        let variables = nsrw_variables(&site, ticket)?;
        rustix::fs::sync();
        let figures = script(OURS, bench.path(), &variables)?;
        expect_state(&site, ticket, "StageRollout")?;
        expect_listed(&site.public().join("stagerollout"), COUNT)?;
        Ok(figures)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let repository = bench.path().join("repository");
        std::fs::create_dir(&repository).context("failed to create the repository")?;
        for package in &self.packages {
            let name = repository.join(package.file_name().unwrap_or_default());
            std::fs::hard_link(package, &name).with_context(|| format!("failed to link {}", name.display()))?;
        }
        rustix::fs::sync();
        let figures = script(THEIRS, bench.path(), &[])?;
        expect_listed(&repository, COUNT)?;
        Ok(figures)
    }
}
