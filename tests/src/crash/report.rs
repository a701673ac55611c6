//! What a sweep did, and what it found.

use std::collections::BTreeMap;
use std::fmt;

use super::PhaseName;

/// What a sweep did and found.
#[derive(Debug)]
pub struct Report {
    phase: PhaseName,
    /// How many calls of an undisturbed run change the disk.
    calls: usize,
    /// Where the random numbers began, when there were any.
    pub(super) seed: Option<u64>,
    /// The kills: before which call, or after a random time.
    kills: BTreeMap<&'static str, usize>,
    /// Runs with one kill, and with two or more.
    runs: (usize, usize),
    /// Runs that ended before they could be killed.
    missed: usize,
    /// The runs that did not end as the undisturbed one.
    pub faults: Vec<String>,
}

impl Report {
    pub(super) const fn new(phase: PhaseName, calls: usize) -> Self {
        Self { phase, calls, seed: None, kills: BTreeMap::new(), runs: (0, 0), missed: 0, faults: Vec::new() }
    }

    /// How many kills were made.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.kills.values().sum()
    }

    /// Counts a run with these kills.
    pub(super) fn count(&mut self, kills: &[&'static str]) {
        for kill in kills {
            *self.kills.entry(kill).or_default() += 1;
        }
        match kills.len() {
            0 => self.missed += 1,
            1 => self.runs.0 += 1,
            _ => self.runs.1 += 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (once, more) = self.runs;
        writeln!(f, "{}: {} calls of an undisturbed run change the disk", self.phase, self.calls)?;
        if let Some(seed) = self.seed {
            writeln!(f, "  seed {seed}")?;
        }
        writeln!(f, "  {} kills, in {once} runs killed once and {more} killed again", self.kills())?;
        for (kind, count) in &self.kills {
            writeln!(f, "  {count:>6} {kind}")?;
        }
        writeln!(f, "  {} runs ended before they could be killed", self.missed)?;
        write!(f, "  {} runs ended otherwise than the undisturbed one", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n{fault}"))
    }
}
