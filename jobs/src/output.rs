//! What goes to standard output: answers. Logs and progress go to standard error.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;

use egi_repo::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Writes a line of an answer. A reader that went away (`| head`) is not an error.
pub fn line(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
}

/// Writes an answer as it is, without a line end.
pub fn raw(bytes: &[u8]) {
    let _ = std::io::stdout().write_all(bytes);
}

/// Writes an answer as JSON, for scripts.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Shows progress on standard error: a bar at a terminal, plain lines otherwise.
pub struct Shown {
    bar: Mutex<Option<ProgressBar>>,
    terminal: bool,
}

impl Shown {
    /// Progress for this process' standard error.
    #[must_use]
    pub fn new() -> Self {
        Self { bar: Mutex::new(None), terminal: std::io::stderr().is_terminal() }
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A poisoned lock only means that some other thread panicked; a progress bar is still a progress bar.
        act(&mut self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Shown {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !self.terminal {
            tracing::info!(progress.total = total, "{what}");
            return;
        }
        self.with_bar(|bar| {
            let fresh = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let style = if total.is_some() { "{msg} {bar:30} {pos}/{len} {eta}" } else { "{msg} {spinner} {pos}" };
            if let Ok(style) = ProgressStyle::with_template(style) {
                fresh.set_style(style);
            }
            *bar = Some(fresh.with_message(what.to_owned()));
        });
    }

    fn advance(&self, units: u64) {
        self.with_bar(|bar| {
            if let Some(bar) = bar {
                bar.inc(units);
            }
        });
    }

    fn end(&self) {
        self.with_bar(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }
}
