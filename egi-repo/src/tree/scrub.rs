//! Reads the pool again: whether every file still is what its name says.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use serde::Serialize;

use super::layout::Layout;
use super::{RepoError, garbage, health, past, pool, prune};
use crate::parallel;
use crate::progress::Progress;
use crate::verify::hash::digest_reader;

/// Something in the tree that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rot {
    /// Where.
    pub path: PathBuf,
    /// What is wrong, as a sentence, with what depends on it.
    pub what: String,
}

/// Reads every file of the pool, every record, and looks whether each live repository has its files.
pub(super) fn scrub(layout: &Layout, progress: &dyn Progress) -> Result<Vec<Rot>, RepoError> {
    let files = garbage::named(&layout.root.join("pool"))?;
    progress.begin("reading the pool", Some(files.len() as u64));
    let read = parallel::map(&files, |(path, digest)| {
        let found = File::open(path).and_then(|file| digest_reader(file, std::iter::empty(), &mut |_| ()));
        progress.advance(1);
        match found {
            Ok(found) if found.sha256 == *digest => None,
            Ok(found) => Some((path.clone(), *digest, format!("its sha256 is {}", found.sha256))),
            Err(error) => Some((path.clone(), *digest, format!("it can not be read: {error}"))),
        }
    });
    progress.end();
    let mut rot = Vec::new();
    let damaged: Vec<_> = read.into_iter().flatten().collect();
    let (mut used, mut missing) = (Vec::new(), BTreeSet::new());
    for key in prune::all_keys(layout)? {
        for (manifest, _) in past::known(layout, &key)? {
            for placement in manifest.placements {
                match pool::load(layout, placement.content) {
                    Ok(files) => {
                        let lost = files.iter().filter(|file| !layout.pool_file(file.sha256).exists());
                        missing.extend(lost.map(|file| (layout.pool_file(file.sha256), placement.ticket)));
                        used.extend(files.into_iter().map(|file| (file.sha256, key.clone(), placement.ticket)));
                    }
                    Err(error) => rot.push(Rot {
                        path: layout.content(placement.content),
                        what: format!("ticket {} in {key} depends on it: {error}", placement.ticket),
                    }),
                }
            }
        }
        health::check_live(layout, &key, &mut rot)?;
    }
    rot.extend(
        missing.into_iter().map(|(path, ticket)| Rot { path, what: format!("it is missing; ticket {ticket} has it") }),
    );
    for (path, digest, what) in damaged {
        let users: BTreeSet<_> =
            used.iter().filter(|(d, ..)| *d == digest).map(|(_, key, t)| format!("{key} (ticket {t})")).collect();
        let users =
            if users.is_empty() { "nothing".to_owned() } else { users.into_iter().collect::<Vec<_>>().join(", ") };
        rot.push(Rot { path, what: format!("{what}; it is used by {users}. Fetch the release again") });
    }
    rot.extend(health::check_log(layout)?);
    rot.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
    rot.dedup();
    Ok(rot)
}
