//! Parquet files into columns, one column after the other: a row is never looked at as a whole.

use std::fs::File;
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::history::Outcome;
use egi_model::rollout::RolloutState;
use polars::prelude::{
    ChunkFullNull as _, Column, DataType, Int64Chunked, SerReader as _, StringChunked, TimeUnit, TimeZone,
};
use polars_io::prelude::ParquetReader;

use super::Kind;
use crate::columns::{
    FactColumns, Micros, NEVER, Name, Names, Participations, Published, Submissions, Texts, Transitions,
};
use crate::facts::{Facts, Participation, TeamOutcome};
use crate::record::RecordId;

/// The columns of files; `None` where anything is not as it usually is: then the rows are to be read one by one, which
/// tells what.
pub(super) fn read<'p>(files: impl Iterator<Item = (Kind, &'p Path)>, as_of: DateTime<Utc>) -> Option<FactColumns> {
    let mut facts = FactColumns::of(&Facts::none(as_of));
    for (kind, path) in files {
        let file = ParquetFile::open(kind, path)?;
        match kind {
            Kind::Transitions => facts.transitions = file.transitions(&mut facts.names)?,
            Kind::Submissions => facts.submissions = file.submissions()?,
            Kind::Participations => facts.participations = file.participations(&mut facts.names)?,
            Kind::Reports => facts.published = file.published()?,
        }
    }
    Some(facts)
}

/// A file that is to be read row by row, to tell what is the matter with it.
struct Unusual;

struct ParquetFile<'p> {
    path: &'p Path,
    columns: Vec<String>,
    rows: usize,
}

impl<'p> ParquetFile<'p> {
    /// `None` for a file with columns that are not known, without one that is needed, or of several sources.
    fn open(kind: Kind, path: &'p Path) -> Option<Self> {
        let mut reader = ParquetReader::new(File::open(path).ok()?);
        let schema = reader.schema().ok()?;
        let columns: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
        let is_known = |name: &String| kind.columns().iter().any(|column| column.spec.name == name);
        let is_there = |name: &str| columns.iter().any(|column| column == name);
        let whole = kind.columns().iter().all(|column| !column.needed || is_there(column.spec.name));
        let rows = reader.num_rows().ok()?;
        let file = Self { path, rows, columns: columns.clone() };
        let of_one_source =
            || file.text("source").is_some_and(|source| source.iter().all(|text| text.is_none_or(str::is_empty)));
        (whole && columns.iter().all(is_known) && of_one_source()).then_some(file)
    }

    /// One column; `None` for one that the file does not have.
    fn column(&self, name: &str) -> Result<Option<Column>, Unusual> {
        if !self.columns.iter().any(|column| column == name) {
            return Ok(None);
        }
        let reader = ParquetReader::new(File::open(self.path).map_err(|_| Unusual)?);
        let frame = reader.with_columns(Some(vec![name.to_owned()])).finish().map_err(|_| Unusual)?;
        Ok(frame.columns().first().cloned())
    }

    fn text(&self, name: &str) -> Option<StringChunked> {
        match self.column(name).ok()? {
            None => Some(StringChunked::full_null(name.into(), self.rows)),
            Some(column) => Some(column.cast(&DataType::String).ok()?.str().ok()?.clone()),
        }
    }

    fn texts(&self, name: &str) -> Option<Texts> {
        Some(Texts::of(&self.text(name)?))
    }

    fn names(&self, name: &str, names: &mut Names) -> Option<Vec<Name>> {
        let text = self.text(name)?;
        Some(text.iter().map(|given| given.map_or(Name::NONE, |given| names.intern(given))).collect())
    }

    fn whole(&self, name: &str) -> Option<Int64Chunked> {
        Some(self.column(name).ok()??.strict_cast(&DataType::Int64).ok()?.i64().ok()?.clone())
    }

    /// Numbers from 1 to `most`, one in each row.
    fn numbers(&self, name: &str, most: u64) -> Option<Vec<u64>> {
        let in_range = |number: i64| u64::try_from(number).ok().filter(|number| (1..=most).contains(number));
        self.whole(name)?.iter().map(|number| number.and_then(in_range)).collect()
    }

