//! Pauses between tries: they grow, end somewhere, and are never quite alike.

use std::thread;
use std::time::Duration;

use crate::jitter::jittered;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses of one task.
#[derive(Debug, Default)]
pub(super) struct Pause {
    count: u32,
}

impl Pause {
    pub(super) const fn new() -> Self {
        Self { count: 0 }
    }

    /// How often it has waited.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Waits on this thread.
    pub(super) fn wait(&mut self) {
        thread::sleep(self.next());
    }

    /// The next pause: between half and the whole of a time that doubles.
    fn next(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(2_u32.saturating_pow(self.count)).min(LONGEST);
        self.count = self.count.saturating_add(1);
        jittered(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_somewhere() {
        let mut pause = Pause::new();
        let pauses: Vec<Duration> = (0..64).map(|_| pause.next()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST);
        assert!(pauses.windows(2).all(|pair| pair[1] * 2 >= pair[0]));
        assert!(pauses[63] >= LONGEST / 2 && pauses[63] <= LONGEST);
    }
}
