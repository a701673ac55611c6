//! What a site is in the end, as text that two runs of the same work have in common, line by line.
//!
//! Unlike `nsrw sync`, which compares what a site says with what it has, this leaves nothing out but what may differ:
//! times, the numbers of changes and generations, and the generations that are not live.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::Utc;
use egi_model::digest::Sha256;
use egi_store::Store;
use regex::Regex;
use serde_json::Value;

use crate::site::Site;

/// The records that lie in each generation.
const RECORDS: [&str; 2] = [".nsrw-manifest.json", ".nsrw-files.json"];
/// What one run counts or dates otherwise than another: in a generation's records, and in a ticket's history.
const COUNTED: [&str; 4] = ["generation", "left_in", "pages", "id"];

/// Draws a site.
pub fn draw(site: &Site) -> Result<String> {
    let times = Regex::new(TIMES)?;
    let mut picture = String::new();
    draw_tree(&site.folder().join("repository"), &times, &mut picture)?;
    draw_desk(&site.folder().join("desk"), &times, &mut picture)?;
    draw_store(&site.database()?, &times, &mut picture)?;
    Ok(picture)
}

/// Times as JSON, mails, pages and yum indexes write them, and the number of a generation in its address or on its page.
const TIMES: &str = r"(?x)
    \d{4}-\d\d-\d\d[T\ ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\ UTC|\+00:00)?
    | (?m:^Date:\ .*$)
    | <(revision|timestamp)>\d+
    | Generation\ \d+
    | /@\d+/";

/// What differs between two pictures, a line each; nothing when they are the same.
#[must_use]
pub fn compare(expected: &str, found: &str) -> String {
    let mut differences = String::new();
    let mut left: Vec<&str> = found.lines().collect();
    for line in expected.lines() {
        match left.iter().position(|other| *other == line) {
            Some(place) => drop(left.remove(place)),
            None => drop(writeln!(differences, "- {line}")),
        }
    }
    for line in left {
        let _ = writeln!(differences, "+ {line}");
    }
    if differences.is_empty() && expected != found {
        differences.push_str("the lines are the same and stand in another order\n");
    }
    differences
}

fn draw_tree(root: &Path, times: &Regex, picture: &mut String) -> Result<()> {
    for path in list(&root.join("sw"))? {
        if path.is_symlink() {
            let target = fs::read_link(&path).with_context(|| format!("failed to read {}", path.display()))?;
            let target = target.parent().unwrap_or(&target);
            let _ = writeln!(picture, "live {} -> {}", shown(&path, root), target.display());
            draw_generation(&path, root, times, picture)?;
        } else if path.extension().is_some_and(|ending| ending == "html" || ending == "atom") {
            let _ = writeln!(picture, "signpost {}", shown(&path, root));
        } else if !path.is_dir() {
            let _ = writeln!(picture, "no repository: {}", shown(&path, root));
        }
    }
    for path in list(&root.join("pool"))?.into_iter().filter(|path| path.is_file()) {
        let digest = Sha256::of(&read(&path)?).to_hex();
        let whole = path.file_name().is_some_and(|name| *name == *digest);
        let _ = writeln!(picture, "pool {}{}", shown(&path, root), if whole { "" } else { ": TORN" });
    }
    for path in list(&root.join("contents"))? {
        let _ = writeln!(picture, "content {} {}", shown(&path, root), Sha256::of(&read(&path)?));
    }
    for folder in ["scratch", "tmp"] {
        for path in list(&root.join(folder))? {
            let _ = writeln!(picture, "left over: {}", shown(&path, root));
        }
    }
    Ok(())
}

/// The files of a live generation with their digests. An index that carries the time has the digest of the rest.
fn draw_generation(live: &Path, root: &Path, times: &Regex, picture: &mut String) -> Result<()> {
    for path in list(&live.join("."))?.into_iter().filter(|path| path.is_file()) {
        let bytes = read(&path)?;
        let name = shown(&path, root).replace("/./", "/");
        if RECORDS.iter().any(|record| path.ends_with(record)) {
            let text = steady_json(&bytes, times).with_context(|| format!("{name} is no record"))?;
            let _ = writeln!(picture, "{name}:\n{text}");
            continue;
        }
        let digest = match std::str::from_utf8(&bytes) {
            Ok(text) => Sha256::of(times.replace_all(text, "TIME").as_bytes()),
            Err(_) => Sha256::of(&bytes),
        };
        let _ = writeln!(picture, "{name} {digest}");
    }
    Ok(())
}

