//! Reading what rsync prints.

use super::super::survey::Met;
use crate::scratch::FileKind;

/// A line of a listing that is not one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("rsync listed {0:?}, which is not understood")]
pub(super) struct Unintelligible(String);

/// One line of `--list-only`. The tree's root, and an empty line, tell nothing.
pub(super) fn parse_entry(line: &[u8]) -> Result<Option<Met>, Unintelligible> {
    let line = String::from_utf8_lossy(line);
    if line.is_empty() {
        return Ok(None);
    }
    let met = split_entry(&line).ok_or_else(|| Unintelligible(line.clone().into_owned()))?;
    Ok(Some(met).filter(|met| met.kind != FileKind::Folder || met.name != "."))
}

/// Permissions, size, date, time and name. rsync writes control characters of names as `\#ooo`: one line, one entry.
fn split_entry(line: &str) -> Option<Met> {
    let (mode, rest) = line.split_once(' ')?;
    let (size, rest) = rest.trim_start().split_once(' ')?;
    let (_date, rest) = rest.split_once(' ')?;
    let (_time, name) = rest.split_once(' ')?;
    let size = size.parse().ok()?;
    let kind = match mode.chars().next()? {
        '-' => FileKind::File,
        'd' => FileKind::Folder,
        'l' => FileKind::Link,
        _ => FileKind::Special,
    };
    let (name, target) = match name.split_once(" -> ").filter(|_| kind == FileKind::Link) {
        Some((name, target)) => (name, Some(target.to_owned())),
        None => (name, None),
    };
    Some(Met { kind, name: name.to_owned(), size, target })
}

/// The bytes so far, from a line of `--info=progress2`.
pub(super) fn parse_progress(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(line).ok()?.split_ascii_whitespace().next()?.parse().ok()
}
