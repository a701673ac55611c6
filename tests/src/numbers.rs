//! Numbers by another hand: random logs, and `DuckDB` to compute from them what `nsrw report` does.

pub mod catalogue;
pub mod logs;
pub mod reference;
