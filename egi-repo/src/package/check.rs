//! Whether the packages of a release fit their names, their target and each other.

use std::collections::BTreeMap;

use egi_model::release::{PackageFormat, Target};

use super::PackageHeader;

/// Every fault of a release's packages, each a sentence that names the file. Empty if there is none.
///
/// A file name that makes no claim (`ca-latest.rpm`) is left alone: indexes go by the header.
#[must_use]
pub fn check(headers: &[PackageHeader], target: &Target) -> Vec<String> {
    let single = headers.iter().flat_map(|h| [misnamed(h), misplaced(h, target)]).flatten();
    single.chain(duplicates(headers)).collect()
}

/// A name that claims another name, version or architecture than the header has.
fn misnamed(header: &PackageHeader) -> Option<String> {
    let claimed = match header.format {
        PackageFormat::Rpm => claimed_by_rpm(&header.file_name),
        PackageFormat::Deb => claimed_by_deb(&header.file_name),
    }?;
    let with_epoch = format!("{}:{}", header.epoch, header.version_release());
    let same_version = claimed.version == header.version_release() || claimed.version == with_epoch;
    if claimed.name == header.name && same_version && claimed.arch == header.arch {
        return None;
    }
    Some(format!(
        "{}: its header says it is {}; deliver it under a name that fits, or deliver the package that was meant",
        header.file_name,
        header.identity()
    ))
}

struct Claim<'a> {
    name: &'a str,
    version: String,
    arch: &'a str,
}

/// `name-version-release.arch.rpm`, if the version starts with a digit as versions do.
fn claimed_by_rpm(file: &str) -> Option<Claim<'_>> {
    let (rest, arch) = file.strip_suffix(".rpm")?.rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    is_version.then(|| Claim { name, version: format!("{version}-{release}"), arch })
}

/// `name_version_arch.deb`; the colon after an epoch comes escaped or not.
fn claimed_by_deb(file: &str) -> Option<Claim<'_>> {
    let mut parts = file.strip_suffix(".deb")?.split('_');
    let claim = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (name, version, arch) = claim;
    Some(Claim { name, version: version.replace("%3a", ":").replace("%3A", ":"), arch })
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
