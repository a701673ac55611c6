//! `POST /api/participation`: what an early-adopter team says, signed with the team's own key.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use egi_model::early_adopter::TeamName;
use egi_model::notice::FieldFault;
use egi_model::participation::{Participation, TeamWord, Word};
use egi_model::ticket::TicketId;
use egi_store::{Nonce, Posted, StoreError, Taken};
use egi_workflow::message::rollout as message;
use egi_workflow::participation::Judged;
use tracing::field::display;
use tracing::{error, info, warn};

use super::rollout::{Answer, Reply, refuse, refuse_replay};
use super::{Api, Secret, body};
use crate::worker;

const FIELDS: [&str; 6] = ["Ticket_Id", "Team", "Participation", "Outcome", "Report_URL", "Report_Note"];

/// Takes what a team says. It is stored durably, in one commit with its nonce, before 202 is answered.
pub(super) async fn post(State(api): State<Api>, request: Request) -> Reply {
    let headers = request.headers().clone();
    let body = match body::receive(request).await {
        Ok(body) => body,
        Err((status, why)) => return refuse(status, "body", why),
    };
    let pairs = match body::read_pairs(&headers, &body) {
        Ok(pairs) => pairs,
        Err((status, why)) => return refuse(status, "body", why),
    };
    let (now, word) = (api.site.now(), parse(&api, &pairs));
    // Who does not sign as the team hears nothing of what is wrong with the rest.
    let team = pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case("Team")).map(|(_, team)| team.as_str());
    let nonce = match authenticate(&api, team.unwrap_or_default(), &headers, &body, now) {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal,
    };
    let word = match word {
        Ok(word) => match judge(&api, word).await {
            Ok(judged) => judged,
            Err(error) => return not_stored(&error),
        },
        Err(faults) => Err(faults),
    };
    let message = word.as_ref().ok().cloned().map(worker::of_word);
    match (api.site.store.take(Some(&nonce), message.as_ref(), now).await, word) {
        (Ok(Taken::Stored(posted)), Ok(word)) => accept(&api, &word, posted),
        (Ok(Taken::Stored(_)), Err(faults)) => (StatusCode::UNPROCESSABLE_ENTITY, Json(Answer::of_faults(faults))),
        (Ok(Taken::Replay), _) => refuse_replay(),
        (Err(error), _) => not_stored(&error),
    }
}

/// Lets a request pass that the team's own key signed, with its nonce.
fn authenticate(api: &Api, team: &str, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Nonce, Reply> {
    let denied = |why: String| {
        warn!("an answer of early adopters was refused: {why}");
        refuse(StatusCode::UNAUTHORIZED, "authentication", &why)
    };
    let team: TeamName = team.parse().map_err(|e| denied(format!("Team: {e}")))?;
    let config = &api.site.config;
    let file = config.path(&config.early_adopters.keys).join(format!("{team}.key"));
    let secret = Secret::read(&file).map_err(|_| denied(format!("no key of the team {team} is known here")))?;
    secret.check(headers, body, now, config.api.clock_skew_seconds).map_err(denied)
}

fn not_stored(error: &StoreError) -> Reply {
    error!("an answer of early adopters could not be stored: {}", crate::error_chain(error));
    refuse(StatusCode::SERVICE_UNAVAILABLE, "server", "it could not be stored; send it again")
}

fn parse(api: &Api, pairs: &[(String, String)]) -> Result<TeamWord, Vec<FieldFault>> {
    let mut faults = Vec::new();
    for (name, _) in pairs.iter().filter(|(name, _)| !FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))) {
        faults.push(fault(name, format!("no such field; the fields are {}", FIELDS.join(", "))));
    }
    let value = |name: &str| {
        let mut found =
            pairs.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        found.next_back().filter(|value| !value.is_empty())
    };
    let release = value("Ticket_Id").unwrap_or_default().parse::<TicketId>();
    let release = release.map_err(|e| faults.push(fault("Ticket_Id", e.to_string()))).ok();
    let team = value("Team").unwrap_or_default().parse::<TeamName>();
    let team = team.map_err(|e| faults.push(fault("Team", e.to_string()))).ok();
    let word = match (value("Participation"), value("Outcome")) {
        (Some(_), Some(_)) => {
            Err(("Outcome", "say whether the team takes part first, and how it went later".to_owned()))
        }
        (None, None) => Err(("Participation", "send Participation (Accepted or Declined) or Outcome".to_owned())),
        (Some(said), None) => match said.parse() {
            Ok(Participation::Accepted) => Ok(Word::Accept),
            Ok(Participation::Declined) => Ok(Word::Decline),
            Ok(Participation::Invited | Participation::NoAnswer) => {
                Err(("Participation", format!("\"{said}\" is no answer; send Accepted or Declined")))
            }
            Err(error) => Err(("Participation", error.to_string())),
        },
        (None, Some(outcome)) => outcome.parse().map_err(|e| ("Outcome", format!("{e}"))).map(|outcome| Word::Report {
            outcome,
            report: value("Report_URL").map(str::to_owned),
            note: value("Report_Note").map(str::to_owned),
        }),
    };
    let word = word.map_err(|(field, message)| faults.push(fault(field, message))).ok();
    match (release, team, word) {
        (Some(release), Some(team), Some(word)) if faults.is_empty() => {
            let by = format!("early adopters of {team}");
            Ok(TeamWord { release, team, word, by, vouched: true, at: api.site.now() })
        }
        _ => Err(faults),
    }
}

fn fault(field: &str, message: String) -> FieldFault {
    FieldFault { field: field.to_owned(), message }
}

/// What is said, unless the release or the team's part in it does not allow it.
async fn judge(api: &Api, word: TeamWord) -> Result<Result<TeamWord, Vec<FieldFault>>, StoreError> {
    let (_, judged) = worker::judge_word(&api.site, &word).await?;
    Ok(match judged {
        Ok(Judged::Now(_) | Judged::Unchanged) => Ok(word),
        Err(why) => Err(vec![fault("Team", message::explain(&why))]),
    })
}

fn accept(api: &Api, word: &TeamWord, posted: Option<Posted>) -> Reply {
    let (id, TeamWord { release, team, .. }) = (posted.map(|posted| display(posted.id)), word);
    info!(ticket.id = release.get(), inbox.id = id, "an answer of the early adopters of {team} was stored");
    api.bell.notify_one();
    (StatusCode::ACCEPTED, Json(Answer::of_posted(posted)))
}
