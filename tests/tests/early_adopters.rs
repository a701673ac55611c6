//! A staged rollout as early adopters live it, on the embedded desk: four teams of three NGIs, and everything that can be said
//! wrongly.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

#[path = "early_adopters/bad.rs"]
mod bad;
#[path = "early_adopters/clocks.rs"]
mod clocks;
#[path = "early_adopters/evidence.rs"]
mod evidence;
#[path = "early_adopters/papers.rs"]
mod papers;
#[path = "early_adopters/story.rs"]
mod story;
#[path = "early_adopters/world.rs"]
mod world;
