//! Facts of a site for the metrics, and its closed months.

mod closing;
mod load;
mod restated;
mod source;

pub use closing::{Basis, Closed, Closing, LookedBack};
pub use load::{Loaded, kept_facts, load};
pub use restated::Restated;
pub use source::Source;
