//! The sheet `lineage`: for every cell the tickets and records it is made of.

use std::io::Write;

use polars::prelude::{Column, PolarsResult};

use super::line::{header, push_number, push_record};
use crate::format::csv_field;
use crate::frame::{self, name};
use crate::record::RecordId;
use crate::report::Report;

impl Report<'_> {
    pub(super) fn lineage_columns(&self) -> Vec<Column> {
        let cells = self.tally.trace.listed(self.facts);
        let rows: Vec<_> = cells.iter().flat_map(|(key, traced)| traced.iter().map(|one| (*key, *one))).collect();
        let shown = |record: RecordId| self.facts.sources.show(record).to_string();
        vec![
            frame::text(name::METRIC, &rows, |((cell, _, _), _)| Some(cell.metric())),
            self.shown_month(&rows, |((_, month, _), _)| usize::from(*month)),
            frame::text(name::ROW, &rows, |((_, _, row), _)| Some(row.show(self.facts))),
            frame::text(name::COLUMN, &rows, |((cell, _, _), _)| Some(cell.column())),
            frame::number(name::TICKET, &rows, |(_, traced)| Some(traced.ticket)),
            frame::made(name::RECORD, &rows, |(_, traced)| traced.record().map(shown)),
        ]
    }

    pub(super) fn stream_lineage(&self, out: &mut impl Write) -> PolarsResult<()> {
        out.write_all(header("lineage").as_bytes())?;
        let mut line = String::new();
        for ((cell, month, row), traced) in self.tally.trace.listed(self.facts) {
            let month = self.month_of(month.into()).map(|month| month.to_string()).unwrap_or_default();
            let begin = format!("{},{month},{},{},", cell.metric(), csv_field(row.show(self.facts)), cell.column());
            for one in traced {
                line.clear();
                line.push_str(&begin);
                push_number(&mut line, one.ticket);
                line.push(',');
                if let Some(record) = one.record() {
                    push_record(&mut line, self.facts, record);
                }
                line.push_str("\r\n");
                out.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }
}
