//! Does what is safe: what can be repeated, takes nothing away that anybody needs, and decides nothing that is for people.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::finding::{Finding, Fix, Outcome};
use crate::compare;
use crate::permission::Permit;
use crate::site::Site;

/// Mends what it can and notes on each finding what came of it. What fails is left to people.
pub(super) async fn fix(site: Option<&Site>, permit: &Permit, findings: &mut [Finding]) -> anyhow::Result<()> {
    for finding in findings.iter_mut() {
        let Some(fix) = &finding.fix else { continue };
        finding.outcome = Some(match perform(site, fix).await {
            Ok(()) => Outcome::Mended { how: finding.check.describe().fix.unwrap_or_default() },
            Err(error) => Outcome::Failed { why: format!("{error:#}") },
        });
    }
    let mended: Vec<String> = findings.iter().filter(|f| f.is_mended()).map(tell).collect();
    match site {
        Some(site) if !mended.is_empty() => {
            let what = format!("doctor mended {} of {} findings: {}", mended.len(), findings.len(), mended.join("; "));
            crate::commands::note(site, permit, what).await
        }
        Some(_) | None => Ok(()),
    }
}

fn tell(finding: &Finding) -> String {
    format!("{} ({})", finding.code(), finding.place)
}

async fn perform(site: Option<&Site>, fix: &Fix) -> anyhow::Result<()> {
    let site = || site.context("the site can not be opened");
    match fix {
        Fix::MakePrivate(file, rights) => make_private(file, *rights),
        Fix::EndLease(message, worker) => Ok(site()?.store.end_lease(*message, worker).await?),
        Fix::Mend(difference) => compare::mend(site()?, std::slice::from_ref(difference)).await,
        Fix::TakeLock => site()?.on_tree(|tree| tree.lock().map(drop)).await,
        Fix::RemoveBuilt => site()?.on_tree(|tree| tree.remove_leftovers(&tree.lock()?)).await,
        Fix::RemoveScratch(name) => Ok(site()?.scratch.ensure_removed(name)?),
        Fix::PublishAnew(key) => {
            let (site, key) = (site()?, key.clone());
            let now = site.now();
            site.on_tree(move |tree| tree.publish_anew(&tree.lock()?, &key, now).map(drop)).await
        }
    }
}

/// Only takes rights away: who could not read it before can not afterwards.
fn make_private(file: &Path, rights: u32) -> anyhow::Result<()> {
    let failed = || format!("failed to change the mode of {}", file.display());
    let mode = std::fs::metadata(file).with_context(failed)?.permissions().mode();
    let private = std::fs::Permissions::from_mode(mode & !rights);
    std::fs::set_permissions(file, private).with_context(failed)
}
