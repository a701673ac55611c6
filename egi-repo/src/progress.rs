//! How long work tells that it is alive.

/// Hears of progress. Implemented by whoever has a terminal or a log to show it on.
pub trait Progress: Send + Sync {
    /// A piece of work begins: in a few words what, and how many units of it there are, where known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// So many units more are done.
    fn advance(&self, units: u64);
    /// The piece of work that began last is over.
    fn end(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn end(&self) {}
}
