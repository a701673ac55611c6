//! The main job: a release from the provider's rsync server into a published repository.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use egi_model::digest::Sha256;

use super::measure::Figures;
use super::workshop::{Workshop, expect_listed, expect_state, nsrw_variables, script, site_with_ticket};
use super::{Contest, Job, Way};
use crate::packages::{DEMO_DEBS, TinyPackage, fetch_debs};
use crate::provider::Delivery;
use crate::servers::RsyncDaemon;

/// How many packages are released; the titles below say so too.
const COUNT: u32 = 20;

const OURS: &str = "\
nsrw ticket set $TICKET RolloutProgress=Unverified --as carlos
nsrw promote
";

const THEIRS_RPM: &str = "\
rsync -rt $URL/ incoming
(cd incoming && sha256sum --check --quiet $SUMS)
mkdir repository
cp -p incoming/*.rpm repository
createrepo_c --quiet --no-database --general-compress-type=gz repository
";

const THEIRS_DEB: &str = "\
rsync -rt $URL/ incoming
(cd incoming && sha256sum --check --quiet $SUMS)
mkdir -p repository/pool repository/dists/bookworm/main/binary-amd64
cp -p incoming/*.deb repository/pool
cd repository
apt-ftparchive packages pool >dists/bookworm/main/binary-amd64/Packages
gzip -k dists/bookworm/main/binary-amd64/Packages
apt-ftparchive release dists/bookworm >Release
mv Release dists/bookworm
";

const OURS_MORE: &str = "Two processes. The first writes the ticket, its history and the notice. The second fetches, reads \
`release.xml`, checks every file against `checksums.xml` and every package header against the file's name and the release's \
target, refuses missing and extra files, takes the packages into a content-addressed pool, publishes a new generation by one \
rename, answers on the ticket, and keeps plan, steps and log in the database. Packages, indexes, folders and every step are \
synced to disk before the next begins.";

const THEIRS_MORE: &str = "Nothing is synced: what a power cut leaves is up to the operating system. Nobody is told, nothing \
is recorded, and whoever reads the repository meanwhile sees it half made. The person's time to type and to look is not \
counted.";

const GIVEN: &str = "Not timed: the site or folder is new each run, the ticket is open, `$SUMS` lies ready, the provider's \
rsync daemon runs on the same machine and its processor time is on neither side.";

/// What the report says of a job that differs from one before in its packages and index programs alone.
const AS_BEFORE: &str = "As for the Debian packages.";

/// What differs from kind to kind of packages.
struct Kind {
    name: &'static str,
    title: &'static str,
    platform: &'static str,
    arch: &'static str,
    theirs: &'static str,
    ours_more: &'static str,
    theirs_more: &'static str,
    given: &'static str,
}

const DEB: Kind = Kind {
    name: "deb",
    title: "A release of 20 real Debian packages, from the notice to the published unverified repository",
    platform: "debian-bookworm",
    arch: "amd64",
    theirs: THEIRS_DEB,
    ours_more: OURS_MORE,
    theirs_more: THEIRS_MORE,
    given: GIVEN,
};

const RPM: Kind = Kind {
    name: "rpm",
    title: "The same with 20 tiny rpm packages",
    platform: "sl6",
    arch: "x86_64",
    theirs: THEIRS_RPM,
    ours_more: AS_BEFORE,
    theirs_more: AS_BEFORE,
    given: AS_BEFORE,
};

/// One kind of packages, delivered.
pub(super) struct Release<'w> {
    workshop: &'w Workshop,
    kind: Kind,
    delivery: Delivery,
    sums: PathBuf,
    rsync: RsyncDaemon,
}

impl<'w> Release<'w> {
    /// Real Debian packages.
    pub(super) fn debs(workshop: &'w Workshop) -> Result<Self> {
        let names = DEMO_DEBS.iter().copied().take(usize::try_from(COUNT)?).collect::<Vec<_>>();
        let packages = fetch_debs(&names, &workshop.room("packages-deb")?)?;
        Self::new(workshop, DEB, &packages)
    }

    /// Tiny rpm packages.
    pub(super) fn rpms(workshop: &'w Workshop) -> Result<Self> {
        let packages = tiny_rpms(&workshop.room("packages-rpm")?, COUNT)?;
        Self::new(workshop, RPM, &packages)
    }

    fn new(workshop: &'w Workshop, kind: Kind, packages: &[PathBuf]) -> Result<Self> {
        let Kind { name, platform, arch, .. } = kind;
        let folder = workshop.room(&format!("delivery-{name}"))?;
        let delivery = Delivery::builder(&format!("TP.bench-{name}.{platform}.{arch}"), "1.0.0")
            .target(platform, arch)
            .packages(packages)
            .build(&folder)?;
        let sums = workshop.folder().join(format!("SHA256SUMS-{name}"));
        write_sums(packages, &sums)?;
        Ok(Self { workshop, kind, delivery, sums, rsync: RsyncDaemon::serve(&folder)? })
    }
}

impl Contest for Release<'_> {
    fn job(&self) -> Job {
        let Kind { title, theirs, ours_more, theirs_more, given, .. } = self.kind;
        Job {
            title: title.to_owned(),
            count: COUNT,
            unit: "packages",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: ours_more },
            theirs: Way { name: "by hand", script: theirs, language: "sh", more: theirs_more },
            given,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let (site, ticket) = site_with_ticket(bench.path(), &self.delivery, self.rsync.url())?;
        let variables = nsrw_variables(&site, ticket)?;
        rustix::fs::sync();
        let figures = script(OURS, bench.path(), &variables)?;
        expect_state(&site, ticket, "Unverified")?;
        expect_listed(&site.public().join("unverified"), COUNT)?;
        Ok(figures)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let variables = [("URL", OsString::from(self.rsync.url())), ("SUMS", self.sums.clone().into_os_string())];
        let figures = script(self.kind.theirs, bench.path(), &variables)?;
        expect_listed(&bench.path().join("repository"), COUNT)?;
        Ok(figures)
    }
}

/// Tiny packages, each with a name of its own.
pub(super) fn tiny_rpms(folder: &Path, count: u32) -> Result<Vec<PathBuf>> {
    (1..=count).map(|number| TinyPackage::new(&format!("bench-{number:03}"), "1.0.0").write_rpm(folder)).collect()
}

/// The list a provider would offer to people: what `sha256sum` writes.
pub(super) fn write_sums(packages: &[PathBuf], list: &Path) -> Result<()> {
    let mut text = String::new();
    for package in packages {
        let bytes = std::fs::read(package).with_context(|| format!("failed to read {}", package.display()))?;
        let name = package.file_name().unwrap_or_default().to_string_lossy();
        // Writing to a string can not fail.
        let _ = writeln!(text, "{}  {name}", Sha256::of(&bytes).to_hex());
    }
    std::fs::write(list, text).with_context(|| format!("failed to write {}", list.display()))
}
