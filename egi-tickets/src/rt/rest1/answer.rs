//! The texts REST 1.0 answers with: a first line that tells what became of the request, remarks, and records of fields.

use std::collections::BTreeMap;

/// An answer, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status of the first line; that of HTTP is 200 whatever happened.
    pub(super) status: u16,
    /// What RT says in words.
    pub(super) remarks: Vec<String>,
    /// The records, in their order.
    pub(super) records: Vec<Record>,
}

/// A record: its fields by name. A value of several lines keeps them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Record(BTreeMap<String, String>);

impl Record {
    /// The value of a field, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The names of the ticket's custom fields in it.
    pub(super) fn custom_fields(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|name| name.strip_prefix("CF.{")?.strip_suffix('}'))
    }
}

/// Splits the first line and the empty line after it from the bytes of a file.
pub(super) fn after_status(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let status = String::from_utf8_lossy(bytes.get(..end)?).split(' ').nth(1)?.parse().ok()?;
    Some((status, bytes.get(end + 2..)?))
}

impl Answer {
    /// Takes an answer apart; `None` when it is none of RT's.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (status, rest) = after_status(bytes)?;
        let mut answer = Self { status, remarks: Vec::new(), records: Vec::new() };
        let text = String::from_utf8_lossy(rest);
        for block in text.split("\n--\n") {
            let record = answer.read(block);
            if !record.0.is_empty() {
                answer.records.push(record);
            }
        }
        Some(answer)
    }

    fn read(&mut self, block: &str) -> Record {
        let mut record = Record::default();
        let mut last: Option<(String, usize)> = None;
        for line in block.lines() {
            if let Some(remark) = line.strip_prefix("# ") {
                self.remarks.push(remark.trim().to_owned());
                last = None;
            } else if let Some((name, value)) = field(line) {
                record.0.insert(name.to_owned(), value.to_owned());
                last = Some((name.to_owned(), name.len() + 2));
            } else if let Some(value) = last.as_ref().and_then(|(name, _)| record.0.get_mut(name)) {
                // Lines that go on are moved in below the first.
                let indent = last.as_ref().map_or(0, |(_, indent)| *indent);
                let blanks = line.len() - line.trim_start_matches(' ').len();
                value.push('\n');
                value.push_str(line.get(blanks.min(indent)..).unwrap_or_default());
            }
        }
        record
    }
}

/// A line that begins a field.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic());
    (named && !name.contains("  ")).then(|| (name, value.strip_prefix(' ').unwrap_or(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Answer {
        Answer::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_ticket_is_read_field_by_field() {
        let answer = parse("RT/5.0.3 200 Ok\n\nid: ticket/1\nSubject: storm é 😀\nCc:\nCF.{Sync-URL}: rsync://a/b\n\n");
        let record = &answer.records[0];
        assert_eq!((answer.status, record.get("id"), record.get("Cc")), (200, Some("ticket/1"), None));
        assert_eq!(record.get("CF.{Sync-URL}"), Some("rsync://a/b"));
        assert_eq!(record.custom_fields().collect::<Vec<_>>(), ["Sync-URL"]);
    }

    #[test]
    fn lines_that_go_on_belong_to_their_field() {
        let text = "RT/5.0.3 200 Ok\n\n# 1/2 (id/71/total)\n\nid: 71\nContent: one\n         two: not a field\n\nCreator: root\n\n--\n\nid: 72\n";
        let answer = parse(text);
        assert_eq!(answer.records.len(), 2);
        assert_eq!(answer.records[0].get("Content"), Some("one\ntwo: not a field"));
        assert_eq!(answer.records[0].get("Creator"), Some("root"));
    }

    #[test]
    fn a_refusal_tells_why_behind_a_status_of_its_own() {
        let answer = parse("RT/5.0.3 409 Syntax Error\n\n# nope: Unknown custom field.\n\nid: \nCF.{Nope}: x\n");
        assert_eq!((answer.status, answer.remarks), (409, vec!["nope: Unknown custom field.".to_owned()]));
        assert_eq!(Answer::parse(b"<html>Login</html>"), None);
    }

    #[test]
    fn the_bytes_of_a_file_follow_the_status() {
        assert_eq!(after_status(b"RT/5.0.3 200 Ok\n\n<a>\n\n</a>\xff"), Some((200, &b"<a>\n\n</a>\xff"[..])));
    }
}
