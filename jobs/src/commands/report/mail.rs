//! The month's report by mail, once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use egi_metrics::paper::ReportData;
use egi_model::digest::Sha256;
use egi_model::month::Month;
use egi_store::MailingClaim;

use super::paper::Paper;
use crate::config::{ConfigError, FILE_NAME};
use crate::exit::Exit;
use crate::mail::{Enclosure, Letter, MailError, Relay, domain_of};
use crate::output;
use crate::site::Site;

/// After how long one who began to send and has not finished is taken for dead, beyond the relay's own time.
const PATIENCE: Duration = Duration::from_mins(15);

/// How an instant is told.
const SECOND: &str = "%Y-%m-%d %H:%M:%S UTC";

/// What came of it.
pub(super) enum Sending {
    Sent { to: Vec<String> },
    SentBefore { to: Vec<String>, at: DateTime<Utc> },
    UnderWay { since: DateTime<Utc> },
}

impl Sending {
    /// For scripts.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Sent { to } => serde_json::json!({ "to": to, "sent": "now" }),
            Self::SentBefore { to, at } => serde_json::json!({ "to": to, "sent": at }),
            Self::UnderWay { since } => serde_json::json!({ "begun": since }),
        }
    }

    /// Another run is at it: what comes of that is seen later.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Sent { .. } | Self::SentBefore { .. } => Exit::Done,
            Self::UnderWay { .. } => Exit::TryAgain,
        }
    }
}

/// Refuses to begin where the settings name no relay or nobody to send to.
pub(super) fn check(site: &Site) -> Result<(), ConfigError> {
    let mail = &site.config.mail;
    let lacking = match () {
        () if mail.host.is_empty() => "mail.host names no relay, so that no report can be sent",
        () if mail.report_to.is_empty() => "mail.report_to names nobody that the report could be sent to",
        () => return Ok(()),
    };
    Err(ConfigError::Contradiction { path: site.config.folder.join(FILE_NAME), message: lacking.to_owned() })
}

/// Whether a month's report was sent.
pub(super) async fn sent_before(site: &Site, month: Month) -> anyhow::Result<Option<Sending>> {
    let known = site.store.load_mailing(&topic(month)).await?;
    Ok(known.map(|mailing| Sending::SentBefore { to: mailing.recipients, at: mailing.sent }))
}

/// What the store knows a month's letter by.
fn topic(month: Month) -> String {
    format!("report {month}")
}

/// Sends the report unless it was sent.
pub(super) async fn send_once(site: &Site, month: Month, paper: Paper) -> anyhow::Result<Sending> {
    let mail = &site.config.mail;
    let (topic, message_id) = (topic(month), message_id(site, month));
    let patience = PATIENCE + Duration::from_secs(mail.timeout_seconds);
    let claim = site.store.begin_mailing(&topic, &message_id, &mail.report_to, site.now(), patience).await?;
    match claim {
        MailingClaim::Sent(mailing) => {
            return Ok(Sending::SentBefore { to: mailing.recipients, at: mailing.sent });
        }
        MailingClaim::UnderWay { since } => return Ok(Sending::UnderWay { since }),
        MailingClaim::Granted { perhaps_again: true } => {
            tracing::warn!(
                mail.id = message_id,
                "an earlier run may have sent this report: it goes out with the same Message-ID"
            );
        }
        MailingClaim::Granted { perhaps_again: false } => {}
    }
    let letter = Letter {
        message_id,
        to: mail.report_to.clone(),
        subject: format!("Release report {}, {}", paper.content.month.name, paper.content.site),
        text: text(&paper.content, &paper.name),
        date: site.now(),
        attachment: Some(Enclosure { name: paper.name, kind: "application/pdf", bytes: paper.pdf }),
    };
    if let Err(error) = hand_over(site, letter).await {
        site.store.give_up_mailing(&topic).await?;
        return Err(error);
    }
    site.store.finish_mailing(&topic, site.now()).await?;
    Ok(Sending::Sent { to: mail.report_to.clone() })
}

async fn hand_over(site: &Site, letter: Letter) -> anyhow::Result<()> {
    let relay = Relay::open(&site.config)?;
    let sent: Result<(), MailError> = tokio::task::spawn_blocking(move || relay.send(&letter)).await?;
    Ok(sent?)
}

/// One per site and month, whoever sends it.
fn message_id(site: &Site, month: Month) -> String {
    let config = &site.config;
    let place = Sha256::of(format!("{}\n{}", config.site.name, config.site.public_url).as_bytes()).to_hex();
    let place = place.get(..12).unwrap_or_default();
    format!("<nsrw-report-{month}-{place}@{}>", domain_of(&config.mail.from))
}

fn text(content: &ReportData, file: &str) -> String {
    let mut lines = content.headlines.clone();
    if !content.attention.is_empty() {
        lines.extend([String::new(), "Needs attention:".to_owned()]);
        lines.extend(content.attention.iter().map(|line| format!("- {line}")));
    }
    lines.extend([
        String::new(),
        format!("The whole report is attached: {file}. It carries the month's figures as CSV files in itself."),
        format!("Log read until {}.", content.read_until),
    ]);
    lines.join("\n") + "\n"
}

/// Says what came of it.
pub(super) fn tell(sending: &Sending) {
    output::line(match sending {
        Sending::Sent { to } => format!("sent to {}", to.join(", ")),
        Sending::SentBefore { to, at } => {
            format!("sent already, on {}, to {}: nothing is sent", at.format(SECOND), to.join(", "))
        }
        Sending::UnderWay { since } => {
            format!("not sent: another run is at it since {}; look again in a quarter of an hour", since.format(SECOND))
        }
    });
}
