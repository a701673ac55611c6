use super::*;

const LIMITS: Limits = Limits { bytes: 10_000, elements: 20 };

fn read(bytes: &[u8]) -> Element {
    super::read(bytes, LIMITS).unwrap_or_else(|problems| panic!("{problems}")).root
}

fn refused(bytes: &[u8]) -> String {
    super::read(bytes, LIMITS).unwrap_err().to_string()
}

#[test]
fn text_and_attributes_come_with_references_resolved() {
    let root = read(b"<a x='1 &lt; 2&#x20;&#38;\n3'>  R&amp;D <![CDATA[<&>]]> &#228;<!-- no --> </a>");
    assert_eq!(root.attribute("X").unwrap().value, "1 < 2 & 3");
    assert_eq!(root.text(), "R&D <&> ä");
}

#[test]
fn places_are_those_of_names_and_values() {
    let document = super::read("<a>\n <p:ä x='x'\n  y=\"x\">\n  tëxt</p:ä></a>".as_bytes(), LIMITS).unwrap();
    let child = &document.root.children[0];
    let place = |at| {
        let position = document.lines.position(at);
        (position.line, position.column)
    };
    assert_eq!((child.name.as_str(), place(child.at)), ("ä", (2, 2)));
    assert_eq!(place(child.attributes[0].at), (2, 7));
    assert_eq!(place(child.attributes[1].at), (3, 3));
    assert_eq!(place(child.text_at()), (4, 3));
}

#[test]
fn lines_tell_what_position_tells() {
    let text = "ab\r\n\nä€x\n";
    let lines = Lines::new(text.to_owned());
    for (at, _) in text.char_indices() {
        assert_eq!(lines.position(at), crate::problem::Position::of(text, at), "{at}");
    }
}

#[test]
fn namespace_declarations_are_no_attributes() {
    let root = read(b"<a xmlns='u' xmlns:p='v' p:q='1'/>");
    let names: Vec<_> = root.attributes.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["q"]);
}

#[test]
fn four_encodings_are_read() {
    let text = "<a>é€</a>";
    let utf16 = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
    };
    assert_eq!(read(text.as_bytes()).text(), "é€");
    assert_eq!(read(format!("\u{FEFF}{text}").as_bytes()).text(), "é€");
    assert_eq!(read(&utf16(u16::to_le_bytes, [0xFF, 0xFE])).text(), "é€");
    assert_eq!(read(&utf16(u16::to_be_bytes, [0xFE, 0xFF])).text(), "é€");
    assert_eq!(read(b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xE9</a>").text(), "é");
}

#[test]
fn other_encodings_are_refused() {
    for (bytes, part) in [
        (&b"<?xml version='1.0' encoding='windows-1252'?><a/>"[..], "the encoding \"windows-1252\" is not read"),
        (b"<?xml version='1.0' encoding='UTF-16'?><a/>", "byte order mark"),
        (b"<a>\n \xE9</a>", "line 2, column 2: the byte 0xE9 is not valid in UTF-8"),
        (b"<?xml version='1.0' encoding='latin1'?><a>\x93hello\x94</a>", "the character U+0093 is not allowed"),
        (b"\xFF\xFE<\0a\0/\0>", "ends in half a UTF-16 character"),
        (b"\xFE\xFF\xD8\x00\x00a", "half a character (0xD800)"),
        (b"<a>\x1B[2J</a>", "the character U+001B is not allowed"),
    ] {
        let problems = refused(bytes);
        assert!(problems.contains(part), "{problems}");
    }
}

#[test]
fn the_limits_hold() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(read(nested(16).as_bytes()).name, "a");
    assert!(refused(nested(17).as_bytes()).contains("nested deeper than 16"));
    assert!(refused(format!("<a>{}</a>", "<b/>".repeat(20)).as_bytes()).contains("more than 20 elements"));
    let attributes: Vec<_> = (0..33).map(|n| format!("a{n}='1'")).collect();
    assert!(refused(format!("<a {}/>", attributes.join(" ")).as_bytes()).contains("more than 32 attributes"));
    assert!(refused(&[b' '; 10_001]).contains("10001 bytes"));
}

#[test]
fn nothing_but_the_five_entities_and_numbers_is_resolved() {
    for (text, part) in [
        ("<a>&b;</a>", "column 4: the entity &b; is not known"),
        ("<a b='x&b;'/>", "column 8: the entity &b; is not known"),
        ("<a b='R&D'/>", "column 8: & begins a reference, but no ; ends it"),
        ("<a>R & D; </a>", "column 6: & begins a reference, but no name follows it"),
        ("<a>&#0;</a>", "&#0; is no character that XML allows"),
        ("<a>&#x1b;</a>", "&#x1b; is no character that XML allows"),
        ("<a>&#+9;</a>", "&#+9; is no character"),
        ("<a>&#;</a>", "&#; is no character"),
        ("<!DOCTYPE a [<!ELEMENT a ANY> <!Entity b 'c'>]><a>&b;</a>", "column 31: the document declares an entity"),
        ("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://localhost:1/'> %p;]><a/>", "column 14: the document declares"),
    ] {
        let problems = refused(text.as_bytes());
        assert!(problems.contains(part), "{text}: {problems}");
    }
}

#[test]
fn a_doctype_that_only_points_elsewhere_is_passed_over() {
    assert_eq!(read(b"<!DOCTYPE a SYSTEM 'http://localhost:1/a.dtd'><a>x</a>").text(), "x");
    assert!(refused(b"<a><!DOCTYPE a></a>").contains("<!DOCTYPE stands inside"));
}
