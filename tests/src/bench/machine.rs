//! The machine that was measured on, in the words of its kernel and programs.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context as _, Result};

use super::notices::PYTHON;
use crate::process::run;

/// What is measured beside ours: its name, and how it tells its version.
const PROGRAMS: [(&str, &str, &[&str]); 8] = [
    ("rsync", "rsync", &["--version"]),
    ("createrepo_c", "createrepo_c", &["--version"]),
    ("apt-ftparchive", "apt-ftparchive", &["--version"]),
    ("sqlite3", "sqlite3", &["--version"]),
    ("PostgreSQL", "psql", &["--version"]),
    ("MariaDB", "/usr/sbin/mariadbd", &["--version"]),
    ("Python", PYTHON, &["--version"]),
    ("its SQLite", PYTHON, &["-Ic", "import sqlite3; print(sqlite3.sqlite_version)"]),
];

/// Facts as name and value. `folder` is where the work is done.
pub(super) fn describe(folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let cores = available_parallelism().context("failed to count the processors")?;
    let memory = find_value("/proc/meminfo", "MemTotal")?;
    let kib: u64 = memory.trim_end_matches("kB").trim().parse().context("the kernel's memory is no number")?;
    let mut find = Command::new("findmnt");
    let file_system = run(find.args(["--noheadings", "--output=FSTYPE,OPTIONS", "--target"]).arg(folder))?;
    let versions: Vec<String> = PROGRAMS.iter().map(version).collect::<Result<_>>()?;
    Ok(vec![
        ("processor", find_value("/proc/cpuinfo", "model name").unwrap_or_else(|_| std::env::consts::ARCH.to_owned())),
        ("cores this process may use", cores.to_string()),
        ("memory", format!("{} MiB", kib / 1024)),
        ("system", format!("{}, Linux {}", distribution(), read("/proc/sys/kernel/osrelease")?.trim())),
        ("file system of the work", squeeze(&file_system)),
        ("programs", versions.join(", ")),
        ("nsrw", format!("{} ({})", env!("CARGO_PKG_VERSION"), profile())),
        ("load before", load()),
    ])
}

/// How busy the machine was over the last 1, 5 and 15 minutes.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// How it was built. A debug build's figures tell nothing about a release.
pub(super) const fn profile() -> &'static str {
    if cfg!(debug_assertions) { "DEBUG BUILD: figures are for trying only" } else { "release build" }
}

fn version((name, program, ask): &(&str, &str, &[&str])) -> Result<String> {
    let printed = run(Command::new(program).args(*ask))?;
    let number = number_of(&printed).with_context(|| format!("{program} does not tell its version: {printed}"))?;
    Ok(format!("{name} {number}"))
}

/// The first word that begins with a digit.
fn number_of(printed: &str) -> Option<&str> {
    printed.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn distribution() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim_matches('"').to_owned())
}

/// The first value of this name in a file of lines `name : value`.
fn find_value(file: &str, name: &str) -> Result<String> {
    value_of(&read(file)?, name).with_context(|| format!("{file} has no \"{name}\""))
}

fn value_of(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned())
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("failed to read {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_whatever_is_around_it() {
        assert_eq!(number_of("rsync  version 3.5.0  protocol version 32\n"), Some("3.5.0"));
        assert_eq!(number_of("Version: 0.17.3 (Features: DeltaRPM )\n"), Some("0.17.3"));
        assert_eq!(number_of("unknown\n"), None);
    }

    #[test]
    fn the_first_value_of_a_name_is_found() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2:1\n\nprocessor\t: 1\nmodel name\t: Other\n";
        assert_eq!(value_of(text, "model name").as_deref(), Some("Some CPU @ 2:1"));
        assert_eq!(value_of(text, "model"), None);
    }
}
