//! From content and template to the bytes of the PDF.

use std::collections::BTreeMap;

use serde::Serialize;
use typst::World as _;
use typst::WorldExt as _;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::chart::{self, Chart};
use super::data::ReportData;
use super::error::{PaperError, TemplateFault};
use super::template::Template;
use super::world::{Sandbox, legible};
use crate::catalog::{FILES, METRICS};

/// How many documents what was laid out for one is remembered.
const REMEMBERED: usize = 2;

/// What the template reads as `data.json`.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    data: &'a ReportData,
    charts: BTreeMap<&'static str, &'a Chart>,
    attachments: Vec<AttachmentRow<'a>>,
}

/// A file attached to the document.
#[derive(Serialize)]
struct AttachmentRow<'a> {
    name: &'a str,
    purpose: &'static str,
}

impl<'a> AttachmentRow<'a> {
    /// The catalogue knows what is in a file.
    fn of(name: &'a str) -> Self {
        let sheet = name.split('.').next().unwrap_or_default();
        let metric = METRICS.iter().find(|metric| metric.file == sheet).map(|metric| metric.title);
        let other = || FILES.iter().find(|file| file.name == sheet).map(|file| file.purpose);
        Self { name, purpose: metric.or_else(other).unwrap_or_default() }
    }
}

/// Typesets the report as PDF with `attachments`, each a name and its bytes. The same input gives the same bytes.
pub fn render_pdf(
    data: &ReportData,
    template: &Template,
    attachments: &[(String, Vec<u8>)],
) -> Result<Vec<u8>, PaperError> {
    let charts = chart::draw_all(data)?;
    let content = Document {
        data,
        charts: charts.iter().map(|chart| (chart.name, chart)).collect(),
        attachments: attachments.iter().map(|(name, _)| AttachmentRow::of(name)).collect(),
    };
    let json = serde_json::to_string(&content).map_err(|source| PaperError::Content { source })?;
    let figures = charts.iter().map(|chart| (chart.file.clone(), legible(&chart.svg).into_bytes()));
    let files = figures.chain(attachments.iter().cloned()).collect();
    let ident = format!("nsrw report {} {}", data.site, data.month.id);
    print(template, &Sheet { json, files, ident, read_until: &data.read_until })
}

/// What a template is set with.
pub(super) struct Sheet<'a> {
    /// The content, as the template reads it.
    pub(super) json: String,
    /// What it can read beside.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// What tells the document from all others.
    pub(super) ident: String,
    /// The date of the document.
    pub(super) read_until: &'a str,
}

/// Typesets one document as PDF.
pub(super) fn print(template: &Template, sheet: &Sheet<'_>) -> Result<Vec<u8>, PaperError> {
    let json = ("data.json".to_owned(), legible(&sheet.json).into_bytes());
    let files = std::iter::once(json).chain(sheet.files.iter().cloned());
    let written = read_date(sheet.read_until);
    let world = Sandbox::new(template, files, written)?;
    let pdf = typeset(&world, template, &options(&sheet.ident, written)?);
    typst::comemo::evict(REMEMBERED);
    pdf
}

fn typeset(world: &Sandbox, template: &Template, options: &PdfOptions) -> Result<Vec<u8>, PaperError> {
    let told = |faults: &[SourceDiagnostic]| PaperError::Typeset {
        faults: faults.iter().map(|fault| describe(world, template, fault)).collect(),
    };
    let document = typst::compile::<PagedDocument>(world).output.map_err(|faults| told(&faults))?;
    typst_pdf::pdf(&document, options).map_err(|faults| told(&faults))
}

fn options(ident: &str, written: Option<Datetime>) -> Result<PdfOptions, PaperError> {
    let standards = PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1])
        .map_err(|error| PaperError::Standards { message: error.message().to_string() })?;
    Ok(PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(Some("nsrw".to_owned())),
        timestamp: written.map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    })
}

/// The date of the document: until when the log was read. The clock has no say.
fn read_date(text: &str) -> Option<Datetime> {
    use chrono::{Datelike as _, Timelike as _};
    let at = chrono::NaiveDateTime::parse_from_str(text, super::assemble::INSTANT).ok()?;
    let [month, day, hour, minute] = [at.month(), at.day(), at.hour(), at.minute()].map(u8::try_from);
    Datetime::from_ymd_hms(at.year(), month.ok()?, day.ok()?, hour.ok()?, minute.ok()?, 0)
}

fn describe(world: &Sandbox, template: &Template, fault: &SourceDiagnostic) -> TemplateFault {
    let hints = fault.hints.iter().map(|hint| format!("; {}", hint.v));
    let places = std::iter::once(fault.span).chain(fault.trace.iter().map(|trace| trace.span.into()));
    let place = places.filter(|span| span.id() == Some(world.main())).find_map(|span| world.range(span));
    let lines = world.template().lines();
    let at =
        place.and_then(|range| lines.byte_to_line_column(range.start)).map(|(line, column)| (line + 1, column + 1));
    let message = std::iter::once(fault.message.to_string()).chain(hints).collect();
    TemplateFault { file: template.name().to_owned(), at, message }
}
