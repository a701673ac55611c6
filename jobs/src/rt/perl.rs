//! Data as Perl source: `Set` statements of RT's configuration files.

use std::fmt::Write as _;

use serde_json::Value;

/// Spaces of one level.
const STEP: usize = 4;

/// A statement that sets an option; the kind of the value says which kind of option it is.
pub(super) fn set(name: &str, value: &Value) -> String {
    match value {
        Value::Object(map) => format!("Set(%{name},\n{});\n", pairs(map, 1)),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(|item| literal(item, 0)).collect();
            format!("Set(@{name}, {});\n", items.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            format!("Set(${name}, {});\n", literal(value, 0))
        }
    }
}

fn pairs(map: &serde_json::Map<String, Value>, level: usize) -> String {
    let mut text = String::new();
    for (key, value) in map {
        // Writing to a String can not fail.
        let _ = writeln!(text, "{}{} => {},", " ".repeat(level * STEP), quoted(key), literal(value, level));
    }
    text
}

fn literal(value: &Value, level: usize) -> String {
    match value {
        Value::Null => "undef".to_owned(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(|item| literal(item, level)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) if map.values().any(Value::is_object) => {
            format!("{{\n{}{}}}", pairs(map, level + 1), " ".repeat(level * STEP))
        }
        Value::Object(map) => {
            let items: Vec<String> =
                map.iter().map(|(k, v)| format!("{} => {}", quoted(k), literal(v, level))).collect();
            format!("{{ {} }}", items.join(", "))
        }
    }
}

/// Between single quotes nothing has a meaning in Perl but the quote itself and the backslash.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_is_written() {
        assert_eq!(set("A", &json!("it's a \\")), "Set($A, 'it\\'s a \\\\');\n");
        assert_eq!(set("B", &json!(["x", 2])), "Set(@B, 'x', 2);\n");
        let nested = json!({ "a": { "b": { "c": true, "d": [] } } });
        assert_eq!(set("C", &nested), "Set(%C,\n    'a' => {\n        'b' => { 'c' => 1, 'd' => [] },\n    },\n);\n");
    }
}
