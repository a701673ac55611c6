//! How a frame is written: CSV, JSON or Parquet.

use std::borrow::Cow;
use std::io::Write;

use chrono::{DateTime, Datelike as _, SecondsFormat, Timelike as _, Utc};
use polars::prelude::{AnyValue, Column, DataFrame, DataType, PolarsResult, SerWriter as _, StringChunked, TimeUnit};
use polars::prelude::{IntoColumn as _, NewChunkedArray as _};
use polars_io::prelude::{CsvWriter, ParquetCompression, ParquetWriter};

/// How files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// RFC 4180: a header line, commas, CRLF, quotes where needed; UTF-8.
    #[default]
    Csv,
    /// One array of objects; what a row does not have is null.
    Json,
    /// Columns with types; times in microseconds, UTC.
    Parquet,
}

impl Format {
    /// How the files' names end, behind a dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
        }
    }
}

/// Writes a frame.
pub(crate) fn write_frame(frame: &mut DataFrame, format: Format, out: &mut (impl Write + Send)) -> PolarsResult<()> {
    match format {
        Format::Csv => CsvWriter::new(out).with_line_terminator("\r\n".into()).finish(&mut with_plain_times(frame)?),
        Format::Json => write_json(&with_plain_times(frame)?, out),
        // One thread and no statistics of when it was written: the same frame gives the same bytes.
        Format::Parquet => {
            let writer = ParquetWriter::new(out).with_compression(ParquetCompression::Zstd(None));
            writer.finish(frame).map(|_| ())
        }
    }
}

/// Instants as text: UTC, with a fraction of a second only where there is one.
fn with_plain_times(frame: &DataFrame) -> PolarsResult<DataFrame> {
    DataFrame::new_infer_height(frame.columns().iter().map(plain_time).collect::<PolarsResult<_>>()?)
}

fn plain_time(column: &Column) -> PolarsResult<Column> {
    let DataType::Datetime(TimeUnit::Microseconds, _) = column.dtype() else { return Ok(column.clone()) };
    let numbers = column.to_physical_repr();
    let shown = numbers.i64()?.iter().map(|at| at.map(show_time));
    Ok(StringChunked::from_iter_options(column.name().clone(), shown).into_column())
}

/// An instant, given in microseconds, as files have it.
pub(crate) fn show_time(at: i64) -> String {
    let mut text = String::with_capacity(20);
    push_time(&mut text, at);
    text
}

/// The same, behind a text. Files have many millions of them, so the usual ones are put together by hand.
pub(crate) fn push_time(text: &mut String, at: i64) {
    let at: DateTime<Utc> = DateTime::from_timestamp_micros(at).unwrap_or_default();
    let Ok(year @ 0..=9999) = u32::try_from(at.year()) else {
        text.push_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        return;
    };
    if at.nanosecond() > 0 {
        text.push_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        return;
    }
    push_two(text, year / 100);
    push_two(text, year % 100);
    for (before, part) in [('-', at.month()), ('-', at.day()), ('T', at.hour()), (':', at.minute()), (':', at.second())]
    {
        text.push(before);
        push_two(text, part);
    }
    text.push('Z');
}

fn push_two(text: &mut String, number: u32) {
    for digit in [number / 10, number % 10] {
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

fn write_json(frame: &DataFrame, out: &mut impl Write) -> PolarsResult<()> {
    let names: Vec<String> =
        frame.columns().iter().map(|column| serde_json::Value::from(column.name().as_str()).to_string()).collect();
    out.write_all(b"[")?;
    for row in 0..frame.height() {
        out.write_all(if row == 0 { b"\n{" } else { b",\n{" })?;
        for (place, (name, column)) in names.iter().zip(frame.columns()).enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(out, "{comma}{name}:{}", json(&column.get(row)?))?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

fn json(value: &AnyValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    if let Some(text) = value.get_str() {
        return text.into();
    }
    if let Some(number) = value.extract::<f64>().filter(|_| value.dtype().is_float()) {
        return number.into();
    }
    let whole = value.extract::<u64>().map(Value::from).or_else(|| value.extract::<i64>().map(Value::from));
    whole.filter(|_| !value.is_null()).unwrap_or(Value::Null)
}

/// A field of a CSV line: in quotes where it needs them.
pub(crate) fn csv_field(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame;

    #[test]
    fn times_are_put_together_as_the_library_does_it() {
        for micros in
            [0, 1, 1_310_417_450_250_000, 1_793_491_200_000_000, -63_500_000_000_000_000, 253_402_300_800_000_000]
        {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            assert_eq!(show_time(micros), at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
    }

    #[test]
    fn a_frame_is_written_with_plain_times_and_what_is_not_there_is_null() {
        let rows = [(1_u64, Some("a \"b\""), Some(1_500_000_i64)), (2, None, None)];
        let columns = vec![
            frame::number("n", &rows, |row| Some(row.0)),
            frame::text("t", &rows, |row| row.1),
            frame::micros("at", &rows, |row| row.2).unwrap(),
        ];
        let mut frame = frame::frame(columns).unwrap();
        let mut written = |format| {
            let mut bytes = Vec::new();
            write_frame(&mut frame, format, &mut bytes).unwrap();
            bytes
        };
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(text(written(Format::Csv)), "n,t,at\r\n1,\"a \"\"b\"\"\",1970-01-01T00:00:01.500Z\r\n2,,\r\n");
        assert_eq!(
            text(written(Format::Json)),
            "[\n{\"n\":1,\"t\":\"a \\\"b\\\"\",\"at\":\"1970-01-01T00:00:01.500Z\"},\n{\"n\":2,\"t\":null,\"at\":null}\n]\n"
        );
        assert_eq!(written(Format::Parquet), written(Format::Parquet));
    }
}