fn draw_desk(root: &Path, times: &Regex, picture: &mut String) -> Result<()> {
    for path in list(root)?.into_iter().filter(|path| path.is_file()) {
        let (name, bytes) = (shown(&path, root), read(&path)?);
        match path.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
            // The next numbers, of which a crash may use some up; and an empty file.
            "desk.json" | "desk.lock" => {}
            "ticket.json" => {
                let ticket: Value = serde_json::from_slice(&bytes).with_context(|| format!("{name} is no ticket"))?;
                if !is_ordered(&ticket) {
                    let _ = writeln!(picture, "{name}: the numbers of its changes do not grow");
                }
                let _ = writeln!(picture, "{name}:\n{}", steady_json(&bytes, times)?);
            }
            _ => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let _ = writeln!(picture, "{name}:\n{}", times.replace_all(&text, "TIME"));
            }
        }
    }
    Ok(())
}

fn is_ordered(ticket: &Value) -> bool {
    let history = ticket.get("history").and_then(Value::as_array);
    let numbers: Vec<_> =
        history.into_iter().flatten().map(|change| change.get("id").and_then(Value::as_u64)).collect();
    numbers.is_sorted_by(|one, next| one < next)
}

/// What the database holds: where each release stands, what happened, and what waits. Whether the log is whole is
/// `nsrw history verify`'s to tell.
fn draw_store(url: &str, times: &Regex, picture: &mut String) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let loaded = runtime.context("failed to start a runtime")?.block_on(async {
        let store = Store::open(url).await?;
        let loaded = (store.load_releases().await?, store.load_history(None).await?, store.pending(Utc::now()).await?);
        store.close().await;
        Ok::<_, egi_store::StoreError>(loaded)
    });
    let (releases, mut history, pending) = loaded.context("failed to read the database")?;
    for release in releases {
        let _ = writeln!(picture, "release {}", times.replace_all(&serde_json::to_string(&release)?, "TIME"));
    }
    // By ticket: which of two tickets comes first is a matter of when each was tried again.
    history.sort_by_key(|record| (record.entry.ticket, record.seq));
    for record in history {
        let entry = serde_json::to_string(&record.entry)?;
        let _ = writeln!(picture, "history of {} {}", record.entry.ticket, times.replace_all(&entry, "TIME"));
    }
    for message in pending {
        let _ = writeln!(picture, "waiting: {}", times.replace_all(&serde_json::to_string(&message)?, "TIME"));
    }
    Ok(())
}

/// A document without times and without what is counted otherwise in each run.
fn steady_json(bytes: &[u8], times: &Regex) -> Result<String> {
    let mut document: Value = serde_json::from_slice(bytes)?;
    forget(&mut document);
    Ok(times.replace_all(&serde_json::to_string_pretty(&document)?, "TIME").into_owned())
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !COUNTED.contains(&name.as_str()));
            members.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Everything below a folder, in order; symbolic links are not followed.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("failed to list {}", next.display()))? {
            let path = entry.with_context(|| format!("failed to list {}", next.display()))?.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path.clone());
            }
            // Every generation again, by number.
            if !path.ends_with("@") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("failed to read {}", path.display()))
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_tells_what_is_missing_what_is_new_and_what_is_there_twice() {
        assert_eq!(compare("a\nb\n", "a\nb\n"), "");
        assert_eq!(compare("a\nb\n", "b\nb\nc\n"), "- a\n+ b\n+ c\n");
        assert_eq!(compare("a\nb\n", "b\na\n"), "the lines are the same and stand in another order\n");
    }

    #[test]
    fn only_times_and_counted_numbers_are_forgotten() {
        let times = Regex::new(TIMES).unwrap();
        let text = br#"{"id":7,"at":"2026-11-02T10:11:12.123456Z","ticket":1,"day":"2026-11-02"}"#;
        let steady: Value = serde_json::from_str(&steady_json(text, &times).unwrap()).unwrap();
        assert_eq!(steady, serde_json::json!({"at": "TIME", "ticket": 1, "day": "2026-11-02"}));
        assert_eq!(times.replace_all("To: x\nDate: Mon, 2 Nov\n\nhi", "TIME"), "To: x\nTIME\n\nhi");
        assert_eq!(times.replace_all("<revision>123</revision>", "TIME"), "TIME</revision>");
    }

    #[test]
    fn numbers_of_changes_must_grow() {
        let history =
            |numbers: [u64; 2]| serde_json::json!({"history": numbers.map(|id| serde_json::json!({"id": id}))});
        assert!(is_ordered(&history([1, 3])));
        assert!(!is_ordered(&history([3, 3])));
    }
}
