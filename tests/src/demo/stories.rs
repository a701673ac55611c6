//! The demo's releases, each with a story of its own.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use egi_model::release::{Emergency, ReleaseType};

use super::Narrator;
use crate::packages::{DEMO_DEBS, TinyPackage, build_ca_rpms, fetch_debs};
use crate::provider::Delivery;
use crate::servers::{FtpServer, HttpServer, RsyncDaemon};
use crate::site::Site;

/// The provider's servers, the site, and the packages.
pub(super) struct World {
    pub(super) site: Site,
    provider: PathBuf,
    rsync: RsyncDaemon,
    http: HttpServer,
    ftp: FtpServer,
    rpms: Vec<PathBuf>,
    debs: Vec<PathBuf>,
    tiny: PathBuf,
}

/// What people write into a ticket before a phase is passed.
const REPORTS: [&str; 2] = [
    "Verification-Report=https://documents.example.org/verification",
    "StageRollout-Report=https://documents.example.org/staged-rollout",
];

impl World {
    pub(super) fn build(folder: &Path, narrator: &mut Narrator) -> Result<Self> {
        narrator.chapter("The provider, and a new site")?;
        let (provider, packages) = (folder.join("provider"), folder.join("packages"));
        for made in [&provider, &packages.join("ca"), &packages.join("debs"), &packages.join("tiny")] {
            std::fs::create_dir_all(made)?;
        }
        narrator.say("building the CA trust anchors 1.37-1 with rpmbuild, from the anchors Debian ships …")?;
        let rpms = build_ca_rpms("1.37", "1", &packages.join("ca"))?;
        narrator.say(&format!("fetching {} real Debian packages with apt-get download …", DEMO_DEBS.len()))?;
        let debs = fetch_debs(&DEMO_DEBS, &packages.join("debs"))?;
        let site = Site::init(&folder.join("site"), "http://repository.example.org/sw")?;
        let world = Self {
            rsync: RsyncDaemon::serve(&provider)?,
            http: HttpServer::serve(&provider)?,
            ftp: FtpServer::serve(&provider)?,
            tiny: packages.join("tiny"),
            site,
            provider,
            rpms,
            debs,
        };
        narrator.say(&format!("The provider serves {} by rsync, HTTP and FTP:", world.provider.display()))?;
        narrator.quote(&format!("{}\n{}\n{}", world.rsync.url(), world.http.url(), world.ftp.url()))?;
        narrator.say(
            "The site: `nsrw init demo/site`, with four people (provider, verifier, rollout manager, administrator).",
        )?;
        Ok(world)
    }

    /// How many tickets were opened.
    pub(super) fn tickets(&self) -> Result<u64> {
        let list: Vec<serde_json::Value> = serde_json::from_str(&self.site.done(&["ticket", "list", "--json"])?)?;
        Ok(list.len() as u64)
    }

    /// A small product of one rpm, for stories that end early.
    fn small(&self, product: &str, version: &str, emergency: Emergency) -> Result<Delivery> {
        let rpm = TinyPackage::new(product, version).write_rpm(&self.tiny)?;
        Delivery::builder(&format!("TP.{product}.sl6.x86_64"), version)
            .package(rpm)
            .emergency(emergency)
            .build(&self.provider.join(format!("{product}-{version}")))
    }

    fn open(&self, narrator: &mut Narrator, delivery: &Delivery, url: &str, fields: &[&str]) -> Result<u64> {
        let ticket = self.site.open_ticket(delivery, url, fields)?;
        narrator.say(&format!("The provider opens ticket {ticket}: {url}"))?;
        Ok(ticket)
    }

    /// Somebody sets a state; the worker follows; the ticket's answer is told.
    fn set(&self, narrator: &mut Narrator, ticket: u64, who: &str, state: &str) -> Result<String> {
        let before = self.site.comments(ticket)?.len();
        self.site.set(ticket, who, &[&format!("RolloutProgress={state}")])?;
        let now = self.site.field(ticket, "RolloutProgress")?;
        let answer = self.site.field(ticket, "CommunicationStatus")?;
        narrator.say(&format!("{who} sets {state}: the ticket stands in {now}, the repository answers {answer}"))?;
        for comment in self.site.comments(ticket)?.iter().skip(before) {
            narrator.quote(comment)?;
        }
        Ok(now)
    }

    /// From Submitted into staged rollout.
    fn go_to_rollout(&self, narrator: &mut Narrator, ticket: u64) -> Result<()> {
        self.set(narrator, ticket, "carlos", "Unverified")?;
        self.set(narrator, ticket, "carlos", "InVerification")?;
        self.site.set(ticket, "kostas", &REPORTS)?;
        self.set(narrator, ticket, "carlos", "StageRollout").map(drop)
    }

    fn expect(&self, ticket: u64, state: &str) -> Result<()> {
        let now = self.site.field(ticket, "RolloutProgress")?;
        ensure!(now == state, "ticket {ticket} stands in {now}, not in {state}");
        Ok(())
    }
}

pub(super) fn tell(world: &World, narrator: &mut Narrator) -> Result<()> {
    trust_anchors(world, narrator)?;
    let first = product_release(world, narrator)?;
    deferred(world, narrator, first)?;
    rejected(world, narrator)?;
    bad_checksum(world, narrator)?;
    emergency(world, narrator)?;
    illegal(world, narrator)
}