    fn tickets(&self) -> Option<Vec<u64>> {
        self.numbers("ticket", i64::MAX.cast_unsigned())
    }

    fn records(&self) -> Option<Vec<RecordId>> {
        Some(self.numbers("record", RecordId::MAX_NUMBER)?.into_iter().map(RecordId::own).collect())
    }

    /// Instants, [`NEVER`] where there is none.
    fn times(&self, name: &str) -> Option<Vec<Micros>> {
        let Some(column) = self.column(name).ok()? else { return Some(vec![NEVER; self.rows]) };
        let DataType::Datetime(_, _) = column.dtype() else { return None };
        let utc = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
        let micros = column.cast(&utc).ok()?.to_physical_repr().i64().ok()?.clone();
        Some(micros.iter().map(|at| at.unwrap_or(NEVER)).collect())
    }

    /// Instants, one in each row.
    fn all_times(&self, name: &str) -> Option<Vec<Micros>> {
        self.times(name).filter(|times| !times.contains(&NEVER))
    }

    /// Words that are spelled as they are written; nothing is `missing`.
    fn words<T: Copy>(
        &self,
        name: &str,
        known: &[T],
        word: fn(T) -> &'static str,
        missing: Option<T>,
    ) -> Option<Vec<T>> {
        let find = |text: &str| known.iter().find(|one| word(**one) == text).copied();
        self.text(name)?.iter().map(|text| text.filter(|text| !text.is_empty()).map_or(missing, find)).collect()
    }

    fn transitions(&self, names: &mut Names) -> Option<Transitions> {
        let states = |name| self.words(name, &RolloutState::ALL, RolloutState::as_str, None);
        let to = states("to")?;
        let asked = if self.columns.iter().any(|column| column == "asked") { states("asked")? } else { to.clone() };
        let outcomes = [Outcome::Performed, Outcome::Deferred, Outcome::Refused, Outcome::Failed, Outcome::Disregarded];
        Some(Transitions {
            record: self.records()?,
            ticket: self.tickets()?,
            at: self.all_times("at")?,
            from: states("from")?,
            asked,
            to,
            outcome: self.words("outcome", &outcomes, Outcome::as_str, Some(Outcome::Performed))?,
            emergency: self.words("emergency", &[true, false], |yes| if yes { "Yes" } else { "No" }, Some(false))?,
            provider: self.names("provider", names)?,
            by: self.texts("by")?,
            release: self.texts("release")?,
            reasons: self.texts("reasons")?,
        })
    }

    fn submissions(&self) -> Option<Submissions> {
        let record = match self.column("record").ok()? {
            None => vec![None; self.rows],
            Some(_) => {
                self.whole("record")?.iter().map(|number| Some(RecordId::own(u64::try_from(number?).ok()?))).collect()
            }
        };
        Some(Submissions { record, ticket: self.tickets()?, at: self.all_times("at")?, by: self.texts("by")? })
    }

    fn participations(&self, names: &mut Names) -> Option<Participations> {
        let outcome = self.text("outcome")?;
        let find = |text: &str| TeamOutcome::ALL.into_iter().find(|one| one.as_str() == text);
        let outcome: Option<Vec<_>> = outcome
            .iter()
            .map(|text| text.filter(|text| !text.is_empty()).map_or(Some(None), |text| find(text).map(Some)))
            .collect();
        let team = self.names("team", names)?;
        if team.contains(&Name::NONE) {
            return None;
        }
        Some(Participations {
            record: self.records()?,
            ticket: self.tickets()?,
            team,
            site: self.names("site", names)?,
            ngi: self.names("ngi", names)?,
            participation: self.words("participation", &Participation::ALL, Participation::as_str, None)?,
            outcome: outcome?,
            invited: self.times("invited")?,
            answered: self.times("answered")?,
            finished: self.times("finished")?,
        })
    }

    fn published(&self) -> Option<Published> {
        Some(Published { record: self.records()?, ticket: self.tickets()?, at: self.all_times("at")? })
    }
}
