//! The report on paper: which months it looks back on, by which template it is laid out.

use anyhow::Context as _;
use egi_metrics::paper::{ReportData, Setting, Template, assemble, render_pdf};
use egi_metrics::{Facts, MonthReport};
use egi_model::month::Month;

use crate::site::Site;

/// How many months the charts look back on, the report's own among them.
const MONTHS: u32 = 13;

/// What a PDF is made of beside the numbers.
pub(super) struct Press {
    template: Template,
    setting: Setting,
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
        Ok(Self { template, setting: Setting { site: site.config.site.name.clone() } })
    }

    /// The content and the PDF of the last of `reports`.
    pub(super) fn print(&self, facts: &Facts, reports: &[MonthReport]) -> anyhow::Result<(ReportData, Vec<u8>)> {
        let content = assemble(facts, reports, &self.setting).context("there is no month to report on")?;
        let attachments = reports.last().map(MonthReport::files).unwrap_or_default();
        let pdf = render_pdf(&content, &self.template, &attachments)?;
        Ok((content, pdf))
    }
}

/// The first of the months that the report of `month` looks back on.
pub(super) fn first_month(month: Month) -> Month {
    (1..MONTHS).fold(month, |month, _| month.previous())
}

/// The name of the PDF among the files of its month.
pub(super) fn file_name(month: Month) -> String {
    format!("report-{month}.pdf")
}
