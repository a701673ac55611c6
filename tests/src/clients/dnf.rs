//! `dnf` with a root of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{create_dirs, write_file};
use crate::process::{ADMIN_PATH, run, superuser};

/// A throw-away root into which `dnf` installs for real.
///
/// `dnf --installroot` gives it a package database, cache and history of its own; a configuration and a home folder
/// beside the root keep the machine's plugins, repositories and rpm macros out. `rpm` changes into the root while it
/// installs, which needs root: an ordinary user gets it inside a user namespace.
#[derive(Debug)]
pub struct DnfRoot {
    home: TempDir,
}

impl DnfRoot {
    /// An empty root with no repository.
    pub fn new() -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-dnf-").context("failed to create a root for dnf")?;
        let this = Self { home };
        let home = this.home.path();
        create_dirs(&this.root())?;
        create_dirs(&home.join("repos.d"))?;
        // Debian's rpm keeps its database in the user's home folder unless told otherwise.
        write_file(&home.join(".rpmmacros"), "%_dbpath /var/lib/rpm\n%_pkgverify_level none\n")?;
        let here = home.display();
        let config = format!(
            "[main]\ngpgcheck=0\nplugins=0\ninstall_weak_deps=0\nmetadata_expire=0\nretries=1\ntimeout=30\n\
             module_platform_id=platform:box\nreposdir={here}/repos.d\nvarsdir={here}/vars\ncachedir=/var/cache/dnf\n"
        );
        write_file(&home.join("dnf.conf"), &config)?;
        Ok(this)
    }

    /// The folder packages are installed into.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.home.path().join("root")
    }

    /// Adds a repository: `baseurl` is the folder that has `repodata`, as `http://` or `file://`.
    pub fn add_repo(&self, id: &str, baseurl: &str) -> Result<()> {
        let text = format!("[{id}]\nname={id}\nbaseurl={baseurl}\nenabled=1\ngpgcheck=0\nskip_if_unavailable=0\n");
        write_file(&self.home.path().join("repos.d").join(format!("{id}.repo")), &text)
    }

    /// Adds a repository by a file that it offers.
    pub fn add_repo_file(&self, id: &str, text: &str) -> Result<()> {
        write_file(&self.home.path().join("repos.d").join(format!("{id}.repo")), text)
    }

    /// Fetches the indexes of all repositories.
    pub fn makecache(&self) -> Result<()> {
        run(self.dnf().arg("makecache")).map(drop)
    }

    /// Installs packages with all they need and returns what `dnf` said.
    pub fn install(&self, packages: &[&str]) -> Result<String> {
        self.run("install", packages)
    }

    /// Runs another of its commands and returns what `dnf` said.
    pub fn run(&self, command: &str, arguments: &[&str]) -> Result<String> {
        run(self.dnf().arg(command).args(arguments))
    }

    /// The packages the repositories offer, as `name-version-release.arch`, sorted.
    pub fn query_available(&self) -> Result<Vec<String>> {
        let format = "%{name}-%{version}-%{release}.%{arch}";
        Ok(sorted(&run(self.dnf().args(["--quiet", "repoquery", "--queryformat", format]))?))
    }

    /// Answers a question about what the repositories offer.
    pub fn repoquery(&self, question: &[&str]) -> Result<String> {
        run(self.dnf().args(["--quiet", "repoquery"]).args(question))
    }

    /// The installed packages, as `name-version-release.arch`, sorted.
    pub fn query_installed(&self) -> Result<Vec<String>> {
        let database = self.root().join("var/lib/rpm");
        let format = "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\\n";
        Ok(sorted(&run(Command::new("rpm").arg("--dbpath").arg(database).args(["-qa", "--qf", format]))?))
    }

    fn dnf(&self) -> Command {
        let home = self.home.path();
        let mut command = superuser("dnf");
        command.env("HOME", home).env("LC_ALL", "C.UTF-8").env("PATH", ADMIN_PATH);
        command.args([Path::new("--config"), &home.join("dnf.conf"), Path::new("--installroot"), &self.root()]);
        command.args(["--assumeyes", "--releasever=1"]);
        command
    }
}

fn sorted(lines: &str) -> Vec<String> {
    let mut lines: Vec<String> = lines.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    lines.sort();
    lines
}
