//! An apt repository outside: the suite's `Release`, and the `Packages` it lists.

use std::io::Read as _;

use rpmrepo_metadata::Checksum;

use super::OutsideError;
use super::place::{Reader, open};
use crate::closure::{Package, read_packages};

/// How a `Packages` may be packed, the smallest first.
const PACKINGS: [&str; 5] = [".xz", ".zst", ".bz2", ".gz", ""];

/// A suite's top file, and the folder that its paths are below.
struct Suite {
    folder: String,
    top: String,
    release: String,
}

pub(super) fn read(
    reader: &Reader,
    place: &str,
    suite: &str,
    components: &[String],
    machine: &str,
) -> Result<Vec<Package>, OutsideError> {
    let suite = open_suite(reader, place, suite)?;
    if components.is_empty() {
        let index = suite.bring(reader, "")?.ok_or_else(|| suite.lacks("Packages"))?;
        return Ok(read_packages(&index, machine));
    }
    let mut packages = Vec::new();
    for component in components {
        let folder = format!("{component}/binary-{machine}/");
        let index = suite.bring(reader, &folder)?.ok_or_else(|| suite.lacks(&format!("{folder}Packages")))?;
        packages.extend(read_packages(&index, machine));
        // Some list what is for all machines apart, some in each architecture's index, some in both.
        let apart = suite.bring(reader, &format!("{component}/binary-all/"))?;
        packages.extend(apart.iter().flat_map(|index| read_packages(index, machine)));
    }
    packages.sort_by(|one, two| (&one.identity, &one.digest).cmp(&(&two.identity, &two.digest)));
    packages.dedup_by(|one, two| one.identity == two.identity && one.digest == two.digest);
    Ok(packages)
}

/// `Release`, or `InRelease` where there is only that.
fn open_suite(reader: &Reader, place: &str, suite: &str) -> Result<Suite, OutsideError> {
    let place = place.trim_end_matches('/');
    let folder = match suite.strip_suffix('/') {
        Some("" | ".") => place.to_owned(),
        Some(folder) => format!("{place}/{folder}"),
        None => format!("{place}/dists/{suite}"),
    };
    let top = format!("{folder}/Release");
    let read = |top: String| reader.read(&top).map(|bytes| (top, String::from_utf8_lossy(&bytes).into_owned()));
    let (top, release) = read(top).or_else(|error| read(format!("{folder}/InRelease")).map_err(|_| error))?;
    Ok(Suite { folder, top, release })
}

impl Suite {
    /// The `Packages` of a folder below the suite's; `None` if there is none.
    fn bring(&self, reader: &Reader, folder: &str) -> Result<Option<String>, OutsideError> {
        let listed = PACKINGS.iter().find_map(|packing| {
            let name = format!("{folder}Packages{packing}");
            self.listed(&name).map(|digest| (name, digest))
        });
        let Some((name, digest)) = listed else { return Ok(None) };
        let url = format!("{}/{name}", self.folder);
        let bytes = reader.read_known(&url, &Checksum::Sha256(digest.to_ascii_lowercase()))?;
        let mut text = String::new();
        let file = name.rsplit('/').next().unwrap_or(&name);
        open(file, bytes)
            .and_then(|mut index| index.read_to_string(&mut text))
            .map_err(|error| OutsideError::malformed(&url, &error))?;
        Ok(Some(text))
    }

    /// The digest of a file, from the list of SHA-256 alone.
    fn listed(&self, name: &str) -> Option<&str> {
        let lines = self.release.lines().skip_while(|line| !line.eq_ignore_ascii_case("SHA256:")).skip(1);
        let mut entries = lines.take_while(|line| line.starts_with(' ')).map(|line| {
            let mut words = line.split_whitespace();
            (words.next(), words.nth(1))
        });
        entries
            .find_map(|(digest, path)| digest.filter(|_| path.map(|path| path.trim_start_matches("./")) == Some(name)))
    }

    fn lacks(&self, what: &str) -> OutsideError {
        OutsideError::malformed(&self.top, &format!("it lists no {what} with its SHA-256"))
    }
}
