//! What would become of those who install, if a release entered a repository: whether everything could still be
//! installed, and whether upgrades would lead forwards.
//!
//! Only what gets worse counts: a package that could not be installed before does not stand in the way of others. But
//! what is broken newly counts, also where something else is mended by it.

mod broken;
#[cfg(test)]
mod tests;
mod upgrade;
mod world;

use std::collections::BTreeSet;

use egi_model::area::RepoKey;
use egi_model::content::{ContentFile, ContentId};
use egi_model::gate::{Finding, FindingKind, GateReport, Verdict};
use egi_model::release::{PackageFormat, Target};
use egi_model::ticket::TicketId;

use self::world::World;
use crate::closure::Package;
use crate::outside::Outside;
use crate::tree::{Placement, RepoError, RepoTree};

/// What is asked of a gate.
#[derive(Debug, Clone)]
pub struct GateQuestion {
    /// What sites install on.
    pub target: Target,
    /// The release that would enter, and where.
    pub entering: Option<(RepoKey, Placement)>,
    /// The repositories that are judged as they stand, where no release enters.
    pub standing: Vec<RepoKey>,
    /// The repositories that whoever installs from there has as well.
    pub beside: Vec<RepoKey>,
    /// The repositories that sites have today: upgrades begin there.
    pub production: Vec<RepoKey>,
    /// The contents of other releases that are on their way.
    pub under_way: Vec<(TicketId, ContentId)>,
    /// The repositories of others that sites have as well.
    pub outside: Vec<Outside>,
}

/// A package of ours and the release that brought it.
#[derive(Debug, Clone)]
pub(crate) struct Stocked {
    pub(crate) ticket: TicketId,
    pub(crate) content: ContentId,
    pub(crate) file: ContentFile,
    pub(crate) package: Package,
}

/// Asks the gate. Changes nothing that is published, but keeps the outside indexes it fetched.
pub fn ask(tree: &RepoTree, question: &GateQuestion) -> Result<GateReport, RepoError> {
    let mut report = GateReport { packages: 0, broken_before: 0, outside: Vec::new(), findings: Vec::new() };
    for format in [PackageFormat::Rpm, PackageFormat::Deb] {
        if let Some(world) = World::load(tree, question, format)? {
            judge(&world, &question.target, format, &mut report);
        }
    }
    report.findings.sort_by(|one, two| two.verdict.cmp(&one.verdict).then_with(|| one.id().cmp(&two.id())));
    Ok(report)
}

fn judge(world: &World, target: &Target, format: PackageFormat, report: &mut GateReport) {
    let judged = broken::compare(world, format);
    report.packages += world.after.len();
    report.broken_before += judged.broken_before;
    report.outside.extend(world.outside.iter().map(|(name, _)| name.clone()));
    // Where nothing is missing, it does not matter what could not be read: more packages break none.
    if judged.missing > 0 {
        report.findings.extend(world.unread.iter().map(|(name, error)| unreadable(name, error)));
        if world.outside.is_empty() && world.unread.is_empty() {
            report.findings.push(undeclared(target, judged.missing));
        }
    }
    report.findings.extend(judged.findings);
    report.findings.extend(upgrade::compare(&world.new, &world.production));
}

/// A finding without a chain.
fn plain(kind: FindingKind, subject: String, verdict: Verdict, what: String) -> Finding {
    let (chain, waits_for) = (Vec::new(), BTreeSet::new());
    Finding { kind, subject, verdict, what, chain, waits_for, passing: false, waiver: None }
}

fn unreadable(name: &str, error: &crate::outside::OutsideError) -> Finding {
    let what = format!("the outside repository {name} can not be read, so it can not be told what it has: {error}");
    let finding = plain(FindingKind::Outside, name.to_owned(), Verdict::Unknown, what);
    Finding { passing: error.is_transient(), ..finding }
}

fn undeclared(target: &Target, missing: usize) -> Finding {
    let packages = if missing == 1 { "1 package needs".to_owned() } else { format!("{missing} packages need") };
    let what = format!(
        "{packages} what is in no repository here, and no outside repository is declared for {target}: it can not be told \
         whether the operating system has it; declare one in gate.outside"
    );
    plain(FindingKind::Outside, target.to_string(), Verdict::Unknown, what)
}
