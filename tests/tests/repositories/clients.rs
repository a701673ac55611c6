//! `dnf` and `apt-get` with throw-away roots: what they install, and what they refuse.

use nsrw_tests::clients::DnfRoot;

use crate::world::{APT, Offer, World, YUM, deb, rpm, tamper};

/// The installed packages, but the keys that `dnf` keeps among them.
fn installed(dnf: &DnfRoot) -> Vec<String> {
    dnf.query_installed().unwrap().into_iter().filter(|name| !name.starts_with("gpg-pubkey-")).collect()
}

#[test]
fn dnf_installs_upgrades_and_downgrades_and_refuses_what_was_tampered_with() {
    let world = World::new();
    world.produce(rpm("storm", "1.0"));
    let dnf = world.dnf();
    dnf.install(&["storm"]).unwrap();
    assert_eq!(installed(&dnf), ["storm-1.0-1.noarch"]);
    world.produce(rpm("storm", "1.1"));
    dnf.run("upgrade", &[]).unwrap();
    assert_eq!(installed(&dnf), ["storm-1.1-1.noarch"]);
    dnf.run("downgrade", &["storm"]).unwrap();
    assert_eq!(installed(&dnf), ["storm-1.0-1.noarch"]);

    // A package that is as large as before and not the same.
    let package = world.public(YUM).join("storm-1.1-1.noarch.rpm");
    tamper(&package, |bytes| *bytes.last_mut().unwrap() ^= 1);
    let refused = format!("{:#}", world.dnf().install(&["storm"]).unwrap_err());
    assert!(refused.contains("checksum doesn't match"), "{refused}");
    tamper(&world.public(YUM).join("repodata/repomd.xml"), |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replacen("<revision>2", "<revision>3", 1).into_bytes();
    });
    let refused = format!("{:#}", world.dnf().makecache().unwrap_err());
    assert!(refused.contains("repomd.xml GPG signature verification error"), "{refused}");
}

#[test]
fn dnf_refuses_a_package_that_nobody_it_trusts_has_signed() {
    let world = World::new();
    world.produce(rpm("storm", "1.0"));
    // The index is trusted, the provider's key is not.
    let text = world.repofile(YUM, "repo").replace("/keys/packages.asc", "/keys/repository.asc");
    let dnf = DnfRoot::new().unwrap();
    dnf.add_repo_file("umd", &text).unwrap();
    let refused = format!("{:#}", dnf.install(&["storm"]).unwrap_err());
    assert!(refused.contains("GPG check FAILED") || refused.contains("is not correct for this package"), "{refused}");
    assert!(installed(&dnf).is_empty());
}

#[test]
fn apt_installs_upgrades_and_downgrades_and_refuses_what_was_tampered_with() {
    let world = World::new();
    world.produce(deb("storm", "1.0"));
    let apt = world.apt();
    apt.install(&["storm"]).unwrap();
    assert_eq!(apt.query_installed().unwrap(), ["storm 1.0-1"]);
    world.produce(deb("storm", "1.1"));
    apt.update().unwrap();
    apt.run("upgrade", &[]).unwrap();
    assert_eq!(apt.query_installed().unwrap(), ["storm 1.1-1"]);
    apt.install(&["storm=1.0-1"]).unwrap();
    assert_eq!(apt.query_installed().unwrap(), ["storm 1.0-1"]);

    let package = world.public(APT).join("storm_1.1-1_all.deb");
    tamper(&package, |bytes| *bytes.last_mut().unwrap() ^= 1);
    // The first has the good one in its cache.
    let fresh = world.apt();
    let refused = format!("{:#}", fresh.install(&["storm=1.1-1"]).unwrap_err());
    assert!(refused.contains("Hash Sum mismatch") || refused.contains("unexpected size"), "{refused}");
    assert!(fresh.query_installed().unwrap().is_empty());
    tamper(&world.public(APT).join("dists/debian-bookworm/InRelease"), |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replacen("Components: main", "Components: Main", 1).into_bytes();
    });
    // One that has no list yet: within the same second, the server says of a changed one that it is not newer.
    let refused = format!("{:#}", world.apt_without_lists().update().unwrap_err());
    assert!(refused.contains("BADSIG"), "{refused}");
}

#[test]
fn dnf_reads_indexes_that_are_packed_with_zstd() {
    let world = World::with(&[("repository.yum_packing", "\"zstd\"")]);
    world.produce(rpm("storm", "1.0"));
    world.produce(rpm("dcache", "2.0"));
    assert!(world.text(&format!("{YUM}/repodata/repomd.xml")).contains("-primary.xml.zst\""));
    let dnf = world.dnf();
    assert_eq!(dnf.query_available().unwrap(), ["dcache-2.0-1.noarch", "storm-1.0-1.noarch"]);
    dnf.install(&["storm"]).unwrap();
    assert_eq!(installed(&dnf), ["storm-1.0-1.noarch"]);
}

#[test]
fn dnf_tells_what_each_release_brings() {
    let world = World::new();
    world.produce(rpm("storm", "1.0"));
    let dnf = world.dnf();
    dnf.install(&["storm"]).unwrap();
    let revision = world.produce(rpm("storm", "1.0.1"));
    world.produce(rpm("storm", "1.1"));
    world.produce(Offer { emergency: true, ..rpm("storm", "1.2") });
    let id = |version: &str| format!("umd-4.tp.storm.sl6.x86_64-{version}");
    let list = dnf.run("updateinfo", &["list"]).unwrap();
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    for (version, release, kind) in
        [("1.0.1", "1.0.1", "bugfix"), ("1.1", "1.1.0", "enhancement"), ("1.2", "1.2.0", "security")]
    {
        let package = format!("storm-{version}-1.noarch");
        let told = lines.iter().find(|words| words.first() == Some(&id(release).as_str()));
        let told = told.unwrap_or_else(|| panic!("{version}: {list}"));
        assert!(told[1].to_lowercase().contains(&kind[..3]) && told.last() == Some(&package.as_str()), "{list}");
    }
    let info = dnf.run("updateinfo", &["info", &id("1.0.1")]).unwrap();
    for said in [
        "The <storm> service 1.0.1",
        "Type: bugfix",
        "The <storm> service 1.0.1",
        &format!("Bugs: {revision} - Ticket {revision}"),
        "Description: ",
    ] {
        assert!(info.contains(said), "\"{said}\" is not in {info}");
    }
    dnf.run("upgrade", &["--security"]).unwrap();
    assert_eq!(installed(&dnf), ["storm-1.2-1.noarch"]);
}
