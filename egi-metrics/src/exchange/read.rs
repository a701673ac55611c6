//! Reads files of facts.

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use polars::prelude::{DataFrame, DataType, PolarsError, PolarsResult, SerReader as _, TimeUnit, TimeZone};
use polars_io::prelude::ParquetReader;

use super::parse::RowText;
use super::{FileFault, Kind, columnar};
use crate::columns::FactColumns;
use crate::error::MetricsError;
use crate::facts::Facts;
use crate::format::show_time;
use crate::record::Sources;

/// After so many faults a file is not looked at any further.
const MOST_FAULTS: usize = 100;

/// A file of facts.
#[derive(Debug, Clone)]
struct FactFile {
    kind: Kind,
    path: PathBuf,
    is_parquet: bool,
}

/// Reads a folder of facts, or one file of them, row by row: for what is to be kept, or looked at. `source` is that of
/// rows that name none; without it they belong to the site's own log.
pub fn read_facts(path: &Path, source: Option<&str>, as_of: DateTime<Utc>) -> Result<Facts, MetricsError> {
    let mut tables = Vec::new();
    for file in find_files(path)? {
        let table = if file.is_parquet { read_parquet(&file)? } else { read_csv(&file)? };
        tables.push((file, table));
    }
    let named = tables.iter().flat_map(|(_, table)| table.sources());
    let mut facts = Facts::none(as_of);
    facts.sources = Sources::new(named.chain(source.map(str::to_owned)).collect());
    for (file, table) in &tables {
        table.read_into(file, source, &mut facts)?;
    }
    Ok(facts)
}

/// Reads a folder of facts, or one file of them, into columns. Parquet files go there without a detour, so this is the
/// way for millions of rows.
pub fn read_columns(path: &Path, as_of: DateTime<Utc>) -> Result<FactColumns, MetricsError> {
    let files = find_files(path)?;
    if files.iter().all(|file| file.is_parquet) {
        let open = files.iter().map(|file| (file.kind, file.path.as_path()));
        if let Some(columns) = columnar::read(open, as_of) {
            return Ok(columns);
        }
    }
    // Something is not as it usually is. Row by row, each fault is found with its place.
    Ok(FactColumns::of(&read_facts(path, None, as_of)?))
}

fn find_files(path: &Path) -> Result<Vec<FactFile>, MetricsError> {
    let unusable = |message: String| MetricsError::Facts {
        file: path.display().to_string(),
        faults: vec![FileFault::of_file(message)],
    };
    if !path.is_dir() {
        let found = fact_file(path);
        let hint = || {
            unusable(
                "its name is none of transitions, submissions, participations, reports with .csv or .parquet"
                    .to_owned(),
            )
        };
        return Ok(vec![found.ok_or_else(hint)?]);
    }
    let mut files = Vec::new();
    for kind in Kind::ALL {
        let of_kind = ["csv", "parquet"].map(|ending| path.join(kind.as_str()).with_extension(ending));
        let mut there = of_kind.into_iter().filter(|file| file.is_file()).filter_map(|file| fact_file(&file));
        files.extend(there.next());
        if there.next().is_some() {
            return Err(unusable(format!("it has {kind} as CSV and as Parquet; keep one of them")));
        }
    }
    if files.is_empty() {
        return Err(unusable(
            "it has no transitions, submissions, participations or reports, as .csv or .parquet".to_owned(),
        ));
    }
    Ok(files)
}

fn fact_file(path: &Path) -> Option<FactFile> {
    let kind = Kind::of_name(path.file_stem()?.to_str()?)?;
    let is_parquet = match path.extension()?.to_str()? {
        "csv" => false,
        "parquet" => true,
        _ => return None,
    };
    Some(FactFile { kind, path: path.to_owned(), is_parquet })
}

/// A file's rows as text, a place for each of the kind's columns.
struct Table {
    kind: Kind,
    /// The line of each row, and its values.
    rows: Vec<(u64, Vec<Option<String>>)>,
}

impl Table {
    fn sources(&self) -> impl Iterator<Item = String> + '_ {
        let place = self.kind.columns().iter().position(|column| column.spec.name == "source").unwrap_or_default();
        self.rows.iter().filter_map(move |(_, values)| values.get(place)?.clone().filter(|text| !text.is_empty()))
    }

    fn read_into(&self, file: &FactFile, default_source: Option<&str>, facts: &mut Facts) -> Result<(), MetricsError> {
        let sources = facts.sources.clone();
        let mut faults = Vec::new();
        for (line, values) in &self.rows {
            let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            let (sources, faults) = (&sources, &mut faults);
            let text = RowText { kind: self.kind, line: *line, values: &values, sources, default_source, faults };
            text.read_into(facts);
            if faults.len() >= MOST_FAULTS {
                break;
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(MetricsError::Facts { file: file.path.display().to_string(), faults })
        }
    }
}

