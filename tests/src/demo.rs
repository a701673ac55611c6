//! The main job, narrated: real releases from a provider's servers through the whole workflow into repositories that
//! `dnf` and `apt-get` install from.

mod narrator;
mod stories;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

pub use self::narrator::Narrator;
use self::stories::World;
use crate::clients::{AptRoot, DnfRoot};
use crate::packages::{DEB_ARCH, DEMO_LEAF};
use crate::servers::HttpServer;

/// Runs the demo into `folder`, which is made anew, and tells it line by line.
pub fn run(folder: &Path, narrator: &mut Narrator) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("failed to clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let folder = folder.canonicalize().context("failed to find the demo's folder")?;
    let world = World::build(&folder, narrator)?;
    stories::tell(&world, narrator)?;
    install(&world.site.public(), narrator)?;
    leave(&world, &folder, narrator)
}

/// What a site would do: install from the repositories, served over HTTP.
fn install(public: &Path, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("A site installs")?;
    let web = HttpServer::serve(public)?;
    let base = web.url().trim_end_matches('/');

    let dnf = DnfRoot::new()?;
    let url = format!("{base}/production/CAs/base");
    dnf.add_repo("EGI-trustanchors", &url)?;
    narrator.say(&format!("dnf, in a throw-away root, from {url}:"))?;
    narrator.quote(&format!(
        "# dnf install ca-policy-egi-core\n{}",
        last_lines(&dnf.install(&["ca-policy-egi-core"])?, 8)
    ))?;
    narrator.quote(&format!("# rpm -qa\n{}", dnf.query_installed()?.join("\n")))?;

    let apt = AptRoot::new(DEB_ARCH)?;
    let source =
        format!("deb [trusted=yes] {base}/production/umd/4/debian-bookworm/amd64/updates debian-bookworm main");
    apt.add_source(&source)?;
    narrator.say("apt-get, in a throw-away root, from this source:")?;
    narrator.quote(&source)?;
    apt.update()?;
    narrator.quote(&format!("# apt-get install {DEMO_LEAF}\n{}", last_lines(&apt.install(&[DEMO_LEAF])?, 5)))?;
    narrator.quote(&format!("# dpkg -l\n{}", apt.query_installed()?.join("\n")))
}

fn last_lines(text: &str, most: usize) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    lines.get(lines.len().saturating_sub(most)..).unwrap_or_default().join("\n")
}

/// What is left to look at.
fn leave(world: &World, folder: &Path, narrator: &mut Narrator) -> Result<()> {
    narrator.chapter("What is left to look at")?;
    let site = &world.site;
    let month = chrono::Utc::now().format("%Y-%m").to_string();
    let metrics = folder.join("metrics");
    site.done(&["report", &month, "--out", &metrics.to_string_lossy()])?;
    let history = site.done(&["history"])?;
    write(&folder.join("history.txt"), &history)?;
    let tickets = folder.join("tickets");
    std::fs::create_dir_all(&tickets).context("failed to create the folder for tickets")?;
    for number in 1..=world.tickets()? {
        let text = site.done(&["ticket", "show", &number.to_string()])?;
        write(&tickets.join(format!("{number}.txt")), &text)?;
    }
    narrator.say("The history, every record chained to the one before by digest:")?;
    narrator.quote(&history)?;
    narrator.quote(&site.done(&["history", "verify"])?)?;
    narrator.quote(&site.done(&["sync"])?)?;
    for file in ["m-repo-1.csv", "m-repo-2.csv", "m-repo-3.csv", "time-in-state.csv"] {
        let text = std::fs::read_to_string(metrics.join(file)).with_context(|| format!("failed to read {file}"))?;
        narrator.say(&format!("metrics/{file}:"))?;
        narrator.quote(&text)?;
    }
    narrator.say(&format!("Look around in {}:", folder.display()))?;
    for (what, path) in [
        ("the repositories sites install from", "site/repository/sw"),
        ("the tickets with their comments", "tickets"),
        ("the mails the desk sent", "site/desk/outbox"),
        ("the history", "history.txt"),
        ("the month's report as PDF, its numbers, and what each is made of", "metrics"),
        ("what the provider delivered", "provider"),
        ("the site's settings; try `target/debug/nsrw --config demo/site/nsrw.toml explain 5`", "site/nsrw.toml"),
    ] {
        narrator.say(&format!("  {path:<20} {what}"))?;
    }
    Ok(())
}

fn write(path: &PathBuf, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}
