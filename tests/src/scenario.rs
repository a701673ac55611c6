//! Scenarios: a script in, its transcript out.
//!
//! A script has one command a line; lines that start with `#` are comments. Each runs against a fresh site through the
//! real `nsrw`, and the transcript shows every line with what became of it: what changed on the tickets and in the
//! repositories since the line before. What differs from run to run is replaced by words that stay.
//!
//! The world's folder is called `/world`: the site lies in `/world/site`, deliveries in `/world/provider/NAME`. People
//! are those of [`crate::site::PEOPLE`]: tp1 provides, carlos verifies, mario manages the rollout, kostas administers and
//! is release manager. Words with blanks stand in single quotes.
//!
//! ```text
//! deliver PRODUCT VERSION [OPTION…]      the provider prepares a delivery, called PRODUCT-VERSION
//!     name=NAME                          … called NAME
//!     by=rsync|http|ftp                  offered so; from a local folder when not said
//!     deb                                a deb for debian-bookworm/amd64 instead of an rpm for sl6/x86_64
//!     for=PLATFORM/ARCH                  … for another target
//!     packages=NAME[:VERSION],…          with these packages; one named like the product when not said
//!     arch=ARCH content=TEXT size=BYTES  whose packages are built for ARCH, hold TEXT, or so much noise
//!     major=ID base emergency            of another major release than umd-4; NonIncremental; an emergency
//!     short=NAME                         whose DistributionShortName is not TP.PRODUCT.PLATFORM.ARCH
//! spoil NAME HOW [WORD…]                 spoils it, in one of the ways `Offer::spoil` lists
//! mend NAME                              makes it whole again
//! ticket NAME [FIELD=VALUE…]             the provider opens its ticket
//! attach NAME [WHO]                      … attaches release.xml and checksums.xml anew
//! set NAME WHO FIELD=VALUE…              changes the ticket, and nothing is worked on yet
//! move NAME WHO STATE [FIELD=VALUE…]     sets RolloutProgress (and fields), and what follows is worked on
//! bring NAME STATE                       moves it there along the usual way, without telling every step
//! tamper NAME FIELD=VALUE                changes the ticket behind the desk's back, as a database tool could
//! promote                                works on what has come in
//! await NAME [comment]                   … again and again until the ticket has its answer, or another comment
//! setting SECTION.KEY VALUE              changes the site's configuration
//! wire SERVER CONDITION [BYTES]          the wire to the rsync or http server: whole, down, silent, cut BYTES
//! disk SIZE                              the repository lies on a disk of its own, of this size
//! disk full|free|read-only|writable      … which is full, has room again, …
//! show NAME                              the ticket as it stands
//! tree                                   what is published
//! mail                                   who was told what since the last look
//! log                                    the warnings and errors of the last work
//! explain NAME [WHO]; plan NAME STATE [WHO]; history [NAME|verify]; sync [--apply]
//! ```

pub(crate) mod disk;
mod news;
mod offer;
mod stable;
mod world;

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

use self::stable::Stable;
use self::world::World;
use crate::crash::{Boundaries, Mode};

/// Runs a script and returns its transcript. An error is one of the script or of the world around it: whatever the site
/// answers is part of the transcript.
pub fn run(script: &str) -> Result<String> {
    play(script, World::new()?)
}

/// Runs a script against a site that has its data in the database at `url`.
pub fn run_on(script: &str, url: &str) -> Result<String> {
    let world = World::new()?;
    world.use_database(url)?;
    play(script, world)
}

/// Runs a script; each piece of work in it is also done in copies of the site, killed at effects' boundaries, and has to end
/// as it does undisturbed. A site on a disk of its own is left alone. Returns what came of it.
pub fn run_killed(script: &str, mode: Mode) -> Result<Boundaries> {
    let mut world = World::new()?;
    world.kill_at_boundaries(mode);
    tell(script, &mut world)?;
    Ok(world.boundaries())
}

fn play(script: &str, mut world: World) -> Result<String> {
    tell(script, &mut world)
}

fn tell(script: &str, world: &mut World) -> Result<String> {
    let stable = Stable::new(world.home())?;
    let mut transcript = String::new();
    for (number, line) in (1..).zip(script.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            let _ = writeln!(transcript, "{line}");
            continue;
        }
        let told = obey(world, line).with_context(|| format!("line {number}: {line}"))?;
        let _ = write!(transcript, "> {line}\n{}", stable.text(&told));
    }
    Ok(transcript)
}

fn obey(world: &mut World, line: &str) -> Result<String> {
    // A script names files by their place in the world.
    let home = world.home().to_string_lossy().into_owned();
    let words: Vec<String> = split(line)?.iter().map(|word| word.replace("/world", &home)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["deliver", product, version, options @ ..] => world.deliver(product, version, options),
        ["spoil", name, how @ ..] => world.spoil(name, how),
        ["mend", name] => world.mend(name),
        ["ticket", name, fields @ ..] => world.open_ticket(name, fields),
        ["attach", name] => world.attach(name, "tp1"),
        ["attach", name, who] => world.attach(name, who),
        ["set", name, who, changes @ ..] => world.set(name, who, changes),
        ["move", name, who, state, fields @ ..] => world.change_state(name, who, state, fields),
        ["bring", name, state] => world.bring(name, state),
        ["tamper", name, change] => world.tamper(name, change),
        ["promote"] => world.promote(),
        ["await", name] => world.await_answer(name),
        ["await", name, "comment"] => world.await_comment(name),
        ["setting", name, value] => world.setting(name, value),
        ["wire", server, condition @ ..] => world.wire(server, condition),
        ["disk", how @ ..] => world.disk(how),
        ["show", name] => world.show(name),
        ["tree"] => world.tree(),
        ["mail"] => world.mail(),
        ["log"] => Ok(world.log()),
        ["explain" | "plan" | "history" | "sync", ..] => world.ask(&words),
        _ => bail!("there is no such command"),
    }
}

/// The words of a line; those with blanks stand in single quotes.
fn split(line: &str) -> Result<Vec<String>> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    if quoted {
        bail!("a quote is not closed");
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_stand_in_quotes() {
        assert_eq!(
            split("spoil x  release-xml 'a b' FIELD='c d'").unwrap(),
            ["spoil", "x", "release-xml", "a b", "FIELD=c d"]
        );
        assert!(split("spoil 'x").is_err());
    }

    #[test]
    fn a_mistake_in_a_script_is_told_with_its_line() {
        let error = run("# fine\nfly to the moon").unwrap_err();
        assert_eq!(format!("{error:#}"), "line 2: fly to the moon: there is no such command");
    }
}
