//! `nsrw notify`: writes and sends the letters that tell people.

use crate::cli::clocks::NotifyArgs;
use crate::exit::Exit;
use crate::site::Site;
use crate::{outbox, output};

pub(super) async fn run(site: &Site, args: &NotifyArgs) -> anyhow::Result<Exit> {
    if args.list {
        let waiting = site.store.load_waiting_letters().await?;
        if args.json {
            output::json(&waiting)?;
        } else {
            for letter in &waiting {
                let when = if letter.digest { "with the digest" } else { "at once" };
                output::line(format!(
                    "{}  {} ({when}): {}",
                    letter.written.format("%Y-%m-%d %H:%M"),
                    letter.readers,
                    letter.subject
                ));
            }
        }
        return Ok(Exit::Done);
    }
    let sent = outbox::deliver(site).await?;
    if args.json {
        output::json(&sent)?;
    } else {
        let sent_letters = sent.sent;
        output::line(format!(
            "{} letters written, {sent_letters} sent, {} wait for a digest",
            sent.written, sent.waiting
        ));
    }
    Ok(Exit::Done)
}
