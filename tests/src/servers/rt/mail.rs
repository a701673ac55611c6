//! The mails an RT sent, read from their files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// One mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The account names of all who get it, openly or not.
    pub to: BTreeSet<String>,
    /// The subject, without RT's own tag.
    pub subject: String,
    /// Everything below the head.
    pub body: String,
}

/// The mails in a folder, oldest first: their names begin with the time.
pub(super) fn read_all(folder: &Path) -> Result<Vec<Mail>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        files.push(entry?.path());
    }
    // A draft begins with a dot and is not a mail yet.
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
    files.sort();
    files.iter().map(|file| Ok(parse(&fs::read_to_string(file)?))).collect()
}

fn parse(text: &str) -> Mail {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let of = |wanted: &str| {
        let named = |line: &&str| line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case(wanted));
        head.lines().find(named).and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    };
    let to = ["To", "Cc", "Bcc"].map(of).join(" ");
    let to = to
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter_map(|word| word.trim_matches(['<', '>']).split_once('@'));
    let subject = of("Subject");
    let subject = subject.split_once("] ").map_or(subject, |(_, own)| own);
    let to = to.filter(|(_, host)| *host == "example.test").map(|(name, _)| name.to_owned());
    Mail {
        to: to.filter(|name| !name.starts_with("sw-rel")).collect(),
        subject: subject.to_owned(),
        body: body.to_owned(),
    }
}
