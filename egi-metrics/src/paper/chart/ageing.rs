//! Work in progress by age: a column per state, a point per release, a line where the service limit is.

use plotters::style::Color as _;

use super::sheet::{Drawn, Place, Plot, Sheet, Side};
use super::style::{ALERT, FAINT, INK, SMALL, STRONG, sheer};
use super::{Chart, Drawing, age, coordinate, days};
use crate::paper::data::{Ageing, AgeingRow, LimitRow, ReportData};
use crate::paper::error::PaperError;

const TOP: i32 = 70;
const BOTTOM: i32 = 700;
const LEFT: i32 = 170;
const RIGHT: i32 = 1870;
/// Half a point's width.
const RADIUS: i32 = 9;
pub(super) fn draw(data: &ReportData) -> Result<Option<Chart>, PaperError> {
    let ageing = &data.ageing;
    if ageing.rows.is_empty() {
        return Ok(None);
    }
    let oldest = ageing.rows.iter().map(|row| days(row.seconds)).fold(40.0, f64::max);
    let plot = Plot {
        across: LEFT..RIGHT,
        down: TOP..BOTTOM,
        x: 0.0..coordinate(u64::try_from(ageing.limits.len()).unwrap_or(1)),
        y: 0.0..age::height(oldest * 1.1),
    };
    Drawing { name: "ageing", height: 208, alt: describe(ageing) }
        .draw(|sheet| {
            plot.scale_y(sheet, &age::marks(&plot.y))?;
            let places = std::iter::successors(Some(0.0), |place| Some(place + 1.0));
            places.zip(&ageing.limits).try_for_each(|(place, limit)| column(sheet, &plot, ageing, limit, place))
        })
        .map(Some)
}

fn describe(ageing: &Ageing) -> String {
    let state = |limit: &LimitRow| format!("{}: {} open, {} over {}", limit.state, limit.open, limit.over, limit.limit);
    let states: Vec<_> = ageing.limits.iter().map(state).collect();
    format!("Age of {} releases in work, by state, with the service limits. {}.", ageing.rows.len(), states.join("; "))
}

fn column(sheet: &Sheet<'_>, plot: &Plot, ageing: &Ageing, limit: &LimitRow, place: f64) -> Drawn {
    let rows: Vec<&AgeingRow> = ageing.rows.iter().filter(|row| row.state == limit.state).collect();
    let (left, right) = (plot.across(place + 0.06), plot.across(place + 0.94));
    let middle = plot.across(place + 0.5);
    sheet.text(&limit.open.to_string(), (middle, TOP - 30), Side::Above, SMALL, INK)?;
    for (line, word) in (0..).zip(words(&limit.state)) {
        sheet.text(&word, (middle, BOTTOM + 14 + 36 * line), Side::Below, SMALL, INK)?;
    }
    for (row, (x, y)) in rows.iter().zip(swarm(plot, &rows, middle, right - left)) {
        if row.over {
            sheet.triangle((x, y), RADIUS + 2, ALERT.filled())?;
        } else {
            sheet.dot((x, y), RADIUS, sheer(STRONG).filled())?;
        }
    }
    if limit.seconds > 0 {
        let y = plot.down(age::height(days(limit.seconds)));
        sheet.line(vec![(left, y), (right, y)], ALERT, 5)?;
        sheet.caption(&limit.limit, (middle, y - 8), SMALL, ALERT)?;
    }
    sheet.line(vec![(plot.across(place), BOTTOM), (plot.across(place + 1.0), BOTTOM)], FAINT, 2)
}

/// Places points so that they do not cover each other, from the middle outwards; those that do not fit into `width` lie
/// upon others at its edges.
fn swarm(plot: &Plot, rows: &[&AgeingRow], middle: i32, width: i32) -> Vec<Place> {
    let mut placed: Vec<Place> = Vec::with_capacity(rows.len());
    let steps: Vec<i32> =
        (0..width / (4 * RADIUS)).flat_map(|step| [step, -step]).map(|step| step * 2 * RADIUS).collect();
    for (row, spare) in rows.iter().zip(steps.iter().rev().cycle()) {
        let y = plot.down(age::height(days(row.seconds)));
        let covers = |x: i32| placed.iter().any(|(a, b)| (a - x).abs() < 2 * RADIUS && (b - y).abs() < 2 * RADIUS);
        let free = steps.iter().map(|step| middle + step).find(|x| !covers(*x));
        placed.push((free.unwrap_or(middle + spare), y));
    }
    placed
}

/// `WaitingForResponse` on three lines.
fn words(state: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in state.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    words
}
