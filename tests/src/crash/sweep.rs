//! Kill after kill, and what came of each.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nix::libc::SIGKILL;

use super::tracer::{self, Call, End};
use super::{Mode, Phase, PhaseName, Report, picture};
use crate::dice::Dice;
use crate::site::Site;

/// How many runs of the sample are killed once, and how many twice.
const SAMPLE: (usize, usize) = (16, 2);
/// A sweep has come to the end when so many runs one after the other could not be killed: how many calls a run makes
/// differs a little, as the database tidies up at its own times.
const BEYOND: usize = 5;

/// Makes the kills of `mode` during a phase.
pub fn sweep(phase: &Phase, mode: Mode) -> Result<Report> {
    let bench = Bench::set_up(phase)?;
    let report = Report::new(phase.name, bench.calls.len());
    match mode {
        Mode::Sample => bench.sample(report),
        Mode::Full => bench.every(report),
        Mode::Random { kills, seed } => bench.at_random(report, kills, seed),
    }
}

/// What every run is measured by.
struct Bench<'a> {
    phase: &'a Phase,
    /// The undisturbed end.
    expected: String,
    /// The calls that lead there.
    calls: Vec<Call>,
    /// How long it takes, untraced.
    takes: Duration,
}

impl<'a> Bench<'a> {
    /// Runs the phase undisturbed: traced, to count its calls, and untraced. Both must end the same.
    fn set_up(phase: &'a Phase) -> Result<Self> {
        let mut bench = Self { phase, expected: String::new(), calls: Vec::new(), takes: Duration::ZERO };
        let site = bench.copy()?;
        let traced = bench.promote(&site, None)?;
        ensure!(traced.end == End::Exited(0), "the undisturbed run ended with {:?}", traced.end);
        (bench.expected, bench.calls) = (picture::draw(&site)?, traced.calls);
        discard(&site)?;

        let site = bench.copy()?;
        let begun = Instant::now();
        site.done(&["promote"])?;
        bench.takes = begun.elapsed();
        let differences = picture::compare(&bench.expected, &picture::draw(&site)?);
        ensure!(differences.is_empty(), "two undisturbed runs end otherwise:\n{differences}");
        check_agreement(&site).context("the undisturbed run")?;
        discard(&site)?;
        Ok(bench)
    }

    /// A few kills, spread over the run; the same each time, and one before a call of each kind.
    fn sample(&self, mut report: Report) -> Result<Report> {
        let (once, twice) = SAMPLE;
        let kinds = one_of_each(&self.calls);
        let others = spread(self.calls.len(), once.saturating_sub(kinds.len()));
        for plug in kinds.iter().copied().chain(others) {
            self.pull(&mut report, &[plug])?;
        }
        for plug in spread(self.calls.len(), twice) {
            self.pull(&mut report, &[plug, self.second(plug)])?;
        }
        self.check_sight()?;
        Ok(report)
    }

    /// A kill at each call, until there is none left; and another kill in the run after it.
    fn every(&self, mut report: Report) -> Result<Report> {
        let (mut plug, mut beyond) = (1, 0);
        while beyond < BEYOND {
            let killed = self.pull(&mut report, &[plug])?;
            beyond = if killed == 0 { beyond + 1 } else { 0 };
            if killed > 0 {
                self.pull(&mut report, &[plug, self.second(plug)])?;
            }
            plug += 1;
        }
        Ok(report)
    }

    fn at_random(&self, mut report: Report, kills: usize, seed: u64) -> Result<Report> {
        // Each phase has its share and its own numbers.
        let share = kills.div_ceil(PhaseName::ALL.len());
        let mut dice = Dice(seed ^ (self.phase.name as u64).wrapping_mul(0x9E37_79B9));
        report.seed = Some(seed);
        while report.kills() < share {
            let site = self.copy()?;
            let mut made = Vec::new();
            let mut delays = Vec::new();
            loop {
                let delay = self.takes.mul_f64(dice.fraction() * 1.1);
                delays.push(delay);
                if !kill_after(&site, delay)? {
                    break;
                }
                made.push("after a random time");
                if dice.fraction() < 0.7 {
                    break;
                }
            }
            report.count(&made);
            self.judge(&mut report, &site, || format!("seed {seed}, killed after {delays:?}"))?;
        }
        Ok(report)
    }

    /// Where a run that goes on after a kill at `plug` is killed in turn: anywhere in what it has left to do.
    fn second(&self, plug: usize) -> usize {
        let left = self.calls.len().saturating_sub(plug).max(1) as u64;
        usize::try_from(1 + Dice(plug as u64).next() % left).unwrap_or(1)
    }

