//! Sites with many packages, made once and copied for each turn.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::packages::TypicalPackage;
use crate::process::run;
use crate::provider::Delivery;
use crate::site::Site;

/// The most packages of one delivery: a release.xml that lists more than some 7,000 is larger than a ticket takes.
pub(super) const BATCH: u32 = 5_000;
/// What a step of the way needs written into the ticket.
const REPORTS: [&str; 2] = [
    "Verification-Report=https://documents.example.org/verification",
    "StageRollout-Report=https://documents.example.org/staged-rollout",
];

/// What the packages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rpm,
    Deb,
}

/// A provider's folder and a site that takes from it.
#[derive(Debug)]
pub(super) struct Grown {
    pub(super) site: Site,
    provider: PathBuf,
    kind: Kind,
}

impl Grown {
    /// An empty site in `folder`.
    pub(super) fn new(folder: &Path, kind: Kind) -> Result<Self> {
        let provider = folder.join("provider");
        std::fs::create_dir_all(&provider).with_context(|| format!("failed to create {}", provider.display()))?;
        let site = Site::init(&folder.join("site"), "http://repository.example.org/sw")?;
        site.allow_folder(&provider)?;
        // The peers do not ask whether anything can be installed.
        site.configure("before_stagerollout = \"auto\"", "before_stagerollout = \"off\"")?;
        site.configure("before_production = \"auto\"", "before_production = \"off\"")?;
        Ok(Self { site, provider, kind })
    }

    /// Delivers the packages from `first` on, opens their ticket, and returns it with the packages' files.
    pub(super) fn deliver(&self, first: u32, count: u32) -> Result<(u64, Vec<PathBuf>)> {
        let made = tempfile::TempDir::new_in(&self.provider).context("failed to create a folder for packages")?;
        let packages: Vec<PathBuf> = (first..first + count)
            .map(|number| match self.kind {
                Kind::Rpm => TypicalPackage::new(number).write_rpm(made.path()),
                Kind::Deb => TypicalPackage::new(number).write_deb(made.path()),
            })
            .collect::<Result<_>>()?;
        let (platform, arch) = match self.kind {
            Kind::Rpm => ("sl6", "x86_64"),
            Kind::Deb => ("debian-bookworm", "amd64"),
        };
        let folder = self.provider.join(format!("from-{first}"));
        let delivery = Delivery::builder(&format!("TP.tools-{first}.{platform}.{arch}"), "1.0.0")
            .target(platform, arch)
            .packages(&packages)
            .build(&folder)?;
        let url = format!("file://{}", folder.display());
        let ticket =
            self.site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"])?;
        let files = packages.iter().filter_map(|path| path.file_name()).map(|name| folder.join(name)).collect();
        Ok((ticket, files))
    }

    /// Brings a release into staged rollout, with everything that production needs.
    pub(super) fn stage(&self, ticket: u64) -> Result<()> {
        self.verify(ticket)?;
        self.bring(ticket, "carlos", "StageRollout")
    }

    fn verify(&self, ticket: u64) -> Result<()> {
        self.bring(ticket, "carlos", "Unverified")?;
        self.bring(ticket, "carlos", "InVerification")?;
        self.site.set(ticket, "kostas", &REPORTS)
    }

    /// Takes `count` packages into production and returns their files.
    pub(super) fn fill(&self, count: u32) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for first in (0..count).step_by(usize::try_from(BATCH)?) {
            let (ticket, more) = self.deliver(first, BATCH.min(count - first))?;
            self.stage(ticket)?;
            self.bring(ticket, "mario", "Production")?;
            files.extend(more);
        }
        Ok(files)
    }

    /// Somebody asks for a state, and nothing is worked on yet.
    pub(super) fn ask(&self, ticket: u64, who: &str, state: &str) -> Result<()> {
        let change = format!("RolloutProgress={state}");
        self.site.done(&["ticket", "set", "--as", who, &ticket.to_string(), &change]).map(drop)
    }

    fn bring(&self, ticket: u64, who: &str, state: &str) -> Result<()> {
        self.site.set(ticket, who, &[&format!("RolloutProgress={state}")])?;
        let now = self.site.field(ticket, "RolloutProgress")?;
        ensure!(now == state, "ticket {ticket} stands in {now}, not in {state}: {:?}", self.site.comments(ticket)?);
        Ok(())
    }
}

/// A copy of a site in `folder`. What its repository tree has is linked: nothing there is ever written to again.
pub(super) fn copy(site: &Site, folder: &Path) -> Result<Site> {
    let tree = "repository";
    std::fs::create_dir(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    for entry in std::fs::read_dir(site.folder()).context("failed to list a site")? {
        let entry = entry.context("failed to list a site")?;
        let how = if entry.file_name() == *tree { "--link" } else { "--sparse=auto" };
        run(Command::new("cp").args(["--archive", how]).arg(entry.path()).arg(folder))?;
    }
    Ok(site.at(folder))
}

/// Links files into a folder.
pub(super) fn link_all(files: &[PathBuf], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    for file in files {
        let name = folder.join(file.file_name().unwrap_or_default());
        std::fs::hard_link(file, &name).with_context(|| format!("failed to link {}", name.display()))?;
    }
    Ok(())
}