fn trust_anchors(world: &World, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("The CA trust anchors 1.37-1 (rpm, by rsync) to production: the specification's own example")?;
    let delivery = Delivery::builder("ca-policy-egi-core", "1.37-1")
        .title("EGI trust anchors")
        .provider("EUGridPMA", "EUGridPMA")
        .target("any", "noarch")
        .release_type(ReleaseType::NonIncremental)
        .packages(&world.rpms)
        .build(&world.provider.join("ca-1.37-1"))?;
    let url = url(world.rsync.url(), &delivery);
    let ticket =
        world.open(narrator, &delivery, &url, &["AssociatedMajorRelease=ca-1.0", "ReleaseType=NonIncremental"])?;
    world.go_to_rollout(narrator, ticket)?;
    world.set(narrator, ticket, "mario", "Production")?;
    world.expect(ticket, "Production")
}

fn product_release(world: &World, narrator: &mut Narrator) -> Result<u64> {
    narrator.chapter("A product of real Debian packages (by HTTP) into staged rollout")?;
    let (most, _) = world.debs.split_at(world.debs.len().saturating_sub(5));
    let delivery = grid_clients(world, "6.0.0", most)?;
    let url = url(world.http.url(), &delivery);
    let ticket = world.open(narrator, &delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"])?;
    world.go_to_rollout(narrator, ticket)?;
    world.expect(ticket, "StageRollout")?;
    Ok(ticket)
}

fn grid_clients(world: &World, version: &str, debs: &[PathBuf]) -> Result<Delivery> {
    Delivery::builder("IGE.grid-clients.debian-bookworm.amd64", version)
        .title("Grid clients")
        .provider("Initiative for Globus in Europe", "IGE")
        .target("debian-bookworm", "amd64")
        .packages(debs)
        .build(&world.provider.join(format!("grid-clients-{version}")))
}

fn deferred(world: &World, narrator: &mut Narrator, first: u64) -> Result<()> {
    narrator.chapter("The next release of the same product (by FTP) waits behind it, and wakes by itself")?;
    let (_, last) = world.debs.split_at(world.debs.len().saturating_sub(5));
    let delivery = grid_clients(world, "6.1.0", last)?;
    let url = url(world.ftp.url(), &delivery);
    let ticket = world.open(narrator, &delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"])?;
    world.go_to_rollout(narrator, ticket)?;
    world.expect(ticket, "Deferred")?;
    narrator.say(&format!("Meanwhile the first one, ticket {first}, is accepted:"))?;
    world.set(narrator, first, "mario", "Production")?;
    world.expect(ticket, "StageRollout")?;
    narrator.say(&format!("… and ticket {ticket} has entered staged rollout without anybody touching it:"))?;
    if let Some(comment) = world.site.comments(ticket)?.last() {
        narrator.quote(comment)?;
    }
    world.set(narrator, ticket, "mario", "Production")?;
    world.expect(ticket, "Production")
}

fn rejected(world: &World, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("One is rejected in verification")?;
    let delivery = world.small("dpm-xrootd", "3.6.1", Emergency::No)?;
    let url = url(world.rsync.url(), &delivery);
    let ticket = world.open(narrator, &delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"])?;
    world.set(narrator, ticket, "carlos", "Unverified")?;
    world.set(narrator, ticket, "carlos", "InVerification")?;
    world.set(narrator, ticket, "carlos", "Rejected")?;
    world.expect(ticket, "Rejected")
}

fn bad_checksum(world: &World, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("One arrives damaged, is mended and tried again")?;
    let mut delivery = world.small("storm-webdav", "1.4.2", Emergency::No)?;
    delivery.flip_bit("storm-webdav-1.4.2-1.noarch.rpm")?;
    let url = url(world.rsync.url(), &delivery);
    let ticket = world.open(narrator, &delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"])?;
    world.set(narrator, ticket, "carlos", "Unverified")?;
    world.expect(ticket, "Failed")?;
    narrator.say("The provider mends the file; the administrator tries again:")?;
    delivery.mend()?;
    world.set(narrator, ticket, "kostas", "Unverified")?;
    world.expect(ticket, "Unverified")
}

fn emergency(world: &World, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("An emergency goes straight to production")?;
    let delivery = world.small("canl-java", "2.6.5", Emergency::Yes)?;
    let url = url(world.rsync.url(), &delivery);
    let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental", "EmergencyRelease=Yes"];
    let ticket = world.open(narrator, &delivery, &url, &fields)?;
    world.set(narrator, ticket, "carlos", "Unverified")?;
    world.set(narrator, ticket, "kostas", "Production")?;
    world.expect(ticket, "Production")
}

fn illegal(world: &World, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("An illegal step, StageRollout -> Unverified, is refused")?;
    let delivery = world.small("argus-pap", "1.7.3", Emergency::No)?;
    let url = url(world.rsync.url(), &delivery);
    let ticket = world.open(narrator, &delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"])?;
    world.go_to_rollout(narrator, ticket)?;
    let before = list(&world.site.public())?;
    world.set(narrator, ticket, "carlos", "Unverified")?;
    world.expect(ticket, "Failed")?;
    ensure!(list(&world.site.public())? == before, "the repositories were touched");
    narrator.say("The repositories are as before, file by file. `nsrw explain` tells what moves the release:")?;
    narrator.quote(&world.site.done(&["explain", &ticket.to_string()])?)?;
    world.set(narrator, ticket, "kostas", "StageRollout")?;
    world.expect(ticket, "StageRollout")
}

/// Where a server offers a delivery.
fn url(server: &str, delivery: &Delivery) -> String {
    let name = delivery.dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}/{name}", server.trim_end_matches('/'))
}

/// Every path below the public folder, and what each live generation is.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_symlink() {
                found.push(std::fs::read_link(&path)?);
            }
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
