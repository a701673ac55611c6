//! The figures, drawn as vectors from the report's content. A figure with nothing in it is not drawn: the page says so.

mod age;
mod ageing;
mod durations;
mod flow;
mod sheet;
mod style;
mod throughput;

use serde::Serialize;

use super::data::{MonthName, ReportData};
use super::error::PaperError;
use sheet::Sheet;

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Chart {
    /// Its key among the charts the template sees.
    #[serde(skip)]
    pub(super) name: &'static str,
    /// The file the template reads.
    pub(super) file: String,
    /// What is to be seen, in sentences.
    pub(super) alt: String,
    /// The drawing.
    #[serde(skip)]
    pub(super) svg: String,
}

/// A figure, before it is drawn.
struct Drawing {
    name: &'static str,
    /// In points; the width is the page's.
    height: u32,
    alt: String,
}

impl Drawing {
    fn draw(self, paint: impl FnOnce(&Sheet<'_>) -> sheet::Drawn) -> Result<Chart, PaperError> {
        let svg = sheet::draw(self.height, paint)
            .map_err(|error| PaperError::Draw { chart: self.name, message: error.to_string() })?;
        Ok(Chart { name: self.name, file: format!("{}.svg", self.name), alt: self.alt, svg })
    }
}

/// All figures that have something to show.
pub(super) fn draw_all(data: &ReportData) -> Result<Vec<Chart>, PaperError> {
    let charts = [throughput::draw(data)?, durations::draw(data)?, flow::draw(data)?, ageing::draw(data)?];
    Ok(charts.into_iter().flatten().collect())
}

/// `November 2025 to November 2026`.
fn period(months: &[MonthName]) -> String {
    match (months.first(), months.last()) {
        (Some(first), Some(last)) => format!("{} to {}", first.name, last.name),
        _ => String::new(),
    }
}

/// A count as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "a drawing shows no more than a few digits")]
fn coordinate(count: u64) -> f64 {
    count as f64
}

/// Seconds as days.
fn days(seconds: u64) -> f64 {
    coordinate(seconds) / 86_400.0
}
