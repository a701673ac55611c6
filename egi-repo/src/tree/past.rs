//! The generations that a repository had, and the way back to one of them.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::content::ContentFile;
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;
use serde::Serialize;

use super::layout::Layout;
use super::manifest::{Manifest, Placement};
use super::plan::Wish;
use super::{RepoError, pool, prune, view};

/// A generation that a repository has or had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Generation {
    /// Its number.
    pub generation: u64,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// Whether clients see it.
    pub live: bool,
    /// Whether its folder is there still; if not, only what it consisted of is known.
    pub reachable: bool,
    /// The generation that it brought back.
    pub restores: Option<u64>,
    /// Its releases, by ticket.
    pub placements: Vec<Placement>,
}

/// Which generation is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// By its number.
    Generation(u64),
    /// The one that was live at a moment.
    Date(DateTime<Utc>),
    /// The one before a ticket's release came in.
    Before(TicketId),
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generation(number) => write!(f, "generation {number}"),
            Self::Date(date) => write!(f, "{}", date.format("%Y-%m-%d %H:%M:%S UTC")),
            Self::Before(ticket) => write!(f, "before ticket {ticket}"),
        }
    }
}

/// What tells two generations apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Releases that the second has and the first has not.
    pub tickets_added: Vec<TicketId>,
    /// And the other way round.
    pub tickets_removed: Vec<TicketId>,
    /// Files that are new in the second, or have other content.
    pub added: Vec<RelPath>,
    /// Files that are not in the second.
    pub removed: Vec<RelPath>,
}

/// The records of a repository's generations that are known, by number. One behind the live one was built and never made
/// live: it is none.
pub(super) fn known(layout: &Layout, key: &RepoKey) -> Result<Vec<(Manifest, bool)>, RepoError> {
    let folder = layout.generations(key);
    let live = Manifest::read(&layout.live(key))?.map(|manifest| manifest.generation);
    let mut known = Vec::new();
    let numbers = prune::known_numbers(&folder)?.into_iter();
    for (number, reachable) in numbers.filter(|(number, _)| live.is_none_or(|live| *number <= live)) {
        let manifest = if reachable {
            Manifest::read(&folder.join(super::layout::generation_name(number)))?
        } else {
            Manifest::read_kept(&folder, number)?
        };
        known.extend(manifest.map(|manifest| (manifest, reachable)));
    }
    Ok(known)
}

/// The known generations of a repository, by number.
pub(super) fn list(layout: &Layout, key: &RepoKey) -> Result<Vec<Generation>, RepoError> {
    let live = Manifest::read(&layout.live(key))?.map(|manifest| manifest.generation);
    let known = known(layout, key)?.into_iter().map(|(manifest, reachable)| Generation {
        generation: manifest.generation,
        published: manifest.published,
        live: live == Some(manifest.generation),
        reachable,
        restores: manifest.restores,
        placements: manifest.placements,
    });
    Ok(known.collect())
}

/// The generation that is meant.
pub(super) fn find(layout: &Layout, key: &RepoKey, point: Point) -> Result<Manifest, RepoError> {
    let mut known: Vec<Manifest> = known(layout, key)?.into_iter().map(|(manifest, _)| manifest).collect();
    let has = |manifest: &Manifest, ticket| manifest.placements.iter().any(|p| p.ticket == ticket);
    let at = match point {
        Point::Generation(number) => known.iter().position(|m| m.generation == number),
        Point::Date(date) => known.iter().rposition(|m| m.published <= date),
        // From the last generation that has it back to the first without it.
        Point::Before(ticket) => known
            .iter()
            .rposition(|m| has(m, ticket))
            .and_then(|last| known.iter().take(last).rposition(|m| !has(m, ticket))),
    };
    let unknown = || RepoError::UnknownGeneration { key: key.clone(), point };
    Ok(known.swap_remove(at.ok_or_else(unknown)?))
}

/// The wish that a repository be again what `then` was. Releases that come or go by it are held where they are then,
/// until somebody places or withdraws them.
pub(super) fn restore(live: Option<&Manifest>, then: Manifest) -> Wish {
    let tickets = |placements: &[Placement]| placements.iter().map(|p| p.ticket).collect::<BTreeSet<_>>();
    let now = live.map_or_else(BTreeSet::new, |m| tickets(&m.placements));
    let held = live.map_or_else(BTreeSet::new, |m| m.held.clone());
    let moved = &now ^ &tickets(&then.placements);
    Wish { held: &held | &moved, placements: then.placements, restores: Some(then.generation) }
}

/// What tells `second` from `first`.
pub(super) fn compare(layout: &Layout, first: &Manifest, second: &Manifest) -> Result<Difference, RepoError> {
    let files = |manifest: &Manifest| {
        let contents = manifest.placements.iter().map(|p| Ok((p.ticket, pool::load(layout, p.content)?)));
        let view = view::merge(&contents.collect::<Result<Vec<_>, RepoError>>()?)?;
        Ok::<BTreeSet<ContentFile>, RepoError>(view.into_values().map(|shown| shown.file).collect())
    };
    let tickets = |manifest: &Manifest| manifest.placements.iter().map(|p| p.ticket).collect::<BTreeSet<_>>();
    let (before, after) = (files(first)?, files(second)?);
    let kept: BTreeSet<&RelPath> = after.iter().map(|file| &file.path).collect();
    let (had, has) = (tickets(first), tickets(second));
    Ok(Difference {
        tickets_added: has.difference(&had).copied().collect(),
        tickets_removed: had.difference(&has).copied().collect(),
        added: after.difference(&before).map(|file| file.path.clone()).collect(),
        removed: before.iter().map(|file| &file.path).filter(|path| !kept.contains(path)).cloned().collect(),
    })
}
