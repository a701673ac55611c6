//! Reads an apt repository as its clients do.

use std::thread;
use std::time::Duration;

use ureq::Agent;

use super::reader::{Fault, Seen, get, get_checked, unpack};
use crate::packages::DEB_ARCH;

/// Top file, pause, index, packages.
pub(super) fn read(agent: &Agent, url: &str, suite: &str, pause: Duration) -> Seen {
    round(agent, url, suite, pause).into()
}

fn round(agent: &Agent, url: &str, suite: &str, pause: Duration) -> Result<(), Fault> {
    let base = format!("{url}/dists/{suite}");
    let top = String::from_utf8_lossy(&get(agent, &format!("{base}/Release"))?).into_owned();
    thread::sleep(pause);
    let index = format!("main/binary-{DEB_ARCH}/Packages.gz");
    let missing = || Fault::Torn(format!("{base}/Release does not list {index}"));
    let sha256 = digest_of(&top, &index).ok_or_else(missing)?;
    // Where indexes can be had by their digest, clients ask for them so.
    let at = match (top.contains("Acquire-By-Hash: yes"), index.rsplit_once('/')) {
        (true, Some((folder, _))) => format!("{base}/{folder}/by-hash/SHA256/{sha256}"),
        _ => format!("{base}/{index}"),
    };
    let packages = unpack(&at, &get_checked(agent, &at, &sha256)?)?;
    let stanzas: Vec<&str> = packages.split("\n\n").filter(|stanza| !stanza.trim().is_empty()).collect();
    if stanzas.is_empty() {
        return Err(Fault::Torn(format!("{at}: no package is listed")));
    }
    for stanza in [stanzas.first(), stanzas.last()].into_iter().flatten() {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (Some(path), Some(sha256)) = (field("Filename:"), field("SHA256:")) else {
            return Err(Fault::Torn(format!("{at}: a package has no file")));
        };
        get_checked(agent, &format!("{url}/{path}"), sha256)?;
    }
    Ok(())
}

/// The SHA-256 that `Release` gives for a file.
fn digest_of(release: &str, file: &str) -> Option<String> {
    let listed = release.lines().skip_while(|line| *line != "SHA256:").skip(1).take_while(|line| line.starts_with(' '));
    let mut words = listed.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words.find(|words| words.last() == Some(&file)).and_then(|words| words.first().map(|&word| word.to_owned()))
}
