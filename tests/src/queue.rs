//! A queue with as many messages as are wanted.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use egi_model::notice::Notice;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_store::{Message, Store, change_key};
use tokio::task::JoinSet;

use crate::site::Site;

/// How many are posted at the same time.
const AT_ONCE: usize = 200;

/// How many messages wait in a site's inbox.
pub fn count_pending(site: &Site) -> Result<u64> {
    let url = site.database()?;
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(async {
        let store = Store::open(&url).await?;
        let count = store.count_pending().await?;
        store.close().await;
        Ok(count)
    })
}

/// Puts a notice for each of these changes into a site's inbox, each about another ticket that is not there. None is to be
/// worked on before `wait` is over.
pub fn fill(site: &Site, changes: RangeInclusive<u64>, wait: Duration) -> Result<()> {
    let url = site.database()?;
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(async {
        let store = Store::open(&url).await?;
        let at = Utc::now() + wait;
        let mut posting = JoinSet::new();
        for change in changes {
            if posting.len() >= AT_ONCE
                && let Some(posted) = posting.join_next().await
            {
                posted.context("a post broke off")??;
            }
            let store = store.clone();
            let ticket = TicketId::new(change + 100_000).context("no ticket has this number")?;
            let notice = Notice {
                ticket,
                current: RolloutState::Unverified,
                previous: RolloutState::Submitted,
                emergency: Emergency::No,
                change: Some(change),
            };
            posting.spawn(
                async move { store.post(&Message::Notice(notice), &change_key(change), Some(change), at).await },
            );
        }
        while let Some(posted) = posting.join_next().await {
            posted.context("a post broke off")??;
        }
        store.close().await;
        Ok(())
    })
}
