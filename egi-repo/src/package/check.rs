//! Whether the packages of a release fit their target and each other.

use std::collections::BTreeMap;

use egi_model::release::Target;

use super::PackageHeader;

/// Every fault of a release's packages, each a sentence that names the file. Empty if there is none.
///
/// What a file is called proves nothing and is left alone (`ca-latest.rpm`): indexes go by the header.
#[must_use]
pub fn check(headers: &[PackageHeader], target: &Target) -> Vec<String> {
    headers.iter().filter_map(|header| misplaced(header, target)).chain(duplicates(headers)).collect()
}

/// A package for a machine that the release's target is not.
fn misplaced(header: &PackageHeader, target: &Target) -> Option<String> {
    let (package, machine) = (header.arch.as_str(), target.arch.as_str());
    if fits(package, machine) {
        return None;
    }
    Some(format!(
        "{}: it is built for {package}, the release's target is {target}; remove it or correct the target",
        header.file_name
    ))
}

fn fits(package: &str, machine: &str) -> bool {
    let anywhere = ["noarch", "all", "src", "nosrc"].contains(&package);
    let anything = ["noarch", "any", "all"].contains(&machine);
    let (package, machine) = (deb_arch(package), deb_arch(machine));
    anywhere || anything || package == machine || (package == "i386" && machine == "amd64")
}

/// The name that Debian gives to an architecture, which rpm may spell otherwise.
pub(crate) fn deb_arch(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "i486" | "i586" | "i686" => "i386",
        "aarch64" => "arm64",
        "ppc64le" => "ppc64el",
        "armv7hl" => "armhf",
        other => other,
    }
}

/// One package in two versions of its bytes.
fn duplicates(headers: &[PackageHeader]) -> Vec<String> {
    let mut seen: BTreeMap<String, &PackageHeader> = BTreeMap::new();
    let mut faults = Vec::new();
    for header in headers {
        let first = *seen.entry(header.identity()).or_insert(header);
        if first.sha256 != header.sha256 {
            faults.push(format!(
                "{} and {} are both {} with different content ({} and {}); keep one",
                first.file_name,
                header.file_name,
                header.identity(),
                first.sha256,
                header.sha256
            ));
        }
    }
    faults
}
