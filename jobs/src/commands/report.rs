//! `nsrw report`: a month's numbers.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::Facts;
use egi_model::history::HistoryRecord;

use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::output;
use crate::site::Site;

pub(super) async fn run(site: &Site, args: &ReportArgs) -> anyhow::Result<Exit> {
    let records = site.store.load_history(None).await?;
    let month = args.month;
    let facts = facts(&records, site.now());
    let files =
        tokio::task::spawn_blocking(move || egi_metrics::report(&facts, month).map(|report| report.files())).await??;
    let default = || site.config.path(Path::new("reports")).join(month.to_string());
    let folder = args.out.clone().unwrap_or_else(default);
    let written = replace_folder(&folder, &files)?;
    if args.json {
        output::json(
            &serde_json::json!({ "month": month, "folder": folder, "files": written, "records": records.len() }),
        )?;
    } else {
        output::line(format!("{} records read; the report of {month} is in {}", records.len(), folder.display()));
        for name in &written {
            output::line(format!("  {name}"));
        }
    }
    Ok(Exit::Done)
}

/// The log as the metrics take it.
pub(super) fn facts(records: &[HistoryRecord], as_of: DateTime<Utc>) -> Facts {
    Facts::of_history(records, as_of)
}

/// Writes the files aside and puts them in place at once: a half-written report never replaces a good one.
fn replace_folder(folder: &Path, files: &[(String, Vec<u8>)]) -> anyhow::Result<Vec<String>> {
    let parent = folder.parent().map(Path::to_owned).unwrap_or_default();
    let parent = if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent };
    std::fs::create_dir_all(&parent).with_context(|| format!("failed to make the folder {}", parent.display()))?;
    let aside = tempfile::Builder::new()
        .prefix(".report-")
        .tempdir_in(&parent)
        .with_context(|| format!("failed to write into {}", parent.display()))?;
    for (name, bytes) in files {
        let path = aside.path().join(name);
        std::fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))?;
    }
    let former = parent.join(format!(".former-{}", std::process::id()));
    if folder.exists() {
        std::fs::rename(folder, &former).with_context(|| format!("failed to replace {}", folder.display()))?;
    }
    std::fs::rename(aside.keep(), folder).with_context(|| format!("failed to put {} in place", folder.display()))?;
    if former.exists() {
        std::fs::remove_dir_all(&former).with_context(|| format!("failed to remove {}", former.display()))?;
    }
    Ok(files.iter().map(|(name, _)| name.clone()).collect())
}
