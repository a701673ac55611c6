//! Which of two versions is the newer one: by the rules of rpm, and by those of Debian.
//!
//! rpm's order is that of the crate `rpm-version`, by way of `rpmrepo_metadata`; Debian's is [`deb`]'s. Both are compared
//! with the real programs on thousands of random pairs.

mod deb;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use egi_model::release::PackageFormat;
use rpmrepo_metadata::Evr;

/// A version, as far as it is given: a dependency may leave the release out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    format: PackageFormat,
    /// 0 where none is given.
    epoch: u64,
    upstream: String,
    release: Option<String>,
}

impl Version {
    /// An rpm's, from its parts; an epoch that is no number is 0, as for rpm.
    pub(crate) fn rpm(epoch: Option<&str>, version: &str, release: Option<&str>) -> Self {
        let epoch = epoch.and_then(|epoch| epoch.parse().ok()).unwrap_or(0);
        let release = release.filter(|release| !release.is_empty()).map(str::to_owned);
        Self { format: PackageFormat::Rpm, epoch, upstream: version.to_owned(), release }
    }

    /// An rpm's, as dependencies write it: `[epoch:]version[-release]`.
    pub(crate) fn parse_rpm(text: &str) -> Self {
        let (epoch, rest) = text.split_once(':').map_or((None, text), |(epoch, rest)| (Some(epoch), rest));
        let (version, release) =
            rest.rsplit_once('-').map_or((rest, None), |(version, release)| (version, Some(release)));
        Self::rpm(epoch, version, release)
    }

    /// A deb's: `[epoch:]version[-revision]`.
    pub(crate) fn parse_deb(text: &str) -> Self {
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        let (version, release) =
            rest.rsplit_once('-').map_or((rest, None), |(version, release)| (version, Some(release.to_owned())));
        let epoch = epoch.trim().parse().unwrap_or(0);
        Self { format: PackageFormat::Deb, epoch, upstream: version.to_owned(), release }
    }

    /// The order of packages: every part counts.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let releases = (self.release.as_deref().unwrap_or(""), other.release.as_deref().unwrap_or(""));
        self.order_upstream(other).then_with(|| self.order_part(releases.0, releases.1))
    }

    /// The order of dependencies: for rpm, a release counts only where both have one.
    pub(crate) fn order_needed(&self, other: &Self) -> Ordering {
        match (self.format, &self.release, &other.release) {
            (PackageFormat::Deb, ..) => self.order(other),
            (PackageFormat::Rpm, Some(one), Some(two)) => {
                self.order_upstream(other).then_with(|| self.order_part(one, two))
            }
            (PackageFormat::Rpm, ..) => self.order_upstream(other),
        }
    }

    fn order_upstream(&self, other: &Self) -> Ordering {
        self.epoch.cmp(&other.epoch).then_with(|| self.order_part(&self.upstream, &other.upstream))
    }

    fn order_part(&self, one: &str, two: &str) -> Ordering {
        match self.format {
            PackageFormat::Rpm => Evr::new("", one, "").cmp(&Evr::new("", two, "")),
            PackageFormat::Deb => deb::order_part(one.as_bytes(), two.as_bytes()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch != 0 {
            write!(f, "{}:", self.epoch)?;
        }
        f.write_str(&self.upstream)?;
        self.release.as_ref().map_or(Ok(()), |release| write!(f, "-{release}"))
    }
}
