//! Reads a yum repository as its clients do.

use std::thread;
use std::time::Duration;

use ureq::Agent;

use super::reader::{Fault, Seen, get, get_checked, unpack};

const LOCATION: &str = "<location href=\"";

/// Top file, pause, indexes, packages.
pub(super) fn read(agent: &Agent, url: &str, pause: Duration) -> Seen {
    round(agent, url, pause).into()
}

fn round(agent: &Agent, url: &str, pause: Duration) -> Result<(), Fault> {
    let top = String::from_utf8_lossy(&get(agent, &format!("{url}/repodata/repomd.xml"))?).into_owned();
    thread::sleep(pause);
    let mut packages = Vec::new();
    for part in top.split("<data ").skip(1) {
        let (href, sha256) = (between(part, LOCATION, "\"")?, between(part, "<checksum type=\"sha256\">", "<")?);
        let at = format!("{url}/{href}");
        let index = get_checked(agent, &at, &sha256)?;
        if part.starts_with("type=\"primary\"") {
            packages = listed(&unpack(&at, &index)?)?;
        }
    }
    if packages.is_empty() {
        return Err(Fault::Torn(format!("{url}: no package is listed")));
    }
    for (href, sha256) in [packages.first(), packages.last()].into_iter().flatten() {
        get_checked(agent, &format!("{url}/{href}"), sha256)?;
    }
    Ok(())
}

fn listed(primary: &str) -> Result<Vec<(String, String)>, Fault> {
    let one = |part: &str| {
        let sha256 = between(part, "<checksum type=\"sha256\" pkgid=\"YES\">", "<")?;
        Ok((between(part, LOCATION, "\"")?, sha256))
    };
    primary.split("<package ").skip(1).map(one).collect()
}

/// What stands first between two texts.
fn between(text: &str, before: &str, after: &str) -> Result<String, Fault> {
    let found = text.split_once(before).and_then(|(_, rest)| Some(rest.split_once(after)?.0.to_owned()));
    found.ok_or_else(|| Fault::Torn(format!("there is no {before} in an index")))
}
