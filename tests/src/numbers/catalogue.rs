//! A catalogue of product releases as facts, beside its own count by month.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::reference::{crate_folder, python};
use crate::process::run;

/// EGI's own releases of 2011 to 2013, where the file lies beside the checkout; it is no part of the project.
#[must_use]
pub fn of_egi() -> Option<PathBuf> {
    let file = crate_folder().join("../../shared/data/egi-catalogue-2011-2013.csv");
    file.is_file().then_some(file)
}

/// A small one with invented releases.
#[must_use]
pub fn invented() -> PathBuf {
    crate_folder().join("fixtures/catalogue.csv")
}

/// Writes the catalogue as facts into `out`. The answer is how many releases it has in each month.
pub fn write_facts(catalogue: &Path, out: &Path) -> Result<BTreeMap<String, u64>> {
    let mut command = Command::new(python("test")?);
    let printed = run(command.arg(crate_folder().join("reference/catalogue.py")).arg(catalogue).arg(out))?;
    let count = |line: &str| {
        let (month, count) = line.split_once(' ').context("no month and count")?;
        Ok((month.to_owned(), count.parse()?))
    };
    printed.lines().map(count).collect()
}
