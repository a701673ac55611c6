//! What the machine has to have.

use anyhow::Context as _;

use super::check::Check;
use super::finding::{Finding, found};
use crate::site::Site;

pub(super) async fn examine(site: &Site) -> Vec<Finding> {
    found(&site.tree.root().display().to_string(), disk(site).await)
}

async fn disk(site: &Site) -> anyhow::Result<Vec<Finding>> {
    let root = site.tree.root().to_owned();
    let place = root.display().to_string();
    let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&root)).await?;
    let system = asked.context("failed to ask for free space")?;
    // A delivery is fetched, and then linked into the pool: its bytes are needed once.
    let (free, may) = (system.f_bavail.saturating_mul(system.f_frsize), site.config.fetch.max_bytes);
    let what = || format!("{free} bytes are free, and a delivery may take {may} (fetch.max_bytes)");
    Ok((free < may).then(|| Finding::new(Check::DiskShort, place, what())).into_iter().collect())
}
