//! Fetching what a provider delivers into a scratch folder: by rsync, HTTP(S), FTP or from a local folder.
//!
//! Everything that comes from the other side is hostile until it is verified: names, links, sizes, speed, addresses.
//! [`FetchPolicy`] says what a site (or one provider) may make us do. A fetch that was cut short is taken up where it
//! stopped when [`fetch`] is called again with the same scratch.
//!
//! What is left out: whether the content is right ([`crate::verify`]), and when to try again (the caller, guided by
//! [`FetchError::is_transient`]).
//!
//! A hard link in a provider's tree can not be told from a file, whichever protocol: it arrives as a file of its own,
//! with the content it had, and must be listed and match like any other.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egi_model::checksums::Checksums;
use egi_model::sync::{SyncProtocol, SyncSource};

use crate::progress::Progress;
use crate::scratch::Scratch;

mod error;
mod ftp;
mod http;
mod listed;
mod local;
mod net;
mod part;
mod rsync;
mod survey;

pub use error::{Excess, Fault, FaultKind, FetchError, Refusal};

/// How much of this machine one fetch may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of all files. Default 20 GiB, several times the largest distribution release.
    pub max_bytes: u64,
    /// Number of files, and of folders. Default 20 000.
    pub max_files: u64,
    /// Bytes of one file. Default 4 GiB.
    pub max_file_bytes: u64,
    /// How long the other side may be silent. Default one minute. rsync counts in whole seconds, rounded up.
    pub idle: Duration,
    /// How long one attempt may take. Default six hours; what it brought is kept for the next.
    pub total: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        const GIB: u64 = 1 << 30;
        Self {
            max_bytes: 20 * GIB,
            max_files: 20_000,
            max_file_bytes: 4 * GIB,
            idle: Duration::from_mins(1),
            total: Duration::from_hours(6),
        }
    }
}

/// What a fetch is allowed to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchPolicy {
    /// Limits of size, number and time.
    pub limits: FetchLimits,
    /// Schemes of addresses to fetch from: `rsync`, `https`, `http`, `ftp`, `file`. Empty: all of them. A redirect is held to
    /// them as well.
    pub allowed_schemes: Vec<String>,
    /// Hosts to fetch from: a name, or `*.domain` for any name below a domain. Empty: any host; redirects then stay on
    /// the host they started from.
    pub allowed_hosts: Vec<String>,
    /// Whether hosts may have private, loopback or link-local addresses. Off by default: a ticket must not make this
    /// machine talk to its own network.
    pub allow_private_addresses: bool,
    /// Folders that `file://` sources may lie in. Empty by default: none.
    pub local_roots: Vec<PathBuf>,
    /// The rsync program: a path, or a name to be found in `/usr/bin` or `/bin`.
    ///
    /// Versions before 3.2.3 are refused. 3.5.0 mends security faults; an older one is used with a warning.
    pub rsync_program: PathBuf,
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            limits: FetchLimits::default(),
            allowed_schemes: Vec::new(),
            allowed_hosts: Vec::new(),
            allow_private_addresses: false,
            local_roots: Vec::new(),
            rsync_program: PathBuf::from("rsync"),
        }
    }
}

/// What a fetch brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Files that lie in the scratch folder now.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of them that an earlier attempt had brought. By rsync, whole files count and parts of one do not.
    pub resumed_bytes: u64,
}

/// Fetches `source` into `into`.
///
/// HTTP and FTP have no listing that can be trusted, so they fetch the files of `listed`; rsync and a local folder
/// bring the whole tree, which verification then compares with the list. `release.xml` may be missing at the source,
/// as it usually comes with the ticket.
///
/// Blocks until done, refused or out of time.
pub fn fetch(
    source: &SyncSource,
    listed: &Checksums,
    into: &Scratch,
    policy: &FetchPolicy,
    progress: &dyn Progress,
) -> Result<Fetched, FetchError> {
    let deadline = Instant::now() + policy.limits.total;
    let job = Job { source, listed, scratch: into, policy, progress, deadline };
    job.check_scheme(&source.url)?;
    let fetched = match source.protocol {
        SyncProtocol::Rsync => rsync::fetch(&job),
        SyncProtocol::Http => http::fetch(&job),
        SyncProtocol::Ftp => ftp::fetch(&job),
        SyncProtocol::File => local::fetch(&job),
    }?;
    tracing::info!(
        source.url = %source,
        fetched.files = fetched.files,
        fetched.bytes = fetched.bytes,
        fetched.resumed_bytes = fetched.resumed_bytes,
        "fetched the provider's files"
    );
    Ok(fetched)
}

/// One call of [`fetch`].
#[derive(Clone, Copy)]
struct Job<'a> {
    source: &'a SyncSource,
    listed: &'a Checksums,
    scratch: &'a Scratch,
    policy: &'a FetchPolicy,
    progress: &'a dyn Progress,
    deadline: Instant,
}

impl Job<'_> {
    fn limits(&self) -> &FetchLimits {
        &self.policy.limits
    }

    fn url(&self) -> String {
        self.source.url.clone()
    }

    /// Refuses an address whose scheme is not among the allowed.
    fn check_scheme(&self, url: &str) -> Result<(), FetchError> {
        let (allowed, scheme) = (&self.policy.allowed_schemes, url.split(':').next().unwrap_or_default());
        if allowed.is_empty() || allowed.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return Ok(());
        }
        let allowed = allowed.join(", ");
        Err(FetchError::SchemeRefused { url: url.to_owned(), scheme: scheme.to_owned(), allowed })
    }

    /// The time left, or the error that says there is none.
    fn remaining(&self) -> Result<Duration, FetchError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.out_of_time()) } else { Ok(left) }
    }

    fn out_of_time(&self) -> FetchError {
        FetchError::OutOfTime { url: self.url(), limit: self.limits().total }
    }

    fn stalled(&self) -> FetchError {
        FetchError::Stalled { url: self.url(), limit: self.limits().idle }
    }

    fn unsuitable(&self, why: impl Into<String>) -> FetchError {
        FetchError::Unsuitable { url: self.url(), why: why.into() }
    }

    fn over(&self, excess: Excess) -> FetchError {
        FetchError::OverLimit { url: self.url(), excess }
    }

    /// A failure of this machine's disk while something was done to `path` of the scratch folder.
    fn disk(&self, action: &'static str, path: &str, source: std::io::Error) -> FetchError {
        FetchError::disk(action, self.scratch.files_dir().join(path), source)
    }
}

#[cfg(test)]
mod tests;
