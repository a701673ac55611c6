//! One look for all figures: few colours, told apart by lightness, so that they survive grey print.
//!
//! The colours are those of cividis (Nuñez, Anderton and Renslow, 2018): made to look nearly the same with and without a
//! colour vision deficiency, and of evenly rising lightness, so that an order of bands is an order in grey as well. What
//! needs attention is set apart twice, by an orange that differs from the blue for everybody and by its shape.

use plotters::style::{Color as _, RGBAColor, RGBColor};

/// The canvas' units per point: plotters draws in whole units.
pub(super) const UNIT: u32 = 4;
/// The width of the page's text, in points.
pub(super) const WIDTH: u32 = 470;
/// A font that comes with the typesetter, so that it is embedded.
pub(super) const FONT: &str = "Libertinus Serif";
/// The size of labels: 8.5 points. plotters divides by 1.24 on the way into an SVG.
pub(super) const LABEL: u32 = 42;
/// The size of small labels: 7.5 points.
pub(super) const SMALL: u32 = 37;

/// What the month is about.
pub(super) const STRONG: RGBColor = RGBColor(0x00, 0x22, 0x4e);
/// What it is compared with.
pub(super) const QUIET: RGBColor = RGBColor(0xa3, 0xab, 0xbd);
/// What needs attention.
pub(super) const ALERT: RGBColor = RGBColor(0xc4, 0x5a, 0x00);
/// Text.
pub(super) const INK: RGBColor = RGBColor(0x26, 0x26, 0x26);
/// Text that steps back.
pub(super) const FAINT: RGBColor = RGBColor(0x6b, 0x6b, 0x6b);
/// Lines behind everything.
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
/// What is done and only carries the rest.
pub(super) const GROUND: RGBColor = RGBColor(0xe6, 0xe6, 0xe6);
/// Between areas.
pub(super) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Points of cividis, evenly spaced, dark to light.
const CIVIDIS: [RGBColor; 5] = [
    RGBColor(0x00, 0x22, 0x4e),
    RGBColor(0x43, 0x4e, 0x6c),
    RGBColor(0x7d, 0x7c, 0x78),
    RGBColor(0xbc, 0xaf, 0x6f),
    RGBColor(0xfe, 0xe8, 0x38),
];

/// A colour of the scale: 0 is its dark end, 1 its light end.
pub(super) fn scale(share: f64) -> RGBColor {
    let steps = CIVIDIS.windows(2);
    let last = f64::from(u32::try_from(steps.len()).unwrap_or(1));
    let place = share.clamp(0.0, 1.0) * last;
    let lower = place.floor().min(last - 1.0);
    let found = steps.enumerate().find(|(step, _)| (f64::from(u32::try_from(*step).unwrap_or(0)) - lower).abs() < 0.5);
    match found.map(|(_, pair)| pair) {
        Some([from, to]) => mix(*from, *to, place - lower),
        _ => STRONG,
    }
}

fn mix(from: RGBColor, to: RGBColor, share: f64) -> RGBColor {
    let part = |a: u8, b: u8| {
        let value = (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between two bytes")]
        let byte = value as u8;
        byte
    };
    RGBColor(part(from.0, to.0), part(from.1, to.1), part(from.2, to.2))
}

/// A colour through which points below it can be seen.
pub(super) fn sheer(colour: RGBColor) -> RGBAColor {
    colour.mix(0.6)
}
