//! The file system of the repository tree goes away at any moment of the work, as a mount does that is taken away by an
//! administrator or by its server; then it is mounted again.
//!
//! The tree lies on a disk in memory and is mounted into the site's folder; where it is not mounted, there is an empty
//! folder. Nothing may ever lie there but folders, links to them, and files without a byte: no second tree, and no half of
//! one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use walkdir::WalkDir;

use super::tracer::{self, End, Traced};
use super::{Phase, picture};
use crate::process::{run, wait_until};
use crate::queue::count_pending;
use crate::scenario::disk::Disk;
use crate::serve::Serving;
use crate::site::Site;

/// More than any tree here needs.
const SIZE: &str = "64m";
/// How `nsrw` ends when trying again can help.
const TRY_AGAIN: i32 = 4;
/// How long a server may take for its work, once it has its tree.
const PATIENCE: Duration = Duration::from_mins(2);

/// What came of it.
#[derive(Debug, Default)]
pub struct Vanished {
    /// How often the tree went away before the work was done.
    pub met: usize,
    /// How often the work was done before.
    pub unmet: usize,
    /// What was otherwise than it should be.
    pub faults: Vec<String>,
}

/// Takes the tree away before a call that changes it: before each of `chosen`, given how many calls the work makes.
pub fn vanish<I: IntoIterator<Item = usize>>(phase: &Phase, chosen: impl FnOnce(usize) -> I) -> Result<Vanished> {
    let (expected, calls) = undisturbed(phase)?;
    let mut vanished = Vanished::default();
    for call in chosen(calls) {
        let trial = Trial::set_up(phase)?;
        let (met, fault) = trial.run(call, &expected)?;
        *(if met { &mut vanished.met } else { &mut vanished.unmet }) += 1;
        vanished.faults.extend(fault.map(|fault| format!("{}, gone before call {call}: {fault}", phase.name)));
        trial.clear()?;
    }
    Ok(vanished)
}

/// The same under a server that goes on running: the tree goes away so long after its start, and it hears of nothing else.
pub fn vanish_under_server(phase: &Phase, after: impl IntoIterator<Item = Duration>) -> Result<Vanished> {
    let (expected, _) = undisturbed(phase)?;
    let mut vanished = Vanished::default();
    for after in after {
        let trial = Trial::set_up(phase)?;
        for (setting, value) in
            [("api.listen", "\"127.0.0.1:0\""), ("worker.poll_seconds", "1"), ("worker.retry_seconds", "1")]
        {
            trial.site.change_setting(setting, value)?;
        }
        let (met, fault) = trial.serve(after, &expected)?;
        *(if met { &mut vanished.met } else { &mut vanished.unmet }) += 1;
        vanished.faults.extend(fault.map(|fault| format!("{}, gone {after:?} after the start: {fault}", phase.name)));
        trial.clear()?;
    }
    Ok(vanished)
}

/// The undisturbed end, and how many calls to the tree lead there.
fn undisturbed(phase: &Phase) -> Result<(String, usize)> {
    let site = phase.site.copy_to(&phase.folder().join("undisturbed"))?;
    let traced =
        tracer::run(&site.command(&["promote"]), &site.folder().join("repository"), &phase.folder().join("log"), None)?;
    ensure!(traced.end == End::Exited(0), "the undisturbed run ended with {:?}", traced.end);
    let drawn = picture::draw(&site)?;
    fs::remove_dir_all(site.folder()).context("failed to remove a site")?;
    Ok((drawn, traced.calls.len()))
}

/// A site whose tree is mounted.
struct Trial {
    site: Site,
    disk: Disk,
    /// Where the tree is mounted.
    tree: PathBuf,
    /// Where it always is.
    drive: PathBuf,
    log: PathBuf,
}

impl Trial {
    fn set_up(phase: &Phase) -> Result<Self> {
        let mut site = phase.site.copy_to(&phase.folder().join("run"))?;
        let (drive, tree) = (phase.folder().join("drive"), site.folder().join("repository"));
        fs::create_dir_all(&drive).context("failed to create a folder to mount on")?;
        let disk = Disk::mount(&drive, SIZE)?;
        let drive = drive.join("tree");
        disk.inside(&["cp", "--archive"], &[&tree, &drive])?;
        fs::remove_dir_all(&tree).and_then(|()| fs::create_dir(&tree)).context("failed to empty a folder")?;
        site.run_within(disk.entrance());
        let trial = Self { site, disk, tree, drive, log: phase.folder().join("log") };
        trial.mount()?;
        Ok(trial)
    }

