//! Where the provider's files are fetched from.

use core::net::Ipv6Addr;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The protocols a release can be fetched by: the field `Sync-Protocol`, default rsync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncProtocol {
    /// `rsync://host[:port]/module/path`
    Rsync,
    /// `http://` or `https://`, a folder with the files named by the checksums file.
    Http,
    /// `ftp://`, anonymous.
    Ftp,
    /// `file:///folder`: a folder on this machine, where the operator allows one.
    File,
}

impl SyncProtocol {
    /// All protocols.
    pub const ALL: [Self; 4] = [Self::Rsync, Self::Http, Self::Ftp, Self::File];

    /// The value of `Sync-Protocol`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsync => "rsync",
            Self::Http => "http",
            Self::Ftp => "ftp",
            Self::File => "file",
        }
    }

    const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Rsync => &["rsync"],
            Self::Http => &["http", "https"],
            Self::Ftp => &["ftp"],
            Self::File => &["file"],
        }
    }
}

impl fmt::Display for SyncProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SyncProtocol {
    type Err = SyncError;

    fn from_str(text: &str) -> Result<Self, SyncError> {
        let folded = text.trim().to_ascii_lowercase();
        let folded = if folded == "https" { "http" } else { folded.as_str() };
        Self::ALL
            .into_iter()
            .find(|p| p.as_str() == folded)
            .ok_or_else(|| SyncError::UnknownProtocol { given: text.to_owned() })
    }
}

/// Why `Sync-Protocol` and `Sync-URL` name no place to fetch from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// A protocol nobody here speaks.
    #[error("\"{given}\" is no Sync-Protocol; use rsync, http, ftp or file")]
    UnknownProtocol {
        /// The text as it came.
        given: String,
    },
    /// Protocol and URL contradict each other.
    #[error("Sync-URL \"{url}\" does not start with {expected}, as Sync-Protocol {protocol} asks")]
    SchemeMismatch {
        /// The URL as it came.
        url: String,
        /// The protocol named beside it.
        protocol: SyncProtocol,
        /// The beginnings that would do.
        expected: String,
    },
    /// The URL is not one.
    #[error("Sync-URL \"{url}\" {why}")]
    Malformed {
        /// The URL as it came.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// A checked source: the URL's scheme fits the protocol and no part of it can pass for an option or a shell word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncSource {
    /// How to fetch.
    pub protocol: SyncProtocol,
    /// The whole URL, without a trailing `/`.
    pub url: String,
}

impl SyncSource {
    /// Checks the two ticket fields together.
    ///
    /// ```
    /// use egi_model::sync::SyncSource;
    /// assert!(SyncSource::parse("rsync", "rsync://repo.example.org/ca/1.37-1").is_ok());
    /// assert!(SyncSource::parse("rsync", "--daemon").is_err());
    /// ```
    pub fn parse(protocol: &str, url: &str) -> Result<Self, SyncError> {
        let protocol: SyncProtocol = protocol.parse()?;
        let url = url.trim().trim_end_matches('/');
        let malformed = |why| SyncError::Malformed { url: url.to_owned(), why };
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(malformed("is no URL: scheme://host/path is expected"));
        };
        if !protocol.schemes().iter().any(|s| s.eq_ignore_ascii_case(scheme)) {
            let expected = protocol.schemes().iter().map(|s| format!("{s}://")).collect::<Vec<_>>().join(" or ");
            return Err(SyncError::SchemeMismatch { url: url.to_owned(), protocol, expected });
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !url.chars().all(|c| c.is_ascii_graphic()) {
            return Err(malformed("has blanks, control or non-ASCII characters; percent-encode them"));
        }
        if authority.contains('@') {
            return Err(malformed("carries a user or password; credentials belong in the configuration"));
        }
        if authority.starts_with('-') || path.starts_with('-') {
            return Err(malformed("has a host or path that starts with a dash"));
        }
        if !has_sound_brackets(authority) {
            return Err(malformed("has brackets that hold no IPv6 address; write [2001:db8::1] or [2001:db8::1]:port"));
        }
        match (protocol, authority.is_empty()) {
            (SyncProtocol::File, false) => Err(malformed("names a host; write file:///folder")),
            (SyncProtocol::Rsync | SyncProtocol::Http | SyncProtocol::Ftp, true) => Err(malformed("names no host")),
            _ if path.split('/').any(|s| s == "..") => Err(malformed("has \"..\" in its path")),
            _ => Ok(Self { protocol, url: url.to_owned() }),
        }
    }

    /// Host, without the port; empty for a local folder.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.after_scheme().split('/').next().unwrap_or_default();
        match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// The path with its leading `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        let rest = self.after_scheme();
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
    }

    fn after_scheme(&self) -> &str {
        self.url.split_once("://").map_or("", |(_, rest)| rest)
    }
}

/// Brackets hold an IPv6 address, and nothing follows them but a port.
fn has_sound_brackets(authority: &str) -> bool {
    match authority.strip_prefix('[') {
        None => !authority.contains(['[', ']']),
        Some(rest) => rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.starts_with(':'))
        }),
    }
}

impl fmt::Display for SyncSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_path_are_told_apart() {
        let source = SyncSource::parse("http", "https://repo.example.org:8443/umd/4/").unwrap();
        assert_eq!((source.host(), source.path()), ("repo.example.org", "/umd/4"));
        let six = SyncSource::parse("rsync", "rsync://[2001:db8::1]:873/m").unwrap();
        assert_eq!((six.host(), six.path()), ("2001:db8::1", "/m"));
        let folder = SyncSource::parse("file", "file:///srv/deliveries/ca").unwrap();
        assert_eq!((folder.host(), folder.path()), ("", "/srv/deliveries/ca"));
    }

    #[test]
    fn what_could_hurt_is_refused() {
        for (protocol, url) in [
            ("rsync", "-e sh"),
            ("rsync", "rsync://-oProxyCommand=x/m"),
            ("rsync", "http://host/x"),
            ("http", "http://user:secret@host/x"),
            ("rsync", "rsync://host/a/../b"),
            ("rsync", "rsync://host/a b"),
            ("http", "http:///x"),
            ("http", "http://[-oProxyCommand=x/m"),
            ("rsync", "rsync://[::1]evil/m"),
            ("rsync", "rsync://a[::1]/m"),
            ("file", "file://host/x"),
            ("gopher", "gopher://host/x"),
        ] {
            assert!(SyncSource::parse(protocol, url).is_err(), "{protocol} {url}");
        }
    }
}
