//! What a package's file name says of it, as a provider who writes `release.xml` by hand would copy it.

use anyhow::{Context as _, Result, bail};
use egi_model::release::Package;

/// Reads `name-version-release.arch.rpm` and `name_version_arch.deb`.
pub(super) fn parse_file_name(file: &str) -> Result<Package> {
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let parts = match extension {
        "rpm" => rpm_parts(stem),
        "deb" => deb_parts(stem),
        _ => bail!("\"{file}\" is neither an rpm nor a deb"),
    };
    let (name, version, release, arch) = parts.with_context(|| format!("\"{file}\" is not named as packages are"))?;
    Ok(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        release: release.map(str::to_owned),
        arch: Some(arch.to_owned()),
        file: Some(file.to_owned()),
        ..Package::default()
    })
}

type Parts<'s> = (&'s str, &'s str, Option<&'s str>, &'s str);

fn rpm_parts(stem: &str) -> Option<Parts<'_>> {
    let (rest, arch) = stem.rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name, version, Some(release), arch))
}

/// A revision without a dash has no release of its own. An epoch is no part of the version.
fn deb_parts(stem: &str) -> Option<Parts<'_>> {
    let (rest, arch) = stem.rsplit_once('_')?;
    let (name, version) = rest.split_once('_')?;
    let version = version.split_once("%3a").map_or(version, |(_, version)| version);
    let (version, release) = version.rsplit_once('-').map_or((version, None), |(v, r)| (v, Some(r)));
    Some((name, version, release, arch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(file: &str) -> (String, String, Option<String>, Option<String>) {
        let package = parse_file_name(file).unwrap();
        (package.name, package.version, package.release, package.arch)
    }

    #[test]
    fn names_are_taken_apart_from_the_end() {
        let some = |text: &str| Some(text.to_owned());
        let ca = parts("ca-policy-egi-core-1.37-1.noarch.rpm");
        assert_eq!(ca, ("ca-policy-egi-core".into(), "1.37".into(), some("1"), some("noarch")));
        let voms = parts("voms-clients_2.1.0~rc3-4_amd64.deb");
        assert_eq!(voms, ("voms-clients".into(), "2.1.0~rc3".into(), some("4"), some("amd64")));
        let biff = parts("biff_1%3a0.17-5_amd64.deb");
        assert_eq!(biff, ("biff".into(), "0.17".into(), some("5"), some("amd64")));
        assert_eq!(parts("netbase_6.4_all.deb"), ("netbase".into(), "6.4".into(), None, some("all")));
    }

    #[test]
    fn what_is_no_package_is_refused() {
        for file in ["readme.txt", "storm.rpm", "storm_1.deb", "storm"] {
            assert!(parse_file_name(file).is_err(), "{file}");
        }
    }
}
