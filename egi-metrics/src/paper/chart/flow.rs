//! The cumulative flow: at each month's end, what had left the workflow since the first month began, and above it what
//! stood in each state. The height of a band is the work in it; the slope of the top is the rate of arrivals.

use super::sheet::{Drawn, Plot, Sheet, Side, spread, ticks};
use super::style::{FAINT, GRID, GROUND, INK, LABEL, PAPER, SMALL, scale};
use super::{Chart, Drawing, coordinate, period};
use crate::paper::data::{Band, Flow, ReportData};
use crate::paper::error::PaperError;

const TOP: i32 = 40;
const BOTTOM: i32 = 905;
const LEFT: i32 = 110;
const RIGHT: i32 = 1450;
const LINE: i32 = 44;

/// A band with its lower and upper edge at each place.
struct Layer<'a> {
    band: &'a Band,
    lower: Vec<u64>,
    upper: Vec<u64>,
}

pub(super) fn draw(data: &ReportData) -> Result<Option<Chart>, PaperError> {
    let layers = stack(&data.flow);
    let most = layers.last().and_then(|layer| layer.upper.iter().max()).copied().unwrap_or(0);
    if most == 0 {
        return Ok(None);
    }
    let marks = ticks(coordinate(most));
    let places = data.flow.months.len().saturating_sub(1);
    let plot = Plot {
        across: LEFT..RIGHT,
        down: TOP..BOTTOM,
        x: 0.0..coordinate(u64::try_from(places).unwrap_or(1)),
        y: 0.0..marks.last().copied().unwrap_or(1.0),
    };
    Drawing { name: "flow", height: 250, alt: describe(&data.flow) }
        .draw(|sheet| {
            let labels: Vec<_> = marks.iter().map(|mark| (*mark, format!("{mark:.0}"))).collect();
            plot.scale_y(sheet, &labels)?;
            for (layer, colour) in layers.iter().zip(colours(layers.len())) {
                sheet.area(outline(&plot, layer), colour)?;
                sheet.line(along(&plot, &layer.upper), PAPER, 2)?;
            }
            calendar(sheet, &plot, &data.flow)?;
            names(sheet, &plot, &layers)
        })
        .map(Some)
}

fn describe(flow: &Flow) -> String {
    let ends = flow.bands.iter().filter_map(|band| Some((&band.name, *band.counts.last()?)));
    let ends: Vec<_> = ends.filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    let months = flow.months.get(1..).unwrap_or_default();
    format!("Cumulative flow, {}, as stacked areas. At its end: {}.", period(months), ends.join(", "))
}

/// The bands that are ever more than nothing, upon each other.
fn stack(flow: &Flow) -> Vec<Layer<'_>> {
    let mut lower = vec![0; flow.months.len()];
    let shown = flow.bands.iter().filter(|band| band.counts.iter().any(|count| *count > 0));
    shown
        .map(|band| {
            let upper: Vec<u64> = lower.iter().zip(&band.counts).map(|(below, count)| below + count).collect();
            Layer { band, lower: std::mem::replace(&mut lower, upper.clone()), upper }
        })
        .collect()
}

/// What has left is ground; the states above it go from dark to light.
fn colours(layers: usize) -> impl Iterator<Item = plotters::style::RGBColor> {
    let states = coordinate(u64::try_from(layers.saturating_sub(2)).unwrap_or(0)).max(1.0);
    let steps = std::iter::successors(Some(0.0), |step| Some(step + 1.0));
    std::iter::once(GROUND).chain(steps.map(move |step| scale(step / states * 0.95)))
}

fn along(plot: &Plot, edge: &[u64]) -> Vec<(i32, i32)> {
    let places = std::iter::successors(Some(0.0), |place| Some(place + 1.0));
    places.zip(edge).map(|(place, count)| plot.at(place, coordinate(*count))).collect()
}

fn outline(plot: &Plot, layer: &Layer<'_>) -> Vec<(i32, i32)> {
    let back = along(plot, &layer.lower).into_iter().rev();
    along(plot, &layer.upper).into_iter().chain(back).collect()
}

fn calendar(sheet: &Sheet<'_>, plot: &Plot, flow: &Flow) -> Drawn {
    let places = std::iter::successors(Some(0.0), |place| Some(place + 1.0));
    for (place, month) in places.zip(&flow.months).skip(1) {
        let (end, middle) = (plot.across(place), plot.across(place - 0.5));
        sheet.line(vec![(end, BOTTOM), (end, BOTTOM + 10)], GRID, 2)?;
        sheet.text(&month.short, (middle, BOTTOM + 14), Side::Below, SMALL, FAINT)?;
        if month.short == "Jan" {
            sheet.text(&month.year, (middle, BOTTOM + 48), Side::Below, SMALL, FAINT)?;
        }
    }
    Ok(())
}

/// At the right end of each band its name and number, with a line to it where the label had to move.
fn names(sheet: &Sheet<'_>, plot: &Plot, layers: &[Layer<'_>]) -> Drawn {
    let ends = layers.iter().rev().filter_map(|layer| {
        let (lower, upper) = (*layer.lower.last()?, *layer.upper.last()?);
        (upper > lower).then(|| (layer, f64::midpoint(coordinate(lower), coordinate(upper)), upper - lower))
    });
    let ends: Vec<_> = ends.collect();
    let wanted: Vec<i32> = ends.iter().map(|(_, middle, _)| plot.down(*middle)).collect();
    for (((layer, _, count), from), to) in ends.iter().zip(&wanted).zip(spread(&wanted, LINE, BOTTOM)) {
        sheet.line(vec![(RIGHT + 4, *from), (RIGHT + 28, to)], FAINT, 2)?;
        let label = format!("{} {count}", layer.band.name);
        sheet.text(&label, (RIGHT + 36, to), Side::Right, LABEL, INK)?;
    }
    Ok(())
}
