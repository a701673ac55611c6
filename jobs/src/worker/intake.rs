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

/// Whether the documents are kept: what was decided on is what will be worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Yes,
    No,
}

/// Reads what came with the ticket, and what is agreed about it.
pub(super) async fn gather(site: &Site, ticket: &Ticket, keep: Keep) -> Result<Intake, GatherError> {
    let reader = Reader { site, ticket: ticket.id, keep };
    let release_xml = reader.read(Field::ReleaseMetadata, release_xml::MAX_BYTES, release_xml::parse).await?;
    let checksums = reader.read(Field::Checksums, checksums::MAX_BYTES, Checksums::parse).await?;
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

/// Reads the documents of one ticket.
struct Reader<'a> {
    site: &'a Site,
    ticket: TicketId,
    keep: Keep,
}

impl Reader<'_> {
    async fn read<T>(
        &self,
        field: Field,
        limit: usize,
        parse: impl Fn(&[u8]) -> Result<T, Problems>,
    ) -> Result<Document<T>, GatherError> {
        let bytes = match self.site.tickets.fetch_file(self.ticket, field, limit as u64).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Document::Missing),
            Err(TicketError::TooLarge { .. }) => return Ok(Document::TooLarge { limit }),
            Err(source) if source.is_transient() => return Err(GatherError::Ticket { ticket: self.ticket, source }),
            Err(source) => return Ok(Document::Unreadable { why: crate::error_chain(&source) }),
        };
        match parse(&bytes) {
            Ok(value) if self.keep == Keep::No => Ok(Document::Read { sha256: Sha256::of(&bytes), value }),
            Ok(value) => Ok(Document::Read { sha256: self.site.store.save_document(&bytes).await?, value }),
            Err(problems) => Ok(Document::Faulty(problems)),
        }
    }
}
