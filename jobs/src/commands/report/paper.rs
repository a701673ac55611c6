//! The report on paper: which months it looks back on, by which template it is laid out.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::paper::{ReportData, Setting, Template, assemble, render_pdf};
use egi_metrics::{FactColumns, Format, Report, report, sheets};
use egi_model::limit::{Calendar, Limits};
use egi_model::month::Month;

use crate::site::Site;

/// How many months the charts look back on, the report's own among them.
const MONTHS: u32 = 13;

/// What a PDF is made of beside the numbers.
pub(super) struct Press {
    template: Template,
    site: String,
    limits: Limits,
    calendar: Calendar,
}

/// A month's report on paper.
pub(super) struct Paper {
    /// What it says.
    pub(super) content: ReportData,
    /// Its file's name.
    pub(super) name: String,
    /// The PDF.
    pub(super) pdf: Vec<u8>,
}

impl Press {
    /// The template and the names of the settings.
    pub(super) fn of(site: &Site) -> anyhow::Result<Self> {
        let template = &site.config.report.template;
        let template = if template.as_os_str().is_empty() {
            Template::default()
        } else {
            let file = site.config.path(template);
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("failed to read report.template {}", file.display()))?;
            Template::new(file.display().to_string(), text)
        };
        let clocks = &site.config.clocks;
        let (site, limits, calendar) = (site.config.site.name.clone(), clocks.limits.clone(), clocks.calendar()?);
        Ok(Self { template, site, limits, calendar })
    }

    /// Prints the report of `month`, whose numbers are `numbers`, and `year` is what it looks back on.
    pub(super) fn print(
        &self,
        year: &Report<'_>,
        numbers: &Report<'_>,
        month: Month,
        closed: Option<DateTime<Utc>>,
    ) -> anyhow::Result<Paper> {
        let (limits, calendar) = (self.limits.clone(), self.calendar.clone());
        let setting = Setting { site: self.site.clone(), closed, limits, calendar };
        let content = assemble(year, &setting).context("there is no month to report on")?;
        let pdf = render_pdf(&content, &self.template, &attachments(numbers)?)?;
        Ok(Paper { content, name: format!("report-{month}.pdf"), pdf })
    }
}

/// The month's numbers, for other programs.
fn attachments(numbers: &Report<'_>) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let file = |sheet: &str| {
        let mut bytes = Vec::new();
        numbers.write(sheet, Format::Csv, &mut bytes)?;
        Ok((format!("{sheet}.{}", Format::Csv.extension()), bytes))
    };
    sheets().into_iter().map(file).collect()
}

/// The months that the report of `month` looks back on, itself the last. `columns` must reach back to [`first_month`].
pub(super) fn look_back<'f>(columns: &'f FactColumns, numbers: &Report<'_>, month: Month) -> Report<'f> {
    let mut year = report(columns, first_month(month), month);
    year.restatements.clone_from(&numbers.restatements);
    year
}

/// The first of the months that the report of `month` looks back on.
pub(super) fn first_month(month: Month) -> Month {
    (1..MONTHS).fold(month, |month, _| month.previous())
}
