//! Facts of a site for the metrics, and its closed months.

mod closing;
mod load;

pub use closing::{Basis, Closed, Closing, Restated, Source};
pub use load::{Loaded, kept_facts, load};
