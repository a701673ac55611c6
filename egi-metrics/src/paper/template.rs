//! The layout of the report: the one that comes with the program, or an operator's own.

/// A typst document that sets the content on pages.
///
/// It finds the content as `json("data.json")`, the figures by the names in `charts` of that document, and each
/// attachment by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    name: String,
    text: String,
}

impl Template {
    /// The layout that comes with the program; a starting point for one's own.
    pub const BUILTIN: &str = include_str!("../../templates/report.typ");

    /// A layout of one's own. Faults in it are told under `name`, such as the path of its file.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name faults are told under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Default for Template {
    fn default() -> Self {
        Self::new("report.typ", Self::BUILTIN)
    }
}
