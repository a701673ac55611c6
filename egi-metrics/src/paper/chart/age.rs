//! The scale of all durations: logarithmic, of one day more than the duration. Most are days, a few are months, and both are
//! to be seen.

use std::ops::Range;

/// The marks, in days.
const MARKS: [(f64, &str); 9] = [
    (0.0, "0"),
    (1.0, "1 day"),
    (3.0, "3 days"),
    (7.0, "1 week"),
    (14.0, "2 weeks"),
    (30.0, "1 month"),
    (91.0, "3 months"),
    (365.0, "1 year"),
    (1096.0, "3 years"),
];

/// Where a duration in days stands.
pub(super) fn height(days: f64) -> f64 {
    days.ln_1p()
}

/// The marks that a part of the scale has room for.
pub(super) fn marks(part: &Range<f64>) -> Vec<(f64, String)> {
    let marks = MARKS.iter().map(|(days, label)| (height(*days), (*label).to_owned()));
    marks.filter(|(height, _)| *height <= part.end).collect()
}
