//! Bytes to text. Four encodings, told by the byte order mark or else by the XML declaration.

use super::fault::{Fault, alone, quoted};
use crate::problem::Problems;

/// The declaration has to begin the document; this much holds any that makes sense.
const DECLARATION: usize = 256;
const ADVICE: &str = "Save the document as UTF-8";

/// The text without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Problems> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        _ => by_declaration(bytes),
    }?;
    match text.char_indices().find(|(_, c)| !is_allowed(*c)) {
        Some((at, c)) => {
            let message = format!("the character U+{:04X} is not allowed in XML", u32::from(c));
            Err(alone(&text, Fault::new(at, message, format!("Remove it. {ADVICE}"))))
        }
        None => Ok(text),
    }
}

/// XML's own rule, without the second block of control characters: in practice they are Windows-1252 text that says it
/// is something else, and on a terminal they are commands.
pub(super) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

fn by_declaration(bytes: &[u8]) -> Result<String, Problems> {
    let Some(declared) = declared_encoding(bytes) else { return utf8(bytes) };
    match declared.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => utf8(bytes),
        "iso-8859-1" | "iso8859-1" | "latin1" => Ok(bytes.iter().copied().map(char::from).collect()),
        "utf-16" | "utf-16le" | "utf-16be" => {
            let message = "the document declares UTF-16, but does not begin with a byte order mark";
            Err(alone("", Fault::new(0, message, ADVICE)))
        }
        _ => {
            let message = format!(
                "the encoding {} is not read; UTF-8, UTF-16 with a byte order mark and ISO-8859-1 are",
                quoted(&declared)
            );
            Err(alone("", Fault::new(0, message, ADVICE)))
        }
    }
}

/// The value of `encoding` in `<?xml … ?>`, when the document begins with one.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..DECLARATION).unwrap_or(bytes)).into_owned();
    let (declaration, _) = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.split(quote).nth(1).map(|name| name.trim().to_owned())
}

fn utf8(bytes: &[u8]) -> Result<String, Problems> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        let message = format!("the byte 0x{byte:02X} is not valid in UTF-8, the document's encoding");
        let advice = format!("{ADVICE}, or declare its encoding as <?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>");
        alone(&String::from_utf8_lossy(before), Fault::new(before.len(), message, advice))
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Problems> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(c) => text.push(c),
            Err(error) => {
                let message = format!("half a character (0x{:04X}) in UTF-16", error.unpaired_surrogate());
                return Err(alone(&text, Fault::new(text.len(), message, ADVICE)));
            }
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        let message = "the document ends in half a UTF-16 character";
        Err(alone(&text, Fault::new(text.len(), message, "Check that it was attached whole")))
    }
}
