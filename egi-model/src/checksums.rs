//! The checksums file: what a release consists of, file by file.
//!
//! No original survived. The form is our proposal: a root `Checksums` (attributes `version`, `ticket` and `generated`
//! are allowed and not read), in it `File` elements with `path` and `size`, in each one `Digest` or more with
//! `algorithm` and the hexadecimal digits as text. Other elements are faults here, not warnings: a misspelt `File`
//! would leave a file unchecked.
//!
//! Whether a weak algorithm will do is policy, and decided where it is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Algorithm;
use crate::name::RelPath;
use crate::problem::Problems;
use crate::xml::{self, Element, Faults, Limits, Lines, Writer, quoted};

/// The longest checksums file that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most files one release may have.
pub const MAX_FILES: usize = 50_000;

/// A file with a digest of each algorithm, and the root.
const MAX_ELEMENTS: usize = MAX_FILES * 5 + 1;
const EXAMPLE: &str = "<File path=\"a-1.0-1.noarch.rpm\" size=\"6120\"><Digest algorithm=\"sha256\">…</Digest></File>";

/// The files of a release, in the order of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksums {
    /// No path occurs twice.
    pub files: Vec<ListedFile>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedFile {
    /// Below the release's root.
    pub path: RelPath,
    /// Bytes, where the document says so.
    pub size: Option<u64>,
    /// Hexadecimal digits in lower case; never empty when parsed.
    pub digests: BTreeMap<Algorithm, String>,
}

impl Checksums {
    /// Reads a document and reports all its faults at once.
    ///
    /// ```
    /// use egi_model::checksums::Checksums;
    /// let faults = Checksums::parse(b"<Checksums><File path='../x' size='ten'/></Checksums>").unwrap_err();
    /// assert_eq!(faults.0.len(), 3);
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, Problems> {
        let document = xml::read(bytes, Limits { bytes: MAX_BYTES, elements: MAX_ELEMENTS })?;
        let mut reading = Reading { lines: &document.lines, faults: Faults::default(), seen: BTreeMap::new() };
        let files = reading.read_root(&document.root);
        if reading.faults.is_empty() {
            Ok(Self { files })
        } else {
            Err(Problems(reading.faults.into_problems(&document.lines)))
        }
    }

    /// Writes the document that [`Self::parse`] reads.
    #[must_use]
    pub fn render(&self) -> String {
        let mut xml = Writer::new();
        xml.start("Checksums", &[("version", "1.0")]);
        for file in &self.files {
            let size = file.size.map(|size| size.to_string());
            let mut attributes = vec![("path", file.path.as_str())];
            attributes.extend(size.as_deref().map(|size| ("size", size)));
            xml.start("File", &attributes);
            for (algorithm, digits) in &file.digests {
                xml.text("Digest", &[("algorithm", algorithm.as_str())], digits);
            }
            xml.end();
        }
        xml.finish()
    }

    /// The file of that path. Looks through the whole list.
    #[must_use]
    pub fn find(&self, path: &RelPath) -> Option<&ListedFile> {
        self.files.iter().find(|file| file.path == *path)
    }
}

struct Reading<'d> {
    lines: &'d Lines,
    faults: Faults,
    /// Where each path was first listed.
    seen: BTreeMap<RelPath, usize>,
}

impl Reading<'_> {
    fn read_root(&mut self, root: &Element) -> Vec<ListedFile> {
        if !root.is("Checksums") {
            let message = format!("the root element is <{}>; <Checksums> was expected", root.name);
            self.faults.push(root.at, message, "Check that this is the checksums file");
            return Vec::new();
        }
        let files = self.named(root, "File");
        if files.is_empty() {
            self.faults.push(root.at, "no file is listed", format!("List every file of the release: {EXAMPLE}"));
        }
        if let Some(beyond) = files.get(MAX_FILES) {
            let message = format!("more than {MAX_FILES} files are listed");
            self.faults.push(beyond.at, message, "Split the release");
            return Vec::new();
        }
        files.into_iter().filter_map(|file| self.read_file(file)).collect()
    }

    /// The children of that name; any other is a fault.
    fn named<'e>(&mut self, parent: &'e Element, name: &str) -> Vec<&'e Element> {
        let (found, others): (Vec<_>, Vec<_>) = parent.children.iter().partition(|child| child.is(name));
        for other in others {
            let message = format!("<{}> found in <{}>; <{name}> was expected", other.name, parent.name);
            self.faults.push(other.at, message, "Check its spelling, or remove it");
        }
        found
    }

    fn read_file(&mut self, file: &Element) -> Option<ListedFile> {
        let path = self.read_path(file);
        let size = self.read_size(file);
        let mut digests = BTreeMap::new();
        let elements = self.named(file, "Digest");
        if elements.is_empty() {
            let advice = "Add one, such as <Digest algorithm=\"sha256\">…</Digest>";
            self.faults.push(file.at, "<File> has no <Digest>", advice);
        }
        for element in elements {
            if let Some((algorithm, digits)) = self.read_digest(element)
                && digests.insert(algorithm, digits).is_some()
            {
                let message = format!("the file has a second {algorithm} digest");
                self.faults.push(element.at, message, "Keep the right one");
            }
        }
        Some(ListedFile { path: path?, size, digests })
    }

    fn read_path(&mut self, file: &Element) -> Option<RelPath> {
        let Some(attribute) = file.attribute("path") else {
            self.faults.push(file.at, "<File> has no path", format!("Add it: {EXAMPLE}"));
            return None;
        };
        let path: RelPath = match attribute.value.parse() {
            Ok(path) => path,
            Err(error) => {
                let message = format!("path {}: {error}", quoted(&attribute.value));
                self.faults.push(attribute.at, message, "Give the path below the release's root");
                return None;
            }
        };
        let first = *self.seen.entry(path.clone()).or_insert(attribute.at);
        if first != attribute.at {
            let line = self.lines.line(first);
            let message = format!("{} is listed a second time; the first is on line {line}", quoted(path.as_str()));
            self.faults.push(attribute.at, message, "Keep the right one");
            return None;
        }
        Some(path)
    }

    fn read_size(&mut self, file: &Element) -> Option<u64> {
        let attribute = file.attribute("size")?;
        let digits = attribute.value.bytes().all(|b| b.is_ascii_digit());
        let size = digits.then(|| attribute.value.parse().ok()).flatten();
        if size.is_none() {
            let message = format!("size is {}; a number of bytes was expected", quoted(&attribute.value));
            self.faults.push(attribute.at, message, "Write digits alone, or leave the size out");
        }
        size
    }

    fn read_digest(&mut self, element: &Element) -> Option<(Algorithm, String)> {
        let Some(attribute) = element.attribute("algorithm") else {
            self.faults.push(element.at, "<Digest> has no algorithm", "Add it, such as algorithm=\"sha256\"");
            return None;
        };
        let Ok(algorithm) = attribute.value.parse::<Algorithm>() else {
            let message =
                format!("algorithm is {}; sha256, sha512, sha1 or md5 was expected", quoted(&attribute.value));
            self.faults.push(attribute.at, message, "Use sha256");
            return None;
        };
        let digits = element.text();
        if digits.len() != algorithm.hex_len() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            let message = format!(
                "{} is no {algorithm} digest: {} hexadecimal digits were expected, {} characters found",
                quoted(digits),
                algorithm.hex_len(),
                digits.chars().count()
            );
            self.faults.push(element.text_at(), message, format!("Write what {algorithm}sum prints"));
            return None;
        }
        Some((algorithm, digits.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests;
