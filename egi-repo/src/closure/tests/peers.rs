//! The same verdicts as `dose-debcheck`, `dnf repoclosure` and libsolv on random repositories.

use std::collections::BTreeSet;
use std::process::Command;

use egi_model::release::PackageFormat;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::draft::{Draft, Wild, packages, primary, random, write_yum};
use crate::closure::{FaultKind, Package, judge, read_packages, read_primary};

/// Repositories that are compared, of each kind.
const DEB_REPOS: u64 = 120;
const RPM_REPOS: u64 = 150;
const CLOSURE_REPOS: u64 = 12;

fn faulty(packages: &[Package], format: PackageFormat, kinds: &[FaultKind]) -> BTreeSet<String> {
    let all: Vec<&Package> = packages.iter().collect();
    let faults = judge(&all, all.len(), format);
    let of_kind = faults.into_iter().filter(|(_, fault)| kinds.contains(&fault.kind));
    of_kind.map(|(place, _)| packages[place].identity.clone()).collect()
}

const BROKEN: [FaultKind; 3] = [FaultKind::Missing, FaultKind::Beneath, FaultKind::Apart];

fn draw(seed: u64, wild: Wild) -> Vec<Draft> {
    let number = 8 + usize::try_from(seed % 5).unwrap() * 12;
    random(&mut StdRng::seed_from_u64(seed), number, wild)
}

#[test]
fn debs_are_judged_as_dose_debcheck_does() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("Packages");
    let (mut broken, mut sound) = (0, 0);
    for seed in 0..DEB_REPOS {
        let drafts = draw(seed, Wild { conflicts: true, rich: false });
        let text = packages(&drafts);
        std::fs::write(&list, &text).unwrap();
        let ours = faulty(&read_packages(&text, "amd64"), PackageFormat::Deb, &BROKEN);
        let out =
            Command::new("dose-debcheck").args(["--failures", "--deb-native-arch=amd64"]).arg(&list).output().unwrap();
        let out = String::from_utf8(out.stdout).unwrap();
        assert!(out.contains("total-packages:"), "{out}");
        let mut theirs = BTreeSet::new();
        let mut name = String::new();
        // Entries of the report are indented by two; those of reasons by more.
        for line in out.lines() {
            if let Some(found) = line.strip_prefix("  package: ") {
                found.clone_into(&mut name);
            } else if let Some(version) = line.strip_prefix("  version: ") {
                theirs.insert(format!("{name}_{version}_all"));
            }
        }
        assert_eq!(ours, theirs, "seed {seed}:\n{text}");
        broken += ours.len();
        sound += drafts.len() - ours.len();
    }
    assert!(broken > 500 && sound > 500, "{broken} broken and {sound} sound packages compared");
}

#[test]
fn rpms_are_judged_as_libsolv_does() {
    let dir = tempfile::tempdir().unwrap();
    let drawn: Vec<_> = (0..RPM_REPOS)
        .map(|seed| {
            let drafts = draw(seed, Wild { conflicts: true, rich: true });
            let (file, xml) = (dir.path().join(format!("{seed}-primary.xml")), primary(&drafts));
            std::fs::write(&file, &xml).unwrap();
            (file, xml, drafts.len())
        })
        .collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/closure/tests/libsolv.py");
    let out = Command::new("/usr/bin/python3").arg(script).args(drawn.iter().map(|(file, ..)| file)).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let out = String::from_utf8(out.stdout).unwrap();
    let (mut broken, mut sound) = (0, 0);
    for (file, xml, number) in drawn {
        let ours = faulty(&read_primary(xml.as_bytes()).unwrap(), PackageFormat::Rpm, &BROKEN);
        let lines = out.lines().filter_map(|line| line.strip_prefix(file.to_str().unwrap()));
        let theirs: BTreeSet<String> = lines.map(|line| line.trim().to_owned()).collect();
        assert_eq!(ours, theirs, "{}:\n{xml}", file.display());
        broken += ours.len();
        sound += number - ours.len();
    }
    assert!(broken > 500 && sound > 500, "{broken} broken and {sound} sound packages compared");
}

#[test]
fn what_rpms_lack_themselves_is_what_dnf_repoclosure_tells() {
    let mut broken = 0;
    for seed in 0..CLOSURE_REPOS {
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path();
        let drafts = draw(seed, Wild { conflicts: false, rich: false });
        write_yum(here, &drafts);
        std::fs::create_dir(here.join("empty")).unwrap();
        let config =
            format!("[main]\ncachedir={0}/cache\nreposdir={0}/empty\nvarsdir={0}/empty\nplugins=1\n", here.display());
        std::fs::write(here.join("dnf.conf"), config).unwrap();
        let ours =
            faulty(&read_primary(primary(&drafts).as_bytes()).unwrap(), PackageFormat::Rpm, &[FaultKind::Missing]);
        let mut dnf = Command::new("dnf");
        dnf.env("HOME", here).env("LC_ALL", "C.UTF-8").arg("--config").arg(here.join("dnf.conf"));
        dnf.arg("--installroot").arg(here.join("root")).args(["--releasever=1", "--quiet", "repoclosure"]);
        dnf.arg(format!("--repofrompath=t,file://{}", here.display())).args(["--repo", "t"]);
        let out = dnf.output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let theirs = text.lines().filter_map(|line| line.strip_prefix("package: ")?.strip_suffix(" from t"));
        let theirs: BTreeSet<String> = theirs.map(str::to_owned).collect();
        assert_eq!(ours, theirs, "seed {seed}:\n{text}\n{}", String::from_utf8_lossy(&out.stderr));
        broken += ours.len();
    }
    assert!(broken > 30, "{broken} broken packages compared");
}