/// Which of the kind's columns each of a file's columns is.
fn match_columns<'n>(file: &FactFile, names: impl Iterator<Item = &'n str>) -> Result<Vec<usize>, MetricsError> {
    let known = file.kind.columns();
    let mut faults = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    for name in names {
        match known.iter().position(|column| column.spec.name == name) {
            Some(place) if places.contains(&place) => {
                faults.push(FileFault::of_file(format!("the column \"{name}\" occurs twice")));
            }
            Some(place) => places.push(place),
            None => {
                let known: Vec<&str> = known.iter().map(|column| column.spec.name).collect();
                let message = format!("there is no column \"{name}\" in {}; known are {}", file.kind, known.join(", "));
                faults.push(FileFault { line: Some(1), column: None, message });
            }
        }
    }
    for (place, column) in known.iter().enumerate().filter(|(_, column)| column.needed) {
        if !places.contains(&place) {
            let message = format!("the column \"{}\" is missing: {}", column.spec.name, column.spec.meaning);
            faults.push(FileFault { line: Some(1), column: None, message });
        }
    }
    if faults.is_empty() {
        Ok(places)
    } else {
        Err(MetricsError::Facts { file: file.path.display().to_string(), faults })
    }
}

fn failed(file: &FactFile) -> impl Fn(PolarsError) -> MetricsError {
    let file = file.path.display().to_string();
    move |source| MetricsError::File { action: "read", file: file.clone(), source }
}

fn read_csv(file: &FactFile) -> Result<Table, MetricsError> {
    let unreadable = |error: csv::Error| {
        let line = error.position().map(csv::Position::line);
        let message = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
            format!("has {len} fields, and the header line has {expected_len}")
        } else {
            error.to_string()
        };
        MetricsError::Facts {
            file: file.path.display().to_string(),
            faults: vec![FileFault { line, column: None, message }],
        }
    };
    let open = File::open(&file.path).map_err(PolarsError::from).map_err(failed(file))?;
    let mut reader = csv::Reader::from_reader(open);
    let header = reader.headers().map_err(unreadable)?.clone();
    let first = |name: &str| name.trim_start_matches('\u{feff}').trim().to_owned();
    let names: Vec<String> = header.iter().map(first).collect();
    let places = match_columns(file, names.iter().map(String::as_str))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let mut values = vec![None; file.kind.columns().len()];
        for (place, text) in places.iter().zip(&record) {
            if let Some(value) = values.get_mut(*place) {
                *value = Some(text.trim().to_owned());
            }
        }
        rows.push((record.position().map_or(0, csv::Position::line), values));
    }
    Ok(Table { kind: file.kind, rows })
}

fn read_parquet(file: &FactFile) -> Result<Table, MetricsError> {
    let open = File::open(&file.path).map_err(PolarsError::from).map_err(failed(file))?;
    let frame = ParquetReader::new(open).finish().map_err(failed(file))?;
    let places = match_columns(file, frame.columns().iter().map(|column| column.name().as_str()))?;
    let texts = as_texts(&frame).map_err(failed(file))?;
    let mut rows = Vec::with_capacity(frame.height());
    for (row, line) in (0..frame.height()).zip(1..) {
        let mut values = vec![None; file.kind.columns().len()];
        for (place, column) in places.iter().zip(&texts) {
            if let (Some(value), Some(text)) = (values.get_mut(*place), column.get(row)) {
                value.clone_from(text);
            }
        }
        rows.push((line, values));
    }
    Ok(Table { kind: file.kind, rows })
}

/// Each column's values as a CSV file would have them.
fn as_texts(frame: &DataFrame) -> PolarsResult<Vec<Vec<Option<String>>>> {
    let mut texts = Vec::new();
    for column in frame.columns() {
        if matches!(column.dtype(), DataType::Datetime(_, _) | DataType::Date) {
            let micros = column.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)))?;
            let micros = micros.to_physical_repr();
            texts.push(micros.i64()?.iter().map(|at| at.map(show_time)).collect());
        } else {
            let text = column.cast(&DataType::String)?;
            texts.push(text.str()?.iter().map(|text| text.map(str::to_owned)).collect());
        }
    }
    Ok(texts)
}
