//! Why an index outside can not be read.

/// Why an index outside can not be read.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// It can not be got.
    #[error("failed to read {place}: {why}")]
    Unreachable {
        /// The file or address.
        place: String,
        /// Why.
        why: String,
        /// Whether trying again can help.
        passing: bool,
    },
    /// It is not the file that the top file of its repository names: both were read while it was published, or a mirror is
    /// behind.
    #[error("{place} is not the file that its repository names; is it being published?")]
    Altered {
        /// The file or address.
        place: String,
    },
    /// It is no index.
    #[error("{place} can not be understood: {why}")]
    Malformed {
        /// The file or address.
        place: String,
        /// What is wrong with it.
        why: String,
    },
}

impl OutsideError {
    pub(super) fn malformed(place: &str, why: &impl ToString) -> Self {
        Self::Malformed { place: place.to_owned(), why: why.to_string() }
    }

    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { passing, .. } => *passing,
            Self::Altered { .. } => true,
            Self::Malformed { .. } => false,
        }
    }
}
