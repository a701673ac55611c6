//! `apt-get` with a root of its own.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{create_dirs, write_file};
use crate::process::{ADMIN_PATH, run};

/// The version of packages that are assumed to be there: newer than any, and no real one.
const ASSUMED: &str = "999:0-assumed";

/// Folders `apt-get` and `dpkg` expect to find.
const FOLDERS: [&str; 9] = [
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "etc/apt/trusted.gpg.d",
    "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/log/apt",
];

/// A throw-away root into which `apt-get` installs for real.
///
/// `APT_CONFIG` moves every folder of `apt-get` into the root before the machine's configuration would be read, and
/// `dpkg --root` unpacks and configures there. A package's scripts would be run inside the root, which has no shell:
/// install packages without scripts. No root is needed: `dpkg` is told to leave owners it can not set.
///
/// The root starts empty. What a site's base system has anyway (`libc6`, `perl` …) is declared with
/// [`AptRoot::assume_installed`] and not unpacked.
#[derive(Debug)]
pub struct AptRoot {
    home: TempDir,
    arch: String,
}

impl AptRoot {
    /// An empty root for packages of architecture `arch` (`amd64`) and `all`, with no source.
    pub fn new(arch: &str) -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-apt-").context("failed to create a root for apt-get")?;
        let this = Self { home, arch: arch.to_owned() };
        let root = this.root();
        for folder in FOLDERS {
            create_dirs(&root.join(folder))?;
        }
        write_file(&this.status(), "")?;
        write_file(&root.join("etc/apt/sources.list"), "")?;
        write_file(&this.config(), &render_config(&root, arch))?;
        Ok(this)
    }

    /// The folder packages are installed into.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.home.path().join("root")
    }

    /// Adds a line to the sources, such as `deb [trusted=yes] http://127.0.0.1:8000/ubuntu trusty main`.
    pub fn add_source(&self, line: &str) -> Result<()> {
        append(&self.root().join("etc/apt/sources.list"), &format!("{line}\n"))
    }

    /// Adds a deb822 file of sources.
    pub fn add_sources_file(&self, id: &str, text: &str) -> Result<()> {
        write_file(&self.root().join(format!("etc/apt/sources.list.d/{id}.sources")), text)
    }

    /// Declares packages as installed, in a version newer than any other.
    pub fn assume_installed(&self, packages: &[&str]) -> Result<()> {
        for package in packages {
            write_file(&self.root().join(format!("var/lib/dpkg/info/{package}.list")), "")?;
        }
        let stanzas: Vec<String> = packages.iter().map(|package| self.assumed(package)).collect();
        append(&self.status(), &stanzas.concat())
    }

    /// `Multi-Arch: allowed` satisfies dependencies such as `perl:any` too.
    fn assumed(&self, package: &str) -> String {
        format!(
            "Package: {package}\nStatus: install ok installed\nArchitecture: {arch}\nMulti-Arch: allowed\n\
             Version: {ASSUMED}\nMaintainer: the base system <root@localhost>\nDescription: assumed to be there\n\n",
            arch = self.arch,
        )
    }

    /// Fetches the indexes of all sources. A source that can not be fetched is an error.
    pub fn update(&self) -> Result<()> {
        run(self.command("apt-get").args(["-o", "APT::Update::Error-Mode=any", "update"])).map(drop)
    }

    /// The same, with another clock: `time` as `faketime` reads it, such as `+11 days`.
    pub fn update_at(&self, time: &str) -> Result<()> {
        let mut command = self.command("faketime");
        command.args(["-f", time, "apt-get", "-o", "APT::Update::Error-Mode=any", "update"]);
        run(&mut command).map(drop)
    }

    /// Installs packages with all they need and returns what `apt-get` said.
    pub fn install(&self, packages: &[&str]) -> Result<String> {
        self.run("install", packages)
    }

    /// Runs another of its commands, which may downgrade, and returns what `apt-get` said.
    pub fn run(&self, command: &str, arguments: &[&str]) -> Result<String> {
        run(self.command("apt-get").args([command, "--yes", "--allow-downgrades"]).args(arguments))
    }

    /// Answers a question to `apt-cache`.
    pub fn ask(&self, question: &[&str]) -> Result<String> {
        run(self.command("apt-cache").args(question))
    }

    /// The installed packages as `name version`, sorted, without those only assumed to be there.
    pub fn query_installed(&self) -> Result<Vec<String>> {
        let mut query = self.command("dpkg-query");
        query.arg("--admindir").arg(self.root().join("var/lib/dpkg"));
        let format = "${db:Status-Status} ${Package} ${Version}\\n";
        let printed = run(query.args(["--show", "--showformat", format]))?;
        let installed = printed.lines().filter_map(|line| line.strip_prefix("installed "));
        let unpacked = installed.filter(|line| !line.ends_with(ASSUMED));
        let mut installed: Vec<String> = unpacked.map(str::to_owned).collect();
        installed.sort();
        Ok(installed)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.config()).env("PATH", ADMIN_PATH);
        command.env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("apt.conf")
    }

    fn status(&self) -> PathBuf {
        self.root().join("var/lib/dpkg/status")
    }
}

/// Syncing to disk is left out (`force-unsafe-io`): nothing here is to survive a power cut.
fn render_config(root: &Path, arch: &str) -> String {
    let root = root.display();
    format!(
        r#"Dir "{root}/";
Dir::State::status "{root}/var/lib/dpkg/status";
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "0";
Dpkg::Use-Pty "false";
DPkg::Options {{
  "--root={root}";
  "--log={root}/var/log/dpkg.log";
  "--force-not-root";
  "--force-unsafe-io";
  "--force-architecture";
}};
"#
    )
}

fn append(path: &Path, text: &str) -> Result<()> {
    let opened = OpenOptions::new().append(true).open(path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("failed to write to {}", path.display()))
}
