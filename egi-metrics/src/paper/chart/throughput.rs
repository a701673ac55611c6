//! Four small bar charts on one scale: delivered, verified, accepted, rejected in thirteen months.

use std::ops::Range;

use super::sheet::{Drawn, Place, Plot, Sheet, Side};
use super::style::{FAINT, INK, LABEL, QUIET, SMALL, STRONG};
use super::{Chart, Drawing, coordinate, period};
use crate::paper::data::{MonthCounts, ReportData};
use crate::paper::error::PaperError;

/// What a panel shows of a month.
struct Series {
    title: &'static str,
    count: fn(&MonthCounts) -> u64,
}

const SERIES: [Series; 4] = [
    Series { title: "Delivered (M.REPO-1)", count: |month| month.delivered },
    Series { title: "Verified (M.REPO-2)", count: |month| month.verified },
    Series { title: "Accepted (M.REPO-3)", count: |month| month.accepted },
    Series { title: "Rejected", count: |month| month.rejected },
];
/// Where the panels are, in units: left and upper edges.
const PANELS: [Place; 4] = [(0, 0), (970, 0), (0, 425), (970, 425)];
const ACROSS: i32 = 910;
const BARS: Range<i32> = 90..320;

pub(super) fn draw(data: &ReportData) -> Result<Option<Chart>, PaperError> {
    let months = &data.throughput;
    let most = months.iter().flat_map(|month| SERIES.iter().map(|series| (series.count)(month))).max().unwrap_or(0);
    if most == 0 {
        return Ok(None);
    }
    let drawing = Drawing { name: "throughput", height: 212, alt: describe(months) };
    drawing
        .draw(|sheet| {
            for (series, corner) in SERIES.iter().zip(PANELS) {
                panel(sheet, series, months, corner, most)?;
            }
            Ok(())
        })
        .map(Some)
}

fn describe(months: &[MonthCounts]) -> String {
    let names: Vec<_> = months.iter().map(|month| month.month.clone()).collect();
    let known = |month: &MonthCounts, count: u64| if month.known { count.to_string() } else { "unknown".to_owned() };
    let lists = SERIES.iter().map(|series| {
        let counts: Vec<_> = months.iter().map(|month| known(month, (series.count)(month))).collect();
        format!("{}: {}.", series.title, counts.join(", "))
    });
    format!("Four bar charts with one bar per month, {}. {}", period(&names), lists.collect::<Vec<_>>().join(" "))
}

fn panel(sheet: &Sheet<'_>, series: &Series, months: &[MonthCounts], corner: Place, most: u64) -> Drawn {
    let (left, top) = corner;
    let plot = Plot {
        across: left..left + ACROSS,
        down: top + BARS.start..top + BARS.end,
        x: 0.0..coordinate(u64::try_from(months.len()).unwrap_or(1)),
        y: 0.0..coordinate(most),
    };
    sheet.text(series.title, (left, top + 24), Side::Right, LABEL, INK)?;
    let mut place = 0.0;
    for (month, is_last) in months.iter().zip((1..=months.len()).map(|number| number == months.len())) {
        bar(sheet, &plot, month, series, place, is_last)?;
        place += 1.0;
    }
    sheet.line(vec![(left, plot.down.end), (left + ACROSS, plot.down.end)], FAINT, 2)
}

fn bar(sheet: &Sheet<'_>, plot: &Plot, month: &MonthCounts, series: &Series, place: f64, is_last: bool) -> Drawn {
    let count = (series.count)(month);
    let (left, top) = plot.at(place + 0.14, coordinate(count));
    let (right, bottom) = plot.at(place + 0.86, 0.0);
    let middle = plot.across(place + 0.5);
    let (colour, ink) = if is_last { (STRONG, INK) } else { (QUIET, FAINT) };
    if count > 0 {
        sheet.bar([(left, top), (right, bottom)], colour)?;
    }
    let value = if month.known { count.to_string() } else { "–".to_owned() };
    sheet.text(&value, (middle, top - 6), Side::Above, SMALL, ink)?;
    sheet.text(&month.month.short, (middle, bottom + 10), Side::Below, SMALL, ink)?;
    if is_last || month.month.short == "Jan" {
        sheet.text(&month.month.year, (middle, bottom + 44), Side::Below, SMALL, ink)?;
    }
    Ok(())
}
