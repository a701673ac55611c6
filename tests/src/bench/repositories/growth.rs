//! A large repository that gets one package more, or stays as it is.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;

use anyhow::Result;

use super::grown::{Grown, Kind, link_all};
use crate::bench::measure::Figures;
use crate::bench::workshop::{Workshop, expect_listed, expect_state, nsrw_variables, script};
use crate::bench::{Contest, Job, Way};
use crate::process::run;

const MORE: &str = "nsrw promote\n";
const MORE_TEXT: &str = "The whole step of a release of one package from *StageRollout* to *Production*: a new generation of the \
large repository with all packages linked into it and its indexes, synced to disk and made live by one rename; the release \
withdrawn from staged rollout; the ticket answered. Old generations are removed by the same run, once they are out of the \
grace period, which is a week: here it never is.";
const STANDING: &str = "nsrw sync --apply\n";
const STANDING_TEXT: &str =
    "Tickets, database and repository tree are compared, and what is missing would be published.";

const THEIRS: &str = "createrepo_c --quiet --update --skip-stat --no-database --general-compress-type=gz repository\n";
const THEIRS_TEXT: &str = "`--update` takes what the present index says of packages with a known name, and `--skip-stat` does not \
even look at these files. Nothing is synced to disk.";

const GIVEN: &str = "Not timed: the repository is made once and grows by a package with each run on both sides. Each package has \
18 files, 6 requirements and 5 changes.";

/// The large repository, ours and theirs.
pub(super) struct Ground {
    grown: Grown,
    theirs: PathBuf,
    /// How many packages each side has, and the number of the next one.
    ours_has: Cell<u32>,
    theirs_has: Cell<u32>,
}

impl Ground {
    pub(super) fn new(workshop: &Workshop, count: u32) -> Result<Rc<Self>> {
        let room = workshop.room(&format!("growth-{count}"))?;
        let grown = Grown::new(&room, Kind::Rpm)?;
        let files = grown.fill(count)?;
        let theirs = room.join("theirs");
        link_all(&files, &theirs.join("repository"))?;
        let first = "createrepo_c --quiet --no-database --general-compress-type=gz repository";
        run(Command::new("sh").args(["-c", first]).current_dir(&theirs))?;
        Ok(Rc::new(Self { grown, theirs, ours_has: Cell::new(count), theirs_has: Cell::new(count) }))
    }
}

/// A job with it.
pub(super) struct Growth<'w> {
    workshop: &'w Workshop,
    ground: Rc<Ground>,
    packages: u32,
    more: bool,
}

impl<'w> Growth<'w> {
    pub(super) fn one_more(workshop: &'w Workshop, ground: &Rc<Ground>) -> Self {
        Self { workshop, ground: Rc::clone(ground), packages: ground.ours_has.get(), more: true }
    }

    pub(super) fn standing(workshop: &'w Workshop, ground: &Rc<Ground>) -> Self {
        Self { workshop, ground: Rc::clone(ground), packages: ground.ours_has.get(), more: false }
    }
}

impl Contest for Growth<'_> {
    fn job(&self) -> Job {
        let (ours, more) = if self.more { (MORE, MORE_TEXT) } else { (STANDING, STANDING_TEXT) };
        let title = if self.more {
            format!("One package more in a repository of {} typical rpm packages", self.packages)
        } else {
            format!("Nothing new in a repository of {} typical rpm packages", self.packages)
        };
        Job {
            title,
            count: 1,
            unit: "times",
            ours: Way { name: "nsrw", script: ours, language: "sh", more },
            theirs: Way { name: "createrepo_c", script: THEIRS, language: "sh", more: THEIRS_TEXT },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let Ground { grown, ours_has, .. } = self.ground.as_ref();
        let bench = self.workshop.bench()?;
        if !self.more {
            let figures = script(STANDING, bench.path(), &nsrw_variables(&grown.site, 1)?)?;
            expect_listed(&grown.site.public().join("production"), ours_has.get())?;
            return Ok(figures);
        }
        let (ticket, _) = grown.deliver(ours_has.get(), 1)?;
        grown.stage(ticket)?;
        grown.ask(ticket, "mario", "Production")?;
        rustix::fs::sync();
        let figures = script(MORE, bench.path(), &nsrw_variables(&grown.site, ticket)?)?;
        ours_has.set(ours_has.get() + 1);
        expect_state(&grown.site, ticket, "Production")?;
        expect_listed(&grown.site.public().join("production"), ours_has.get())?;
        Ok(figures)
    }

    fn theirs(&self) -> Result<Figures> {
        let Ground { theirs, theirs_has, .. } = self.ground.as_ref();
        if self.more {
            crate::packages::TypicalPackage::new(theirs_has.get()).write_rpm(&theirs.join("repository"))?;
            theirs_has.set(theirs_has.get() + 1);
        }
        rustix::fs::sync();
        let figures = script(THEIRS, theirs, &[])?;
        expect_listed(&theirs.join("repository"), theirs_has.get())?;
        Ok(figures)
    }

    fn most_runs(&self) -> usize {
        if self.packages > 10_000 { 5 } else { usize::MAX }
    }
}
