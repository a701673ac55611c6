//! Who publishes: we, and those we are compared with, each the way its users do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use egi_model::release::{Emergency, ReleaseType};

use crate::clients::write_file;
use crate::packages::{DEB_ARCH, TinyPackage};
use crate::process::run;
use crate::provider::Delivery;
use crate::site::Site;

/// The packages of a version.
const NAMES: [&str; 8] = ["catalogue", "client", "common", "gateway", "libs", "monitor", "server", "workers"];

/// Whose repository is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Ours: rpm and deb.
    Nsrw,
    /// `createrepo_c`: rpm.
    Createrepo,
    /// `reprepro`: deb.
    Reprepro,
    /// `aptly`: deb.
    Aptly,
}

/// Where readers find it.
#[derive(Debug, Clone, Default)]
pub(super) struct Offer {
    pub(super) yum: Option<String>,
    /// With the suite.
    pub(super) apt: Option<(String, String)>,
}

/// Publishes one version after the other in place of the one before.
pub(super) trait Publisher {
    fn publish(&mut self, version: usize) -> Result<()>;
    fn offer(&self) -> Offer;
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nsrw, Self::Createrepo, Self::Reprepro, Self::Aptly];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nsrw => "nsrw",
            Self::Createrepo => "createrepo_c",
            Self::Reprepro => "reprepro",
            Self::Aptly => "aptly",
        }
    }

    pub(super) fn open(self, home: &Path, url: &str) -> Result<Box<dyn Publisher>> {
        let url = url.to_owned();
        Ok(match self {
            Self::Nsrw => Box::new(Nsrw::open(home, url)?),
            Self::Createrepo | Self::Reprepro | Self::Aptly => Box::new(Peer::open(self, home, url)?),
        })
    }
}

fn packages(
    version: usize,
    folder: &Path,
    write: impl Fn(TinyPackage, &Path) -> Result<PathBuf>,
) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    NAMES
        .iter()
        .map(|name| write(TinyPackage::new(&format!("storm-{name}"), &format!("1.0.{version}")), folder))
        .collect()
}

fn rpms(version: usize, folder: &Path) -> Result<Vec<PathBuf>> {
    packages(version, folder, |package, folder| package.write_rpm(folder))
}

fn debs(version: usize, folder: &Path) -> Result<Vec<PathBuf>> {
    packages(version, folder, |package, folder| package.arch(DEB_ARCH).write_deb(folder))
}

/// A site: each version is a release of its own, for the one target or the other, and goes as an emergency from intake to
/// production, where it replaces the one before.
struct Nsrw {
    site: Site,
    home: PathBuf,
    url: String,
}

impl Nsrw {
    fn open(home: &Path, url: String) -> Result<Self> {
        let site = Site::init(&home.join("site"), &format!("{url}/site/repository/sw"))?;
        site.allow_folder(home)?;
        Ok(Self { site, home: home.to_owned(), url })
    }

    fn release(&self, version: usize, target: (&str, &str), packages: &[PathBuf]) -> Result<()> {
        let (platform, arch) = target;
        let folder = self.home.join(format!("delivery-{platform}-{version}"));
        let delivery = Delivery::builder(&format!("TP.storm.{platform}.{arch}"), &format!("1.0.{version}"))
            .target(platform, arch)
            .release_type(ReleaseType::NonIncremental)
            .emergency(Emergency::Yes)
            .packages(packages)
            .build(&folder)?;
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=NonIncremental", "EmergencyRelease=Yes"];
        let ticket = self.site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields)?;
        let number = ticket.to_string();
        self.site.done(&["ticket", "set", "--as", "carlos", &number, "RolloutProgress=Unverified"])?;
        self.site.set(ticket, "kostas", &["RolloutProgress=Production"])?;
        let answer = self.site.field(ticket, "CommunicationStatus")?;
        ensure!(answer == "OK", "the answer is {answer}: {:?}", self.site.comments(ticket)?);
        fs::remove_dir_all(&folder).context("failed to remove a delivery")
    }
}

