//! Tells the demo's story.

use std::io::Write;

use anyhow::{Context as _, Result};

/// Writes chapters, sentences and quotations to somewhere.
pub struct Narrator {
    out: Box<dyn Write>,
    chapters: u32,
}

impl Narrator {
    /// A narrator who writes to `out`.
    #[must_use]
    pub fn new(out: Box<dyn Write>) -> Self {
        Self { out, chapters: 0 }
    }

    /// Begins a chapter.
    pub fn chapter(&mut self, title: &str) -> Result<()> {
        self.chapters += 1;
        let number = self.chapters;
        self.write(&format!("\n{number}. {title}\n"))
    }

    /// Says a sentence.
    pub fn say(&mut self, text: &str) -> Result<()> {
        self.write(&format!("   {text}\n"))
    }

    /// Quotes what a program or a ticket said.
    pub fn quote(&mut self, text: &str) -> Result<()> {
        text.trim_end().lines().try_for_each(|line| self.write(&format!("      | {line}\n")))
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).context("failed to tell the story")
    }
}
