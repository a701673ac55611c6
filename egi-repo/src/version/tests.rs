//! Compared with `rpm` and `dpkg` themselves.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::Version;

/// How many random pairs are compared with rpm, which compares all of them in one process.
const RPM_PAIRS: usize = 20_000;
/// How many with dpkg, which compares one pair a process.
const DPKG_PAIRS: usize = 3_000;

/// Versions that were got wrong by somebody before.
const NASTY: [&str; 34] = [
    "1.0",
    "1.0-0",
    "1.0-1",
    "1",
    "01",
    "1.01",
    "1.1",
    "1.001",
    "1.0~",
    "1.0~rc1",
    "1.0~~",
    "1.0^",
    "1.0^git1",
    "1.0^~",
    "1.0~^",
    "1.0^^",
    "0:1.0",
    "1:0",
    "00:1",
    "1.a",
    "1.A",
    "1a",
    "a1",
    "a",
    "1.0.",
    "1..0",
    "1_0",
    "1+0",
    "1.0+dfsg-1",
    "99999999999999999999999999999999",
    "99999999999999999999999999999998",
    "1.0-1.el7",
    "1.0-1.el7_9",
    "1.0-1~bpo11+1",
];

/// Mostly like one another, so that the differences lie late.
fn part(letters: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[0-9]{1,3}".prop_map(String::from),
        3 => Just(".".to_owned()),
        1 => "0{1,3}[0-9]",
        2 => letters.prop_map(String::from),
    ];
    ("[0-9]", proptest::collection::vec(piece, 0..5)).prop_map(|(first, rest)| first + &rest.concat())
}

fn version(letters: &'static str) -> impl Strategy<Value = String> {
    let full =
        (proptest::option::weighted(0.2, 0_u8..3), part(letters), proptest::option::weighted(0.7, part(letters)));
    full.prop_map(|(epoch, version, release)| {
        let epoch = epoch.map_or_else(String::new, |epoch| format!("{epoch}:"));
        let release = release.map_or_else(String::new, |release| format!("-{release}"));
        format!("{epoch}{version}{release}")
    })
}

/// The same pairs each time: every nasty one with every other, and random ones, a third of them neighbours that differ
/// in one character.
fn pairs(letters: &'static str, number: usize) -> Vec<(String, String)> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let nasty = NASTY.iter().filter(|text| letters.contains('^') || !text.contains('^'));
    let nasty: Vec<&str> = nasty.filter(|text| letters.contains('_') || !text.contains('_')).copied().collect();
    let mut pairs: Vec<_> =
        nasty.iter().flat_map(|one| nasty.iter().map(|two| ((*one).to_owned(), (*two).to_owned()))).collect();
    let strategy = version(letters);
    let mut draw = || strategy.new_tree(&mut runner).unwrap().current();
    while pairs.len() < number {
        let (one, two) = (draw(), draw());
        let cut = two.len() / 2;
        let near = format!("{}{}", one.get(..cut.min(one.len())).unwrap(), two.get(cut..).unwrap());
        // A cut may leave a colon behind a dash.
        let two = if pairs.len() % 3 == 0 && near.find(':').is_none_or(|at| near.find('-').is_none_or(|d| at < d)) {
            near
        } else {
            two
        };
        if two.starts_with(|c: char| c.is_ascii_digit())
            && two.matches(':').count() < 2
            && !two.contains(":-")
            && !two.ends_with(['-', ':'])
        {
            pairs.push((one, two));
        }
    }
    pairs
}

fn sign(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "-1",
        Ordering::Equal => "0",
        Ordering::Greater => "1",
    }
}

#[test]
fn rpm_versions_have_the_order_of_rpm() {
    let pairs = pairs("[a-c~^+_]", RPM_PAIRS);
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("compare.lua");
    let list = dir.path().join("pairs");
    let lines: Vec<String> = pairs.iter().map(|(one, two)| format!("{one} {two}\n")).collect();
    std::fs::write(&list, lines.concat()).unwrap();
    let answers = dir.path().join("answers");
    let lua = format!(
        "local out = io.open('{}', 'w')\nfor line in io.lines('{}') do local a, b = line:match('(%S+) (%S+)'); \
         out:write(rpm.vercmp(a, b), '\\n') end\nout:close()",
        answers.display(),
        list.display()
    );
    std::fs::write(&script, lua).unwrap();
    let script = script.to_str().unwrap();
    let ran = Command::new("rpm").args(["--eval", &format!("%{{lua: dofile('{script}')}}")]).output().unwrap();
    let out = std::fs::read_to_string(&answers).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)));
    let theirs: Vec<&str> = out.lines().collect();
    assert_eq!(theirs.len(), pairs.len());
    for ((one, two), theirs) in pairs.iter().zip(theirs) {
        let ours = Version::parse_rpm(one).order(&Version::parse_rpm(two));
        assert_eq!(sign(ours), theirs, "{one} and {two}");
    }
}

#[test]
fn deb_versions_have_the_order_of_dpkg() {
    let pairs = pairs("[a-cA-Z~+]", DPKG_PAIRS);
    let mut shell =
        Command::new("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // What dpkg can not compare gives another answer than any of ours.
    let mut script = "ask() { dpkg --compare-versions \"$@\"; case $? in 0) return 0;; 1) return 1;; *) echo error; return 1;; esac; }\n\
        compare() { if ask \"$1\" lt \"$2\"; then echo -1; elif ask \"$1\" eq \"$2\"; then echo 0; else echo 1; fi; }\n"
        .to_owned();
    for (one, two) in &pairs {
        script.extend(["compare '", one, "' '", two, "'\n"]);
    }
    let mut stdin = shell.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || stdin.write_all(script.as_bytes()).unwrap());
    let out = shell.wait_with_output().unwrap();
    feeding.join().unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.lines().count(), pairs.len());
    for ((one, two), theirs) in pairs.iter().zip(out.lines()) {
        let ours = Version::parse_deb(one).order(&Version::parse_deb(two));
        assert_eq!(sign(ours), theirs, "{one} and {two}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(one in ".{0,12}", two in ".{0,12}") {
        let ours = Version::parse_deb(&one).order(&Version::parse_deb(&two));
        prop_assert_eq!(ours.reverse(), Version::parse_deb(&two).order(&Version::parse_deb(&one)));
        let ours = Version::parse_rpm(&one).order(&Version::parse_rpm(&two));
        prop_assert_eq!(ours.reverse(), Version::parse_rpm(&two).order(&Version::parse_rpm(&one)));
    }
}
