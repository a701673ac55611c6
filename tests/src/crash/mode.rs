//! How many kills are made, and at what.

use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

/// The variable that says how many kills are made. It is not for `nsrw`, which refuses settings it does not know.
pub const VARIABLE: &str = "NSRW_CRASH";

/// How many kills are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// At some calls, always the same, spread over the whole run; at some of these twice in a row.
    Sample,
    /// At every call, and twice in a row at each.
    Full,
    /// After random times.
    Random {
        /// How often, over all phases.
        kills: usize,
        /// Where the random numbers begin.
        seed: u64,
    },
}

impl Mode {
    /// What [`VARIABLE`] asks for: nothing, `full`, `random:COUNT` or `random:COUNT:SEED`.
    pub fn from_environment() -> Result<Self> {
        match std::env::var(VARIABLE) {
            Ok(text) => Self::parse(&text),
            Err(_) => Ok(Self::Sample),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let words: Vec<&str> = text.split(':').collect();
        Ok(match words.as_slice() {
            [""] => Self::Sample,
            ["full"] => Self::Full,
            ["random", kills] => Self::Random { kills: kills.parse()?, seed: seed_of_the_hour()? },
            ["random", kills, seed] => Self::Random { kills: kills.parse()?, seed: seed.parse()? },
            _ => bail!("{VARIABLE} is \"{text}\"; it can be full, random:COUNT or random:COUNT:SEED"),
        })
    }
}

/// A seed that no run had before.
fn seed_of_the_hour() -> Result<u64> {
    let since = SystemTime::UNIX_EPOCH.elapsed().context("the clock stands before 1970")?;
    Ok(u64::from(since.subsec_nanos()) ^ since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_says_how_many_kills() {
        assert_eq!(Mode::parse("full").unwrap(), Mode::Full);
        assert_eq!(Mode::parse("random:7:9").unwrap(), Mode::Random { kills: 7, seed: 9 });
        assert!(Mode::parse("fully").is_err());
    }
}
