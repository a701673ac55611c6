//! What is new since the last look: on the tickets, in the repositories, in the folders of unfinished work, in the
//! post.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A ticket as its readers see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TicketView {
    state: String,
    answer: String,
    status: String,
    url: String,
    watchers: String,
    comments: Vec<String>,
}

impl TicketView {
    /// From the answer of `nsrw ticket show --json`.
    pub(super) fn read(record: &Value) -> Self {
        let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        let list = |pointer: &str| record.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        let watchers: Vec<String> =
            list("/ticket/watchers").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let comment = |entry: &Value| entry.pointer("/what/text").and_then(Value::as_str).map(str::to_owned);
        Self {
            state: text("/ticket/fields/RolloutProgress"),
            answer: text("/ticket/fields/CommunicationStatus"),
            status: text("/ticket/status"),
            url: text("/ticket/fields/RepositoryURL"),
            watchers: if watchers.is_empty() { "nobody".to_owned() } else { watchers.join(", ") },
            comments: list("/history").iter().filter_map(comment).collect(),
        }
    }

    /// Whether the repository owes an answer.
    pub(super) fn is_pending(&self) -> bool {
        self.answer == "Pending"
    }

    /// How many comments it has.
    pub(super) fn comments(&self) -> usize {
        self.comments.len()
    }

    /// Everything but the comments.
    pub(super) fn whole(&self) -> String {
        let Self { state, answer, status, url, watchers, .. } = self;
        format!("  {state}, {answer}, {status}\n    watchers: {watchers}\n    RepositoryURL: {url}\n")
    }

    /// What differs from `before`; empty when nothing does.
    pub(super) fn since(&self, before: &Self, name: &str, comments: bool) -> String {
        if self == before {
            return String::new();
        }
        let from = if before.state == self.state { String::new() } else { format!("{} -> ", before.state) };
        let mut told = format!("  {name}: {from}{}, {}\n", self.state, self.answer);
        let parts = [
            ("status", &before.status, &self.status),
            ("watchers", &before.watchers, &self.watchers),
            ("RepositoryURL", &before.url, &self.url),
        ];
        for (what, _, now) in parts.into_iter().filter(|(_, before, now)| before != now) {
            // Writing to a String can not fail.
            let _ = writeln!(told, "    {what}: {now}");
        }
        for comment in self.comments.iter().skip(before.comments.len()).filter(|_| comments) {
            for line in comment.lines() {
                let _ = writeln!(told, "{}", format!("    | {line}").trim_end());
            }
        }
        told
    }
}

/// The repositories below `sw`: the generation of each, and the package files it shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TreeView(BTreeMap<String, Published>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Published {
    generation: String,
    files: BTreeSet<String>,
}

impl TreeView {
    /// From the tree whose public folder this is.
    pub(super) fn read(public: &Path) -> Result<Self> {
        let mut found = BTreeMap::new();
        for path in links_below(public)? {
            let target = fs::read_link(&path).with_context(|| format!("failed to read the link {}", path.display()))?;
            let generation = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let listing = path.join(".nsrw-files.json");
            let text = fs::read(&listing).with_context(|| format!("failed to read {}", listing.display()))?;
            let listing: Value = serde_json::from_slice(&text).context("a listing is no JSON")?;
            let files = listing.get("files").and_then(Value::as_array).context("a listing has no files")?;
            let files = files.iter().filter_map(|file| file.get("path")?.as_str().map(str::to_owned)).collect();
            let key = path.strip_prefix(public).unwrap_or(&path).to_string_lossy().into_owned();
            found.insert(key, Published { generation, files });
        }
        Ok(Self(found))
    }

    /// Each repository, its generation and its files.
    pub(super) fn whole(&self) -> String {
        let mut told = String::new();
        for (key, Published { generation, files }) in &self.0 {
            let _ = writeln!(told, "  {key} {generation}");
            for file in files {
                let _ = writeln!(told, "    {file}");
            }
        }
        if told.is_empty() { "  nothing is published\n".to_owned() } else { told }
    }

    /// What differs from `before`, repository by repository.
    pub(super) fn since(&self, before: &Self) -> String {
        let mut told = String::new();
        let none = Published::default();
        for key in self.0.keys().chain(before.0.keys()).collect::<BTreeSet<_>>() {
            let (was, is) = (before.0.get(key).unwrap_or(&none), self.0.get(key).unwrap_or(&none));
            if was == is {
                continue;
            }
            let generation = if is.generation.is_empty() { "gone" } else { &is.generation };
            let more = is.files.difference(&was.files).map(|file| format!(" +{file}"));
            let fewer = was.files.difference(&is.files).map(|file| format!(" -{file}"));
            let _ = writeln!(told, "  {key} {generation}:{}", more.chain(fewer).collect::<String>());
        }
        if told.is_empty() { "  repositories untouched\n".to_owned() } else { told }
    }
}

/// A text with each line indented, as a transcript shows it.
pub(super) fn indent(text: &str) -> String {
    text.lines().fold(String::new(), |told, line| told + "  " + line.trim_end() + "\n")
}

fn links_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in list(&next)? {
            if path.is_symlink() {
                // Every generation again, by number.
                found.extend((!path.ends_with("@")).then_some(path));
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(found)
}

/// What unfinished work has left in these folders of the tree, a line each; empty when there is none.
pub(super) fn unfinished(root: &Path) -> Result<String> {
    let mut told = String::new();
    for folder in ["scratch", "tmp"] {
        for path in list(&root.join(folder))? {
            let _ = writeln!(told, "  unfinished: {}", path.strip_prefix(root).unwrap_or(&path).display());
        }
    }
    Ok(told)
}

/// The messages in the desk's outbox that are not in `seen` yet, in the order they were written.
pub(super) fn mails(outbox: &Path, seen: &mut BTreeSet<PathBuf>) -> Result<String> {
    let mut fresh: Vec<PathBuf> = list(outbox)?.into_iter().filter(|path| !seen.contains(path)).collect();
    // <ticket>.<place in its history>-<group>.txt
    fresh.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut parts = name.split(['.', '-']);
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
        (number(), number(), name.clone())
    });
    let mut told = String::new();
    for path in fresh {
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        let _ = writeln!(told, "  {} <- {}", line("To: "), line("Subject: "));
        seen.insert(path);
    }
    Ok(if told.is_empty() { "  no mail\n".to_owned() } else { told })
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect());
    let mut paths: Vec<PathBuf> = entries.with_context(|| format!("failed to list {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}
