//! The documents of a delivery, read on Submitted to Unverified alone.

use egi_model::area::product_key;
use egi_model::checksums::{self, Checksums};
use egi_model::digest::Sha256;
use egi_model::field::Field;
use egi_model::major::MajorId;
use egi_model::problem::Problems;
use egi_model::release_xml::{self, ParsedRelease};
use egi_model::ticket::{Ticket, TicketId};
use egi_tickets::TicketError;
use egi_workflow::Intake;
use egi_workflow::snapshot::Document;

use super::GatherError;
use crate::site::Site;

/// Reads what came with the ticket, and what is agreed about it.
pub(super) async fn gather(site: &Site, ticket: &Ticket) -> Result<Intake, GatherError> {
    let release_xml = read(site, ticket.id, Field::ReleaseMetadata, release_xml::MAX_BYTES, release_xml::parse).await?;
    let checksums = read(site, ticket.id, Field::Checksums, checksums::MAX_BYTES, Checksums::parse).await?;
    let majors = site.store.load_majors().await?;
    let named: Option<MajorId> = ticket.value(Field::AssociatedMajorRelease).and_then(|v| v.parse().ok());
    let major = majors.iter().find(|m| Some(&m.id) == named.as_ref()).cloned();
    let same_release = match (&major, &release_xml) {
        (Some(major), Document::Read { value: ParsedRelease { release, .. }, .. }) => {
            let product = product_key(&major.id, release);
            site.store.same_release(&product, &release.version, ticket.id).await?
        }
        _ => None,
    };
    let known_majors = majors.iter().map(|m| m.id.to_string()).collect();
    Ok(Intake { release_xml, checksums, major, known_majors, same_release })
}

/// Reads one document and keeps its bytes: what was decided on is what will be worked with.
async fn read<T>(
    site: &Site,
    ticket: TicketId,
    field: Field,
    limit: usize,
    parse: impl Fn(&[u8]) -> Result<T, Problems>,
) -> Result<Document<T>, GatherError> {
    let bytes = match site.tickets.fetch_file(ticket, field, limit as u64).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Document::Missing),
        Err(TicketError::TooLarge { .. }) => return Ok(Document::TooLarge { limit }),
        Err(source) => return Err(GatherError::Ticket { ticket, source }),
    };
    match parse(&bytes) {
        Ok(value) => {
            let sha256: Sha256 = site.store.save_document(&bytes).await?;
            Ok(Document::Read { sha256, value })
        }
        Err(problems) => Ok(Document::Faulty(problems)),
    }
}
