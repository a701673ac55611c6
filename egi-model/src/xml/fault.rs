//! Faults while they are collected: by offset, told as lines and columns at the end.

use super::lines::Lines;
use crate::problem::{Position, Problem, Problems};

/// As many as a person reads; a document with more has one cause for most of them.
const MAX_PROBLEMS: usize = 100;
/// As much of one message as fits a ticket's comment, in characters.
const MAX_MESSAGE: usize = 400;
/// As much of a document's own text as a message repeats, in characters.
const MAX_QUOTE: usize = 80;

/// One fault.
#[derive(Debug)]
pub(crate) struct Fault {
    at: usize,
    message: String,
    advice: String,
}

impl Fault {
    /// A fault at a byte of the text.
    pub(super) fn new(at: usize, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { at, message: message.into(), advice: advice.into() }
    }

    fn told(self, at: Position) -> Problem {
        Problem { at, message: one_line(&self.message), advice: format!("{}.", one_line(&self.advice)) }
    }
}

/// A fault that ended the reading.
pub(super) fn alone(text: &str, fault: Fault) -> Problems {
    let at = Position::of(text, fault.at);
    Problems(vec![fault.told(at)])
}

/// Faults in the order they were found.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Notes one. Neither text ends in a full stop.
    pub(crate) fn push(&mut self, at: usize, message: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Fault::new(at, message, advice));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them in the order of the document; of very many the first, and how many more there are.
    pub(crate) fn into_problems(mut self, lines: &Lines) -> Vec<Problem> {
        self.0.sort_by_key(|fault| fault.at);
        let more = self.0.len().saturating_sub(MAX_PROBLEMS);
        let rest_at = self.0.get(MAX_PROBLEMS).map(|fault| fault.at);
        self.0.truncate(MAX_PROBLEMS);
        if let Some(at) = rest_at {
            self.push(at, format!("{more} more problems from here on"), "Mend those above first and check again");
        }
        self.0.into_iter().map(|fault| (lines.position(fault.at), fault)).map(|(at, fault)| fault.told(at)).collect()
    }
}

/// A text of the document as messages show it: in quotes, on one line, cut when long.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text.trim(), MAX_QUOTE))
}

fn one_line(text: &str) -> String {
    shortened(text, MAX_MESSAGE)
}

fn shortened(text: &str, limit: usize) -> String {
    let mut line: String = text.chars().take(limit).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(limit).is_some() {
        line.push('…');
    }
    line
}
