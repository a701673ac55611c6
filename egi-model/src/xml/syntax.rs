//! The small rules of XML's syntax, each with words for the person who broke it.

use quick_xml::Error;
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::BytesStart;
use quick_xml::events::attributes::AttrError;

use super::decode::is_allowed;
use super::fault::{Fault, quoted};
use super::{Attribute, local};
use crate::problem::Position;

const BARE_AMPERSAND: &str = "Write &amp; for the character &";
const CLOSE_TAG: &str = "Add the missing >";

/// What the tokenizer stumbled over.
pub(super) fn broken(error: &Error, at: usize) -> Fault {
    let (message, advice) = match error {
        Error::Syntax(SyntaxError::UnclosedTag) => ("the tag is not closed: > was expected".to_owned(), CLOSE_TAG),
        Error::Syntax(
            SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue,
        ) => ("a value in this tag has no closing quote".to_owned(), "Add the missing quote"),
        Error::Syntax(SyntaxError::InvalidBangMarkup) => {
            ("<! begins neither a comment nor a DOCTYPE nor CDATA".to_owned(), "Write &lt; for the character <")
        }
        Error::Syntax(other) => (other.to_string(), "Close it, or remove it"),
        Error::IllFormed(IllFormedError::UnclosedReference) => {
            ("& begins a reference, but no ; ends it".to_owned(), BARE_AMPERSAND)
        }
        Error::IllFormed(other) => (other.to_string(), "Mend it as the message says"),
        Error::Io(_) | Error::InvalidAttr(_) | Error::Encoding(_) | Error::Escape(_) | Error::Namespace(_) => {
            (error.to_string(), "Check that the document is XML")
        }
    };
    Fault::new(at, message, advice)
}

/// The checked name of a start tag that begins at `at`.
pub(super) fn tag_name<'t>(tag: &'t BytesStart<'_>, at: usize) -> Result<&'t str, Fault> {
    if let Some((tag, _)) = tag.split_once('<') {
        return Err(unclosed(at, "<", tag));
    }
    let name = tag.name().into_inner();
    if is_name(name) {
        return Ok(name);
    }
    let message = format!("{} is no element name", quoted(name));
    Err(Fault::new(at, message, "Write &lt; for the character <, or mend the tag"))
}

fn unclosed(at: usize, start: &str, tag: &str) -> Fault {
    let message =
        format!("the tag {} is not closed: > was expected before the next <", quoted(&format!("{start}{tag}")));
    Fault::new(at, message, CLOSE_TAG)
}

/// Whether `found` closes the innermost open element. `open` holds tags and where they begin, outermost first.
pub(super) fn check_end(text: &str, at: usize, found: &str, open: &[(&str, usize)]) -> Result<(), Fault> {
    if let Some((tag, _)) = found.split_once('<') {
        return Err(unclosed(at, "</", tag));
    }
    let Some((expected, opened)) = open.last() else {
        let message = format!("</{found}> closes nothing");
        return Err(Fault::new(at, message, "Remove it, or add the start tag"));
    };
    if found == *expected {
        return Ok(());
    }
    let line = Position::of(text, *opened).line;
    let message =
        format!("</{found}> found where </{expected}> was expected, which closes <{expected}> of line {line}");
    let advice = if open.iter().any(|(tag, _)| *tag == found) {
        format!("Add </{expected}> where that element ends")
    } else {
        format!("If it is misspelt, write </{expected}>")
    };
    Err(Fault::new(at, message, advice))
}

/// The attributes of a start tag that begins at `at`, without namespace declarations.
pub(super) fn attributes(tag: &BytesStart<'_>, at: usize, limit: usize) -> Result<Vec<Attribute>, Fault> {
    let inside = at + 1;
    let mut found = Vec::new();
    let mut cursor = tag.len() - tag.attributes_raw().len();
    for (count, attribute) in tag.attributes().enumerate() {
        if count >= limit {
            return Err(Fault::new(at, format!("the tag has more than {limit} attributes"), "Remove the rest"));
        }
        let attribute = attribute.map_err(|error| bad_attribute(&error, inside))?;
        let (key, raw) = (attribute.key.as_ref(), attribute.value.as_ref());
        if !is_name(key) {
            return Err(Fault::new(at, format!("{} is no attribute name", quoted(key)), "Mend the tag"));
        }
        // Between one attribute and the next name there are only blanks, quotes and the equals sign.
        let key_at = cursor + find(tag, cursor, key);
        let value_at = key_at + key.len() + find(tag, key_at + key.len(), raw);
        cursor = value_at + raw.len();
        if key != "xmlns" && !key.starts_with("xmlns:") {
            let value = unescape(raw, inside + value_at)?;
            found.push(Attribute { name: local(key).to_owned(), at: inside + key_at, value });
        }
    }
    Ok(found)
}

fn find(text: &str, from: usize, what: &str) -> usize {
    text.get(from..).and_then(|rest| rest.find(what)).unwrap_or(0)
}

fn bad_attribute(error: &AttrError, inside: usize) -> Fault {
    match *error {
        AttrError::ExpectedEq(at) => {
            Fault::new(inside + at, "= was expected after the attribute's name", "Write name=\"value\"")
        }
        AttrError::ExpectedValue(at) => Fault::new(inside + at, "a value was expected after =", "Write name=\"value\""),
        AttrError::UnquotedValue(at) => Fault::new(inside + at, "the value has no quotes", "Write name=\"value\""),
        AttrError::ExpectedQuote(at, _) => Fault::new(inside + at, "the closing quote is missing", "Add it"),
        AttrError::Duplicated(at, _) => {
            Fault::new(inside + at, "the attribute occurs a second time in the tag", "Keep one of them")
        }
    }
}

/// An attribute's value with references resolved; line breaks in it count as blanks, as XML has it.
fn unescape(raw: &str, at: usize) -> Result<String, Fault> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        value.extend(before.chars().map(blank_for_break));
        let reference_at = at + raw.len() - after.len() - 1;
        let Some((name, tail)) = after.split_once(';') else {
            return Err(Fault::new(reference_at, "& begins a reference, but no ; ends it", BARE_AMPERSAND));
        };
        value.push(resolve(name, reference_at)?);
        rest = tail;
    }
    value.extend(rest.chars().map(blank_for_break));
    Ok(value)
}

fn blank_for_break(c: char) -> char {
    if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }
}

/// The character a reference stands for: one of the five entities every XML reader knows, or a number.
pub(super) fn resolve(name: &str, at: usize) -> Result<char, Fault> {
    match name {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => {}
    }
    if let Some(number) = name.strip_prefix('#') {
        return numbered(number).ok_or_else(|| {
            Fault::new(
                at,
                format!("&{name}; is no character that XML allows"),
                "Write the character itself, or remove it",
            )
        });
    }
    if is_name(name) {
        let advice = "Write the text it stands for; only &amp; &lt; &gt; &quot; &apos; and &#…; are known";
        return Err(Fault::new(at, format!("the entity &{name}; is not known"), advice));
    }
    Err(Fault::new(at, "& begins a reference, but no name follows it", BARE_AMPERSAND))
}

fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    let plain = digits.chars().all(|c| c.is_digit(radix));
    let code = plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten()?;
    char::from_u32(code).filter(|c| is_allowed(*c))
}

/// Near enough to XML's `Name`: what is refused here is a typing error, not an exotic alphabet.
pub(super) fn is_name(text: &str) -> bool {
    let starts = |c: char| c.is_alphabetic() || c == '_';
    text.starts_with(starts) && text.chars().all(|c| starts(c) || c.is_numeric() || matches!(c, '-' | '.' | ':'))
}
