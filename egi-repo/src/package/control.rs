//! The control paragraph of a deb package.
//!
//! Kept as it is written, because an index repeats it to the letter: parsers that hand out values strip the
//! indentation of descriptions.

/// What a file is called and hashes to is not the package's to say: these fields are never taken from it.
const FILE_FACTS: [&str; 6] = ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512"];

/// One paragraph of `Name: value` fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    /// Everything after the colon, with its continuation lines and without the last line end.
    raw: String,
}

impl Control {
    /// Reads exactly one paragraph. The error says what was found instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut fields: Vec<Field> = Vec::new();
        for (number, line) in text.trim_end().lines().enumerate() {
            let place = number + 1;
            if line.trim().is_empty() {
                return Err(format!("a blank line, line {place}, which ends the paragraph"));
            }
            if line.starts_with([' ', '\t']) {
                let last = fields.last_mut().ok_or_else(|| format!("a continuation in line {place}"))?;
                last.raw.push('\n');
                last.raw.push_str(line.trim_end());
                continue;
            }
            let (name, raw) = line.split_once(':').ok_or_else(|| format!("no field in line {place}"))?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(format!("no field name in line {place}"));
            }
            if fields.iter().any(|f| f.name.eq_ignore_ascii_case(name)) {
                return Err(format!("the field {name} twice"));
            }
            fields.push(Field { name: name.to_owned(), raw: raw.trim_end().to_owned() });
        }
        Ok(Self { fields })
    }

    /// The value of a field, without surrounding blanks.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name)).map(|f| f.raw.trim())
    }

    /// The paragraph as a stanza of an index, `Package` first, with `facts` about the file at its end.
    pub(crate) fn render_stanza(&self, facts: &[(&str, String)]) -> String {
        let own = |f: &&Field| !FILE_FACTS.iter().any(|name| f.name.eq_ignore_ascii_case(name));
        let (first, rest): (Vec<_>, Vec<_>) =
            self.fields.iter().filter(own).partition(|f| f.name.eq_ignore_ascii_case("Package"));
        let own = first.into_iter().chain(rest).map(|f| format!("{}:{}\n", f.name, f.raw));
        own.chain(facts.iter().map(|(name, value)| format!("{name}: {value}\n"))).collect()
    }
}
