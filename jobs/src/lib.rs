//! `nsrw`: the one executable. Settings, HTTP API, worker and batch jobs.
//!
//! The only crate that knows all the others; it glues and decides nothing about releases itself.

pub mod api;
pub mod cli;
pub mod commands;
mod compare;
pub mod config;
pub mod exit;
mod gate;
pub mod mail;
pub mod numbers;
pub mod outbox;
pub mod output;
pub mod permission;
pub mod rt;
mod secret;
pub mod site;
pub mod worker;

/// An error with everything that led to it, in one line.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A text of several lines as one: a line of a log is read alone.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
