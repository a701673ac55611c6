//! `nsrw rt`: Request Tracker's side, rendered, compared and applied.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::rt::{ApplyRtArgs, DiffRtArgs, RtSetupCommand};
use crate::config::Config;
use crate::exit::Exit;
use crate::output;
use crate::permission::{Act, permit};
use crate::rt::setup::{self, Drift, Mode};
use crate::rt::{desired, render_site_config};

/// The file for RT's `RT_SiteConfig.d`. It is read in the order of names: after the site's own, which may set options.
const SITE_CONFIG: &str = "80-nsrw.pm";
/// What the RT shall have, for who runs the setup program by hand.
const DESIRED: &str = "desired.json";

pub(super) fn run(config: &Config, command: &RtSetupCommand) -> anyhow::Result<Exit> {
    match command {
        RtSetupCommand::Config { out } => render(config, out.as_deref()),
        RtSetupCommand::Diff(args) => diff(config, args),
        RtSetupCommand::Apply(args) => apply(config, args),
    }
}

fn render(config: &Config, out: Option<&Path>) -> anyhow::Result<Exit> {
    let Some(folder) = out else {
        output::raw(render_site_config(config).as_bytes());
        return Ok(Exit::Done);
    };
    fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    let write = |name: &str, text: String| {
        let file = folder.join(name);
        fs::write(&file, text).with_context(|| format!("failed to write {}", file.display()))?;
        output::line(file.display().to_string());
        anyhow::Ok(())
    };
    write(SITE_CONFIG, render_site_config(config))?;
    write(DESIRED, serde_json::to_string_pretty(&desired(config))? + "\n")?;
    Ok(Exit::Done)
}

fn diff(config: &Config, args: &DiffRtArgs) -> anyhow::Result<Exit> {
    let answer = setup::run(&args.command, &desired(config), Mode::Compare)?;
    show(&answer.drifts, args.json, "Request Tracker has everything as it should be")?;
    Ok(if answer.drifts.is_empty() { Exit::Done } else { Exit::Found })
}

fn apply(config: &Config, args: &ApplyRtArgs) -> anyhow::Result<Exit> {
    let permit = permit(config, Act::RtApply, &args.hand)?;
    // Made before anything is asked for: a token that could not be written down would be lost.
    let token_file = args.token_file.as_deref().map(create_secret).transpose()?;
    let mode = if token_file.is_some() { Mode::ApplyWithToken } else { Mode::Apply };
    let answer = setup::run(&args.command, &desired(config), mode)?;
    let mended = answer.drifts.iter().filter(|drift| drift.is_mended()).count();
    let mut done = Vec::new();
    if mended > 0 {
        done.push(format!("{mended} of {} drifts of Request Tracker mended", answer.drifts.len()));
    }
    if args.token_file.is_some() {
        done.push(format!("a token of {} made", config.tickets.account));
    }
    if !done.is_empty() {
        super::note_without_site(config, &permit, &format!("rt: {}", done.join(", ")))?;
    }
    show(&answer.drifts, args.json, "Request Tracker had everything already; nothing was changed")?;
    if let Some(mut file) = token_file {
        let token = answer.token.context("Request Tracker gave no token")?;
        writeln!(file, "{token}").and_then(|()| file.sync_all()).context("failed to write the token")?;
    }
    let mended = answer.drifts.iter().filter(|drift| drift.is_mended()).count();
    let drifts = (mended > 0).then(|| format!("{mended} of {} drifts mended", answer.drifts.len()));
    let token = args.token_file.as_ref().map(|_| format!("a token of {} made", config.tickets.account));
    let done: Vec<String> = drifts.into_iter().chain(token).collect();
    if !done.is_empty() {
        super::note_without_site(config, &permit, &format!("Request Tracker: {}", done.join(", ")))?;
    }
    Ok(if answer.drifts.iter().all(Drift::is_mended) { Exit::Done } else { Exit::Found })
}

fn create_secret(path: &Path) -> anyhow::Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.with_context(|| format!("failed to make {}; a token that is there is not made anew", path.display()))
}

fn show(drifts: &[Drift], json: bool, none: &str) -> anyhow::Result<()> {
    if json {
        return output::json(&drifts);
    }
    if drifts.is_empty() {
        output::line(none);
    }
    for drift in drifts {
        output::line(drift.render());
    }
    Ok(())
}
