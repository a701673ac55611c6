//! Indexes that say until when they are valid.

use std::fs;

use nsrw_tests::serve::Serving;

use crate::world::{APT, World, YUM, deb, rpm};

/// A field of the suite's `Release`.
fn release_field(world: &World, name: &str) -> Option<String> {
    let text = world.text(&format!("{APT}/dists/debian-bookworm/Release"));
    let prefix = format!("{name}: ");
    text.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
}

/// Makes what is live as old as `days`, as if nobody had been there meanwhile: its record says when it was made.
fn age(world: &World, days: i64) {
    let path = world.public(APT).join(".nsrw-manifest.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for field in ["published", "valid_until"] {
        let then: chrono::DateTime<chrono::Utc> = serde_json::from_value(record[field].clone()).unwrap();
        record[field] = serde_json::to_value(then - chrono::TimeDelta::days(days)).unwrap();
    }
    fs::remove_file(&path).unwrap();
    fs::write(&path, record.to_string()).unwrap();
}

#[test]
fn an_index_is_published_anew_before_apt_stops_to_trust_it() {
    let world = World::with(&[("repository.apt_valid_days", "10")]);
    world.produce(deb("storm", "1.0"));
    world.produce(rpm("storm", "1.0"));
    let until = release_field(&world, "Valid-Until").unwrap();
    assert_ne!(release_field(&world, "Date").unwrap(), until);
    let apt = world.apt();
    let nothing = "nothing has to be published anew\n";
    assert_eq!(world.site.done(&["repo", "refresh"]).unwrap(), nothing);

    age(&world, 4);
    assert_eq!(world.site.done(&["repo", "refresh", "--dry-run"]).unwrap(), nothing, "six of ten days are left");
    age(&world, 2);
    let planned = world.site.done(&["repo", "refresh", "--dry-run"]).unwrap();
    assert_eq!(planned, format!("{APT}: would be published anew\n"));
    world.site.done(&["promote"]).unwrap();
    let list = world.site.done(&["repo", "list"]).unwrap();
    assert!(list.contains(&format!("{APT}  generation 2")) && list.contains(&format!("{YUM}  generation 1")), "{list}");
    assert_eq!(world.site.done(&["repo", "refresh"]).unwrap(), nothing);
    apt.update().unwrap();
    apt.install(&["storm"]).unwrap();

    age(&world, 6);
    world.site.change_setting("api.listen", "\"127.0.0.1:0\"").unwrap();
    let serving = Serving::start(&world.site).unwrap();
    serving.wait_for_log(&format!("{APT} was published anew")).unwrap();
    serving.stop().unwrap();
    let all = world.site.done(&["repo", "refresh", "--all", "--as", "kostas"]).unwrap();
    assert!(all.contains(&format!("{YUM}: published anew")), "{all}");
    let log = world.site.done(&["repo", "log"]).unwrap();
    assert!(log.contains("kostas  all repositories published anew: "), "{log}");
}

#[test]
fn apt_refuses_an_index_whose_time_is_over() {
    let world = World::with(&[("repository.apt_valid_days", "10")]);
    world.produce(deb("storm", "1.0"));
    let apt = world.apt();
    // Eleven days later, by the clock of the client.
    let refused = format!("{:#}", apt.update_at("+11 days").unwrap_err());
    assert!(refused.contains("is expired"), "{refused}");
    apt.update_at("+9 days").unwrap();
}
