//! All that a template can see: itself, the content, the charts, the attachments and the fonts that come with the program.
//!
//! No path leads out: there are no packages, no files of the machine, no fonts of the system. The only date is the report's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

use super::error::PaperError;
use super::template::Template;

/// The name a template has in its own world.
const MAIN: &str = "report.typ";

/// The fonts, read once.
static FONTS: LazyLock<Vec<Font>> =
    LazyLock::new(|| typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data))).collect());
static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// Stands for a character that no font here has.
const STAND_IN: char = '\u{fffd}';

/// The text with what no font here has replaced. People name releases as they like, emoji and all; a report must not fail
/// for it, and a reader shall see that something was there. The files attached to the report have it as it is.
pub(super) fn legible(text: &str) -> String {
    let is_covered = |c: char| c.is_ascii() || FONTS.iter().any(|font| font.info().coverage.contains(c.into()));
    text.chars().map(|c| if is_covered(c) { c } else { STAND_IN }).collect()
}

/// The world of one document.
pub(super) struct Sandbox {
    main: Source,
    files: BTreeMap<FileIdKey, Bytes>,
    today: Option<Datetime>,
}

/// Orders file ids by their number in the interner.
type FileIdKey = std::num::NonZeroU16;

impl Sandbox {
    pub(super) fn new(
        template: &Template,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        today: Option<Datetime>,
    ) -> Result<Self, PaperError> {
        let main = Source::new(file_id(MAIN)?, template.text().to_owned());
        let files = files.into_iter().map(|(name, bytes)| Ok((file_id(&name)?.into_raw(), Bytes::new(bytes))));
        Ok(Self { main, files: files.collect::<Result<_, PaperError>>()?, today })
    }

    /// The template as a source, to find lines in.
    pub(super) fn template(&self) -> &Source {
        &self.main
    }
}

fn file_id(name: &str) -> Result<FileId, PaperError> {
    let path = VirtualPath::new(name)
        .map_err(|error| PaperError::Name { name: name.to_owned(), message: format!("{error:?}") })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Sandbox {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id.into_raw()).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_seen_to_be_missing() {
        assert_eq!(legible("storm 1.11.6 – été 😀"), "storm 1.11.6 – été \u{fffd}");
        assert_eq!(legible(&STAND_IN.to_string()), STAND_IN.to_string());
        assert!(FONTS.iter().any(|font| font.info().coverage.contains(STAND_IN.into())));
    }
}
