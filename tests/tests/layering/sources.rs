//! What may be written where: a look at the sources for words that have one home.
//!
//! It reads lines, not syntax, and is easily fooled by who wants to fool it. It is here for the honest mistake.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Words that may occur only below some paths.
pub(crate) struct Rule {
    /// What the words do.
    what: &'static str,
    /// The words.
    words: &'static [&'static str],
    /// Where the rule holds: beginnings of paths below the workspace. Empty: everywhere.
    holds_in: &'static [&'static str],
    /// Where it does not, all the same.
    except: &'static [&'static str],
}

/// The rules. `jobs` writes a site's own files (its configuration, reports, a provider's `release.xml`) in the subcommands
/// that exist for it; its worker and its API change the world through `egi-repo`, `egi-tickets` and `egi-store` alone.
pub(crate) const RULES: [Rule; 3] = [
    Rule {
        what: "changes files",
        words: &[
            "fs::write(",
            "fs::rename(",
            "fs::copy(",
            "fs::remove_",
            "fs::create_dir",
            "fs::hard_link(",
            "fs::set_permissions(",
            "OpenOptions",
            "File::create",
            "DirBuilder",
            "symlink(",
        ],
        holds_in: &[],
        except: &[
            "egi-repo/",
            "egi-tickets/src/desk",
            "jobs/src/commands",
            "jobs/src/numbers/folder.rs",
            "jobs/src/output.rs",
        ],
    },
    Rule {
        what: "speaks SQL",
        words: &["SELECT ", "INSERT INTO", "DELETE FROM", "CREATE TABLE", "ALTER TABLE", "PRAGMA ", "sqlx::"],
        holds_in: &[],
        except: &["egi-store/", "egi-tickets/src/rt/database"],
    },
    Rule {
        what: "is not pure",
        words: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "Utc::now",
            "Local::now",
            "SystemTime",
            "Instant::now",
            "async fn",
        ],
        holds_in: &["egi-model/", "egi-workflow/"],
        except: &[],
    },
];

/// The lines of one source file that break a rule; `path` is relative to the workspace.
pub(crate) fn violations(path: &str, text: &str) -> Vec<String> {
    let starts = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
    let holding = || RULES.iter().filter(|r| (r.holds_in.is_empty() || starts(r.holds_in)) && !starts(r.except));
    let mut found = Vec::new();
    for (number, line) in (1..).zip(productive(text)) {
        for rule in holding().filter(|rule| rule.words.iter().any(|word| line.contains(word))) {
            found.push(format!("{path}:{number} {}: {}", rule.what, line.trim()));
        }
    }
    found
}

/// The lines before the unit tests, comments blanked.
fn productive(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    lines.map(|line| if line.trim_start().starts_with("//") { "" } else { line })
}

/// Looks through the sources of all crates but those of tests: `tests` shows what is forbidden, and `fuzz` writes inputs.
pub(crate) fn scan(workspace: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut files = 0;
    for entry in fs::read_dir(workspace)? {
        let sources = entry?.path().join("src");
        if !sources.is_dir()
            || sources.parent().is_some_and(|folder| folder.ends_with("tests") || folder.ends_with("fuzz"))
        {
            continue;
        }
        for file in rust_files(&sources)? {
            let path = file.strip_prefix(workspace)?.to_str().context("a source file's name is not UTF-8")?;
            found.extend(violations(path, &fs::read_to_string(&file)?));
            files += 1;
        }
    }
    anyhow::ensure!(files > 50, "only {files} source files were found: the scan looks in the wrong place");
    Ok(found)
}

/// The files with code that ships: not those of unit tests (`tests.rs`, `tests/`).
fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_tests {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_tests {
            files.push(path);
        }
    }
    Ok(files)
}
