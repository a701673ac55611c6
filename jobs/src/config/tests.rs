use std::collections::BTreeMap;
use std::path::Path;

use super::*;

const EXAMPLE: &str = include_str!("../../../nsrw.example.toml");

fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>();
    Config::parse(text, Path::new("nsrw.toml"), Path::new("/site"), &variables)
}

#[test]
fn the_example_sets_every_setting_to_its_default() {
    let example = parse(EXAMPLE, &[]).unwrap();
    let default = parse("", &[]).unwrap();
    assert_eq!(Config { people: Vec::new(), major: Vec::new(), ..example.clone() }, default);
    assert!(!example.people.is_empty() && !example.major.is_empty());
    // Every key is there to be seen, not only understood.
    let known = toml::Table::try_from(&default).unwrap();
    let shown: toml::Table = EXAMPLE.parse().unwrap();
    for (section, keys) in &known {
        let keys = keys.as_table().map(|t| t.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        for key in keys.iter().filter(|key| !["notify", "keyrings", "groups"].contains(&key.as_str())) {
            assert!(shown[section].get(key).is_some(), "nsrw.example.toml lacks {section}.{key}");
        }
    }
}

#[test]
fn an_unknown_key_is_named_with_its_neighbour() {
    let error = parse("[api]\nlisten_on = \"x\"", &[]).unwrap_err().to_string();
    assert_eq!(error, "nsrw.toml has unknown settings: api.listen_on (did you mean api.listen?)");
}

#[test]
fn variables_override_the_file() {
    let text = "[api]\nlisten = \"127.0.0.1:1\"";
    let set =
        [("NSRW_API_LISTEN", "127.0.0.1:0"), ("NSRW_WORKER_TRIES", "9"), ("NSRW_FETCH_ALLOWED_HOSTS", "a.org, b.org")];
    let config = parse(text, &set).unwrap();
    assert_eq!((config.api.listen.as_str(), config.worker.tries), ("127.0.0.1:0", 9));
    assert_eq!(config.fetch.allowed_hosts, ["a.org", "b.org"]);
    let error = parse("", &[("NSRW_API_LISTN", "x")]).unwrap_err().to_string();
    assert!(error.contains("NSRW_API_LISTEN"), "{error}");
    let error = parse("", &[("NSRW_WORKER_TRIES", "many")]).unwrap_err().to_string();
    assert!(error.contains("whole number"), "{error}");
}

#[test]
fn a_wrong_value_is_told_with_its_line() {
    let error = parse("[api]\nauthenticate = \"yes\"", &[]).unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("boolean"), "{error}");
}

#[test]
fn majors_are_checked() {
    let two = "[[major]]\nid=\"a\"\ntitle=\"A\"\nlocation=\"a\"\ntargets=[{platform=\"sl6\",arch=\"x86_64\"}]\n";
    assert!(parse(&two.repeat(2), &[]).unwrap_err().to_string().contains("two [[major]]"));
    let several = two.replace("}]", "},{platform=\"sl5\",arch=\"x86_64\"}]");
    assert!(parse(&several, &[]).unwrap_err().to_string().contains("{platform}"));
}
