//! Fetching by the rsync program.
//!
//! Two runs: a listing, from which sizes and numbers are summed and everything that is not a plain file is refused,
//! and the transfer. Between the two the source may change, and a hostile one may lie: so the transfer leaves out
//! links and special files by itself, its bytes are counted as they come, and verification looks at what landed.
//!
//! Injection: the program gets its arguments as a list (no shell), options end at `--`, the environment is empty (no
//! `RSYNC_RSH`, `RSYNC_CONNECT_PROG`, `RSYNC_PROXY`), and the URL is built here from the address that was checked.
//!
//! Resume: whole files are skipped by size and time; parts of one are kept in a folder rsync knows. Files are renamed
//! into place, never written in place, so a file that is hard-linked elsewhere already is not changed by a repeat.

use std::process::Command;
use std::time::Duration;

use super::net::Endpoint;
use super::survey::Survey;
use super::{Excess, FetchError, Fetched, Job};

mod output;
mod process;
mod version;

use output::{parse_entry, parse_progress};
use version::Version;

const PORT: u16 = 873;
/// No provider's file can lie in it: names that start with a dot are refused.
const PARTIAL_DIR: &str = ".rsync-partial";

/// Fetches the tree.
pub(super) fn fetch(job: &Job) -> Result<Fetched, FetchError> {
    let path = job.source.path().trim_matches('/');
    if path.is_empty() {
        return Err(job.unsuitable("it names no module; write rsync://host/module or rsync://host/module/folder"));
    }
    let endpoint = Endpoint::of(job, PORT)?;
    let version = Version::probe(job)?;
    let address =
        endpoint.connect(job)?.peer_addr().map_err(|source| FetchError::Unreachable { url: job.url(), source })?;
    let url = format!("rsync://{address}/{path}/");
    let survey = list(job, &url)?;
    let transferred = transfer(job, &url, version, &survey)?;
    job.scratch.ensure_no_folders(PARTIAL_DIR).map_err(|source| job.disk("tidy", "", source))?;
    Ok(Fetched {
        files: u64::try_from(survey.files.len()).unwrap_or(u64::MAX),
        bytes: survey.bytes,
        resumed_bytes: survey.bytes.saturating_sub(transferred),
    })
}

fn list(job: &Job, url: &str) -> Result<Survey, FetchError> {
    let mut survey = Survey::default();
    job.progress.begin("listing", None);
    // Links are asked for so that they are seen, with their targets.
    let mut command = command(job);
    command.args(["-rl", "--list-only", "--", url]);
    let listed = process::run(job, &mut command, &mut |line| {
        let met =
            parse_entry(line).map_err(|error| FetchError::Protocol { url: job.url(), source: Box::new(error) })?;
        let Some(met) = met else { return Ok(()) };
        job.progress.advance(1);
        survey.meet(job, met)
    });
    job.progress.end();
    listed?;
    survey.finish(job)
}

/// Tells the bytes that were transferred.
fn transfer(job: &Job, url: &str, version: Version, survey: &Survey) -> Result<u64, FetchError> {
    let limit = job.limits().max_bytes;
    let mut command = command(job);
    command.args([
        "-rt",
        "--no-links",
        "--no-devices",
        "--no-specials",
        "--no-perms",
        "--no-owner",
        "--no-group",
        "--chmod=D0755,F0644",
        "--delete",
        "--info=progress2,stats0,name0,flist0,nonreg0,del0,skip0",
    ]);
    command.arg(format!("--partial-dir={PARTIAL_DIR}"));
    command.arg(format!("--max-size={}", job.limits().max_file_bytes));
    if version.has_fsync() {
        command.arg("--fsync");
    }
    command.args(["--", url]).arg(trailing_slash(job));
    let mut transferred = 0;
    job.progress.begin("fetching", Some(survey.bytes));
    let outcome = process::run(job, &mut command, &mut |line| {
        let bytes = parse_progress(line).unwrap_or(transferred).max(transferred);
        job.progress.advance(bytes - transferred);
        transferred = bytes;
        if bytes > limit { Err(job.over(Excess::Bytes { limit })) } else { Ok(()) }
    });
    job.progress.end();
    outcome.map(|()| transferred)
}

/// What both runs have in common. `-s` is `--secluded-args`, in the spelling that older versions know too.
fn command(job: &Job) -> Command {
    let idle = job.limits().idle;
    let mut command = bare_command(job);
    command.args(["-s", "--no-motd", "--no-human-readable"]);
    command.arg(format!("--contimeout={}", whole_seconds(idle)));
    command.arg(format!("--timeout={}", whole_seconds(idle)));
    command
}

/// The program with nothing of this process's environment.
fn bare_command(job: &Job) -> Command {
    let mut command = Command::new(&job.policy.rsync_program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").current_dir("/");
    command
}

/// rsync counts in seconds, and 0 means forever.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0).max(u64::from(duration.is_zero()))
}

/// With it, rsync copies into the folder rather than beside it. The path starts with `/`, so it is no option and no
/// host.
fn trailing_slash(job: &Job) -> std::path::PathBuf {
    let dir = job.scratch.files_dir();
    std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()).join("")
}

#[cfg(test)]
mod tests;
