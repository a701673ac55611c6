//! How `nsrw` ends: the exit codes scripts rely on, documented in `nsrw --help` and the README.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// It did not work; the message says why.
    Failed,
    /// The command line or the configuration can not be used.
    Usage,
    /// It worked and found faults: a document that does not pass, a broken log, a difference, a refusal.
    Found,
    /// It did not work now and may later: something is busy, full or not reachable.
    TryAgain,
    /// It worked and found nothing that is broken, but something that will be.
    Warned,
}

impl Exit {
    /// The code and its meaning, for `--help`.
    pub const TABLE: &'static str = "\
Exit codes:
  0  done
  1  it did not work; the message says why
  2  the command line or the configuration can not be used
  3  it worked and found faults (lint, verify, differences, a refusal)
  4  it did not work now and may later
  5  it worked and found warnings alone (doctor)";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Found => 3,
            Exit::TryAgain => 4,
            Exit::Warned => 5,
        })
    }
}
