//! Files of a repository outside, from a folder or over HTTP; those known by digest are fetched once.

use std::fs;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use egi_model::digest::Sha256;
use rpmrepo_metadata::utils::checksum_bytes;
use rpmrepo_metadata::{Checksum, ChecksumType};
use ureq::Agent;

use super::OutsideError;
use crate::package::unpack::{Packing, unpack};

/// The most bytes of an index as it is stored.
const MAX_PACKED: u64 = 512 << 20;
/// The most bytes it may unfold into. Debian's largest has 60 MiB, the file lists of a Fedora 700.
const MAX_UNPACKED: u64 = 4 << 30;
/// How long a server may take to say anything, and how long to hand over a whole index.
const PATIENCE: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_mins(5);

pub(super) struct Reader {
    cache: PathBuf,
    agent: Agent,
}

impl Reader {
    pub(super) fn new(cache: PathBuf) -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .user_agent(concat!("nsrw/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_resolve(Some(PATIENCE))
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .timeout_global(Some(WHOLE))
            .build();
        Self { cache, agent: Agent::new_with_config(config) }
    }

    /// The bytes of a file.
    pub(super) fn read(&self, place: &str) -> Result<Vec<u8>, OutsideError> {
        let path = match place.strip_prefix("file://") {
            Some(path) => Path::new(path),
            None if place.contains("://") => return self.fetch(place),
            None => Path::new(place),
        };
        let read = fs::File::open(path).and_then(read_limited);
        read.map_err(|error| OutsideError::Unreachable {
            place: place.to_owned(),
            why: error.to_string(),
            // A mirror that is not there yet, or not mounted.
            passing: error.kind() != io::ErrorKind::InvalidData,
        })
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>, OutsideError> {
        let failed = |why: String, passing| OutsideError::Unreachable { place: url.to_owned(), why, passing };
        let mut response = self.agent.get(url).call().map_err(|error| {
            let ureq::Error::StatusCode(status) = error else { return failed(error.to_string(), true) };
            // What is not there will not be there the next minute; a server in trouble may recover.
            failed(format!("the server answers {status}"), status >= 500 || [408, 425, 429].contains(&status))
        })?;
        read_limited(response.body_mut().as_reader()).map_err(|error| failed(error.to_string(), true))
    }

    /// The bytes of a file with this check sum: those that were fetched before, if they are still the same.
    pub(super) fn read_known(&self, place: &str, checksum: &Checksum) -> Result<Vec<u8>, OutsideError> {
        let kept = kept_name(checksum).map(|name| self.cache.join(name));
        let remote = place.contains("://") && !place.starts_with("file://");
        if let Some(bytes) = kept.as_ref().filter(|_| remote).and_then(|path| fs::read(path).ok())
            && matches(&bytes, checksum)
        {
            return Ok(bytes);
        }
        let bytes = self.read(place)?;
        if !matches(&bytes, checksum) {
            return Err(OutsideError::Altered { place: place.to_owned() });
        }
        if let (true, Some(path)) = (remote, kept)
            && let Err(error) = keep(&path, &bytes)
        {
            tracing::debug!(file.path = %path.display(), "a fetched index is not kept: {error}");
        }
        Ok(bytes)
    }
}

/// Unpacks an index as its name says.
pub(super) fn open(name: &str, bytes: Vec<u8>) -> io::Result<impl BufRead + use<>> {
    let suffix = name.rfind('.').and_then(|at| name.get(at..)).filter(|suffix| *suffix != ".xml").unwrap_or("");
    let packing = Packing::of_suffix(suffix)
        .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, format!("nothing is known of {suffix}")))?;
    Ok(BufReader::new(unpack(Cursor::new(bytes), packing)?.take(MAX_UNPACKED)))
}

fn read_limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_PACKED + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_PACKED {
        let why = format!("it has more than {MAX_PACKED} bytes, the most that is read");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(bytes)
}

fn matches(bytes: &[u8], checksum: &Checksum) -> bool {
    let kind = match checksum {
        Checksum::Md5(_) => ChecksumType::Md5,
        Checksum::Sha1(_) => ChecksumType::Sha1,
        Checksum::Sha224(_) => ChecksumType::Sha224,
        Checksum::Sha256(_) => ChecksumType::Sha256,
        Checksum::Sha384(_) => ChecksumType::Sha384,
        Checksum::Sha512(_) => ChecksumType::Sha512,
        Checksum::Unknown(_) | Checksum::Empty => return false,
    };
    checksum_bytes(bytes, kind).is_ok_and(|found| found == *checksum)
}

/// A digest by any algorithm as a name of one kind, which is what the tree's garbage collection knows.
fn kept_name(checksum: &Checksum) -> Option<String> {
    match checksum {
        Checksum::Sha256(hex) => Some(hex.clone()),
        Checksum::Empty => None,
        Checksum::Md5(_)
        | Checksum::Sha1(_)
        | Checksum::Sha224(_)
        | Checksum::Sha384(_)
        | Checksum::Sha512(_)
        | Checksum::Unknown(_) => checksum.to_values().ok().map(|(_, hex)| Sha256::of(hex.as_bytes()).to_hex()),
    }
}

fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = folder.join(format!("draft-{}-{:?}", std::process::id(), std::thread::current().id()));
    fs::write(&draft, bytes)?;
    fs::rename(&draft, path)
}
