//! The report of one month of a site: what paper costs, and what a long history costs.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::measure::Figures;
use super::workshop::{Workshop, nsrw_variables, script};
use super::{Contest, Job, Way};
use crate::numbers::logs::{LogShape, random_log};
use crate::numbers::reference::write_folder;
use crate::site::Site;

/// A site whose past was imported: `tickets` releases over `days` from 2016 on.
fn site_with_past(workshop: &Workshop, name: &str, tickets: u64, days: u64) -> Result<Site> {
    let room = workshop.room(name)?;
    let facts = room.join("facts");
    write_folder(&random_log(LogShape { tickets, days, seed: 1, wrong_times: 0 }), &facts)?;
    let site = Site::init(&room.join("site"), "http://repository.example.org/sw")?;
    let facts = facts.to_str().context("the folder of facts has no plain name")?;
    site.done(&["facts", "import", facts, "--source", "past"])?;
    Ok(site)
}

/// Runs a script on a site; `done` looks at the report in its folder.
fn turn(workshop: &Workshop, site: &Site, text: &str, done: impl FnOnce(&Path) -> Result<()>) -> Result<Figures> {
    let bench = workshop.bench()?;
    let figures = script(text, bench.path(), &nsrw_variables(site, 0)?)?;
    done(&bench.path().join("report"))?;
    Ok(figures)
}

/// Whether the report has a PDF.
fn expect_pdf(file: &Path, wanted: bool) -> Result<()> {
    let bytes = if file.exists() { std::fs::read(file)? } else { Vec::new() };
    ensure!(bytes.starts_with(b"%PDF-") == wanted, "{} is there or not, as it should not be", file.display());
    Ok(())
}

/// A usual month as PDF.
pub(super) struct Paper<'w> {
    workshop: &'w Workshop,
    site: Site,
}

impl<'w> Paper<'w> {
    pub(super) fn new(workshop: &'w Workshop) -> Result<Self> {
        Ok(Self { workshop, site: site_with_past(workshop, "usual", 1000, 1000)? })
    }
}

impl Contest for Paper<'_> {
    fn job(&self) -> Job {
        Job {
            title: "The report of a usual month, with the PDF and without".to_owned(),
            count: 1,
            unit: "reports",
            ours: Way {
                name: "nsrw, with PDF",
                script: "nsrw report 2018-06 --out report >said-by-nsrw\n",
                language: "sh",
                more: "23 CSV files and the PDF of some thirty releases delivered that month, which looks back on thirteen: read \
                       from the site's database, counted, drawn, typeset, synced and put in place. The whole process.",
            },
            theirs: Way {
                name: "nsrw, CSV alone",
                script: "nsrw report 2018-06 --no-pdf --out report >said-by-nsrw\n",
                language: "sh",
                more: "The same without the PDF.",
            },
            given: "Not timed: the site, whose past of 1000 releases was imported. No month is closed.",
        }
    }

    fn ours(&self) -> Result<Figures> {
        let text = self.job().ours.script;
        turn(self.workshop, &self.site, text, |report| expect_pdf(&report.join("report-2018-06.pdf"), true))
    }

    fn theirs(&self) -> Result<Figures> {
        let text = self.job().theirs.script;
        turn(self.workshop, &self.site, text, |report| {
            expect_pdf(&report.join("report-2018-06.pdf"), false)?;
            ensure!(report.join("lineage.csv").exists(), "there is no lineage");
            Ok(())
        })
    }
}

/// How many releases the long history has, and over how many days: eight years.
const LONG: (u64, u64) = (30_000, 3_000);

const CLOSE: &str = "nsrw report 2024-02 --close --out report >said-by-nsrw\n";

/// A month is closed at the end of a long history.
pub(super) struct AddedMonth<'w> {
    workshop: &'w Workshop,
    /// Nothing is closed.
    open: Site,
    /// The month before is closed.
    closed: Site,
    /// What the month's file of entries and exits says on both.
    flow: Vec<u8>,
}

impl<'w> AddedMonth<'w> {
    pub(super) fn new(workshop: &'w Workshop) -> Result<Self> {
        let (tickets, days) = LONG;
        let open = site_with_past(workshop, "long", tickets, days)?;
        let closed = open.copy_to(&workshop.room("long-closed")?.join("site"))?;
        closed.done(&["report", "2024-01", "--close"])?;
        let flow = open.done(&["report", "2024-02", "--stdout", "flow"])?.into_bytes();
        Ok(Self { workshop, open, closed, flow })
    }

    /// On a copy of a site, as a month is closed once.
    fn close(&self, site: &Site) -> Result<Figures> {
        let copy = self.workshop.bench()?;
        let site = site.copy_to(&copy.path().join("site"))?;
        rustix::fs::sync();
        turn(self.workshop, &site, CLOSE, |report| {
            expect_pdf(&report.join("report-2024-02.pdf"), true)?;
            ensure!(
                std::fs::read(report.join("flow.csv"))? == self.flow,
                "the numbers are not those of the whole history"
            );
            Ok(())
        })
    }
}

impl Contest for AddedMonth<'_> {
    fn job(&self) -> Job {
        let (tickets, days) = LONG;
        Job {
            title: format!("One month more, closed, after {} years of {tickets} tickets, with PDF", days / 365),
            count: 1,
            unit: "months",
            ours: Way {
                name: "nsrw, the month before closed",
                script: CLOSE,
                language: "sh",
                more: "The facts of releases that were on their way thirteen months ago or later are read; the PDF looks back \
                       that far.",
            },
            theirs: Way {
                name: "nsrw, nothing closed",
                script: CLOSE,
                language: "sh",
                more: "The whole history is read.",
            },
            given: "Not timed: the site, whose past was imported, is copied for each turn. Both sides' files of entries, exits and \
                    work in progress must be the same to the byte.",
        }
    }

    fn ours(&self) -> Result<Figures> {
        self.close(&self.closed)
    }

    fn theirs(&self) -> Result<Figures> {
        self.close(&self.open)
    }
}