    /// One run with kills at these calls, gone on with and judged. Answers how many kills were made.
    fn pull(&self, report: &mut Report, plugs: &[usize]) -> Result<usize> {
        let site = self.copy()?;
        let mut killed: Vec<Call> = Vec::new();
        for plug in plugs {
            let traced = self.promote(&site, Some(*plug))?;
            match (traced.end, traced.calls.last()) {
                (End::Killed, Some(call)) => killed.push(call.clone()),
                _ => break,
            }
        }
        let names: Vec<_> = killed.iter().map(|call| call.name).collect();
        report.count(&names);
        self.judge(report, &site, || {
            let calls: Vec<_> = plugs.iter().zip(&killed).map(|(plug, call)| format!("call {plug}, {call}")).collect();
            format!("killed before {}", calls.join("; then before "))
        })?;
        Ok(names.len())
    }

    /// Goes on after the kills, with the command alone, and compares.
    fn judge(&self, report: &mut Report, site: &Site, what: impl FnOnce() -> String) -> Result<()> {
        if let Err(fault) = self.check_end(site) {
            let kept = self.phase.folder().join(format!("fault-{}", report.faults.len() + 1));
            std::fs::rename(site.folder(), &kept).context("failed to keep a site with a fault")?;
            let (name, kept) = (self.phase.name, kept.display());
            report.faults.push(format!("{name}: {} (the site is kept in {kept}):\n{fault:#}", what()));
            return Ok(());
        }
        discard(site)
    }

    fn check_end(&self, site: &Site) -> Result<()> {
        site.done(&["promote"])?;
        check_agreement(site)?;
        let differences = picture::compare(&self.expected, &picture::draw(site)?);
        ensure!(differences.is_empty(), "{differences}");
        Ok(())
    }

    /// A run killed half-way and not gone on with must not pass for one that has ended.
    fn check_sight(&self) -> Result<()> {
        let site = self.copy()?;
        self.promote(&site, Some(self.calls.len() / 2))?;
        ensure!(picture::draw(&site)? != self.expected, "a run that was killed half-way passes for a whole one");
        discard(&site)
    }

    fn copy(&self) -> Result<Site> {
        self.phase.site.copy_to(&self.phase.folder().join("run"))
    }

    fn promote(&self, site: &Site, plug: Option<usize>) -> Result<tracer::Traced> {
        tracer::run(&site.command(&["promote"]), site.folder(), &self.phase.folder().join("log"), plug)
    }
}

/// What the site itself can tell: tickets, database and tree agree, the log is whole, and nothing is left to do.
fn check_agreement(site: &Site) -> Result<()> {
    site.done(&["sync"])?;
    site.done(&["history", "verify"])?;
    let again = site.done(&["promote"])?;
    ensure!(again.starts_with("0 settled, 0 without need, 0 put back"), "there was work left: {again}");
    Ok(())
}

/// Kills a run after `delay`; says whether it still ran.
fn kill_after(site: &Site, delay: Duration) -> Result<bool> {
    let mut command = site.command(&["promote"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("failed to start nsrw")?;
    std::thread::sleep(delay);
    child.kill().context("failed to kill nsrw")?;
    let ended = child.wait().context("failed to wait for nsrw")?;
    Ok(ended.signal() == Some(SIGKILL))
}

fn discard(site: &Site) -> Result<()> {
    let folder = site.folder();
    std::fs::remove_dir_all(folder).with_context(|| format!("failed to remove {}", folder.display()))
}

/// The place, from 1, of a call of each kind: the middle one.
fn one_of_each(calls: &[Call]) -> Vec<usize> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, call) in (1..).zip(calls) {
        places.entry(call.name).or_default().push(place);
    }
    places.values().filter_map(|of_one| of_one.get(of_one.len() / 2).copied()).collect()
}

/// `count` numbers from 1 to `last`, evenly spread.
fn spread(last: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |step| 1 + (last.saturating_sub(1)) * (2 * step + 1) / (2 * count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_covers_the_whole_run() {
        assert_eq!(spread(100, 4).collect::<Vec<_>>(), [13, 38, 62, 87]);
        assert_eq!(spread(1, 2).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn each_kind_of_call_has_its_place() {
        let calls = ["write", "rename", "write", "write"].map(|name| Call { name, path: "/x".into(), source: None });
        assert_eq!(one_of_each(&calls), [2, 3]);
    }
}
