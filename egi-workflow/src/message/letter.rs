//! The letters that tell people of releases: plain text, which reads as Markdown does.

use egi_model::history::{HistoryEntry, Outcome};

/// A letter's subject and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The subject.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// A release moved, or did not move as it was asked to.
#[must_use]
pub fn moved(entry: &HistoryEntry) -> Text {
    let title = entry.release.clone().unwrap_or_else(|| format!("ticket {}", entry.ticket));
    let by = entry.by.as_deref().unwrap_or("somebody");
    let opened = entry.from == entry.asked && entry.outcome == Outcome::Performed;
    let subject = if opened { "opened".to_owned() } else { format!("{}, {}", entry.to, entry.outcome) };
    let what = if opened {
        format!("{by} opened the ticket.")
    } else {
        format!(
            "{by} asked for {} -> {}: {}. The release stands in {}.",
            entry.from, entry.asked, entry.outcome, entry.to
        )
    };
    let mut body = format!("{title} (ticket {})\n\n{what}\n", entry.ticket);
    body.extend(entry.reasons.iter().map(|reason| format!("\n- {reason}")));
    Text { subject: format!("[sw-rel #{}] {title}: {subject}", entry.ticket), body }
}

/// The letters of a day in one.
#[must_use]
pub fn digest(readers: &str, day: &str, letters: &[(String, String)]) -> Text {
    let number = letters.len();
    let items: Vec<String> =
        letters.iter().map(|(subject, body)| format!("## {subject}\n\n{}\n", body.trim_end())).collect();
    let plural = if number == 1 { "" } else { "s" };
    Text {
        subject: format!("Releases on {day}: {number} message{plural} for {readers}"),
        body: format!("# Releases on {day}\n\n{}", items.join("\n")),
    }
}
