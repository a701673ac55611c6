//! The pieces of work during which the plug is pulled.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use egi_model::release::ReleaseType;
use tempfile::TempDir;

use crate::packages::TinyPackage;
use crate::provider::Delivery;
use crate::site::Site;

/// A site with work in its inbox.
#[derive(Debug)]
pub struct Phase {
    /// Which.
    pub name: PhaseName,
    /// The site. It is copied, never worked on.
    pub site: Site,
    folder: PathBuf,
    home: TempDir,
}

/// The pieces of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseName {
    /// A release of three packages is fetched, verified, kept and placed.
    Intake,
    /// It moves on to staged rollout.
    Rollout,
    /// A release replaces the one in production.
    Replacement,
    /// A release in staged rollout is rejected.
    Rejection,
    /// A release has to wait for its slot, the slot frees, and it is woken.
    Deferral,
    /// A release arrives damaged.
    Damage,
    /// A product's releases for two targets go into production together.
    Set,
}

impl PhaseName {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Intake, Self::Rollout, Self::Replacement, Self::Rejection, Self::Deferral, Self::Damage, Self::Set];
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Intake => "intake",
            Self::Rollout => "staged rollout",
            Self::Replacement => "replacement in production",
            Self::Rejection => "rejection",
            Self::Deferral => "deferral and waking",
            Self::Damage => "damaged delivery",
            Self::Set => "set into production",
        })
    }
}

const REPORTS: [&str; 2] = [
    "Verification-Report=https://documents.example.org/verification",
    "StageRollout-Report=https://documents.example.org/staged-rollout",
];

impl Phase {
    /// Builds the site and brings it to where the work waits.
    pub fn prepare(name: PhaseName) -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-crash-").context("failed to create a temporary folder")?;
        let folder = home.path().canonicalize().context("failed to find the temporary folder")?;
        let site = Site::init(&folder.join("site"), "http://repository.example.org/sw")?;
        let world = World { provider: folder.join("provider"), packages: folder.join("packages"), site };
        for made in [&world.provider, &world.packages] {
            std::fs::create_dir(made).with_context(|| format!("failed to create {}", made.display()))?;
        }
        world.site.allow_folder(&world.provider)?;
        match name {
            PhaseName::Intake => world.ask_intake("1.0.0", false)?,
            PhaseName::Damage => world.ask_intake("1.0.0", true)?,
            PhaseName::Rollout => {
                let ticket = world.verified("1.0.0")?;
                world.ask(ticket, "carlos", "StageRollout")?;
            }
            PhaseName::Replacement => {
                world.in_production("1.0.0")?;
                let ticket = world.in_rollout("1.1.0")?;
                world.ask(ticket, "mario", "Production")?;
            }
            PhaseName::Rejection => {
                world.in_production("1.0.0")?;
                let ticket = world.in_rollout("1.1.0")?;
                world.ask(ticket, "mario", "Rejected")?;
            }
            PhaseName::Deferral => {
                let holder = world.in_rollout("1.0.0")?;
                let waiting = world.verified("1.1.0")?;
                world.ask(waiting, "carlos", "StageRollout")?;
                world.ask(holder, "mario", "Production")?;
            }
            PhaseName::Set => {
                world.site.change_setting("policy.sets", "\"together\"")?;
                let members = [world.in_rollout("1.0.0")?, world.deb_in_rollout("1.0.0")?];
                for ticket in members {
                    world.ask(ticket, "mario", "Production")?;
                }
            }
        }
        Ok(Self { name, site: world.site, folder, home })
    }

    /// Keeps the folder for a person to look at.
    pub fn keep(&mut self) {
        self.home.disable_cleanup(true);
    }

    /// A folder for what belongs to the phase.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

struct World {
    provider: PathBuf,
    packages: PathBuf,
    site: Site,
}

impl World {
    /// Opens the ticket of a release of three packages.
    fn open(&self, version: &str, damaged: bool) -> Result<u64> {
        let names = ["storm-server", "storm-client", "storm-libs"];
        let packages = names.map(|name| TinyPackage::new(name, version).write_rpm(&self.packages));
        let packages: Vec<PathBuf> = packages.into_iter().collect::<Result<_>>()?;
        let dir = self.provider.join(version);
        let mut delivery = Delivery::builder("INFN.storm.sl6.x86_64", version)
            .release_type(ReleaseType::NonIncremental)
            .packages(packages)
            .build(&dir)?;
        if damaged {
            delivery.flip_bit(&format!("storm-client-{version}-1.noarch.rpm"))?;
        }
        let url = format!("file://{}", dir.display());
        self.site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=NonIncremental"])
    }

    /// The same product for another target, in staged rollout.
    fn deb_in_rollout(&self, version: &str) -> Result<u64> {
        let dir = self.provider.join(format!("{version}-deb"));
        let delivery = Delivery::builder("INFN.storm.debian-bookworm.amd64", version)
            .target("debian-bookworm", "amd64")
            .release_type(ReleaseType::NonIncremental)
            .package(TinyPackage::new("storm-server", version).write_deb(&self.packages)?)
            .build(&dir)?;
        let url = format!("file://{}", dir.display());
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=NonIncremental"];
        let ticket = self.site.open_ticket(&delivery, &url, &fields)?;
        self.bring_to_rollout(ticket)?;
        Ok(ticket)
    }

    /// Somebody asks for a state; nothing is worked on yet.
    fn ask(&self, ticket: u64, who: &str, state: &str) -> Result<()> {
        let change = format!("RolloutProgress={state}");
        self.site.done(&["ticket", "set", "--as", who, &ticket.to_string(), &change]).map(drop)
    }

    fn ask_intake(&self, version: &str, damaged: bool) -> Result<()> {
        let ticket = self.open(version, damaged)?;
        self.ask(ticket, "carlos", "Unverified")
    }

    fn bring(&self, ticket: u64, who: &str, state: &str) -> Result<()> {
        self.site.set(ticket, who, &[&format!("RolloutProgress={state}")])?;
        let now = self.site.field(ticket, "RolloutProgress")?;
        ensure!(now == state, "ticket {ticket} stands in {now}, not in {state}");
        Ok(())
    }

    fn verify(&self, ticket: u64) -> Result<()> {
        self.bring(ticket, "carlos", "Unverified")?;
        self.bring(ticket, "carlos", "InVerification")?;
        self.site.set(ticket, "kostas", &REPORTS)
    }

    fn bring_to_rollout(&self, ticket: u64) -> Result<()> {
        self.verify(ticket)?;
        self.bring(ticket, "carlos", "StageRollout")
    }

    fn verified(&self, version: &str) -> Result<u64> {
        let ticket = self.open(version, false)?;
        self.verify(ticket)?;
        Ok(ticket)
    }

    fn in_rollout(&self, version: &str) -> Result<u64> {
        let ticket = self.open(version, false)?;
        self.bring_to_rollout(ticket)?;
        Ok(ticket)
    }

    fn in_production(&self, version: &str) -> Result<()> {
        let ticket = self.in_rollout(version)?;
        self.bring(ticket, "mario", "Production")
    }
}
