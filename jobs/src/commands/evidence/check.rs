//! Whether what is in an archive fits together.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use egi_model::content::{ContentFile, ContentId};
use egi_model::digest::Sha256;
use egi_model::history::{HistoryRecord, link};
use egi_workflow::ReleaseRecord;

use super::gather::{FORMAT, Head, Manifest, Record};
use super::pack::Pack;

/// What was found to be in order, for people; the first fault otherwise.
pub(super) fn check(pack: &Pack) -> anyhow::Result<String> {
    let manifest: Manifest = serde_json::from_slice(pack.file("manifest.json")?).context("manifest.json")?;
    ensure!(manifest.format == FORMAT, "its layout has version {}, {FORMAT} is known", manifest.format);
    let history = check_log(pack, "history", &manifest.history)?;
    let rollout = check_log(pack, "rollout", &manifest.rollout)?;
    let record: ReleaseRecord = serde_json::from_slice(pack.file("record.json")?).context("record.json")?;
    ensure!(record.ticket == manifest.ticket, "record.json is about ticket {}", record.ticket);
    check_delivery(pack, &record)?;
    Ok(format!(
        "ticket {} {} in {}: {} files are whole\n\
         the history has {history} records of it, and ends with record {} {}\n\
         the log of staged rollouts has {rollout} records of it, and ends with record {} {}\n\
         compare both ends with those that the site noted\n",
        manifest.ticket,
        manifest.release,
        manifest.state,
        pack.len(),
        manifest.history.records,
        manifest.history.digest,
        manifest.rollout.records,
        manifest.rollout.digest,
    ))
}

/// Every record has the digest of its text and its place between those before and after it. How many there are.
fn check_log(pack: &Pack, name: &str, head: &Head) -> anyhow::Result<usize> {
    let mut chain: BTreeMap<u64, Sha256> = BTreeMap::from([(0, HistoryRecord::GENESIS)]);
    for (place, line) in (1..).zip(pack.text(&format!("{name}-chain.txt"))?.lines()) {
        let parts = line.split_once(' ').and_then(|(seq, digest)| Some((seq.parse().ok()?, digest.parse().ok()?)));
        let (seq, digest): (u64, Sha256) = parts.with_context(|| format!("line {place} of {name}-chain.txt"))?;
        ensure!(seq == place, "{name}-chain.txt has record {seq} where {place} is expected");
        chain.insert(seq, digest);
    }
    let last = chain.last_key_value().map(|(seq, digest)| Head { records: *seq, digest: *digest });
    ensure!(last.as_ref() == Some(head), "{name}-chain.txt does not end as manifest.json says");
    let mut records = 0;
    for line in pack.text(&format!("{name}.jsonl"))?.lines() {
        let record: Record = serde_json::from_str(line).with_context(|| format!("{name}.jsonl"))?;
        let Record { seq, previous, digest, text } = &record;
        ensure!(link(*seq, text, *previous) == *digest, "record {seq} of {name}.jsonl was altered");
        let placed = chain.get(seq) == Some(digest) && chain.get(&seq.saturating_sub(1)) == Some(previous);
        ensure!(placed, "record {seq} of {name}.jsonl does not stand in the chain");
        records += 1;
    }
    Ok(records)
}

/// The documents and the list of files are those the record names.
fn check_delivery(pack: &Pack, record: &ReleaseRecord) -> anyhow::Result<()> {
    let Some(facts) = &record.facts else { return Ok(()) };
    for (name, digest) in [("release.xml", facts.release_xml), ("checksums.xml", facts.checksums)] {
        ensure!(Sha256::of(pack.file(name)?) == digest, "{name} is not the one that record.json names");
    }
    if let Some(content) = facts.content {
        let files: Vec<ContentFile> = serde_json::from_slice(pack.file("content.json")?).context("content.json")?;
        ensure!(ContentId::of(&files) == content, "content.json is not the list that record.json names");
    }
    Ok(())
}
