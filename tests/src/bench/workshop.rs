//! Where the work is timed: folders on one file system, fresh sites, and shell scripts run for both sides alike.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::measure::{Figures, measure};
use super::report::Column;
use crate::packages::cache_dir;
use crate::process::run;
use crate::provider::Delivery;
use crate::site::{PROGRAM, Site};

/// A folder to work in, gone when dropped.
#[derive(Debug)]
pub(super) struct Workshop {
    folder: TempDir,
}

impl Workshop {
    /// In the build's `target` folder: `/tmp` may be memory, where making things durable costs nothing.
    pub(super) fn open() -> Result<Self> {
        let cache = cache_dir();
        std::fs::create_dir_all(&cache).with_context(|| format!("failed to create {}", cache.display()))?;
        let cache = cache.canonicalize().with_context(|| format!("failed to find {}", cache.display()))?;
        let folder = TempDir::with_prefix_in("bench-", cache).context("failed to create a folder to work in")?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that it is in, which others may enter.
    pub(super) fn beside(&self) -> PathBuf {
        self.folder().parent().unwrap_or(self.folder()).to_owned()
    }

    /// A folder with this name.
    pub(super) fn room(&self, name: &str) -> Result<PathBuf> {
        let room = self.folder().join(name);
        std::fs::create_dir_all(&room).with_context(|| format!("failed to create {}", room.display()))?;
        Ok(room)
    }

    /// A folder for one turn.
    pub(super) fn bench(&self) -> Result<TempDir> {
        TempDir::with_prefix_in("turn-", self.folder()).context("failed to create a folder for one turn")
    }

    /// What it costs to start, watch and end a program that does nothing.
    pub(super) fn idle(&self, runs: usize) -> Result<Column> {
        let bench = self.bench()?;
        let mut column = Column::default();
        for _ in 0..runs {
            column.push(script(":", bench.path(), &[])?);
        }
        Ok(column)
    }
}

/// Times a shell script in `folder`. It ends at the first command that fails, which is an error.
pub(super) fn script(text: &str, folder: &Path, variables: &[(&str, OsString)]) -> Result<Figures> {
    let mut shell = Command::new("sh");
    shell.args(["-euc", text]).current_dir(folder).envs(variables.iter().map(|(name, value)| (name, value)));
    // Whoever times must not measure a user's settings.
    shell.env_remove("NSRW_LOG").env_remove("NSRW_ACCOUNT").env_remove(PROGRAM).env("LC_ALL", "C.UTF-8");
    measure(&shell, &folder.join("said"))
}

/// What a script needs to call `nsrw` on a site and a ticket as a person in the site's folder does.
pub(super) fn nsrw_variables(site: &Site, ticket: u64) -> Result<Vec<(&'static str, OsString)>> {
    let mut variables = site_variables(site)?;
    variables.push(("TICKET", ticket.to_string().into()));
    Ok(variables)
}

/// What a script needs to call `nsrw` on a site.
pub(super) fn site_variables(site: &Site) -> Result<Vec<(&'static str, OsString)>> {
    let command = site.command::<&str>(&[]);
    let program = Path::new(command.get_program());
    let folder = program.parent().context("nsrw has no folder")?;
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&others));
    Ok(vec![
        ("PATH", std::env::join_paths(path).context("nsrw's folder can not be in PATH")?),
        ("NSRW_CONFIG", site.config().into_os_string()),
    ])
}

/// A fresh site in `folder` with a ticket for a delivery, as its provider opens it.
pub(super) fn site_with_ticket(folder: &Path, delivery: &Delivery, url: &str) -> Result<(Site, u64)> {
    let site = Site::init(&folder.join("site"), "http://repository.example.org/sw")?;
    let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
    let ticket = site.open_ticket(delivery, url, &fields)?;
    Ok((site, ticket))
}

/// The ticket must stand in this state, or the work was not done.
pub(super) fn expect_state(site: &Site, ticket: u64, state: &str) -> Result<()> {
    let now = site.field(ticket, "RolloutProgress")?;
    ensure!(now == state, "the ticket stands in {now}, not in {state}: {:?}", site.comments(ticket)?);
    Ok(())
}

/// The indexes below `folder` must list this many packages, or the work was not done. Those that are carried on for clients
/// with an older top file do not count.
pub(super) fn expect_listed(folder: &Path, packages: u32) -> Result<()> {
    let count = "find -L . -name @ -prune -o -name repomd.xml -print | while read -r top; do
            zcat \"${top%repodata/*}$(grep -o 'repodata/[^\"]*primary.xml.gz' \"$top\")\"; done | grep -o '<package type=' | wc -l
        find -L . -name @ -prune -o -name Packages -exec cat {} + | grep -c '^Package: ' || true";
    let printed = run(Command::new("sh").args(["-c", count]).current_dir(folder))?;
    let listed: u32 = printed.split_whitespace().filter_map(|word| word.parse::<u32>().ok()).sum();
    ensure!(listed == packages, "{listed} packages are listed below {}, not {packages}", folder.display());
    Ok(())
}
