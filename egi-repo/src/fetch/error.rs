//! Why a fetch failed, in words for the ticket.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use egi_model::name::{NameError, RelPath};

/// How many faults a message shows; a hostile tree may have thousands.
const SHOWN: usize = 50;

/// Why a fetch failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL is well-formed, and yet nothing can be fetched from it.
    #[error("Sync-URL {url} can not be fetched: {why}")]
    Unsuitable {
        /// The source.
        url: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// The scheme is not among the allowed, whether of the ticket's address or of a redirect.
    #[error("{url} is not fetched, as {scheme} is not allowed for this provider: deliver by one of {allowed}")]
    SchemeRefused {
        /// The address.
        url: String,
        /// Its scheme.
        scheme: String,
        /// Those that would do.
        allowed: String,
    },
    /// The host is not among the allowed, whether named in the ticket or by a redirect.
    #[error(
        "{url} leads to host {host}, which is not allowed for this provider: \
         deliver from an allowed host, or ask the operator to allow it"
    )]
    HostRefused {
        /// The source.
        url: String,
        /// The host.
        host: String,
    },
    /// The host's address lies in this machine's own network.
    #[error(
        "{url} leads to {address}, an address that is private or not of the public internet: \
         deliver from a public host, or ask the operator to allow private addresses"
    )]
    AddressRefused {
        /// The source.
        url: String,
        /// The address.
        address: IpAddr,
    },
    /// A local folder outside the allowed ones.
    #[error("folder {} is not below any folder the operator allows file:// deliveries from", path.display())]
    FolderRefused {
        /// The folder.
        path: PathBuf,
    },
    /// The provider's tree has links, special files or names that are not accepted. All of them are told.
    #[error("{url} has what a delivery may not have:{}", render_list(.refusals))]
    Refused {
        /// The source.
        url: String,
        /// All that was refused.
        refusals: Vec<Refusal>,
    },
    /// Single files could not be had, and asking again will not help. All of them are told.
    #[error("{url} does not serve what the checksums file lists:{}", render_list(.faults))]
    Faulty {
        /// The source.
        url: String,
        /// Each file with what is wrong.
        faults: Vec<Fault>,
    },
    /// More than the limits allow.
    #[error("{url} {excess}: deliver less, or ask the operator to raise the limit")]
    OverLimit {
        /// The source.
        url: String,
        /// What there is too much of.
        excess: Excess,
    },
    /// The host could not be found or reached, or the connection was cut.
    #[error("failed to reach or keep the connection to {url}")]
    Unreachable {
        /// The source.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// The server answered that it can not serve us now.
    #[error("{url} answered \"{answer}\": its server is busy or broken at the moment")]
    Busy {
        /// The URL asked for.
        url: String,
        /// The answer.
        answer: String,
    },
    /// The server's answers make no sense, or it can not prove who it is.
    #[error("{url} does not speak its protocol properly")]
    Protocol {
        /// The URL asked for.
        url: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nothing came for too long.
    #[error("{url} was silent for {limit:?}")]
    Stalled {
        /// The source.
        url: String,
        /// How long it may be silent.
        limit: Duration,
    },
    /// The attempt took too long. What it brought is kept.
    #[error("fetching {url} took longer than {limit:?}; the next attempt carries on from here")]
    OutOfTime {
        /// The source.
        url: String,
        /// How long it may take.
        limit: Duration,
    },
    /// rsync ended with an error.
    #[error("rsync from {url} ended with {}{}", render_code(*code), render_messages(.messages))]
    Rsync {
        /// The source.
        url: String,
        /// Its exit code; none when it was killed.
        code: Option<i32>,
        /// The end of what it said.
        messages: String,
    },
    /// rsync can not be used on this machine.
    #[error("rsync ({}) can not be used: {why}. Install rsync 3.5.0 or later, or name it in the configuration", program.display())]
    RsyncUnusable {
        /// The program.
        program: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The scratch folder's disk is full.
    #[error("no space is left on the disk of {}; free some, or use a larger disk", path.display())]
    NoSpace {
        /// What was being written.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another failure of this machine's disk.
    #[error("failed to {action} {}", path.display())]
    Disk {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl FetchError {
    /// Whether trying again can help, with nobody doing anything about it, or once this machine's disk has room.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unsuitable { .. }
            | Self::SchemeRefused { .. }
            | Self::HostRefused { .. }
            | Self::AddressRefused { .. }
            | Self::FolderRefused { .. }
            | Self::Refused { .. }
            | Self::Faulty { .. }
            | Self::OverLimit { .. }
            | Self::Protocol { .. }
            | Self::RsyncUnusable { .. } => false,
            Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::Stalled { .. }
            | Self::OutOfTime { .. }
            | Self::NoSpace { .. }
            | Self::Disk { .. } => true,
            Self::Rsync { code, messages, .. } => is_rsync_transient(*code, messages),
        }
    }

    /// A failure of this machine's disk.
    pub(super) fn disk(action: &'static str, path: PathBuf, source: io::Error) -> Self {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            Self::NoSpace { path, source }
        } else {
            Self::Disk { action, path, source }
        }
    }
}

/// Which of rsync's exit codes a later attempt may not meet again.
///
/// 5 is any refusal at the start: too many connections, but an unknown module as well. 23 says that the source lacks
/// or hides something. The codes below 5 say that it was called wrongly.
fn is_rsync_transient(code: Option<i32>, messages: &str) -> bool {
    match code {
        Some(5) => !["unknown module", "auth failed", "access denied"]
            .iter()
            .any(|permanent| messages.to_ascii_lowercase().contains(permanent)),
        // Socket, files of this machine, cut protocol stream, its own processes, memory, vanished files, timeouts.
        Some(10..=14 | 20..=22 | 24 | 30 | 35) | None => true,
        Some(_) => false,
    }
}

fn render_code(code: Option<i32>) -> String {
    code.map_or_else(|| "a signal".to_owned(), |code| format!("code {code}"))
}

fn render_messages(messages: &str) -> String {
    if messages.is_empty() { String::new() } else { format!(": {messages}") }
}

fn render_list<T: fmt::Display>(items: &[T]) -> String {
    let mut lines: Vec<String> = items.iter().take(SHOWN).map(ToString::to_string).collect();
    if let Some(more) = items.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    crate::verify::render_bullets(&lines)
}

/// Something in the provider's tree that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A symbolic link, wherever it points: one that leaves the tree could publish this machine's files, and one that
    /// stays in it would have to be listed with its target's digest, which no checksums file does.
    Link {
        /// Its name.
        name: String,
        /// What it points to.
        target: String,
    },
    /// A device, socket or FIFO.
    Special {
        /// Its name.
        name: String,
    },
    /// A name that may not become part of a path.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: NameError,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link { name, target } if leaves_tree(name, target) => {
                write!(f, "{name:?} is a link to {target:?}, outside the tree: deliver the file itself")
            }
            Self::Link { name, target } => {
                write!(f, "{name:?} is a link to {target:?}: deliver the file itself")
            }
            Self::Special { name } => write!(f, "{name:?} is a device, socket or FIFO: deliver plain files only"),
            Self::Name { name, why } => write!(f, "{name:?} has a name that is not accepted: {why}. Rename it"),
        }
    }
}

