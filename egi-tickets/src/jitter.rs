//! Waits that are never quite alike, so that many who wait do not come back together.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Between half and the whole of `whole`, by chance.
#[must_use]
pub fn jittered(whole: Duration) -> Duration {
    let chance = RandomState::new().hash_one(whole);
    let part = u32::try_from(chance % 1000).unwrap_or_default();
    whole / 2 + whole / 2 * part / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_lie_between_half_and_the_whole_and_differ() {
        let whole = Duration::from_mins(1);
        let waits: std::collections::BTreeSet<Duration> = (0..100).map(|_| jittered(whole)).collect();
        assert!(waits.iter().all(|wait| *wait >= whole / 2 && *wait <= whole));
        assert!(waits.len() > 10, "{waits:?}");
        assert_eq!(jittered(Duration::ZERO), Duration::ZERO);
    }
}
