//! Writes XML: indented, one element to a line, always well formed whatever the text in it.

use super::decode::is_allowed;
use super::syntax::is_name;

/// A document while it is written.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
    open: Vec<String>,
}

impl Writer {
    /// A document with its declaration.
    pub(crate) fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    /// Begins an element that holds others.
    pub(crate) fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name.to_owned());
    }

    /// Ends the innermost element begun.
    pub(crate) fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push_str(">\n");
        }
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// An element with text in it.
    pub(crate) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        text.chars().for_each(|c| self.escape(c, false));
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// The whole document; what is still open is closed.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.out
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.open.len()));
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            value.chars().for_each(|c| self.escape(c, true));
            self.out.push('"');
        }
    }

    /// Line breaks in attributes would be read as blanks, a carriage return in text as a line break. A character that
    /// XML has no way to write becomes the replacement character.
    fn escape(&mut self, c: char, in_attribute: bool) {
        match c {
            '&' => self.out.push_str("&amp;"),
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            '"' if in_attribute => self.out.push_str("&quot;"),
            '\r' => self.out.push_str("&#13;"),
            '\n' if in_attribute => self.out.push_str("&#10;"),
            '\t' if in_attribute => self.out.push_str("&#9;"),
            c if is_allowed(c) => self.out.push(c),
            _ => self.out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// A text as an element's name: every character that can not be part of one becomes `_`.
pub(crate) fn element_name(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if is_name(&name) { name } else { format!("_{name}") }
}
