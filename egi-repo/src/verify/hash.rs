//! Digests of a stream: all that are wanted, in one pass.

use std::collections::BTreeMap;
use std::io::{self, Read};

use egi_model::digest::{Algorithm, Sha256};
use sha2::digest::DynDigest;

const CHUNK: usize = 128 * 1024;

/// What one pass over a file found.
#[derive(Debug, Clone)]
pub(crate) struct Digested {
    /// Bytes.
    pub(crate) size: u64,
    /// The digest content is named by.
    pub(crate) sha256: Sha256,
    others: BTreeMap<Algorithm, String>,
}

impl Digested {
    /// The digest by `algorithm` in lower-case hexadecimal; empty if it was not asked for.
    pub(crate) fn digest(&self, algorithm: Algorithm) -> String {
        match algorithm {
            Algorithm::Sha256 => self.sha256.to_hex(),
            Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha512 => {
                self.others.get(&algorithm).cloned().unwrap_or_default()
            }
        }
    }
}

/// Reads to the end; computes SHA-256 and whatever else is asked for. `advance` hears of each chunk's bytes.
pub(crate) fn digest_reader(
    mut reader: impl Read,
    algorithms: impl Iterator<Item = Algorithm>,
    advance: &mut dyn FnMut(u64),
) -> io::Result<Digested> {
    let mut sha256 = sha2::Sha256::default();
    let mut others: Vec<(Algorithm, Box<dyn DynDigest>)> =
        algorithms.filter_map(|a| hasher(a).map(|hasher| (a, hasher))).collect();
    let mut size = 0;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..read).unwrap_or_default();
        sha2::Digest::update(&mut sha256, chunk);
        for (_, hasher) in &mut others {
            hasher.update(chunk);
        }
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        size += bytes;
        advance(bytes);
    }
    let others = others.into_iter().map(|(a, hasher)| (a, hex::encode(hasher.finalize()))).collect();
    Ok(Digested { size, sha256: Sha256::from_bytes(sha2::Digest::finalize(sha256).into()), others })
}

/// SHA-256 is always computed and needs no second hasher.
fn hasher(algorithm: Algorithm) -> Option<Box<dyn DynDigest>> {
    match algorithm {
        Algorithm::Md5 => Some(Box::new(md5::Md5::default())),
        Algorithm::Sha1 => Some(Box::new(sha1::Sha1::default())),
        Algorithm::Sha256 => None,
        Algorithm::Sha512 => Some(Box::new(sha2::Sha512::default())),
    }
}
