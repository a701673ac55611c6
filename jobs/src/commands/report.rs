//! `nsrw report`: a month's numbers, as files, on paper and by mail.

mod mail;
mod paper;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::paper::ReportData;
use egi_metrics::{Facts, MonthReport};
use egi_model::history::HistoryRecord;
use egi_model::month::Month;

use self::paper::Press;
use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::mail::Enclosure;
use crate::output;
use crate::site::Site;

pub(super) async fn run(site: &Site, args: &ReportArgs) -> anyhow::Result<Exit> {
    if args.mail {
        mail::check(site)?;
    }
    let month = args.month.unwrap_or_else(|| Month::of(site.now()).previous());
    let records = site.store.load_history(None).await?;
    let facts = facts(&records, site.now());
    let press = if args.no_pdf { None } else { Some(Press::of(site)?) };
    let made = tokio::task::spawn_blocking(move || Made::of(&facts, month, press.as_ref())).await??;
    let default = || site.config.path(Path::new("reports")).join(month.to_string());
    let folder = args.out.clone().unwrap_or_else(default);
    let mut files = made.files;
    if let (Some((_, pdf)), None) = (&made.paper, &args.pdf) {
        files.push((paper::file_name(month), pdf.clone()));
    }
    let mut written = replace_folder(&folder, &files)?;
    if let (Some((_, pdf)), Some(file)) = (&made.paper, &args.pdf) {
        replace_file(file, pdf)?;
        written.push(file.display().to_string());
    }
    let sending = match (made.paper, args.mail) {
        (Some((content, bytes)), true) => {
            let pdf = Enclosure { name: paper::file_name(month), kind: "application/pdf", bytes };
            Some(mail::send_once(site, &content, pdf).await?)
        }
        _ => None,
    };
    if args.json {
        let sent = sending.as_ref().map(mail::Sending::to_json);
        output::json(&serde_json::json!({
            "month": month, "folder": folder, "files": written, "records": records.len(), "mail": sent,
        }))?;
    } else {
        output::line(format!("{} records read; the report of {month} is in {}", records.len(), folder.display()));
        for name in &written {
            output::line(format!("  {name}"));
        }
        if let Some(sending) = &sending {
            mail::tell(sending);
        }
    }
    Ok(sending.as_ref().map_or(Exit::Done, mail::Sending::exit))
}

/// A month's report: its CSV files, and where it is wanted the PDF with what it says.
struct Made {
    files: Vec<(String, Vec<u8>)>,
    paper: Option<(ReportData, Vec<u8>)>,
}

impl Made {
    fn of(facts: &Facts, month: Month, press: Option<&Press>) -> anyhow::Result<Self> {
        let Some(press) = press else {
            return Ok(Self { files: egi_metrics::report(facts, month)?.files(), paper: None });
        };
        let reports = egi_metrics::reports(facts, paper::first_month(month), month)?;
        let paper = press.print(facts, &reports)?;
        Ok(Self { files: reports.last().map(MonthReport::files).unwrap_or_default(), paper: Some(paper) })
    }
}

/// Writes a file aside and puts it in place at once.
fn replace_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any file that is created: who may read it is the umask's decision.
    let permissions = std::fs::Permissions::from_mode(0o666);
    let write = || {
        let mut aside = tempfile::Builder::new().prefix(".report-").permissions(permissions).tempfile_in(parent)?;
        aside.write_all(bytes)?;
        aside.as_file().sync_all()?;
        aside.persist(path)?;
        std::fs::File::open(parent)?.sync_all()?;
        anyhow::Ok(())
    };
    write().with_context(|| format!("failed to write {}", path.display()))
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
