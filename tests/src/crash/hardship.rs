//! A disk that gets full, or turns read-only, at any moment of the work; then it has room again, and the same command is
//! run until nothing is left to do.
//!
//! The whole site lies on a small disk in memory: repository tree, database and tickets. How much room is left decides
//! where the work meets the end of the disk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{Phase, picture};
use crate::process::{run, wait_until};
use crate::scenario::disk::Disk;
use crate::site::Site;

/// More than any site here needs, in KiB.
const LARGE: u32 = 65_536;
/// How long a site may take afterwards, with the pause before it tries again.
const PATIENCE: Duration = Duration::from_mins(2);

/// What came of it.
#[derive(Debug, Default)]
pub struct Hardships {
    /// How often the work met the end of the disk, or could not write at all.
    pub met: usize,
    /// How often it had all the room it needed.
    pub unmet: usize,
    /// What ended otherwise than the undisturbed run.
    pub faults: Vec<String>,
}

/// Works with each of these amounts of room (in KiB), and once on a disk that can not be written to.
pub fn suffer(phase: &Phase, rooms: impl IntoIterator<Item = u32>) -> Result<Hardships> {
    // What may pass is tried again after a second, and never given up.
    phase.site.change_setting("worker.retry_seconds", "1")?;
    phase.site.change_setting("worker.tries", "100")?;
    let expected = undisturbed(phase)?;
    let mut hardships = Hardships::default();
    let limits = rooms.into_iter().map(Limit::Room).chain([Limit::ReadOnly]);
    for limit in limits {
        let (met, fault) = once(phase, limit, &expected)?;
        *(if met { &mut hardships.met } else { &mut hardships.unmet }) += 1;
        hardships.faults.extend(fault.map(|fault| format!("{}, {limit:?}: {fault}", phase.name)));
    }
    Ok(hardships)
}

/// What the disk does not give.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// It has this room left, in KiB.
    Room(u32),
    /// It can not be written to.
    ReadOnly,
}

fn undisturbed(phase: &Phase) -> Result<String> {
    let site = phase.site.copy_to(&phase.folder().join("undisturbed"))?;
    site.done(&["promote"])?;
    let drawn = picture::draw(&site)?;
    std::fs::remove_dir_all(site.folder()).context("failed to remove a site")?;
    Ok(drawn)
}

/// Says whether the work met the limit, and what is wrong in the end.
fn once(phase: &Phase, limit: Limit, expected: &str) -> Result<(bool, Option<String>)> {
    let folder = phase.folder().join("disk");
    std::fs::create_dir_all(&folder).context("failed to create a folder to mount on")?;
    let disk = Disk::mount(&folder, &format!("{LARGE}k"))?;
    let mut site = phase.site.at(&folder);
    site.run_within(disk.entrance());
    let inside = disk.seen(&folder);
    run(Command::new("cp").arg("--archive").arg(phase.site.folder().join(".")).arg(&inside))?;
    match limit {
        Limit::Room(room) => disk.remount(&format!("size={}k", used(&inside)? + room))?,
        Limit::ReadOnly => disk.remount("ro")?,
    }
    let met = site.nsrw(&["promote"])?.code != 0;
    match limit {
        Limit::Room(_) => disk.remount(&format!("size={LARGE}k"))?,
        Limit::ReadOnly => disk.remount("rw")?,
    }
    // What was put back is taken up again when its time comes.
    let mut fault = None;
    let ended = wait_until(PATIENCE, || {
        site.nsrw(&["promote"])?;
        fault = look(phase, &inside, expected)?;
        Ok(fault.is_none().then_some(()))
    });
    Ok((met, fault.or_else(|| ended.err().map(|error| format!("{error:#}")))))
}

/// Copies the site out of the disk, where this process can look at it, and says what is wrong with it.
fn look(phase: &Phase, inside: &Path, expected: &str) -> Result<Option<String>> {
    let out = phase.folder().join("out");
    run(Command::new("cp").arg("--archive").args([inside, &out]))?;
    let fault = judge(&phase.site.at(&out), expected).err().map(|error| format!("{error:#}"));
    std::fs::remove_dir_all(&out).context("failed to remove a site")?;
    Ok(fault)
}

fn judge(site: &Site, expected: &str) -> Result<()> {
    let differences = picture::compare(expected, &picture::draw(site)?);
    ensure!(differences.is_empty(), "{differences}");
    site.done(&["sync"])?;
    site.done(&["history", "verify"]).map(drop)
}

/// KiB of a disk that are taken.
fn used(folder: &Path) -> Result<u32> {
    let disk = rustix::fs::statvfs(folder).with_context(|| format!("failed to look at {}", folder.display()))?;
    u32::try_from((disk.f_blocks - disk.f_bfree) * disk.f_frsize / 1024).context("the disk is too large")
}
