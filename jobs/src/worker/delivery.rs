//! A provider's delivery: fetched into a scratch folder, verified, kept.

use std::sync::Arc;

use egi_model::checksums::Checksums;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::name::{NameError, Segment};
use egi_model::release::Target;
use egi_model::release_xml;
use egi_model::sync::SyncSource;
use egi_model::ticket::TicketId;
use egi_repo::openpgp::Keyring;
use egi_repo::package::{self, Judge, inspect_all};
use egi_repo::scratch::Scratch;
use egi_repo::verify::{Attached, RELEASE_XML, VerifyPolicy};

use super::perform::{PerformError, Step, blocking, on_tree};
use crate::site::Site;

/// The scratch folder of a release: one plan per release runs at a time.
pub(super) fn scratch_name(ticket: TicketId) -> Result<Segment, NameError> {
    format!("ticket-{ticket}").parse()
}

/// The ticket whose scratch folder has this name.
pub(super) fn ticket_of_scratch(name: &Segment) -> Option<TicketId> {
    let ticket = name.as_str().strip_prefix("ticket-")?.parse().ok()?;
    scratch_name(ticket).is_ok_and(|own| own == *name).then_some(ticket)
}

pub(super) async fn fetch(run: &Step<'_>, source: &SyncSource, checksums: Sha256) -> Result<String, PerformError> {
    let site = run.site;
    let listed = load_checksums(site, checksums).await?;
    let (source, scratch, policy) = (source.clone(), open_scratch(run)?, site.config.fetch_policy(run.provider));
    let progress = Arc::clone(&site.progress);
    let fetched = blocking(move || {
        egi_repo::fetch::fetch(&source, &listed, &scratch, &policy, progress.as_ref()).map_err(PerformError::from)
    })
    .await?;
    Ok(format!("fetched {} files, {} bytes", fetched.files, fetched.bytes))
}

pub(super) fn drop_scratch(run: &Step<'_>) -> Result<String, PerformError> {
    run.site.tree.ensure_there()?;
    run.site.scratch.ensure_removed(&scratch_name(run.ticket)?)?;
    Ok("the scratch folder is gone".to_owned())
}

fn open_scratch(run: &Step<'_>) -> Result<Scratch, PerformError> {
    run.site.tree.ensure_there()?;
    Ok(run.site.scratch.open(&scratch_name(run.ticket)?)?)
}

async fn load(site: &Site, sha256: Sha256) -> Result<Vec<u8>, PerformError> {
    site.store.load_document(sha256).await?.ok_or(PerformError::Document(sha256))
}

async fn load_checksums(site: &Site, sha256: Sha256) -> Result<Checksums, PerformError> {
    Checksums::parse(&load(site, sha256).await?).map_err(|_| PerformError::Document(sha256))
}

/// Verifies what was fetched, inspects its packages, and keeps it. Both read the same bytes, so they are one step.
pub(super) async fn accept(
    run: &Step<'_>,
    checksums: Sha256,
    release_xml: Sha256,
    target: &Target,
) -> Result<(ContentId, usize), PerformError> {
    let site = run.site;
    let listed = load_checksums(site, checksums).await?;
    let xml = load(site, release_xml).await?;
    let scratch = open_scratch(run)?;
    let policy = VerifyPolicy { allow_weak_digests: site.config.repository.allow_weak_digests };
    let (progress, target, now) = (Arc::clone(&site.progress), target.clone(), site.now());
    let intake = site.config.intake.below(&site.config.folder);
    let verified = blocking(move || {
        let path = RELEASE_XML.parse()?;
        let attached = [Attached { path, bytes: &xml }];
        let verified = egi_repo::verify::verify(&scratch, &listed, &attached, policy, progress.as_ref())?;
        let parsed = release_xml::parse(&xml).map_err(|_| PerformError::Document(release_xml))?;
        let keyring = Keyring::load(&intake.key_files(&parsed.release.provider))?;
        let judge = Judge { policy: intake.signatures, keyring: &keyring, now };
        let (headers, damaged) = inspect_all(verified.root(), verified.files(), &judge, progress.as_ref());
        let mut faults: Vec<String> = damaged.iter().map(|fault| crate::error_chain(fault)).collect();
        faults.extend(package::check(&headers, &target));
        faults.extend(package::find_undelivered(&parsed.release, verified.files(), &headers));
        if !faults.is_empty() {
            return Err(PerformError::Packages(format!("- {}", faults.join("\n- "))));
        }
        Ok(verified)
    })
    .await?;
    let files = verified.files().len();
    let id = on_tree(run, move |tree, lock| tree.ensure_content(lock, &verified)).await?;
    Ok((id, files))
}
