//! What goes into the archive.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use egi_model::digest::Sha256;
use egi_model::history::{link, render_entry};
use egi_model::ticket::TicketId;
use egi_store::RolloutRecord;
use egi_workflow::ReleaseRecord;
use serde::{Deserialize, Serialize};

use super::pack::Pack;
use crate::site::Site;

/// What tells a reader what the pack is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of this layout.
    pub(super) format: u32,
    /// Whose pack it is.
    pub(super) site: String,
    /// The release's ticket.
    pub(super) ticket: TicketId,
    /// Product and version.
    pub(super) release: String,
    /// Where the release stands.
    pub(super) state: String,
    /// The ends of both logs.
    pub(super) history: Head,
    pub(super) rollout: Head,
}

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// How many records it has.
    pub(super) records: u64,
    /// The digest of the last.
    pub(super) digest: Sha256,
}

/// A record of a log, with the text that its digest covers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) seq: u64,
    pub(super) previous: Sha256,
    pub(super) digest: Sha256,
    pub(super) text: String,
}

/// The version of the layout.
pub(super) const FORMAT: u32 = 1;

pub(super) async fn gather(site: &Site, ticket: TicketId) -> anyhow::Result<Pack> {
    let record = site.store.load_release(ticket).await?;
    let record = record.with_context(|| format!("no release is on record for ticket {ticket}"))?;
    let mut pack = Pack::default();
    let (history, rollout) = (add_history(site, ticket, &mut pack).await?, add_rollout(site, ticket, &mut pack).await?);
    pack.add_json(
        "manifest.json",
        &Manifest {
            format: FORMAT,
            site: site.config.site.name.clone(),
            ticket,
            release: record.facts.as_ref().map(egi_workflow::ReleaseFacts::title).unwrap_or_default(),
            state: record.state.to_string(),
            history,
            rollout,
        },
    )?;
    pack.add_json("record.json", &record)?;
    // The links to the reports of verification and staged rollout are fields of the ticket.
    pack.add_json("ticket.json", &site.tickets.fetch_ticket(ticket).await?)?;
    pack.add_json("plans.json", &site.store.load_plans(ticket).await?)?;
    add_delivery(site, &record, &mut pack).await?;
    add_repositories(site, &record, &mut pack)?;
    Ok(pack)
}

/// The records of the ticket, and the digests of all records: by these each has its place.
async fn add_history(site: &Site, ticket: TicketId, pack: &mut Pack) -> anyhow::Result<Head> {
    let all = site.store.load_history(None).await?;
    let mut records = Vec::new();
    for one in all.iter().filter(|one| one.entry.ticket == ticket) {
        let text = render_entry(&one.entry);
        ensure!(
            link(one.seq, &text, one.previous) == one.digest,
            "record {} of the history is not what was written; `nsrw history verify` says more",
            one.seq
        );
        records.push(Record { seq: one.seq, previous: one.previous, digest: one.digest, text });
    }
    add_log(pack, "history", &records, all.iter().map(|one| (one.seq, one.digest)))
}

async fn add_rollout(site: &Site, ticket: TicketId, pack: &mut Pack) -> anyhow::Result<Head> {
    let all = site.store.load_rollout_log(None).await?;
    let kept = |one: &RolloutRecord| Record {
        seq: one.seq,
        previous: one.previous,
        digest: one.digest,
        text: one.text.clone(),
    };
    let records: Vec<Record> = all.iter().filter(|one| one.entry.ticket == ticket).map(kept).collect();
    let parts: Vec<_> = site.store.load_parts(Some(ticket)).await?.into_iter().map(|part| part.record).collect();
    pack.add_json("participations.json", &parts)?;
    add_log(pack, "rollout", &records, all.iter().map(|one| (one.seq, one.digest)))
}

fn add_log(
    pack: &mut Pack,
    name: &str,
    records: &[Record],
    chain: impl Iterator<Item = (u64, Sha256)>,
) -> anyhow::Result<Head> {
    let mut lines = String::new();
    for record in records {
        lines.push_str(&serde_json::to_string(record)?);
        lines.push('\n');
    }
    pack.add(format!("{name}.jsonl"), lines);
    let (mut list, mut head) = (String::new(), Head { records: 0, digest: egi_model::history::HistoryRecord::GENESIS });
    for (seq, digest) in chain {
        // Writing to a String can not fail.
        let _ = writeln!(list, "{seq} {digest}");
        head = Head { records: seq, digest };
    }
    pack.add(format!("{name}-chain.txt"), list);
    Ok(head)
}

/// The provider's documents as they came, and the list of the verified files.
async fn add_delivery(site: &Site, record: &ReleaseRecord, pack: &mut Pack) -> anyhow::Result<()> {
    let Some(facts) = &record.facts else { return Ok(()) };
    for (name, digest) in [("release.xml", facts.release_xml), ("checksums.xml", facts.checksums)] {
        if let Some(bytes) = site.store.load_document(digest).await? {
            pack.add(name, bytes);
        }
    }
    if let Some(content) = facts.content {
        pack.add_json("content.json", &site.tree.load_content(content)?)?;
    }
    Ok(())
}

/// What signs the repository that has the release now, and the keys to check it with.
fn add_repositories(site: &Site, record: &ReleaseRecord, pack: &mut Pack) -> anyhow::Result<()> {
    let root = site.tree.public_root();
    let areas = egi_model::area::Area::ALL.into_iter();
    let facts = record.facts.as_ref();
    for repo in areas.filter_map(|area| facts.and_then(|facts| facts.repo(area).ok())) {
        let has_it =
            site.tree.probe_live(&repo)?.is_some_and(|live| live.placements.iter().any(|p| p.ticket == record.ticket));
        if has_it {
            add_signed(&root, &repo.public_path(), pack)?;
        }
    }
    let Ok(keys) = std::fs::read_dir(root.join("keys")) else { return Ok(()) };
    for key in keys {
        let key = key?;
        add_file(&key.path(), &format!("keys/{}", key.file_name().to_string_lossy()), pack)?;
    }
    Ok(())
}

/// The signed top files of a repository's indexes: of yum in `repodata`, of apt in each suite below `dists`.
fn add_signed(root: &Path, repo: &str, pack: &mut Pack) -> anyhow::Result<()> {
    let mut files: Vec<String> = ["repomd.xml", "repomd.xml.asc"].map(|name| format!("repodata/{name}")).into();
    if let Ok(suites) = std::fs::read_dir(root.join(repo).join("dists")) {
        for suite in suites {
            let suite = suite?.file_name().to_string_lossy().into_owned();
            files.extend(["InRelease", "Release", "Release.gpg"].map(|name| format!("dists/{suite}/{name}")));
        }
    }
    for file in files {
        add_file(&root.join(repo).join(&file), &format!("repository/{repo}/{file}"), pack)?;
    }
    Ok(())
}

fn add_file(path: &Path, name: &str, pack: &mut Pack) -> anyhow::Result<()> {
    match std::fs::read(path) {
        Ok(bytes) => pack.add(name, bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("failed to read {}", path.display())),
    }
    Ok(())
}
