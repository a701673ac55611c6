//! The queue on one screen, for somebody who is tired.

use chrono::{DateTime, TimeDelta, Utc};

use super::ready::Readiness;
use super::{Answers, Deferred, Letter, Owed, Queue, UnderWay, Waiting};
use crate::output;

/// So many of each kind are shown; of the others it is told how many there are.
const SHOWN: usize = 8;
/// The most characters of a line.
const WIDTH: usize = 110;

pub(super) fn print(queue: &Queue, no_relay: bool) {
    serve(&queue.serve);
    let now = queue.at;
    list("messages wait", &queue.messages, |message| of_message(message, now));
    list("plans under way", &queue.plans, |plan| of_plan(plan, now));
    list("releases deferred", &queue.deferred, |release| of_deferred(release, now));
    list("letters in the outbox", &queue.letters, |letter| of_letter(letter, now));
    if no_relay && !queue.letters.is_empty() {
        output::line("  none of them leaves: mail.host names no relay");
    }
    match &queue.answers {
        Answers::Owed(owed) => list("answers owed to tickets", owed, of_owed),
        Answers::Unknown { because } => {
            output::line(cut(&format!("? answers owed to tickets: the ticket system could not be asked: {because}")));
        }
    }
}

fn serve(ready: &Readiness) {
    match ready {
        Readiness::Ready => output::line("nsrw serve: ready"),
        Readiness::Hindered(reasons) => {
            output::line("nsrw serve: hindered");
            for reason in reasons {
                output::line(cut(&format!("  {reason}")));
            }
        }
        Readiness::Silent { address } => {
            output::line(format!("nsrw serve: nothing listens at {address}; `nsrw promote` works once without it"));
        }
        Readiness::Unknown { because } => output::line(format!("nsrw serve: not known, {because}")),
    }
}

fn list<T>(what: &str, items: &[T], tell: impl Fn(&T) -> Vec<String>) {
    output::line(format!("{} {what}", items.len()));
    for line in items.iter().take(SHOWN).flat_map(&tell) {
        output::line(cut(&format!("  {line}")));
    }
    if let Some(more) = items.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        output::line(format!("  … and {more} more; --json has all"));
    }
}

fn of_message(message: &Waiting, now: DateTime<Utc>) -> Vec<String> {
    let Waiting { ticket, kind, what, since, tries, .. } = message;
    let state = match (&message.held_by, message.held_until) {
        (Some(worker), Some(until)) => format!("{worker} works on it, until {}", clock(until)),
        _ if message.next_try > now => format!("next try {}", clock(message.next_try)),
        _ => "ready for a worker".to_owned(),
    };
    let mut lines = vec![format!("ticket {ticket}  {kind}: {what}; {}, {state}", ago(*since, now))];
    if let Some(trouble) = message.trouble.as_ref().filter(|_| *tries > 0) {
        lines.push(format!("  tried {tries} times, last: {trouble}"));
    }
    lines
}

fn of_plan(plan: &UnderWay, now: DateTime<Utc>) -> Vec<String> {
    let UnderWay { ticket, from, asked, since, done, steps, .. } = plan;
    let step = plan.step.as_deref().unwrap_or("to be closed");
    let holder = plan.held_by.as_ref().map_or("nobody is at it", |_| "a worker is at it");
    vec![format!(
        "ticket {ticket}  {from} -> {asked}: {done} of {steps} steps done, next: {step}; {}, {holder}",
        ago(*since, now)
    )]
}

fn of_deferred(deferred: &Deferred, now: DateTime<Utc>) -> Vec<String> {
    let Deferred { ticket, release, since, waits_for } = deferred;
    let waits = waits_for.map_or_else(
        || "its slot is free, it is woken with the next round".to_owned(),
        |holder| format!("ticket {holder} has its slot"),
    );
    vec![format!("ticket {ticket}  {release}: {}, {waits}", ago(*since, now))]
}

fn of_letter(letter: &Letter, now: DateTime<Utc>) -> Vec<String> {
    let when = if letter.digest { "with the digest" } else { "at once" };
    vec![format!("to {} ({when}): {}; {}", letter.to, letter.subject, ago(letter.written, now))]
}

fn of_owed(owed: &Owed) -> Vec<String> {
    let ticket = owed.ticket.map_or_else(String::new, |ticket| format!("ticket {ticket}  "));
    vec![format!("{ticket}{}", owed.what)]
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// For how long it has been so, in the largest unit that tells something.
fn ago(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let lasted = (now - since).max(TimeDelta::zero());
    let told = match (lasted.num_days(), lasted.num_hours(), lasted.num_minutes()) {
        (0, 0, 0) => format!("{} s", lasted.num_seconds()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (days, ..) => format!("{days} days"),
    };
    format!("for {told}")
}

/// People name things as they like: no control characters on a terminal, and no more than a line has room for.
fn cut(text: &str) -> String {
    let shown: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
    if shown.len() <= WIDTH {
        return shown.into_iter().collect();
    }
    shown.into_iter().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_says_something_is_told() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(9);
        for (seconds, told) in [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (200_000, "2 days")] {
            assert_eq!(ago(now - TimeDelta::seconds(seconds), now), format!("for {told}"));
        }
    }

    #[test]
    fn a_line_has_no_more_than_a_screen_is_wide() {
        let line = cut(&format!("a\u{1b}[2J{}", "b".repeat(300)));
        assert!(line.chars().count() == WIDTH && line.ends_with('…') && !line.contains('\u{1b}'), "{line}");
    }
}
