//! What repositories need without anybody asking: indexes that expire are published anew in time.

use std::sync::Arc;

use egi_model::area::RepoKey;
use egi_repo::tree::{RepoError, Stale};
use tracing::{error, info};

use crate::site::Site;

/// Publishes anew what apt would stop to trust. What can not be published now is tried again the next time, which is in
/// time: half of the time that indexes are valid is left.
pub async fn refresh(site: &Site) {
    match publish_anew(site, Stale::Expiring).await {
        Ok(done) => done.iter().for_each(|repo| info!("{repo} was published anew, as its index was to expire")),
        Err(trouble) => error!("indexes that expire could not be published anew: {}", crate::error_chain(&trouble)),
    }
}

/// Publishes anew the repositories that are stale, and names them. The lock is taken for each, so that nobody waits long.
pub(crate) async fn publish_anew(site: &Site, which: Stale) -> Result<Vec<RepoKey>, RepoError> {
    let (tree, now) = (Arc::clone(&site.tree), site.now());
    let work = move || {
        let stale = tree.find_stale(which, now)?;
        for repo in &stale {
            tree.publish_anew(&tree.lock()?, repo, now)?;
        }
        Ok(stale)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic()))
}
