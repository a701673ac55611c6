use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::config::Config;

/// The extension that ships with this program.
const EXTENSION: &str = include_str!("../../../deploy/rt/RT-Extension-NSRW/lib/RT/Extension/NSRW.pm");

fn config(text: &str) -> Config {
    Config::parse(text, Path::new("nsrw.toml"), Path::new("/site"), &std::collections::BTreeMap::new()).unwrap()
}

#[test]
fn the_site_config_of_a_new_site() {
    insta::assert_snapshot!(render_site_config(&config("")));
}

#[test]
fn what_the_rt_of_a_new_site_shall_have() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&desired(&config(""))).unwrap());
}

#[test]
fn the_extension_is_of_this_version() {
    assert!(EXTENSION.contains(&format!("our $VERSION = '{VERSION}';")));
}

#[test]
fn what_a_site_decides_is_rendered() {
    let site = config(
        "[rt]\nqueue = \"releases\"\n[tickets]\naccount = \"robot\"\n[policy]\nretry = [\"release-manager\"]\n\
         emergency = \"fast-rollout\"\n[policy.notify]\nRejected = [\"requestors\"]\n",
    );
    let text = render_site_config(&site);
    assert!(text.contains("Set($NSRWQueue, 'releases');") && text.contains("Set($NSRWAccount, 'robot');"), "{text}");
    assert!(text.contains("'Rejected' => { 'groups' => [], 'requestors' => 1 },"), "{text}");
    let failed = text.split("'Failed' => {\n").nth(1).unwrap();
    let resume = "'StageRollout' => { 'account' => 0, 'emergency' => 0, 'groups' => ['sw-rel-release-managers', 'sw-rel-admin'] }";
    assert!(failed.contains(resume), "{failed}");
    let unverified = text.split("'Unverified' => {\n").nth(1).unwrap().split("    },\n").next().unwrap();
    assert!(!unverified.contains("Production") && unverified.contains("'emergency' => 1"), "{unverified}");
}

#[test]
fn a_change_of_the_rules_changes_the_digest() {
    let digest = |text: &str| serde_json::to_value(desired(&config(text))).unwrap()["config_digest"].clone();
    assert_ne!(digest(""), digest("[policy]\nretry = [\"verifier\"]"));
    let rendered = render_site_config(&config(""));
    assert!(rendered.contains(digest("").as_str().unwrap()));
}

#[test]
fn rights_name_what_there_is() {
    let desired = serde_json::to_value(desired(&config(""))).unwrap();
    let names = |list: &str, kind: &str| -> Vec<String> {
        desired[list].as_array().unwrap().iter().map(|o| format!("{kind} {}", o["name"].as_str().unwrap())).collect()
    };
    let text = |right: &Value, key: &str| right[key].as_str().unwrap().to_owned();
    let known: BTreeSet<String> =
        [names("queues", "queue"), names("fields", "field"), names("groups", "group")].concat().into_iter().collect();
    for right in desired["rights"].as_array().unwrap() {
        let (on, to) = (text(right, "on"), text(right, "to"));
        assert!(on == "system" || known.contains(&on), "{right}");
        assert!(to == "user nsrw" || known.contains(&to), "{right}");
    }
}
