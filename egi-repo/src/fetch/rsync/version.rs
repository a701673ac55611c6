//! Which rsync this machine has.

use super::super::{FetchError, Job};
use super::bare_command;

/// Version of the rsync program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version([u32; 3]);

/// The first with the options used here, and the checks of file lists that servers send.
const OLDEST: Version = Version([3, 2, 3]);
/// The first with `--fsync`.
const WITH_FSYNC: Version = Version([3, 2, 4]);
/// The first with the security faults of 2025 and 2026 mended.
const SAFE: Version = Version([3, 5, 0]);

impl Version {
    /// Asks the program. Too old a one is refused.
    pub(super) fn probe(job: &Job) -> Result<Self, FetchError> {
        let program = &job.policy.rsync_program;
        let unusable = |why: String| FetchError::RsyncUnusable { program: program.clone(), why };
        let output = bare_command(job)
            .arg("--version")
            .output()
            .map_err(|error| unusable(format!("it can not be run ({error})")))?;
        let version = Self::parse(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| unusable("it does not tell its version".to_owned()))?;
        if version < OLDEST {
            return Err(unusable(format!("its version {version} is older than {OLDEST}")));
        }
        if version < SAFE {
            tracing::warn!(
                rsync.version = %version,
                "this rsync lacks security fixes that {SAFE} has: upgrade it"
            );
        }
        Ok(version)
    }

    /// Whether it can sync each file to disk before it counts as whole. One that can not leaves that to publishing.
    pub(super) fn has_fsync(self) -> bool {
        self >= WITH_FSYNC
    }

    /// From `rsync  version 3.5.0  protocol version 32`; what follows the digits (`3.4.0pre1`) does not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.lines().next()?.split_once("version ")?;
        let mut parts = rest.split_whitespace().next()?.trim_start_matches('v').split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).and_then(|end| part.get(..end)).unwrap_or(part);
            digits.parse::<u32>().ok()
        });
        Some(Self([parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)]))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}
