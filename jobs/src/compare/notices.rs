//! Changes of tickets whose notice never arrived.

use egi_model::notice::Notice;
use egi_model::ticket::TicketChange;
use egi_store::StoreError;

use super::{Difference, Kind, Mend};
use crate::site::Site;
use crate::worker::notice_of;

pub(super) async fn compare(site: &Site) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.fetch_progress_changes(0).await?;
    let difference = |notice: Notice| Difference {
        kind: Kind::Missed,
        ticket: Some(notice.ticket),
        what: format!("the change {} -> {} has no notice", notice.previous, notice.current),
        mend: Mend::Deliver(notice),
    };
    Ok(missed(site, &found.items).await?.into_iter().map(difference).collect())
}

/// The notices that these changes should have caused and that never came.
pub(crate) async fn missed(site: &Site, changes: &[TicketChange]) -> Result<Vec<Notice>, StoreError> {
    let notices: Vec<Notice> = changes.iter().filter_map(notice_of).collect();
    let numbers: Vec<u64> = notices.iter().filter_map(|notice| notice.change).collect();
    let known = site.store.load_known_changes(&numbers).await?;
    let came = |notice: &Notice| notice.change.is_some_and(|change| known.contains(&change));
    Ok(notices.into_iter().filter(|notice| !came(notice)).collect())
}
