//! Facts of a site for the metrics, its closed months, and the folders reports are written to.

mod closing;
mod folder;
mod load;

pub use closing::{Basis, Closed, Closing, Restated, Source};
pub use folder::{Enclosed, write_file, write_folder};
pub use load::{Loaded, kept_facts, load};