/// Whether a link at `name`, relative to the tree's root, points out of the tree by its text.
fn leaves_tree(name: &str, target: &str) -> bool {
    let mut depth = name.matches('/').count();
    target.starts_with('/')
        || target.split('/').any(|segment| match segment {
            "" | "." => false,
            ".." => match depth.checked_sub(1) {
                Some(up) => {
                    depth = up;
                    false
                }
                None => true,
            },
            _ => {
                depth += 1;
                false
            }
        })
}

/// One listed file that could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: RelPath,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// It is not there.
    NotFound,
    /// The server refuses to give it.
    Withheld {
        /// The server's answer.
        answer: String,
    },
    /// More came than is listed.
    LongerThanListed {
        /// The bytes listed.
        listed: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::NotFound => write!(f, "{} is listed and not there", self.path),
            FaultKind::Withheld { answer } => {
                write!(f, "{} is withheld: the server answered \"{answer}\"", self.path)
            }
            FaultKind::LongerThanListed { listed } => {
                write!(f, "{} is longer than the {listed} bytes listed", self.path)
            }
        }
    }
}

/// What there is too much of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excess {
    /// Too many files.
    Files {
        /// How many are allowed.
        limit: u64,
    },
    /// Too many folders; as many are allowed as files.
    Folders {
        /// How many are allowed.
        limit: u64,
    },
    /// Too many bytes in all.
    Bytes {
        /// How many are allowed.
        limit: u64,
    },
    /// One file is too large.
    FileBytes {
        /// The file.
        path: RelPath,
        /// How many bytes one file may have.
        limit: u64,
    },
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files { limit } => write!(f, "has more than {limit} files"),
            Self::Folders { limit } => write!(f, "has more than {limit} folders"),
            Self::Bytes { limit } => write!(f, "has more than {limit} bytes"),
            Self::FileBytes { path, limit } => write!(f, "has {path}, larger than the {limit} bytes one file may have"),
        }
    }
}
