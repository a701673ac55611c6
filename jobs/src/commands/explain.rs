//! `nsrw explain`: why a release stands where it stands, and what would move it.

use egi_model::rollout::RolloutState;
use egi_store::PlanRecord;
use egi_workflow::table::Condition;
use egi_workflow::{Decision, Reason, decide, table};
use serde::Serialize;

use crate::cli::ticket::ExplainArgs;
use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker;

/// The answer.
#[derive(Debug, Serialize)]
struct Explanation {
    ticket: egi_model::ticket::TicketId,
    stands: RolloutState,
    since: chrono::DateTime<chrono::Utc>,
    ticket_says: String,
    because: Vec<String>,
    waiting: Vec<String>,
    /// For scripts; at a terminal the history says enough.
    plans: Vec<String>,
    next: Vec<NextState>,
}

/// One state that could follow.
#[derive(Debug, Serialize)]
struct NextState {
    state: RolloutState,
    possible: bool,
    meaning: &'static str,
    who: Vec<&'static str>,
    reasons: Vec<String>,
}

pub(super) async fn run(site: &Site, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let explanation = explain(site, args).await?;
    if args.json {
        output::json(&explanation)?;
    } else {
        print(&explanation);
    }
    Ok(Exit::Done)
}

async fn explain(site: &Site, args: &ExplainArgs) -> anyhow::Result<Explanation> {
    let actor = args.who.account.as_ref().map(|_| super::actor(site, &args.who));
    let records = site.store.load_history(Some(args.ticket)).await?;
    let present = worker::gather_preview(site, args.ticket, RolloutState::Submitted, None).await?;
    let record = present.record;
    let mut next = Vec::new();
    for row in
        table::leaving(record.state).filter(|row| !row.who.iter().all(|r| *r == egi_model::role::Role::Repository))
    {
        let snapshot = worker::gather_preview(site, args.ticket, row.to, actor.clone()).await?;
        let (possible, reasons) = match decide(&snapshot) {
            Decision::Proceed { .. } => (true, Vec::new()),
            Decision::Defer { holder } => (true, vec![format!("it would wait behind ticket {holder}")]),
            Decision::Await { members } => {
                (true, vec![format!("it would wait for its set: {}", worker::name(&members))])
            }
            Decision::Unchanged(_) => (false, Vec::new()),
            // What was never attempted is no way out of a failure: not worth a line.
            Decision::Refuse(reasons) if matches!(reasons.as_slice(), [Reason::NotAttempted { .. }]) => continue,
            Decision::Refuse(reasons) => (false, reasons.iter().map(ToString::to_string).collect()),
        };
        let who = if row.when == Condition::Resume { snapshot.policy.retry.as_slice() } else { row.who };
        let who = who.iter().map(|role| role.as_str()).collect();
        next.push(NextState { state: row.to, possible, meaning: row.meaning, who, reasons });
    }
    let last = records.last().map(|r| &r.entry);
    let because = last.map(|e| {
        let (by, at) = (e.by.as_deref().unwrap_or("somebody"), e.at.format("%Y-%m-%d %H:%M"));
        let opened = records.len() == 1 && e.from == e.asked;
        let what = if opened { "opened the ticket".to_owned() } else { format!("asked for {}", e.asked) };
        let outcome = if opened { String::new() } else { format!(": {}", e.outcome) };
        let mut lines = vec![format!("{by} {what} on {at}{outcome}")];
        lines.extend(e.reasons.clone());
        lines
    });
    Ok(Explanation {
        ticket: args.ticket,
        stands: record.state,
        since: record.since,
        ticket_says: present.ticket.progress().map_or_else(|e| e.given, |s| s.to_string()),
        because: because.unwrap_or_default(),
        waiting: waiting(site, args).await?,
        plans: plans(site, args).await?,
        next,
    })
}

/// What was carried out so far, step by step.
async fn plans(site: &Site, args: &ExplainArgs) -> anyhow::Result<Vec<String>> {
    let plans = site.store.load_plans(args.ticket).await?;
    let tell = |p: &PlanRecord| {
        let (done, all) = (p.steps.len(), p.plan.steps.len());
        format!("plan {} for {}: {}, {done} of {all} steps done", p.id, p.plan.asked, p.state.as_str())
    };
    Ok(plans.iter().map(tell).collect())
}

/// What is in the inbox for the ticket, and why it is still there.
async fn waiting(site: &Site, args: &ExplainArgs) -> anyhow::Result<Vec<String>> {
    let pending = site.store.pending_of(args.ticket, site.now()).await?;
    Ok(pending
        .iter()
        .map(|m| {
            let note = m.note.as_deref().unwrap_or("waiting for a worker");
            format!("received {}, tried {} times, next not before {}: {note}", m.received, m.tries, m.not_before)
        })
        .collect())
}

fn print(explanation: &Explanation) {
    let Explanation { ticket, stands, since, ticket_says, because, waiting, next, .. } = explanation;
    output::line(format!("ticket {ticket} stands in {stands} since {}", since.format("%Y-%m-%d %H:%M:%S")));
    if *ticket_says != stands.to_string() {
        output::line(format!("the ticket itself says {ticket_says}"));
    }
    for line in because.iter().flat_map(|l| l.lines()) {
        output::line(format!("  {line}"));
    }
    for line in waiting {
        output::line(format!("in the inbox: {line}"));
    }
    if next.is_empty() {
        output::line("nothing follows: it is final");
    }
    for state in next {
        let verdict = if state.possible { "can be set" } else { "can not be set now" };
        output::line(format!("{} {verdict} (by {}): {}", state.state, state.who.join(", "), state.meaning));
        for reason in state.reasons.iter().flat_map(|r| r.lines()) {
            output::line(format!("    {reason}"));
        }
    }
}
