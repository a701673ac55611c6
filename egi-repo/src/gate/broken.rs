//! Which packages a release would break.

use std::collections::{BTreeSet, HashSet};

use egi_model::gate::{Finding, FindingKind, Verdict};
use egi_model::release::PackageFormat;
use egi_model::ticket::TicketId;

use super::world::World;
use super::{Stocked, plain};
use crate::closure::{Fault, FaultKind, Package, judge, providers};

/// What became of the packages.
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    /// How many could not be installed before either.
    pub(super) broken_before: usize,
    /// How many lack something, newly or not.
    pub(super) missing: usize,
}

/// Judges the packages as they would be, beside the packages as they are.
pub(super) fn compare(world: &World, format: PackageFormat) -> Judged {
    let before = faults(&world.before, world, &[], format);
    let broken_before: HashSet<_> = before.iter().map(|(stocked, _)| key(stocked)).collect();
    let there_before: HashSet<_> = world.before.iter().map(key).collect();
    let after = faults(&world.after, world, &[], format);
    let missing = after.iter().filter(|(_, fault)| lacks_something(fault)).count();
    let (old, new): (Vec<_>, Vec<_>) =
        after.into_iter().partition(|(stocked, _)| broken_before.contains(&key(stocked)));
    let still = if new.iter().any(|(_, fault)| lacks_something(fault)) && !world.under_way.is_empty() {
        let all = faults(&world.after, world, &world.under_way, format);
        Some(all.into_iter().map(|(stocked, _)| key(stocked)).collect::<HashSet<_>>())
    } else {
        None
    };
    let findings = new.into_iter().map(|(stocked, fault)| {
        let helped = still.as_ref().is_some_and(|still| !still.contains(&key(stocked)));
        let finding = tell(stocked, &fault, there_before.contains(&key(stocked)));
        if helped { waiting(finding, &fault, world, format) } else { sighted(finding, &fault, world) }
    });
    Judged { findings: findings.collect(), broken_before: old.len(), missing }
}

/// What tells a package from all others: two releases may bring one of the same name and version.
fn key(stocked: &Stocked) -> (&str, Option<&str>) {
    (&stocked.package.identity, stocked.package.digest.as_deref())
}

fn faults<'a>(own: &'a [Stocked], world: &World, more: &[Stocked], format: PackageFormat) -> Vec<(&'a Stocked, Fault)> {
    let others = more.iter().map(|stocked| &stocked.package).chain(world.outside_packages());
    let packages: Vec<&Package> = own.iter().map(|stocked| &stocked.package).chain(others).collect();
    let faults = judge(&packages, own.len(), format);
    faults.into_iter().filter_map(|(place, fault)| Some((own.get(place)?, fault))).collect()
}

fn lacks_something(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Missing | FaultKind::Beneath)
}

fn tell(stocked: &Stocked, fault: &Fault, there_before: bool) -> Finding {
    let identity = &stocked.package.identity;
    let (kind, verdict, what) = match fault.kind {
        FaultKind::Unclear => {
            (FindingKind::Unclear, Verdict::Unknown, format!("it can not be told whether {identity} can be installed"))
        }
        FaultKind::Missing | FaultKind::Beneath | FaultKind::Apart if there_before => (
            FindingKind::Broken,
            Verdict::Fail,
            format!("{identity} of ticket {} could not be installed any more", stocked.ticket),
        ),
        FaultKind::Missing | FaultKind::Beneath | FaultKind::Apart => {
            (FindingKind::Broken, Verdict::Fail, format!("{identity} could not be installed"))
        }
    };
    Finding { chain: fault.chain.clone(), ..plain(kind, identity.clone(), verdict, what) }
}

/// A finding that other releases, which are on their way, would clear.
fn waiting(finding: Finding, fault: &Fault, world: &World, format: PackageFormat) -> Finding {
    let packages: Vec<&Package> = world.under_way.iter().map(|stocked| &stocked.package).collect();
    let places = fault.unmet.as_ref().map(|need| providers(need, &packages, format)).unwrap_or_default();
    let tickets: BTreeSet<TicketId> =
        places.into_iter().filter_map(|place| world.under_way.get(place)).map(|stocked| stocked.ticket).collect();
    let names = tickets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let from = if names.is_empty() {
        "releases on their way have".to_owned()
    } else {
        format!("on its way in ticket {names} is")
    };
    let what = format!("{}; {from} what it lacks", finding.what);
    Finding { verdict: Verdict::Wait, waits_for: tickets, what, ..finding }
}

/// What is missing may be in a repository that nobody read.
fn sighted(finding: Finding, fault: &Fault, world: &World) -> Finding {
    let blind = world.outside.is_empty() || !world.unread.is_empty();
    if !blind || !lacks_something(fault) {
        return finding;
    }
    let passing = world.unread.iter().any(|(_, error)| error.is_transient());
    Finding { verdict: Verdict::Unknown, passing, ..finding }
}
