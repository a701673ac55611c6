//! Reads the XML documents that providers send into a small tree that knows where everything stood.
//!
//! The reader is hardened by what it cannot do: it never opens anything a document points to, it never expands an
//! entity, and it stops at a size, a depth and a number of elements. Element and attribute names are kept without
//! their namespace prefix, because the documents in the field use their prefixes loosely.
//!
//! What a document means is left to the modules that use this one.

mod decode;
mod fault;
mod lines;
mod syntax;
mod write;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

pub(crate) use self::fault::{Faults, quoted};
pub(crate) use self::lines::Lines;
pub(crate) use self::write::{Writer, element_name};

use self::fault::Fault;
use crate::problem::Problems;

/// Deeper than any document of any generation: six levels are in use.
const MAX_DEPTH: usize = 16;
/// More attributes than any element of any generation has; the namespace declarations of a root count too.
const MAX_ATTRIBUTES: usize = 32;

/// How much of a document is read before it is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes.
    pub(crate) bytes: usize,
    /// Elements.
    pub(crate) elements: usize,
}

/// A well-formed document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Tells the line of an offset.
    pub(crate) lines: Lines,
    /// The outermost element.
    pub(crate) root: Element,
}

/// One element. Offsets are bytes of the decoded text.
#[derive(Debug)]
pub(crate) struct Element {
    /// Name without prefix, in the document's case.
    pub(crate) name: String,
    /// Where its start tag begins.
    pub(crate) at: usize,
    /// Its attributes, without those that declare namespaces.
    pub(crate) attributes: Vec<Attribute>,
    /// The elements in it.
    pub(crate) children: Vec<Element>,
    /// The text directly in it, in one piece.
    text: String,
    /// Where the text's first character stands.
    text_at: Option<usize>,
}

/// One attribute.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// Name without prefix.
    pub(crate) name: String,
    /// Where its name begins.
    pub(crate) at: usize,
    /// Value with references resolved.
    pub(crate) value: String,
}

impl Element {
    /// Whether this is its name; case does not matter.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its text without the blanks around it.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// Where its text begins; its start tag, when there is none.
    pub(crate) fn text_at(&self) -> usize {
        self.text_at.unwrap_or(self.at)
    }

    /// The attribute of that name; case does not matter.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name))
    }
}

/// A name without its namespace prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Reads a whole document. A fault in its syntax ends the reading: what follows it can not be trusted.
pub(crate) fn read(bytes: &[u8], limits: Limits) -> Result<Document, Problems> {
    if bytes.len() > limits.bytes {
        let message = format!("the document has {} bytes, at most {} are read", bytes.len(), limits.bytes);
        return Err(fault::alone("", Fault::new(0, message, "Leave out what is not metadata")));
    }
    let text = decode::decode(bytes)?;
    match build(&text, limits.elements) {
        Ok(root) => Ok(Document { lines: Lines::new(text), root }),
        Err(fault) => Err(fault::alone(&text, fault)),
    }
}

fn build(text: &str, max_elements: usize) -> Result<Element, Fault> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    // Closing tags are compared here, where it is known on which line each element was opened.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut tree = Tree { text, max_elements, elements: 0, open: Vec::new(), root: None };
    loop {
        let at = offset(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(syntax::broken(&error, offset(reader.error_position()))),
        };
        match event {
            Event::Start(tag) => tree.open(at, &tag)?,
            Event::Empty(tag) => {
                tree.open(at, &tag)?;
                tree.end();
            }
            Event::End(tag) => tree.close(at, tag.name().as_ref())?,
            Event::Text(text) => tree.text(at, &text, &text.xml10_content())?,
            Event::CData(text) => tree.text(at, &text, &text.xml10_content())?,
            Event::GeneralRef(name) => {
                let mut buffer = [0; 4];
                let character = syntax::resolve(&name, at)?;
                tree.text(at, &name, character.encode_utf8(&mut buffer))?;
            }
            Event::DocType(_) => tree.doctype(at, offset(reader.buffer_position()))?,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

/// Offsets fit: the document is in memory.
fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// The tree while it grows.
struct Tree<'t> {
    text: &'t str,
    max_elements: usize,
    elements: usize,
    open: Vec<(String, Element)>,
    root: Option<Element>,
}

impl Tree<'_> {
    fn open(&mut self, at: usize, tag: &BytesStart<'_>) -> Result<(), Fault> {
        let name = syntax::tag_name(tag, at)?;
        if self.root.is_some() {
            return Err(Fault::new(at, format!("<{name}> follows the end of the document"), "Keep one root element"));
        }
        self.elements += 1;
        if self.elements > self.max_elements {
            let message = format!("the document has more than {} elements", self.max_elements);
            return Err(Fault::new(at, message, "Split the release, or leave out what is not metadata"));
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("<{name}> is nested deeper than {MAX_DEPTH} elements");
            return Err(Fault::new(at, message, "No generation of the schema needs that; check the closing tags"));
        }
        let element = Element {
            name: local(name).to_owned(),
            at,
            attributes: syntax::attributes(tag, at, MAX_ATTRIBUTES)?,
            children: Vec::new(),
            text: String::new(),
            text_at: None,
        };
        self.open.push((name.to_owned(), element));
        Ok(())
    }

    fn close(&mut self, at: usize, found: &str) -> Result<(), Fault> {
        let open: Vec<_> = self.open.iter().map(|(tag, element)| (tag.as_str(), element.at)).collect();
        syntax::check_end(self.text, at, found, &open)?;
        self.end();
        Ok(())
    }

    /// Hands the innermost element to the one around it.
    fn end(&mut self) {
        if let Some((_, element)) = self.open.pop() {
            match self.open.last_mut() {
                Some((_, parent)) => parent.children.push(element),
                None => self.root = Some(element),
            }
        }
    }

    fn text(&mut self, at: usize, raw: &str, text: &str) -> Result<(), Fault> {
        let blank = text.trim().is_empty();
        match self.open.last_mut() {
            Some((_, element)) => {
                if !blank && element.text_at.is_none() {
                    element.text_at = Some(at + raw.len() - raw.trim_start().len());
                }
                element.text.push_str(text);
                Ok(())
            }
            None if blank => Ok(()),
            None => {
                let at = at + raw.len() - raw.trim_start().len();
                let message = format!("{} stands outside the root element", quoted(text));
                Err(Fault::new(at, message, "Remove it, or move it into the element it belongs to"))
            }
        }
    }

    /// A DOCTYPE is passed over unread, but for the one thing in it that could mean harm.
    fn doctype(&self, at: usize, end: usize) -> Result<(), Fault> {
        if self.root.is_some() || !self.open.is_empty() {
            let advice = "Move it to the beginning of the document, or remove it";
            return Err(Fault::new(at, "<!DOCTYPE stands inside or after the root element", advice));
        }
        let declaration = self.text.get(at..end).unwrap_or_default().to_ascii_lowercase();
        match declaration.find("<!entity") {
            Some(inside) => Err(Fault::new(
                at + inside,
                "the document declares an entity, which is never read: entities can read files and exhaust memory",
                "Remove the declaration and write its text where the entity is used",
            )),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Element, Fault> {
        if let Some((tag, element)) = self.open.pop() {
            let message = format!("the document ends, but <{tag}> is still open: </{tag}> was expected");
            return Err(Fault::new(element.at, message, format!("Add </{tag}>, or check that the file is complete")));
        }
        self.root.ok_or_else(|| {
            Fault::new(0, "the document has no element", "Check that the right file was attached and is complete")
        })
    }
}

#[cfg(test)]
mod tests;
