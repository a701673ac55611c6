//! `nsrw promote`: work on what has come in, once.

use std::sync::atomic::AtomicBool;

use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker;

pub(super) async fn run(site: &Site, json: bool) -> anyhow::Result<Exit> {
    super::ensure_tickets_usable(site).await?;
    let drained = worker::drain(site, &AtomicBool::new(false)).await?;
    worker::refresh(site).await;
    worker::prune(site).await;
    if json {
        output::json(&drained)?;
    } else {
        output::line(format!(
            "{} settled, {} without need, {} put back for later",
            drained.settled, drained.unchanged, drained.put_back
        ));
    }
    Ok(if drained.put_back > 0 { Exit::TryAgain } else { Exit::Done })
}
