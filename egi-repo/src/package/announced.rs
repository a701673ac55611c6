//! Whether the packages that release.xml announces are the ones delivered.

use egi_model::content::ContentFile;
use egi_model::release::{Package, Release};

use super::PackageHeader;

/// Every package that release.xml names and the delivery lacks or contradicts, each a sentence. Packages that are
/// listed by link alone and virtual packages are no files of the delivery.
#[must_use]
pub fn find_undelivered(release: &Release, files: &[ContentFile], headers: &[PackageHeader]) -> Vec<String> {
    let wanted = release.packages().filter(|p| p.url.is_none() && !is_virtual(p));
    wanted.filter_map(|package| compare(package, files, headers)).collect()
}

/// By file name where there is one, be the file readable or not; else by what the headers say.
fn compare(package: &Package, files: &[ContentFile], headers: &[PackageHeader]) -> Option<String> {
    let Some(name) = package.file.as_deref().and_then(|file| file.rsplit('/').next()) else {
        return (!headers.iter().any(|header| fits(package, header))).then(|| undelivered(package));
    };
    if !files.iter().any(|file| file.path.file_name() == name) {
        return Some(undelivered(package));
    }
    let mut named = headers.iter().filter(|header| header.file_name == name).peekable();
    let header = *named.peek()?;
    (!named.any(|header| fits(package, header))).then(|| contradicted(package, header))
}

fn is_virtual(package: &Package) -> bool {
    package.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("virtual"))
}

/// By name, and by what else is said.
fn fits(package: &Package, header: &PackageHeader) -> bool {
    let said = |text: &Option<String>, found: &str| text.as_deref().is_none_or(|t| t.is_empty() || t == found);
    let version = [header.version.clone(), header.version_release()].contains(&package.version);
    let any_arch = package.arch.as_deref().is_some_and(|a| a.eq_ignore_ascii_case("any"));
    package.name == header.name
        && (package.version.is_empty() || version)
        && header.release.as_deref().is_none_or(|r| said(&package.release, r))
        && (any_arch || said(&package.arch, &header.arch))
}

fn undelivered(package: &Package) -> String {
    let name = package.file.clone().unwrap_or_else(|| format!("{} {}", package.name, package.version));
    format!("release.xml names the package {name}, which was not delivered; deliver it or take it out of release.xml")
}

fn contradicted(package: &Package, header: &PackageHeader) -> String {
    let parts = [Some(package.version.as_str()), package.release.as_deref(), package.arch.as_deref()];
    let said = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    format!(
        "{}: release.xml says it is {} {said}, its header says it is {}; correct release.xml or deliver the package that was meant",
        header.file_name,
        package.name,
        header.identity()
    )
}
