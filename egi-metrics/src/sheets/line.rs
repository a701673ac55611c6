//! Lines of the sheets that are too long to be made as frames: text, put together piece by piece.

use std::fmt::Write as _;

use crate::catalog::FILES;
use crate::columns::FactColumns;
use crate::record::RecordId;

/// The header line of a sheet of [`FILES`].
pub(super) fn header(sheet: &str) -> String {
    let columns = FILES.iter().find(|file| file.name == sheet).map(|file| file.columns).unwrap_or_default();
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",") + "\r\n"
}

pub(super) fn push_number(line: &mut String, number: u64) {
    line.push_str(itoa::Buffer::new().format(number));
}

pub(super) fn push_record(line: &mut String, facts: &FactColumns, record: RecordId) {
    match record.source() {
        0 => push_number(line, record.number()),
        // Writing to a string can not fail.
        _ => drop(write!(line, "{}", facts.sources.show(record))),
    }
}
