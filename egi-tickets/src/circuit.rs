//! A ticket system that is left in peace while it is down.
//!
//! After some calls in a row that it did not answer, it is not asked for a while: whoever wants something of it hears so at
//! once, instead of waiting for one timeout after the other. Then one call is let through, and what becomes of it decides
//! whether the others follow or the wait doubles. What was refused meanwhile is for the caller to ask again, as after any
//! other trouble that passes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::participation::{ChildTicket, ParticipationRecord};
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketChange, TicketId, TicketStatus};

use crate::error::TicketError;
use crate::jitter::jittered;
use crate::system::{Found, Invitation, Query, TicketSystem, Written};

/// How many calls in a row may fail before it is left in peace. Each has been tried several times by then.
const FAILURES: u32 = 5;
/// How long it is left in peace the first time, and at the most.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_mins(5);
/// How long the one call that is let through may take before another is.
const PROBE: Duration = Duration::from_mins(1);

/// A ticket system behind a circuit breaker.
pub struct Circuit {
    inner: Arc<dyn TicketSystem>,
    state: Mutex<State>,
    first: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// Calls in a row that were not answered.
    failures: u32,
    /// Until when nobody else is let through.
    closed_to_all_until: Option<Instant>,
    /// What the last of them met.
    last: String,
}

/// Why a call was not made.
#[derive(Debug, thiserror::Error)]
#[error("it is not asked for {} seconds after {failures} failures in a row, of which the last was: {last}", wait.as_secs().saturating_add(1))]
struct LeftInPeace {
    wait: Duration,
    failures: u32,
    last: String,
}

impl Circuit {
    /// Puts a breaker before `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn TicketSystem>) -> Self {
        Self { inner, state: Mutex::default(), first: FIRST }
    }

    async fn through<T>(&self, call: impl Future<Output = Result<T, TicketError>>) -> Result<T, TicketError> {
        if let Some(refused) = self.admit() {
            return Err(TicketError::Unavailable { system: self.inner.kind(), source: Box::new(refused) });
        }
        let answered = call.await;
        self.note(answered.as_ref().err());
        answered
    }

    /// Lets a call through, or says why not.
    fn admit(&self) -> Option<LeftInPeace> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = state.closed_to_all_until?;
        let wait = until.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            state.closed_to_all_until = Some(Instant::now() + PROBE);
            return None;
        }
        Some(LeftInPeace { wait, failures: state.failures, last: state.last.clone() })
    }

    fn note(&self, error: Option<&TicketError>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = error.filter(|error| was_not_answered(error)) else {
            if state.closed_to_all_until.is_some() {
                tracing::info!("the ticket system answers again, after {} failures", state.failures);
            }
            *state = State::default();
            return;
        };
        state.failures = state.failures.saturating_add(1);
        state.last = error.to_string();
        let Some(over) = state.failures.checked_sub(FAILURES) else { return };
        if over == 0 {
            tracing::warn!(
                "the ticket system did not answer {FAILURES} times in a row; it is left in peace for a while"
            );
        }
        let whole = self.first.saturating_mul(2_u32.saturating_pow(over)).min(LONGEST);
        state.closed_to_all_until = Some(Instant::now() + jittered(whole));
    }
}

/// Whether it did not get to the call. A refusal is an answer.
fn was_not_answered(error: &TicketError) -> bool {
    matches!(
        error,
        TicketError::Unreachable { .. } | TicketError::NotUnderstood { .. } | TicketError::Unavailable { .. }
    )
}

