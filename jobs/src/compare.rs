//! Tickets, database and repository tree compared. `nsrw sync` shows and mends what differs, `nsrw doctor` counts it among
//! all else that a site's health is made of.
//!
//! Comparing reads and changes nothing. Mending looks again by itself, so that it may be repeated and may come late.

mod mend;
mod notices;
mod tickets;
mod tree;

use std::collections::BTreeSet;

use egi_model::area::RepoKey;
use egi_model::notice::Notice;
use egi_model::ticket::{Ticket, TicketId};
use egi_store::StoreError;
use egi_workflow::ReleaseRecord;

pub(crate) use self::mend::{mend, register};
pub(crate) use self::notices::missed;
use crate::site::Site;

/// Something that is not as it should be, and what mends it.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// What kind of thing it is.
    pub(crate) kind: Kind,
    /// Whose, where that is known.
    pub(crate) ticket: Option<TicketId>,
    /// What differs, for people.
    pub(crate) what: String,
    /// What is done about it.
    pub(crate) mend: Mend,
}

/// The kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A change whose notice never came.
    Missed,
    /// A ticket that can not be used.
    Unusable,
    /// A ticket that is not on record.
    Unknown,
    /// A ticket that stands elsewhere than its release does.
    Elsewhere,
    /// A ticket that was not told what it should say.
    Untold,
    /// A release whose ticket is gone.
    Gone,
    /// A release that is not in the repository where it belongs.
    Missing,
    /// A release in a repository where it does not belong.
    Extra,
    /// A release that went or came when somebody went back to an earlier generation.
    Held,
}

/// What mends a difference.
#[derive(Debug, Clone)]
pub(crate) enum Mend {
    /// The notice that never came goes into the inbox.
    Deliver(Notice),
    /// The ticket goes on record.
    Register(Box<Ticket>),
    /// The ticket is to be looked at again.
    LookAgain(TicketId),
    /// The release is published where it belongs.
    Place(RepoKey, Box<ReleaseRecord>),
    /// The release is withdrawn from where it does not belong.
    Withdraw(RepoKey, TicketId),
    /// A person has to decide.
    Person,
}

impl Mend {
    /// What is done, for people; `None` when a person has to.
    pub(crate) const fn describe(&self) -> Option<&'static str> {
        match self {
            Self::Deliver(_) => Some("put into the inbox"),
            Self::Register(_) => Some("put on record"),
            Self::LookAgain(_) => Some("put into the inbox to be looked at again"),
            Self::Place(..) => Some("published there"),
            Self::Withdraw(..) => Some("withdrawn from there"),
            Self::Person => None,
        }
    }
}

/// Everything that differs.
pub(crate) async fn all(site: &Site) -> anyhow::Result<Vec<Difference>> {
    let mut differences = with_tickets(site).await?;
    differences.extend(with_tree(site).await?);
    Ok(differences)
}

/// What differs between the ticket system and the database.
pub(crate) async fn with_tickets(site: &Site) -> anyhow::Result<Vec<Difference>> {
    let under_way = under_way(site).await?;
    let mut differences = notices::compare(site).await?;
    differences.extend(tickets::compare(site, &under_way).await?);
    Ok(differences)
}

/// What differs between the database and the repository tree.
pub(crate) async fn with_tree(site: &Site) -> anyhow::Result<Vec<Difference>> {
    tree::compare(site, &under_way(site).await?).await
}

/// Tickets with something in the inbox: what differs there is on its way to be mended.
async fn under_way(site: &Site) -> Result<BTreeSet<TicketId>, StoreError> {
    Ok(site.store.pending(site.now()).await?.iter().map(|m| m.message.ticket()).collect())
}
