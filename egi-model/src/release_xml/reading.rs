//! What is carried along while a document is read: its generation, and the remarks so far.

use std::fmt::Display;
use std::str::FromStr;

use super::Generation;
use super::schema::{Field, Need};
use crate::problem::{Problem, Problems};
use crate::xml::{Element, Faults, Lines, quoted};

/// Longer than any name, version, date or link; keeps what is not one out of the messages.
const MAX_VALUE: usize = 1024;

/// A document being read.
#[derive(Debug)]
pub(super) struct Reading<'d> {
    lines: &'d Lines,
    /// Which generation it is.
    pub(super) generation: Generation,
    faults: Faults,
    warnings: Faults,
}

/// A text that is there, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf<'e> {
    /// The element's or attribute's name.
    pub(super) name: &'e str,
    /// The text, without the blanks around it; never empty.
    pub(super) text: &'e str,
    /// Its offset.
    pub(super) at: usize,
}

impl<'d> Reading<'d> {
    /// Begins.
    pub(super) fn new(lines: &'d Lines, generation: Generation) -> Self {
        Self { lines, generation, faults: Faults::default(), warnings: Faults::default() }
    }

    /// Ends: what was read and the warnings, or every fault. Whoever read nothing has noted why.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<(T, Vec<Problem>), Problems> {
        match read {
            Some(read) if self.faults.is_empty() => Ok((read, self.warnings.into_problems(self.lines))),
            Some(_) | None => Err(Problems(self.faults.into_problems(self.lines))),
        }
    }

    /// Notes what makes the document useless.
    pub(super) fn fault(&mut self, at: usize, message: impl Into<String>, advice: impl Into<String>) {
        self.faults.push(at, message, advice);
    }

    /// Notes what its author should know.
    pub(super) fn warn(&mut self, at: usize, message: impl Into<String>, advice: impl Into<String>) {
        self.warnings.push(at, message, advice);
    }

    /// The line of an offset.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.line(at)
    }

    /// Notes text between the elements of `element` and of those in it: something lost its tags there.
    pub(super) fn stray_text(&mut self, element: &Element) {
        if !element.children.is_empty() && !element.text().is_empty() {
            let message = format!("the text {} in <{}> was left out", quoted(element.text()), element.name);
            self.warn(element.text_at(), message, "Put it into an element of its own, or remove it");
        }
        for child in &element.children {
            self.stray_text(child);
        }
    }

    /// Notes an element that nobody reads.
    pub(super) fn unknown(&mut self, element: &Element, parent: &str) {
        let message = format!("<{}> is not known in <{parent}> and was left out", element.name);
        self.warn(element.at, message, "Check its spelling, or remove it");
    }

    /// Notes attributes that nobody reads.
    pub(super) fn unknown_attributes(&mut self, element: &Element, known: &[&str]) {
        for attribute in &element.attributes {
            if !known.iter().any(|name| attribute.name.eq_ignore_ascii_case(name)) {
                let message =
                    format!("the attribute {} is not known in <{}> and was left out", attribute.name, element.name);
                self.warn(attribute.at, message, "Check its spelling, or remove it");
            }
        }
    }

    /// The only child of that name; a second one is a fault.
    pub(super) fn only<'e>(&mut self, parent: &'e Element, name: &str) -> Option<&'e Element> {
        let mut found = parent.children.iter().filter(|child| child.is(name));
        let first = found.next()?;
        for second in found {
            let message =
                format!("<{}> occurs a second time; the first is on line {}", second.name, self.line(first.at));
            self.fault(second.at, message, "Keep one of them");
        }
        Some(first)
    }

    /// The text of an element that holds nothing but text.
    pub(super) fn leaf<'e>(&mut self, element: &'e Element) -> Option<Leaf<'e>> {
        if let Some(child) = element.children.first() {
            let message = format!("<{}> holds <{}>; text was expected", element.name, child.name);
            self.fault(child.at, message, "Write the text alone; &lt; stands for the character <");
            return None;
        }
        let text = element.text();
        (!text.is_empty()).then_some(Leaf { name: &element.name, text, at: element.text_at() })
    }

    /// The value of a field, after noting what the generation misses.
    pub(super) fn value<'e>(&mut self, parent: &'e Element, field: &Field) -> Option<Leaf<'e>> {
        let names = field.names(self.generation);
        let element = names.into_iter().find(|name| parent.children.iter().any(|c| c.is(name)));
        let Some(element) = element.and_then(|name| self.only(parent, name)) else {
            self.missing(parent, field);
            return None;
        };
        let leaf = self.leaf(element);
        if leaf.is_none() && element.children.is_empty() {
            self.empty(element, field);
        }
        leaf
    }

    /// A value that stands as an attribute (third generation) or as a child (the others), under any of these names.
    pub(super) fn property<'e>(&mut self, element: &'e Element, names: &[&str]) -> Option<Leaf<'e>> {
        if let Some(attribute) = names.iter().find_map(|name| element.attribute(name)) {
            let text = attribute.value.trim();
            return (!text.is_empty()).then_some(Leaf { name: &attribute.name, text, at: attribute.at });
        }
        let name = names.iter().find(|name| element.children.iter().any(|child| child.is(name)))?;
        let child = self.only(element, name)?;
        self.leaf(child)
    }

    fn missing(&mut self, parent: &Element, field: &Field) {
        let name = field.name(self.generation);
        let message = format!("<{name}> is missing in <{}>", parent.name);
        match field.need(self.generation) {
            Need::Value | Need::Element => {
                self.fault(parent.at, message, advice_to_add(name, field.example(self.generation)));
            }
            Need::Advised => self.warn(parent.at, message, advice_to_add(name, field.example(self.generation))),
            Need::Optional => {}
        }
    }

    fn empty(&mut self, element: &Element, field: &Field) {
        let message = format!("<{}> is empty", element.name);
        let advice = format!("Write a value, such as {}", field.example(self.generation));
        match field.need(self.generation) {
            Need::Value => self.fault(element.at, message, advice),
            Need::Element | Need::Advised => self.warn(element.at, message, advice),
            Need::Optional => {}
        }
    }

    /// The text of a field; empty when there is none.
    pub(super) fn text(&mut self, parent: &Element, field: &Field) -> String {
        self.value(parent, field).map_or_else(String::new, |leaf| {
            self.check_prose(&leaf);
            leaf.text.to_owned()
        })
    }

    /// Texts that went through a JSON encoder once too often are common in real documents.
    pub(super) fn check_prose(&mut self, leaf: &Leaf<'_>) {
        if [r"\/", r#"\""#, r"\n", r"\r", r"\u00"].iter().any(|escape| leaf.text.contains(escape)) {
            let message = format!("{} looks JSON-encoded: {}", leaf.name, quoted(leaf.text));
            self.warn(leaf.at, message, "Write the text itself, without backslashes");
        }
    }

    /// A value of a type that checks itself; what it objects to is a fault.
    pub(super) fn parsed<T>(&mut self, leaf: &Leaf<'_>, advice: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        if leaf.text.len() > MAX_VALUE {
            let message = format!("{} has {} bytes, at most {MAX_VALUE} are allowed", leaf.name, leaf.text.len());
            self.fault(leaf.at, message, advice);
            return None;
        }
        match leaf.text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let error = error.to_string();
                let given = if error.contains(leaf.text) { String::new() } else { format!(" {}", quoted(leaf.text)) };
                self.fault(leaf.at, format!("{}{given}: {error}", leaf.name), advice);
                None
            }
        }
    }
}

/// How to mend what is missing.
pub(super) fn advice_to_add(name: &str, example: &str) -> String {
    format!("Add it, such as <{name}>{example}</{name}>")
}
