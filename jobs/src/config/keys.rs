//! Which settings there are: unknown ones are named with their nearest neighbour, variables find their place.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Config, ConfigError};

/// Variables that are not settings.
const NOT_SETTINGS: [&str; 5] = ["NSRW_ACCOUNT", "NSRW_CONFIG", "NSRW_LOG", "NSRW_LOG_FORMAT", "NSRW_RT_DATABASE"];

/// Refuses keys that no setting has.
pub(super) fn check(table: &Table, origin: &str) -> Result<(), ConfigError> {
    let mut unknown = Vec::new();
    compare(table, &known(), "", &mut unknown);
    if unknown.is_empty() { Ok(()) } else { Err(ConfigError::UnknownKeys { origin: origin.to_owned(), unknown }) }
}

/// Every section and key with its default. Lists of tables, `policy.notify`, `notifications.groups` and `intake.keyrings` are
/// checked by their own types.
fn known() -> Table {
    let mut known = Table::try_from(Config::default()).unwrap_or_default();
    for list in ["people", "major", "provider"] {
        known.insert(list.to_owned(), Value::Array(Vec::new()));
    }
    known
}

fn compare(given: &Table, known: &Table, prefix: &str, unknown: &mut Vec<String>) {
    for (key, value) in given {
        match (known.get(key), value) {
            (Some(Value::Table(known)), Value::Table(given)) if !known.is_empty() => {
                compare(given, known, &format!("{prefix}{key}."), unknown);
            }
            (Some(_), _) => {}
            (None, _) => unknown.push(describe(&format!("{prefix}{key}"), prefix, known)),
        }
    }
}

fn describe(given: &str, prefix: &str, known: &Table) -> String {
    let candidates = known.keys().map(|key| format!("{prefix}{key}"));
    match nearest(given, candidates) {
        Some(near) => format!("{given} (did you mean {near}?)"),
        None => given.to_owned(),
    }
}

fn nearest(given: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates.map(|c| (strsim::jaro_winkler(given, &c), c)).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, c)| c)
}

/// Whether a variable is one of ours to read.
pub(super) fn is_setting(name: &str) -> bool {
    name.starts_with("NSRW_") && !NOT_SETTINGS.contains(&name)
}

/// `NSRW_API_LISTEN` sets `api.listen`, and so on for every setting that is one value or a list of texts.
pub(super) fn overlay(config: &Config, variables: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
    let malformed =
        |name: &str, message: String| ConfigError::Malformed { path: format!("variable {name}").into(), message };
    let mut table = Table::try_from(config).map_err(|e| malformed("NSRW_*", e.to_string()))?;
    let names: BTreeMap<String, (String, String)> = settings(&known());
    for (name, value) in variables.iter().filter(|(name, _)| is_setting(name)) {
        let Some((section, key)) = names.get(name) else {
            let near = nearest(name, names.keys().cloned()).unwrap_or_default();
            let unknown = vec![format!("{name} (did you mean {near}?)")];
            return Err(ConfigError::UnknownKeys { origin: "the environment".to_owned(), unknown });
        };
        if let Some(Value::Table(section)) = table.get_mut(section) {
            let parsed = parse_like(section.get(key), value).map_err(|message| malformed(name, message))?;
            section.insert(key.clone(), parsed);
        }
    }
    table.try_into().map_err(|e: toml::de::Error| malformed("NSRW_*", e.to_string()))
}

fn settings(known: &Table) -> BTreeMap<String, (String, String)> {
    let sections = known.iter().filter_map(|(name, value)| value.as_table().map(|table| (name, table)));
    sections
        .flat_map(|(section, table)| table.keys().map(move |key| (section, key)))
        .map(|(s, k)| (format!("NSRW_{}_{}", s.to_uppercase(), k.to_uppercase()), (s.clone(), k.clone())))
        .collect()
}

/// Reads a variable as the kind of value the setting has; lists are separated by commas.
fn parse_like(present: Option<&Value>, text: &str) -> Result<Value, String> {
    match present {
        Some(Value::Integer(_)) => {
            text.parse().map(Value::Integer).map_err(|_| format!("\"{text}\" is no whole number"))
        }
        Some(Value::Boolean(_)) => {
            text.parse().map(Value::Boolean).map_err(|_| format!("\"{text}\" is neither true nor false"))
        }
        Some(Value::Array(_)) => Ok(Value::Array(
            text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(|t| Value::String(t.to_owned())).collect(),
        )),
        Some(Value::Table(_)) => Err("this setting is a table; set it in the file".to_owned()),
        Some(Value::String(_) | Value::Float(_) | Value::Datetime(_)) | None => Ok(Value::String(text.to_owned())),
    }
}