impl Publisher for Nsrw {
    fn publish(&mut self, version: usize) -> Result<()> {
        let made = self.home.join("made");
        // One kind after the other.
        if version.is_multiple_of(2) {
            self.release(version, ("sl6", "x86_64"), &rpms(version, &made)?)?;
        } else {
            self.release(version, ("debian-bookworm", "amd64"), &debs(version, &made)?)?;
        }
        fs::remove_dir_all(&made).context("failed to remove packages")
    }

    fn offer(&self) -> Offer {
        let base = format!("{}/site/repository/sw/production/umd/4", self.url);
        Offer {
            yum: Some(format!("{base}/sl6/x86_64/base")),
            apt: Some((format!("{base}/debian-bookworm/amd64/base"), "debian-bookworm".to_owned())),
        }
    }
}

/// Somebody else's tool, called from a shell with the new packages in `new` and the version in `$VERSION`.
struct Peer {
    tool: Tool,
    folder: PathBuf,
    url: String,
}

const APTLY_CONF: &str = r#"{ "rootDir": "aptly", "gpgDisableSign": true, "gpgDisableVerify": true }
"#;
const REPREPRO_CONF: &str = "Codename: storm\nArchitectures: amd64 arm64\nComponents: main\n";

/// New packages come before the index that names them and no others, and old ones go after it.
const CREATEREPO: &str = "\
old=$(ls repository/*.rpm 2>/dev/null || true)
(cd new && ls *.rpm) >listed
mv new/*.rpm repository
createrepo_c --quiet --update --no-database --general-compress-type=gz --pkglist listed repository
rm -f $old
";
const REPREPRO: &str =
    "reprepro --silent --section science --priority optional includedeb storm new/*.deb\nrm new/*.deb\n";
const APTLY: &str = "\
aptly -config=aptly.conf repo create \"release-$VERSION\" >/dev/null
aptly -config=aptly.conf repo add -remove-files \"release-$VERSION\" new >/dev/null
aptly -config=aptly.conf snapshot create \"release-$VERSION\" from repo \"release-$VERSION\" >/dev/null
if [ \"$VERSION\" = 0 ]
then aptly -config=aptly.conf publish snapshot -distribution=storm -acquire-by-hash -skip-signing -skip-contents release-0 >/dev/null
else aptly -config=aptly.conf publish switch -skip-signing -skip-contents storm \"release-$VERSION\" >/dev/null
fi
";

impl Peer {
    fn open(tool: Tool, home: &Path, url: String) -> Result<Self> {
        let folder = home.join("peer");
        for made in ["new", "repository", "conf"] {
            let made = folder.join(made);
            fs::create_dir_all(&made).with_context(|| format!("failed to create {}", made.display()))?;
        }
        write_file(&folder.join("aptly.conf"), APTLY_CONF)?;
        write_file(&folder.join("conf/distributions"), REPREPRO_CONF)?;
        Ok(Self { tool, folder, url })
    }
}

impl Publisher for Peer {
    fn publish(&mut self, version: usize) -> Result<()> {
        let new = self.folder.join("new");
        let script = match self.tool {
            Tool::Nsrw | Tool::Createrepo => rpms(version, &new).map(|_| CREATEREPO)?,
            Tool::Reprepro => debs(version, &new).map(|_| REPREPRO)?,
            Tool::Aptly => debs(version, &new).map(|_| APTLY)?,
        };
        let mut shell = Command::new("sh");
        shell.args(["-euc", script]).env("VERSION", version.to_string()).current_dir(&self.folder);
        run(&mut shell).map(drop)
    }

    fn offer(&self) -> Offer {
        let url = format!("{}/peer", self.url);
        let suite = "storm".to_owned();
        match self.tool {
            Tool::Nsrw | Tool::Createrepo => Offer { yum: Some(format!("{url}/repository")), apt: None },
            Tool::Reprepro => Offer { yum: None, apt: Some((url, suite)) },
            Tool::Aptly => Offer { yum: None, apt: Some((format!("{url}/aptly/public"), suite)) },
        }
    }
}
