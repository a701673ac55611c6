//! The transition engine: a table of what is allowed, [`decide()`] and [`plan()`].
//!
//! Pure: no async, no clock, no I/O. Callers gather a [`Snapshot`] of the world, ask for a [`Decision`], turn it into a
//! [`Plan`] of effects with no choices left in it, and perform those one by one; [`next`] says which comes next.

pub mod clock;
pub mod decide;
pub mod diagram;
pub mod effect;
pub mod evidence;
pub mod gate;
pub mod message;
pub mod notify;
mod owed;
pub mod participation;
pub mod past;
pub mod plan;
pub mod policy;
pub mod reason;
pub mod record;
pub mod roster;
pub mod set;
pub mod snapshot;
pub mod table;

pub use decide::{Decision, Standing, decide};
pub use effect::{ContentRef, Effect, Joining, Mode};
pub use gate::{GateAnswer, GateMode, gate_before};
pub use owed::owed;
pub use plan::{Plan, StepLog, next, plan, plan_failure};
pub use policy::Policy;
pub use reason::Reason;
pub use record::{ReleaseFacts, ReleaseRecord};
pub use set::{Member, MemberStanding};
pub use snapshot::{Cause, Intake, Rollout, Snapshot};
