//! What differs from run to run, replaced by words that stay: times, ports, digests, folders, sizes.

use std::path::Path;

use anyhow::{Context as _, Result};
use regex::Regex;

/// Each pattern with its word. Longer digests come first: they contain what looks like shorter ones.
const WORDS: [(&str, &str); 10] = [
    (r"\b[0-9a-f]{64}\b", "SHA256"),
    (r"\b[0-9a-f]{32}\b", "MD5"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC|\+00:00)?", "TIME"),
    (r"(127\.0\.0\.1):\d+", "$1:PORT"),
    // What rsync says differs from version to version, and from where it notices.
    (r"ended with code (10|12)\b.*", "ended with code 10 or 12: RSYNC'S WORDS"),
    (r"(ended with code \d+): rsync: .*", "$1: RSYNC'S WORDS"),
    // How large a package comes out depends on the compressor that made it.
    (r"(\d+ files), \d+ bytes", "$1, N bytes"),
    (r"files more \(\d+ bytes\)", "files more (N bytes)"),
    (r"extra \(\d+ bytes\)", "extra (N bytes)"),
    (r"it has (\d+) bytes, \d+ are listed", "it has $1 bytes, N are listed"),
];

/// Replaces what differs from run to run.
#[derive(Debug)]
pub(super) struct Stable {
    home: String,
    words: Vec<(Regex, &'static str)>,
}

impl Stable {
    /// For a world in the folder `home`, which is called `/world`.
    pub(super) fn new(home: &Path) -> Result<Self> {
        let compile = |(pattern, word)| Ok((Regex::new(pattern).context("a pattern is faulty")?, word));
        let words = WORDS.into_iter().map(compile).collect::<Result<_>>()?;
        Ok(Self { home: home.to_string_lossy().into_owned(), words })
    }

    /// The text as it is in every run.
    pub(super) fn text(&self, text: &str) -> String {
        let named = text.replace(&self.home, "/world");
        self.words.iter().fold(named, |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_replaced() {
        let stable = Stable::new(Path::new("/tmp/x1")).unwrap();
        let text =
            "2026-11-02 10:11:12 rsync://127.0.0.1:40123/delivery/storm-1.8.2 in /tmp/x1/site: 3 files, 6123 bytes";
        assert_eq!(
            stable.text(text),
            "TIME rsync://127.0.0.1:PORT/delivery/storm-1.8.2 in /world/site: 3 files, N bytes"
        );
        assert_eq!(stable.text(&"ab".repeat(32)), "SHA256");
        assert_eq!(
            stable.text("umd-4.tp.storm.sl6.x86_64/1/8/2 has more than 1000 bytes"),
            stable.text("umd-4.tp.storm.sl6.x86_64/1/8/2 has more than 1000 bytes")
        );
    }
}