    fn mount(&self) -> Result<()> {
        self.disk.inside(&["mount", "--bind"], &[&self.drive, &self.tree])
    }

    /// Says whether the tree went away in time, and what is wrong in the end.
    fn run(&self, call: usize, expected: &str) -> Result<(bool, Option<String>)> {
        let mut take_away = || self.disk.inside(&["umount", "--lazy"], &[&self.tree]);
        let promote = self.site.command(&["promote"]);
        let traced = tracer::run_disturbed(&promote, &self.tree, &self.log, call, &mut take_away)?;
        if traced.calls.len() < call {
            return Ok((false, None));
        }
        let fault = self.judge(&traced, expected).err().map(|error| format!("{error:#}\n{}", self.said()));
        Ok((true, fault))
    }

    /// The same with a server that goes on running.
    fn serve(&self, after: Duration, expected: &str) -> Result<(bool, Option<String>)> {
        let serving = Serving::start(&self.site)?;
        thread::sleep(after);
        self.disk.inside(&["umount", "--lazy"], &[&self.tree])?;
        let met = count_pending(&self.site)? > 0;
        let judged = self.judge_server(&serving).and_then(|()| {
            ensure!(serving.stop()? == 0, "the server did not end well");
            self.judge_end(expected)
        });
        let said = || fs::read_to_string(self.site.folder().join("serve.log")).unwrap_or_default();
        Ok((met, judged.err().map(|error| format!("{error:#}\n{}", said()))))
    }

    fn judge_server(&self, serving: &Serving) -> Result<()> {
        wait_until(PATIENCE, || Ok((serving.get("/ready")?.status == 503).then_some(())))
            .context("it says that it is ready")?;
        ensure!(serving.get("/health")?.status == 200, "it does not live any more");
        ensure_empty(&self.tree)?;
        self.mount()?;
        let idle =
            || Ok::<bool, anyhow::Error>(serving.get("/ready")?.status == 200 && count_pending(&self.site)? == 0);
        wait_until(PATIENCE, || Ok(idle()?.then_some(()))).context("it does not carry on")
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn judge(&self, traced: &Traced, expected: &str) -> Result<()> {
        ensure!([0, TRY_AGAIN].map(End::Exited).contains(&traced.end), "it ended with {:?}", traced.end);
        ensure_empty(&self.tree)?;
        let away = self.site.nsrw(&["promote"])?;
        ensure!(away.code == TRY_AGAIN, "without a tree it ended with {}: {}", away.code, away.log);
        ensure!(away.log.contains("is no repository tree"), "without a tree it said: {}", away.log);
        ensure_empty(&self.tree)?;
        self.mount()?;
        self.site.done(&["promote"])?;
        self.judge_end(expected)
    }

    /// The tree is there and all is done.
    fn judge_end(&self, expected: &str) -> Result<()> {
        // Where this process can look at it.
        fs::remove_dir_all(&self.tree).context("failed to remove a folder")?;
        run(Command::new("cp").arg("--archive").args([&self.disk.seen(&self.drive), &self.tree]))?;
        let site = self.site.outside();
        let differences = picture::compare(expected, &picture::draw(&site)?);
        ensure!(differences.is_empty(), "{differences}");
        site.done(&["sync"])?;
        site.done(&["history", "verify"]).map(drop)
    }

    fn clear(self) -> Result<()> {
        drop(self.disk);
        fs::remove_dir_all(self.site.folder()).context("failed to remove a site")
    }
}

/// Where nothing is mounted, nothing is kept.
fn ensure_empty(folder: &Path) -> Result<()> {
    for entry in WalkDir::new(folder) {
        let entry = entry.context("failed to list a folder")?;
        let kept = entry.file_type().is_file() && entry.metadata().is_ok_and(|found| found.len() > 0);
        ensure!(!kept, "{} was written where no tree is mounted", entry.path().display());
    }
    Ok(())
}
