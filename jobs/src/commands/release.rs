//! `nsrw release …`: release.xml for those who have to write it.

mod new;

use std::path::{Path, PathBuf};

use egi_model::checksums::Checksums;
use egi_model::problem::Problem;
use egi_model::release_xml;
use serde::Serialize;

use crate::cli::release::ReleaseCommand;
use crate::exit::Exit;
use crate::output;

pub(super) async fn run(config: &Path, command: &ReleaseCommand) -> anyhow::Result<Exit> {
    match command {
        ReleaseCommand::Lint { files, json } => lint(files, *json),
        ReleaseCommand::New(args) => new::run(args),
        ReleaseCommand::Evidence(args) => super::evidence::write(&super::open_site(config).await?, args).await,
    }
}

/// What was found in one file.
#[derive(Debug, Serialize)]
struct Linted {
    file: PathBuf,
    summary: Option<String>,
    faults: Vec<Problem>,
    warnings: Vec<Problem>,
}

fn lint(files: &[PathBuf], json: bool) -> anyhow::Result<Exit> {
    let mut found = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).map_err(|e| anyhow::anyhow!("failed to read {}: {e}", file.display()))?;
        found.push(check(file, &bytes));
    }
    if json {
        output::json(&found)?;
    } else {
        found.iter().for_each(print);
    }
    Ok(if found.iter().all(|f| f.faults.is_empty()) { Exit::Done } else { Exit::Found })
}

fn check(file: &Path, bytes: &[u8]) -> Linted {
    let listing = file.file_name().is_some_and(|name| name.to_string_lossy().contains("checksums"));
    let result = if listing {
        Checksums::parse(bytes).map(|sums| (format!("{} files listed", sums.files.len()), Vec::new()))
    } else {
        release_xml::parse(bytes).map(|parsed| {
            let release = &parsed.release;
            let packages = release.packages().count();
            let summary =
                format!("{} {} ({}), {packages} packages", release.short_name, release.version, parsed.generation);
            (summary, parsed.warnings)
        })
    };
    let file = file.to_owned();
    match result {
        Ok((summary, warnings)) => Linted { file, summary: Some(summary), faults: Vec::new(), warnings },
        Err(problems) => Linted { file, summary: None, faults: problems.0, warnings: Vec::new() },
    }
}

fn print(linted: &Linted) {
    let file = linted.file.display();
    let show = |kind: &str, p: &Problem| {
        output::line(format!("{file}:{}:{}: {kind}: {}. {}", p.at.line, p.at.column, p.message, p.advice));
    };
    linted.faults.iter().for_each(|p| show("fault", p));
    linted.warnings.iter().for_each(|p| show("warning", p));
    if let Some(summary) = &linted.summary {
        output::line(format!("{file}: good: {summary}"));
    }
}
