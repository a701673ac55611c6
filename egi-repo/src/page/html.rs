//! The frame that all pages have in common, and how texts get into it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::tree::about::is_link;

/// What stands for itself in the path of a link. A colon does not: before the first slash it would end a scheme.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b'@');

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 100%/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav li { display: inline; }
nav li + li::before { content: \" / \"; }
table { border-collapse: collapse; width: 100%; }
caption { font-weight: bold; padding: .5rem 0; text-align: left; }
th, td { border-bottom: 1px solid; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
code { overflow-wrap: anywhere; }
td code { font-size: .85em; }
pre { border: 1px solid; padding: .6rem; white-space: pre-wrap; }
.text { white-space: pre-wrap; }
dt { font-weight: bold; }
dd { margin: 0 0 .5rem; }
";

/// A page being written.
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Begins a page. `trail` are the folders above, each with its address; `head` goes into the head as it is.
    pub(super) fn begin(title: &str, trail: &[(String, String)], head: &str) -> Self {
        let title = escape(title);
        let mut text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n{head}\
             <style>\n{STYLE}</style>\n</head>\n<body>\n"
        );
        if !trail.is_empty() {
            text += "<nav aria-label=\"Folders above\">\n<ol>\n";
            for (name, address) in trail {
                // Writing to a string can not fail.
                let _ = writeln!(text, "<li><a href=\"{}\">{}</a></li>", escape(address), escape(name));
            }
            text += "</ol>\n</nav>\n";
        }
        let _ = writeln!(text, "<main>\n<h1>{title}</h1>");
        Self { text }
    }

    /// Adds markup as it is.
    pub(super) fn add(&mut self, markup: &str) {
        self.text += markup;
        self.text.push('\n');
    }

    /// Begins a table: its caption and the titles of its columns, those that begin with `#` for numbers.
    pub(super) fn begin_table(&mut self, caption: &str, columns: &[&str]) {
        self.add(&format!("<table>\n<caption>{}</caption>\n<thead>\n<tr>", escape(caption)));
        for column in columns {
            let (class, name) = column.strip_prefix('#').map_or(("", *column), |name| (" class=\"n\"", name));
            self.add(&format!("<th scope=\"col\"{class}>{}</th>", escape(name)));
        }
        self.add("</tr>\n</thead>\n<tbody>");
    }

    /// Adds a row of markup; the first cell names the row. Columns for numbers are told by their place.
    pub(super) fn add_row(&mut self, cells: &[String], numbers: &[usize]) {
        self.text += "<tr>";
        for (place, cell) in cells.iter().enumerate() {
            let class = if numbers.contains(&place) { " class=\"n\"" } else { "" };
            let _ = match place {
                0 => write!(self.text, "<th scope=\"row\">{cell}</th>"),
                _ => write!(self.text, "<td{class}>{cell}</td>"),
            };
        }
        self.text += "</tr>\n";
    }

    pub(super) fn end_table(&mut self) {
        self.add("</tbody>\n</table>");
    }

    pub(super) fn finish(self) -> String {
        self.text + "</main>\n</body>\n</html>\n"
    }
}

/// A text as markup, in and between tags.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            _ => escaped.push(c),
        }
    }
    escaped
}

/// A link to a path.
pub(super) fn link(path: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", utf8_percent_encode(path, &PATH), escape(text))
}

/// A link to an address.
pub(super) fn link_out(address: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escape(address.trim()), escape(text))
}

/// What the metadata calls "link or text".
pub(super) fn link_or_text(text: &str) -> String {
    if is_link(text) {
        link_out(text, text.trim())
    } else {
        format!("<span class=\"text\">{}</span>", escape(text.trim()))
    }
}

/// A moment, to the minute.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    let machine = at.format("%Y-%m-%dT%H:%M:%SZ");
    format!("<time datetime=\"{machine}\">{}</time>", at.format("%Y-%m-%d %H:%M UTC"))
}

/// Bytes as people read them: in units of 1024, three digits.
pub(super) fn size(bytes: u64) -> String {
    let mut unit = 1_u64;
    for name in ["B", "KiB", "MiB", "GiB", "TiB"] {
        let next = unit.saturating_mul(1024);
        if bytes < next || name == "TiB" {
            let (whole, tenth) = (bytes / unit, bytes % unit * 10 / unit);
            return if unit == 1 || whole >= 100 {
                format!("{whole} {name}")
            } else {
                format!("{whole}.{tenth} {name}")
            };
        }
        unit = next;
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        let read = [0, 1023, 1024, 1536, 102_400, 1_048_576, 5_368_709_120].map(size);
        assert_eq!(read, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "100 KiB", "1.0 MiB", "5.0 GiB"]);
    }

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escape("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
        assert_eq!(link("../a^b%3a:c.rpm", "x"), "<a href=\"../a%5Eb%253a%3Ac.rpm\">x</a>");
        assert_eq!(link_or_text("javascript:alert(1)"), "<span class=\"text\">javascript:alert(1)</span>");
    }
}
