//! `nsrw release evidence` and `nsrw evidence verify`: everything that is known of a release in one archive, which can be checked
//! without the site.
//!
//! The archive is a tar file of the members of [`pack::Pack`], in the order of their names, with nothing in it that depends on
//! when or where it was written. So whoever has it can write it anew from its members and compare: a byte that differs
//! anywhere, also between the members, shows.

mod check;
mod gather;
mod pack;

use anyhow::Context as _;

use self::pack::Pack;
use crate::cli::evidence::{EvidenceArgs, EvidenceCommand};
use crate::exit::Exit;
use crate::output;
use crate::site::Site;

pub(super) async fn write(site: &Site, args: &EvidenceArgs) -> anyhow::Result<Exit> {
    let pack = gather::gather(site, args.ticket).await?;
    let file = args.out.clone().unwrap_or_else(|| format!("evidence-{}.tar", args.ticket).into());
    std::fs::write(&file, pack.to_bytes()?).with_context(|| format!("failed to write {}", file.display()))?;
    output::line(format!("{}: {} files", file.display(), pack.len()));
    Ok(Exit::Done)
}

pub(super) fn run(command: &EvidenceCommand) -> anyhow::Result<Exit> {
    let EvidenceCommand::Verify { file } = command;
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let checked = Pack::read(&bytes).and_then(|pack| check::check(&pack));
    match checked {
        Ok(said) => {
            output::raw(said.as_bytes());
            Ok(Exit::Done)
        }
        Err(fault) => {
            output::line(format!("refused: {} is no evidence: {fault:#}", file.display()));
            Ok(Exit::Found)
        }
    }
}
