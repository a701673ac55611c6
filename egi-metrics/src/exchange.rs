//! Facts in files, for other tools: what is in them, and how they are read and written.
//!
//! A folder of facts holds up to four files, each CSV or Parquet: `transitions`, `submissions`, `participations` and
//! `reports`. [`Kind::columns`] names their columns; [`facts_markdown`] renders them for readers. Nothing is guessed: a
//! file with a column that is not known, without one that is needed, or with a value that can not be read is refused as a
//! whole, with every fault's line and column.

mod columnar;
mod fault;
mod kept;
mod parse;
mod read;
mod schema;
mod write;

pub use fault::FileFault;
pub use kept::{KeptFact, keep, restore};
pub use read::{read_columns, read_facts};
pub use schema::{FactColumn, Kind, facts_markdown};
pub use write::write_facts;

#[cfg(test)]
mod tests;
