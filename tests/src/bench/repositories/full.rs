//! The indexes of a large repository, from scratch.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::grown::{BATCH, Grown, Kind, copy, link_all};
use crate::bench::measure::Figures;
use crate::bench::workshop::{Workshop, expect_listed, expect_state, nsrw_variables, script};
use crate::bench::{Contest, Job, Way};

const OURS: &str = "nsrw promote\n";
const OURS_MORE: &str = "The whole step from *StageRollout* to *Production* of the last packages, with nothing kept of what was \
rendered before: every package's header is read and rendered, a new generation gets all packages and its indexes and is synced to \
disk, the release leaves staged rollout, the ticket is answered. What was rendered is kept for the next time. Payloads are not \
read: they were verified when they came in.";

const THEIRS: &str = "createrepo_c --quiet --no-database --general-compress-type=gz repository\n";
const THEIRS_MORE: &str = "The indexes alone, of packages that already lie in place, with as many workers as createrepo_c starts \
by itself. Nothing is synced to disk.";

const GIVEN: &str = "Not timed: the site or folder is new each run, made of hard links; nsrw's folder `metadata` is emptied. \
Each package has 18 files, 6 requirements and 5 changes. Packages are in the page cache on both sides.";

/// A repository of typical packages.
pub(super) struct Full<'w> {
    workshop: &'w Workshop,
    count: u32,
    grown: Grown,
    ticket: u64,
    packages: Vec<PathBuf>,
}

impl<'w> Full<'w> {
    pub(super) fn new(workshop: &'w Workshop, count: u32) -> Result<Self> {
        let grown = Grown::new(&workshop.room(&format!("full-{count}"))?, Kind::Rpm)?;
        let last = count.min(BATCH);
        let mut packages = grown.fill(count - last)?;
        let (ticket, more) = grown.deliver(count - last, last)?;
        packages.extend(more);
        grown.stage(ticket)?;
        grown.ask(ticket, "mario", "Production")?;
        Ok(Self { workshop, count, grown, ticket, packages })
    }
}

impl Contest for Full<'_> {
    fn job(&self) -> Job {
        Job {
            title: format!("The indexes of a repository of {} typical rpm packages, from scratch", self.count),
            count: self.count,
            unit: "packages",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs: Way { name: "createrepo_c", script: THEIRS, language: "sh", more: THEIRS_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let site = copy(&self.grown.site, &bench.path().join("site"))?;
        for kind in ["pieces", "blocks"] {
            let folder = site.folder().join("repository/metadata").join(kind);
            std::fs::remove_dir_all(&folder).with_context(|| format!("failed to remove {}", folder.display()))?;
        }
        rustix::fs::sync();
        let figures = script(OURS, bench.path(), &nsrw_variables(&site, self.ticket)?)?;
        expect_state(&site, self.ticket, "Production")?;
        expect_listed(&site.public().join("production"), self.count)?;
        Ok(figures)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let repository = bench.path().join("repository");
        link_all(&self.packages, &repository)?;
        rustix::fs::sync();
        let figures = script(THEIRS, bench.path(), &[])?;
        expect_listed(&repository, self.count)?;
        Ok(figures)
    }
}
