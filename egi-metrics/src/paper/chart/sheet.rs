//! A canvas of the page's width, and plots on it: what plotters draws, in the style of this report.
//!
//! Axes are drawn here rather than by plotters' own mesh: labels stand where they belong to, ticks are few.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea as _, IntoFont as _, PathElement,
    Polygon, Rectangle, SVGBackend, ShapeStyle, Text, TriangleMarker,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::style::{FAINT, FONT, GRID, PAPER, SMALL, UNIT, WIDTH};

/// The outcome of drawing.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>>;
/// A place on the canvas, in units from its upper left corner.
pub(super) type Place = (i32, i32);

/// Draws a figure of `height` points.
pub(super) fn draw(
    height: u32,
    paint: impl FnOnce(&Sheet<'_>) -> Drawn,
) -> Result<String, DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH * UNIT, height * UNIT)).into_drawing_area();
    let sheet = Sheet { area };
    paint(&sheet)?;
    sheet.area.present()?;
    drop(sheet);
    Ok(svg)
}

/// A canvas.
pub(super) struct Sheet<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Where a text stands relative to its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// To the right of it.
    Right,
    /// To the left of it.
    Left,
    /// Above it.
    Above,
    /// Below it.
    Below,
}

impl Sheet<'_> {
    pub(super) fn text(&self, text: &str, place: Place, towards: Side, size: u32, colour: RGBColor) -> Drawn {
        let (horizontal, vertical) = match towards {
            Side::Right => (HPos::Left, VPos::Center),
            Side::Left => (HPos::Right, VPos::Center),
            Side::Above => (HPos::Center, VPos::Bottom),
            Side::Below => (HPos::Center, VPos::Top),
        };
        let style = (FONT, size).into_font().color(&colour).pos(Pos::new(horizontal, vertical));
        self.area.draw(&Text::new(text.to_owned(), place, style))
    }

    /// A text above its place, on a patch of paper: it can be read upon points.
    pub(super) fn caption(&self, text: &str, (x, y): Place, size: u32, colour: RGBColor) -> Drawn {
        let letters = i32::try_from(text.chars().count()).unwrap_or(0);
        let height = i32::try_from(size).unwrap_or(0);
        let half = letters * height * 2 / 11;
        self.bar([(x - half, y - height * 4 / 5), (x + half, y)], PAPER)?;
        self.text(text, (x, y), Side::Above, size, colour)
    }

    pub(super) fn line(&self, places: Vec<Place>, colour: RGBColor, width: u32) -> Drawn {
        self.area.draw(&PathElement::new(places, colour.stroke_width(width)))
    }

    /// A horizontal line of dashes.
    pub(super) fn dashes(&self, from: Place, to: i32, colour: RGBColor, width: u32) -> Drawn {
        let mut at = from.0;
        while at < to {
            self.line(vec![(at, from.1), ((at + 20).min(to), from.1)], colour, width)?;
            at += 32;
        }
        Ok(())
    }

    pub(super) fn area(&self, places: Vec<Place>, colour: RGBColor) -> Drawn {
        self.area.draw(&Polygon::new(places, colour.filled()))
    }

    pub(super) fn bar(&self, corners: [Place; 2], colour: RGBColor) -> Drawn {
        self.area.draw(&Rectangle::new(corners, colour.filled()))
    }

    pub(super) fn dot(&self, place: Place, radius: i32, style: impl Into<ShapeStyle>) -> Drawn {
        self.area.draw(&Circle::new(place, radius, style))
    }

    pub(super) fn triangle(&self, place: Place, radius: i32, style: impl Into<ShapeStyle>) -> Drawn {
        self.area.draw(&TriangleMarker::new(place, radius, style))
    }
}

/// A part of the canvas with values along its sides.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// From left to right, in units.
    pub(super) across: Range<i32>,
    /// From top to bottom, in units.
    pub(super) down: Range<i32>,
    /// The values at the left and right side.
    pub(super) x: Range<f64>,
    /// The values at the bottom and top.
    pub(super) y: Range<f64>,
}

impl Plot {
    pub(super) fn at(&self, x: f64, y: f64) -> Place {
        (self.across(x), self.down(y))
    }

    pub(super) fn across(&self, x: f64) -> i32 {
        between(share(&self.x, x), self.across.start, self.across.end)
    }

    pub(super) fn down(&self, y: f64) -> i32 {
        between(share(&self.y, y), self.down.end, self.down.start)
    }

    /// Lines across at `ticks`, each with its label at the left.
    pub(super) fn scale_y(&self, sheet: &Sheet<'_>, ticks: &[(f64, String)]) -> Drawn {
        for (value, label) in ticks {
            let y = self.down(*value);
            sheet.line(vec![(self.across.start, y), (self.across.end, y)], GRID, 2)?;
            sheet.text(label, (self.across.start - 14, y), Side::Left, SMALL, FAINT)?;
        }
        Ok(())
    }
}

fn share(range: &Range<f64>, value: f64) -> f64 {
    (value - range.start) / (range.end - range.start)
}

#[expect(clippy::cast_possible_truncation, reason = "a place on a canvas of some thousand units")]
fn between(share: f64, from: i32, to: i32) -> i32 {
    (f64::from(from) + share * f64::from(to - from)).round() as i32
}

/// Round values from 0 up, about four of them, the last not below `most`.
pub(super) fn ticks(most: f64) -> Vec<f64> {
    let rough = most.max(1.0) / 4.0;
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|part| part * magnitude).find(|step| *step >= rough);
    let step = step.unwrap_or(rough).max(1.0).ceil();
    std::iter::successors(Some(0.0), |tick| Some(tick + step).filter(|_| *tick < most)).collect()
}

/// Moves labels, given from top to bottom, apart until they are `gap` from each other, and keeps them above `lowest`.
pub(super) fn spread(wanted: &[i32], gap: i32, lowest: i32) -> Vec<i32> {
    let mut placed: Vec<i32> = Vec::with_capacity(wanted.len());
    for want in wanted {
        placed.push(placed.last().map_or(*want, |above| (*want).max(above + gap)));
    }
    let mut limit = lowest;
    for place in placed.iter_mut().rev() {
        *place = (*place).min(limit);
        limit = *place - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_top() {
        assert_eq!(ticks(0.0), [0.0]);
        assert_eq!(ticks(3.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(ticks(37.0), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(ticks(512.0).last(), Some(&600.0));
    }

    #[test]
    fn labels_do_not_lie_on_each_other() {
        assert_eq!(spread(&[10, 12, 100], 20, 200), [10, 30, 100]);
        assert_eq!(spread(&[190, 195, 200], 20, 200), [160, 180, 200]);
    }
}
