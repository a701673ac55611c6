//! The plug pulled at each effect's boundary: between what a step did and its record, and between its record and the next
//! step.
//!
//! What is done is recorded by a commit of the database, so a boundary is the moment before a commit's first write (the
//! effect is there and nobody wrote it down) and the moment before its sync (it is written down).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use regex::Regex;

use super::tracer::{self, Call, End};
use super::{Mode, picture};
use crate::site::Site;

/// Of how many pieces of work one is looked at, unless all are.
const SAMPLE: usize = 3;
/// How often a waiting message was looked at, once more by a run that goes on after a kill; and how much rsync says that it
/// had received before the wire was cut, which is another number each time.
const COUNTED: &str = r#""tries":\d+|\d+ bytes received so far"#;

/// What came of it.
#[derive(Debug, Default)]
pub struct Boundaries {
    /// Pieces of work that were looked at.
    pub works: usize,
    /// All there were.
    all: usize,
    /// How often one of them was killed.
    pub kills: usize,
    /// The ends that are not those of the undisturbed run.
    pub faults: Vec<String>,
}

impl Boundaries {
    /// Works off what waits in copies of `before`, killed at another boundary each time and run again; each has to end as
    /// `after`, where nobody disturbed it. All copies lie in `folder`. Only of databases in a file.
    pub fn pull_at_each(&mut self, before: &Site, after: &Site, folder: &Path, mode: Mode) -> Result<()> {
        self.all += 1;
        if mode == Mode::Sample && self.all % SAMPLE != 1 {
            return Ok(());
        }
        self.works += 1;
        let expected = draw(after)?;
        let learnt = Trial::begin(before, folder)?;
        let calls = learnt.promote(None)?.calls;
        self.judge(&learnt, &expected, || "not killed".to_owned())?;
        learnt.clear()?;
        let boundaries = boundaries(&calls);
        let most = match mode {
            Mode::Sample => 1,
            Mode::Full => boundaries.len(),
            Mode::Random { kills, .. } => kills,
        };
        // Another one of each piece, where not all are taken.
        let apart = boundaries.len().div_ceil(most.max(1)).max(1);
        for plug in boundaries.iter().skip(self.all * 7 % apart).step_by(apart) {
            let trial = Trial::begin(before, folder)?;
            if trial.promote(Some(*plug))?.end == End::Killed {
                self.kills += 1;
                trial.site.nsrw(&["promote"])?;
            }
            let call = plug.checked_sub(1).and_then(|place| calls.get(place));
            self.judge(&trial, &expected, || format!("killed before call {plug} to the database's log, {call:?}"))?;
            trial.clear()?;
        }
        Ok(())
    }

    fn judge(&mut self, trial: &Trial, expected: &str, what: impl FnOnce() -> String) -> Result<()> {
        let differences = picture::compare(expected, &draw(&trial.site)?);
        if !differences.is_empty() {
            self.faults.push(format!("work {}, {}:\n{differences}", self.all, what()));
        }
        Ok(())
    }
}

fn draw(site: &Site) -> Result<String> {
    let picture = picture::draw(site)?;
    Ok(Regex::new(COUNTED)?.replace_all(&picture, "COUNTED").into_owned())
}

/// A copy of a site, to be disturbed.
struct Trial<'a> {
    site: Site,
    folder: &'a Path,
}

impl<'a> Trial<'a> {
    fn begin(before: &Site, folder: &'a Path) -> Result<Self> {
        fs::create_dir_all(folder).context("failed to create a folder for copies")?;
        Ok(Self { site: before.copy_to(&folder.join("run"))?, folder })
    }

    fn promote(&self, plug: Option<usize>) -> Result<tracer::Traced> {
        let wal = self.site.folder().join("nsrw.db-wal");
        tracer::run(&self.site.command(&["promote"]), &wal, &self.folder.join("log"), plug)
    }

    fn clear(self) -> Result<()> {
        fs::remove_dir_all(self.site.folder()).context("failed to remove a copy")
    }
}

/// The places, from 1, of the calls to the database's log that begin a commit or make it last.
fn boundaries(calls: &[Call]) -> Vec<usize> {
    let syncs = |call: &Call| matches!(call.name, "fsync" | "fdatasync");
    let ends = |place: usize| calls.get(place).is_some_and(syncs);
    let begins = |place: usize| !ends(place) && place.checked_sub(1).is_none_or(ends);
    (0..calls.len()).filter(|place| ends(*place) || begins(*place)).map(|place| place + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_has_two_boundaries() {
        let names = ["pwrite64", "pwrite64", "fdatasync", "pwrite64", "fdatasync", "pwrite64", "pwrite64"];
        let calls = names.map(|name| Call { name, path: "/x".into(), source: None });
        assert_eq!(boundaries(&calls), [1, 3, 4, 5, 6]);
        assert!(boundaries(&[]).is_empty());
    }
}
