//! A scatter of how long staged rollouts took, one point per release, with the median and the 85 % line.

use chrono::DateTime;
use egi_model::month::Month;
use plotters::style::Color as _;

use super::sheet::{Drawn, Plot, Sheet, Side, spread};
use super::style::{FAINT, GRID, INK, LABEL, QUIET, SMALL, STRONG, sheer};
use super::{Chart, Drawing, age, coordinate, days, period};
use crate::paper::data::{MonthName, ReportData, Rollouts};
use crate::paper::error::PaperError;

const TOP: i32 = 20;
const BOTTOM: i32 = 700;
const LEFT: i32 = 170;
const RIGHT: i32 = 1600;
/// The height of a line of labels.
const LINE: i32 = 44;

pub(super) fn draw(data: &ReportData) -> Result<Option<Chart>, PaperError> {
    let months: Vec<MonthName> = data.throughput.iter().map(|month| month.month.clone()).collect();
    let limits: Vec<(f64, f64)> = months.iter().filter_map(|month| limits_of(&month.id)).collect();
    let (Some(first), Some(last), false) = (limits.first(), limits.last(), data.rollouts.points.is_empty()) else {
        return Ok(None);
    };
    let longest = data.rollouts.points.iter().map(|point| days(point.seconds)).fold(0.0, f64::max);
    let plot = Plot {
        across: LEFT..RIGHT,
        down: TOP..BOTTOM,
        x: first.0..last.1,
        y: 0.0..age::height(longest.max(7.0) * 1.1),
    };
    let drawing = Drawing { name: "durations", height: 200, alt: describe(&data.rollouts, &months, longest) };
    drawing
        .draw(|sheet| {
            plot.scale_y(sheet, &age::marks(&plot.y))?;
            calendar(sheet, &plot, &months, &limits)?;
            points(sheet, &plot, &data.rollouts, last.0)?;
            lines(sheet, &plot, &data.rollouts)
        })
        .map(Some)
}

fn describe(rollouts: &Rollouts, months: &[MonthName], longest: f64) -> String {
    let spread = match rollouts.spread {
        Some(spread) => {
            format!(
                "the median is {:.1} days, 85 % took no longer than {:.1} days",
                days(spread.median),
                days(spread.p85)
            )
        }
        None => "too few for a median".to_owned(),
    };
    let n = rollouts.points.len();
    format!(
        "Scatter of {n} releases by the day they reached production, {}, and the days their staged rollout took: {spread}, the longest took {longest:.1} days.",
        period(months)
    )
}

/// When a month begins and ends, in seconds since 1970.
fn limits_of(month: &str) -> Option<(f64, f64)> {
    let month: Month = month.parse().ok()?;
    Some((instant(month.start()), instant(month.end())))
}

fn instant(at: DateTime<chrono::Utc>) -> f64 {
    coordinate(u64::try_from(at.timestamp()).unwrap_or(0))
}

fn calendar(sheet: &Sheet<'_>, plot: &Plot, months: &[MonthName], limits: &[(f64, f64)]) -> Drawn {
    for (month, (begin, end)) in months.iter().zip(limits) {
        let (left, middle) = (plot.across(*begin), plot.across(f64::midpoint(*begin, *end)));
        sheet.line(vec![(left, BOTTOM), (left, BOTTOM + 10)], GRID, 2)?;
        sheet.text(&month.short, (middle, BOTTOM + 14), Side::Below, SMALL, FAINT)?;
        if month.short == "Jan" {
            sheet.text(&month.year, (middle, BOTTOM + 48), Side::Below, SMALL, FAINT)?;
        }
    }
    Ok(())
}

fn points(sheet: &Sheet<'_>, plot: &Plot, rollouts: &Rollouts, month_begins: f64) -> Drawn {
    // Many points are small, so that they do not become one blot.
    let radius = match rollouts.points.len() {
        ..300 => 9,
        300..1500 => 6,
        _ => 4,
    };
    rollouts.points.iter().try_for_each(|point| {
        let at = coordinate(u64::try_from(point.at).unwrap_or(0));
        let colour = if at >= month_begins { STRONG } else { QUIET };
        sheet.dot(plot.at(at, age::height(days(point.seconds))), radius, sheer(colour).filled())
    })
}

fn lines(sheet: &Sheet<'_>, plot: &Plot, rollouts: &Rollouts) -> Drawn {
    let Some(of_all) = rollouts.spread else {
        return Ok(());
    };
    let level = |seconds| plot.down(age::height(days(seconds)));
    let (median, p85) = (level(of_all.median), level(of_all.p85));
    sheet.line(vec![(LEFT, median), (RIGHT, median)], INK, 4)?;
    sheet.dashes((LEFT, p85), RIGHT, INK, 4)?;
    let labels = [format!("85 %: {:.1} d", days(of_all.p85)), format!("median: {:.1} d", days(of_all.median))];
    for (label, y) in labels.iter().zip(spread(&[p85, median], LINE, BOTTOM)) {
        sheet.text(label, (RIGHT + 16, y), Side::Right, LABEL, INK)?;
    }
    Ok(())
}