#[async_trait]
impl TicketSystem for Circuit {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn limits(&self) -> &'static [&'static str] {
        self.inner.limits()
    }

    fn trouble(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = state.closed_to_all_until?;
        let wait = until.saturating_duration_since(Instant::now());
        Some(LeftInPeace { wait, failures: state.failures, last: state.last.clone() }.to_string())
    }

    async fn check(&self) -> Result<Vec<String>, TicketError> {
        self.through(self.inner.check()).await
    }

    async fn fetch_time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        self.through(self.inner.fetch_time()).await
    }

    async fn fetch_ticket(&self, id: TicketId) -> Result<Ticket, TicketError> {
        self.through(self.inner.fetch_ticket(id)).await
    }

    async fn fetch_file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        self.through(self.inner.fetch_file(id, field, limit)).await
    }

    async fn fetch_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.through(self.inner.fetch_history(id)).await
    }

    async fn fetch_progress_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.through(self.inner.fetch_progress_history(id)).await
    }

    async fn fetch_progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError> {
        self.through(self.inner.fetch_progress_changes(after)).await
    }

    async fn search(&self, query: &Query) -> Result<Found<Ticket>, TicketError> {
        self.through(self.inner.search(query)).await
    }

    async fn ensure_field(
        &self,
        id: TicketId,
        field: Field,
        value: &str,
        standing: Option<RolloutState>,
    ) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_field(id, field, value, standing)).await
    }

    async fn ensure_progress(
        &self,
        id: TicketId,
        expected: RolloutState,
        to: RolloutState,
    ) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_progress(id, expected, to)).await
    }

    async fn ensure_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_comment(id, marker, text)).await
    }

    async fn ensure_watchers(
        &self,
        id: TicketId,
        groups: &BTreeSet<Group>,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_watchers(id, groups, standing)).await
    }

    async fn ensure_early_adopters(&self, id: TicketId, contacts: &BTreeSet<String>) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_early_adopters(id, contacts)).await
    }

    async fn ensure_child(&self, invitation: &Invitation) -> Result<Option<TicketId>, TicketError> {
        self.through(self.inner.ensure_child(invitation)).await
    }

    async fn fetch_child(&self, id: TicketId) -> Result<ChildTicket, TicketError> {
        self.through(self.inner.fetch_child(id)).await
    }

    async fn fetch_open_children(&self) -> Result<Found<ChildTicket>, TicketError> {
        self.through(self.inner.fetch_open_children()).await
    }

    async fn ensure_child_says(
        &self,
        read: &ChildTicket,
        wanted: &ChildTicket,
        part: &ParticipationRecord,
    ) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_child_says(read, wanted, part)).await
    }

    async fn ensure_child_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_child_comment(id, marker, text)).await
    }

    async fn ensure_status(
        &self,
        id: TicketId,
        status: TicketStatus,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        self.through(self.inner.ensure_status(id, status, standing)).await
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::desk::{Desk, DeskSystem};

    fn circuit(first: Duration) -> (tempfile::TempDir, Circuit) {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        let own = egi_model::role::Actor { name: "nsrw".to_owned(), roles: Vec::new() };
        let inner = Arc::new(DeskSystem::new(desk, own, Arc::new(chrono::Utc::now)));
        (dir, Circuit { first, ..Circuit::new(inner) })
    }

    fn down() -> TicketError {
        TicketError::Unreachable { url: "http://rt".to_owned(), source: Box::new(io::Error::other("down")) }
    }

    async fn fail(circuit: &Circuit) -> TicketError {
        circuit.through(async { Err::<(), _>(down()) }).await.unwrap_err()
    }

    #[tokio::test]
    async fn after_some_failures_it_is_not_asked_and_says_so() {
        let (_dir, circuit) = circuit(Duration::from_mins(1));
        for _ in 0..FAILURES {
            assert!(circuit.trouble().is_none());
            assert!(matches!(fail(&circuit).await, TicketError::Unreachable { .. }));
        }
        let refused = circuit.fetch_ticket(TicketId::new(1).unwrap()).await.unwrap_err();
        assert!(matches!(&refused, TicketError::Unavailable { .. }) && refused.is_transient(), "{refused:?}");
        let told = circuit.trouble().unwrap();
        assert!(told.contains("5 failures in a row, of which the last was: http://rt did not answer"), "{told}");
    }

    #[tokio::test]
    async fn one_call_is_let_through_and_its_answer_lets_the_others_follow() {
        let (_dir, circuit) = circuit(Duration::ZERO);
        for _ in 0..FAILURES {
            fail(&circuit).await;
        }
        // The wait is over at once; the call that is let through fails, and so does the next.
        assert!(matches!(fail(&circuit).await, TicketError::Unreachable { .. }));
        assert!(circuit.admit().is_none());
        assert!(circuit.admit().is_some(), "one at a time");
        circuit.note(None);
        assert!(circuit.trouble().is_none() && circuit.admit().is_none());
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let (_dir, circuit) = circuit(Duration::from_mins(1));
        for _ in 0..FAILURES * 2 {
            let missing = circuit.fetch_ticket(TicketId::new(1).unwrap()).await.unwrap_err();
            assert!(matches!(missing, TicketError::Missing { .. }), "{missing:?}");
        }
        for _ in 1..FAILURES {
            fail(&circuit).await;
        }
        assert!(circuit.check().await.is_ok());
        fail(&circuit).await;
        assert!(circuit.trouble().is_none(), "failures with answers between them are not in a row");
    }
}
