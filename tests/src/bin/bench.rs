//! Our commands timed beside the same work done by hand: one part of it, as Markdown. `scripts/bench` keeps each part's in
//! `docs/performance/`.

use std::ffi::OsString;
use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use nsrw_tests::bench;

const USAGE: &str = "usage: bench [--repositories [GROUP] | --notices | --numbers | --large-numbers | --past] [--runs N]   times N runs of each (10 when not given)\n       bench --memory   what a server holds while 100,000 messages come\n       bench --torn [SECONDS]   reads beside writers, for so long each (60 when not given)\nMarkdown on standard output";

fn main() -> Result<()> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(printed) = bench::measure::answer(&arguments)? {
        return print(&printed);
    }
    if bench::repositories::copying::answer(&arguments)? {
        return Ok(());
    }
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let (choice, rest) = match words.as_slice() {
        ["--notices", rest @ ..] => (bench::Choice::Notices, rest),
        ["--memory"] => return print(&bench::memory()?),
        ["--numbers", rest @ ..] => (bench::Choice::Numbers, rest),
        ["--large-numbers", rest @ ..] => (bench::Choice::LargeNumbers, rest),
        ["--past", rest @ ..] => (bench::Choice::Past, rest),
        ["--torn", rest @ ..] => return print(&bench::torn(parse_seconds(rest)?)?),
        ["--repositories", name, rest @ ..] if !name.starts_with('-') => {
            (bench::repositories(name).with_context(|| format!("there is no group {name}"))?, rest)
        }
        ["--repositories", rest @ ..] => (bench::Choice::Repositories(None), rest),
        rest => (bench::Choice::MainJob, rest),
    };
    print(&bench::run(parse_runs(rest)?, choice)?)
}

fn parse_seconds(words: &[&str]) -> Result<u64> {
    match words {
        [] => Ok(bench::TORN_SECONDS),
        [number] => number.parse().with_context(|| format!("\"{number}\" is no number of seconds")),
        _ => bail!("{USAGE}"),
    }
}

fn parse_runs(words: &[&str]) -> Result<usize> {
    match words {
        [] => Ok(bench::RUNS),
        ["--runs", number] => {
            number.parse().ok().filter(|runs| *runs > 0).with_context(|| format!("\"{number}\" is no number of runs"))
        }
        _ => bail!("{USAGE}"),
    }
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("failed to print")
}
