//! Which hosts and addresses may be talked to, and connections to those that were checked.
//!
//! A name is resolved once and the connection goes to the address that was looked at: a name server that answers
//! differently the second time gains nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};

use percent_encoding::percent_decode_str;
use url::Url;

use super::{FetchError, FetchPolicy, Job};

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// The source's host and port, if the host is allowed.
    pub(super) fn of(job: &Job, default_port: u16) -> Result<Self, FetchError> {
        let url = Url::parse(&job.source.url).map_err(|error| job.unsuitable(error.to_string()))?;
        let host = job.source.host().to_owned();
        if !job.policy.allows_host(&host) {
            return Err(FetchError::HostRefused { url: job.url(), host });
        }
        Ok(Self { host, port: url.port().unwrap_or(default_port) })
    }

    /// Connects to the first of the host's addresses that answers, all of which must be allowed.
    pub(super) fn connect(&self, job: &Job) -> Result<TcpStream, FetchError> {
        let unreachable = |source| FetchError::Unreachable { url: job.url(), source };
        let addresses: Vec<SocketAddr> =
            (self.host.as_str(), self.port).to_socket_addrs().map_err(unreachable)?.collect();
        if let Some(address) = job.policy.first_refused(&addresses) {
            return Err(FetchError::AddressRefused { url: job.url(), address });
        }
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            let timeout = job.limits().idle.min(job.remaining()?);
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(unreachable(last))
    }
}

impl FetchPolicy {
    /// Whether `host` may be fetched from.
    pub(super) fn allows_host(&self, host: &str) -> bool {
        self.allowed_hosts.is_empty() || self.lists_host(host)
    }

    /// Whether `host` is named among the allowed.
    pub(super) fn lists_host(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.allowed_hosts.iter().any(|allowed| {
            let allowed = allowed.to_ascii_lowercase();
            match allowed.strip_prefix("*.") {
                Some(domain) => host.strip_suffix(domain).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
                None => host == allowed,
            }
        })
    }

    /// The first address that may not be talked to. One is enough to refuse a host: a public name that also has an
    /// address in this network is a trick or a mistake.
    pub(super) fn first_refused(&self, addresses: &[SocketAddr]) -> Option<IpAddr> {
        if self.allow_private_addresses {
            return None;
        }
        addresses.iter().map(SocketAddr::ip).find(|address| !is_public(*address))
    }
}

/// Whether an address is one of the public internet, by IANA's special-purpose registries.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network; shared between carriers and customers; protocol assignments; benchmarks; reserved.
        (0 | 240..=255, _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _) => true,
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

/// Only global unicast (`2000::/3`) is public, and of it not what carries an IPv4 address that is not.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // NAT64.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4.
        [0x2002, high, low, ..] => embedded(high, low),
        // Documentation; Teredo and other protocol assignments.
        [0x2001, 0xdb8 | 0..=0x1ff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

/// The path of a URL as the other side spells it. Control characters could smuggle commands into a protocol of lines.
pub(super) fn decode_path(job: &Job, path: &str) -> Result<String, FetchError> {
    let decoded = percent_decode_str(path).decode_utf8().map_err(|_| job.unsuitable("its path is no UTF-8 text"))?;
    if decoded.chars().any(char::is_control) || decoded.split('/').any(|segment| segment == "..") {
        return Err(job.unsuitable("its path has control characters or \"..\""));
    }
    Ok(decoded.into_owned())
}
