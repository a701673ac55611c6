//! Fetching over HTTP and comparing with what was promised.

use std::io::Read as _;
use std::time::Duration;

use egi_model::digest::Sha256;
use flate2::read::GzDecoder;
use ureq::Agent;

/// How long an answer may take on a busy machine.
const ANSWER: Duration = Duration::from_mins(1);

/// What a reader saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often it read the repository.
    pub reads: usize,
    /// How often something was not what another file said of it.
    pub torn: usize,
    /// How often something that was named was not there.
    pub missing: usize,
    /// The first fault.
    pub first: Option<String>,
}

impl Seen {
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            torn: self.torn + other.torn,
            missing: self.missing + other.missing,
            first: self.first.clone().or_else(|| other.first.clone()),
        }
    }

    /// A round of a real client that failed: it says what was not found, and all else is torn.
    pub(super) fn judge(said: &str) -> Self {
        let missing = said.contains("404");
        let first = said.lines().rfind(|line| line.contains("404") || line.contains("rror") || line.contains("E:"));
        let first = Some(first.unwrap_or(said).trim().replace('|', "/"));
        Self { reads: 1, torn: usize::from(!missing), missing: usize::from(missing), first }
    }
}

/// What is wrong with a round.
#[derive(Debug)]
pub(super) enum Fault {
    Torn(String),
    Missing(String),
}

impl From<Result<(), Fault>> for Seen {
    fn from(round: Result<(), Fault>) -> Self {
        let one = Self { reads: 1, ..Self::default() };
        match round {
            Ok(()) => one,
            Err(Fault::Torn(what)) => Self { torn: 1, first: Some(what), ..one },
            Err(Fault::Missing(what)) => Self { missing: 1, first: Some(what), ..one },
        }
    }
}

pub(super) fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(ANSWER));
    Agent::new_with_config(config.build())
}

/// The body of a file that must be there.
pub(super) fn get(agent: &Agent, url: &str) -> Result<Vec<u8>, Fault> {
    let torn = |error: ureq::Error| Fault::Torn(format!("{url}: {error}"));
    let mut answer = agent.get(url).call().map_err(torn)?;
    match answer.status().as_u16() {
        200 => answer.body_mut().with_config().limit(1 << 30).read_to_vec().map_err(torn),
        status => Err(Fault::Missing(format!("{url}: {status}"))),
    }
}

/// The same, which must have this digest.
pub(super) fn get_checked(agent: &Agent, url: &str, sha256: &str) -> Result<Vec<u8>, Fault> {
    let body = get(agent, url)?;
    let found = Sha256::of(&body).to_hex();
    if found == sha256 { Ok(body) } else { Err(Fault::Torn(format!("{url}: is {found}, not {sha256}"))) }
}

pub(super) fn unpack(url: &str, packed: &[u8]) -> Result<String, Fault> {
    let mut text = String::new();
    let unpacked = GzDecoder::new(packed).read_to_string(&mut text);
    unpacked.map_err(|error| Fault::Torn(format!("{url}: {error}")))?;
    Ok(text)
}
