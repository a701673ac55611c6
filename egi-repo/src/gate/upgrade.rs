//! Whether the packages of a release are newer than what sites have.

use std::collections::HashMap;

use egi_model::gate::{Finding, FindingKind, Verdict};

use super::{Stocked, plain};
use crate::closure::Package;

/// Compares the newest of each name in the release with the newest that sites have, and every package with one of the
/// same name and version.
pub(super) fn compare(new: &[Stocked], production: &[Stocked]) -> Vec<Finding> {
    let mut there: HashMap<&str, Vec<&Stocked>> = HashMap::new();
    for stocked in production {
        there.entry(&stocked.package.name).or_default().push(stocked);
    }
    let mut findings = Vec::new();
    for stocked in new {
        let package = &stocked.package;
        let same = there.get(package.name.as_str()).into_iter().flatten().filter(|old| replaces(package, &old.package));
        let same: Vec<&Stocked> = same.copied().collect();
        if let Some(other) = same.iter().find(|old| is_other_content(package, &old.package)) {
            findings.push(other_content(package, other));
            continue;
        }
        let newest = same.into_iter().max_by(|one, two| one.package.version.order(&two.package.version));
        let Some(newest) = newest.filter(|old| package.version.order(&old.package.version).is_lt()) else { continue };
        // An older one beside a newer one of the same release is nobody's upgrade.
        let accompanied = new.iter().map(|stocked| &stocked.package).any(|other| {
            other.name == package.name
                && replaces(other, package)
                && package.version.order(&other.version).is_lt()
                && !other.version.order(&newest.package.version).is_lt()
        });
        if !accompanied {
            findings.push(downgrade(package, newest));
        }
    }
    findings
}

/// Whether one can take the place of the other: the same machine, or one of them is for all.
fn replaces(one: &Package, two: &Package) -> bool {
    let any = |package: &Package| ["noarch", "all"].contains(&package.arch.as_str());
    one.arch == two.arch || any(one) || any(two)
}

fn is_other_content(one: &Package, two: &Package) -> bool {
    one.arch == two.arch && one.version.order(&two.version).is_eq() && one.digest != two.digest
}

fn other_content(package: &Package, there: &Stocked) -> Finding {
    let identity = package.identity.clone();
    let what = format!(
        "{identity} has other content than the package of this name and version that ticket {} brought to production; \
         sites that have that one will never get this one: deliver it under a new version or release number",
        there.ticket
    );
    plain(FindingKind::OtherContent, identity, Verdict::Fail, what)
}

fn downgrade(package: &Package, there: &Stocked) -> Finding {
    let identity = package.identity.clone();
    let what = format!(
        "{identity} is older than {}, which ticket {} brought to production; sites would not get it: deliver a newer one, \
         or raise the epoch",
        there.package.identity, there.ticket
    );
    plain(FindingKind::Downgrade, identity, Verdict::Fail, what)
}
