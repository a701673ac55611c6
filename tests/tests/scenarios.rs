//! Every story of the workflow, and every kind of bad delivery: each script of `scenarios/` is run against a site of
//! its own, and its transcript compared with the one beside it. The language is told in [`nsrw_tests::scenario`].

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nsrw_tests::crash::Mode;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::scenario;
use nsrw_tests::site::Site;
use tempfile::TempDir;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn play(name: &str) {
    let script = fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
    let transcript = scenario::run(&script).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, transcript));
}

/// The same, and each piece of work is also killed at effects' boundaries: at one of them, or at all with
/// `NSRW_CRASH=full`.
#[expect(clippy::print_stdout, reason = "how often it was killed is what a full run is made for")]
fn play_killed(name: &str) {
    let script = fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
    let boundaries = scenario::run_killed(&script, Mode::from_environment().unwrap()).unwrap();
    println!(
        "{name}: {} pieces of work, {} kills, {} faults",
        boundaries.works,
        boundaries.kills,
        boundaries.faults.len()
    );
    assert!(boundaries.faults.is_empty(), "{}", boundaries.faults.join("\n"));
}

/// Two tests for each script, and the list of them.
macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        $(#[test] fn $name() { play(&stringify!($name).replace('_', "-")); })+

        mod killed {
            $(#[test] fn $name() { super::play_killed(&stringify!($name).replace('_', "-")); })+
        }

        const PLAYED: &[&str] = &[$(stringify!($name)),+];
    };
}

scripts![
    bad_checksums,
    bad_digests,
    bad_disk,
    bad_documents,
    bad_links,
    bad_names,
    bad_packages,
    bad_sources,
    conflict,
    deferral,
    deferral_ends,
    emergency,
    emergency_fast_rollout,
    emptied,
    happy_path,
    ignored,
    illegal,
    not_published,
    rejections,
    replacement,
    reports,
    retry,
    roles,
    same_release,
    sets,
    slot_per_major,
    slots,
    two_majors,
    waiting_for_response,
];

#[test]
fn no_script_is_left_out() {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = names.filter_map(|name| name.strip_suffix(".txt").map(str::to_owned)).collect();
    let played: BTreeSet<String> = PLAYED.iter().map(|name| name.replace('_', "-")).collect();
    assert_eq!(there, played);
}

/// A release of its own for each malformed release.xml, with the ticket that the desk gave it.
struct Malformed {
    name: String,
    delivery: Delivery,
    /// `None` where the desk did not take it.
    ticket: Option<u64>,
}

fn submit(site: &Site, home: &Path, number: usize, fixture: &Path) -> Malformed {
    let version = format!("1.0.{number}");
    let rpm = TinyPackage::new("storm", &version).write_rpm(home).unwrap();
    let offered = home.join("provider").join(&version);
    let mut delivery = Delivery::builder("TP.storm.sl6.x86_64", &version).package(rpm).build(&offered).unwrap();
    delivery.set_release_xml(fs::read_to_string(fixture).unwrap()).unwrap();
    let name = fixture.file_stem().unwrap().to_string_lossy().into_owned();
    let url = format!("file://{}", offered.display());
    let ticket = site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"]);
    if let Err(refused) = &ticket {
        assert_eq!(name, "empty", "{refused:#}");
        assert!(refused.to_string().contains("Release-metadata has no bytes; attach the file again"), "{refused:#}");
    }
    Malformed { name, delivery, ticket: ticket.ok() }
}

fn ask(site: &Site, who: &str, ticket: u64, more: &[String]) {
    let mut words: Vec<String> = ["ticket", "set", "--as", who, &ticket.to_string()].map(str::to_owned).to_vec();
    words.extend_from_slice(more);
    site.done(&words).unwrap();
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// Every kind of malformed release.xml there is: refused with line and column, nothing touched, and once it is mended
/// the same ticket goes on.
#[test]
fn each_malformed_release_xml_is_told_on_its_ticket_and_can_be_mended() {
    let home = TempDir::new().unwrap();
    let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
    site.allow_folder(&home.path().join("provider")).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../egi-model/fixtures/release/malformed");
    let fixtures: BTreeSet<PathBuf> = fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(fixtures.len() >= 30);

    let mut cases: Vec<Malformed> = Vec::new();
    for (number, fixture) in fixtures.iter().enumerate() {
        cases.push(submit(&site, home.path(), number, fixture));
    }
    let state = |state: &str| vec![format!("RolloutProgress={state}")];
    let taken = |case: &mut Malformed| case.ticket.is_some();
    let mut cases: Vec<Malformed> = cases.extract_if(.., taken).collect();
    for case in &cases {
        ask(&site, "carlos", case.ticket.unwrap(), &state("Unverified"));
    }
    site.done(&["promote"]).unwrap();

    for case in &cases {
        let (name, ticket) = (&case.name, case.ticket.unwrap());
        assert_eq!(site.field(ticket, "RolloutProgress").unwrap(), "Failed", "{name}");
        let told = site.comments(ticket).unwrap().concat();
        assert!(told.contains("release.xml (Release-metadata) can not be used"), "{name}: {told}");
        let places = told.lines().filter(|line| line.trim_start().starts_with("line ") && line.contains(", column "));
        assert!(places.count() > 0, "{name}: {told}");
    }
    assert_eq!(entries(&site.public().join("unverified")), 1, "the link to the generations, of which there is none");
    assert_eq!(entries(&site.folder().join("repository/scratch")), 0);

    for case in &mut cases {
        case.delivery.mend().unwrap();
        let file = |field: &str, name: &str| format!("{field}=@{}", case.delivery.dir.join(name).display());
        let files = [file("Release-metadata", "release.xml"), file("Release-checksums", "checksums.xml")];
        ask(&site, "tp1", case.ticket.unwrap(), &files);
        ask(&site, "kostas", case.ticket.unwrap(), &state("Unverified"));
    }
    site.done(&["promote"]).unwrap();
    for case in &cases {
        assert_eq!(site.field(case.ticket.unwrap(), "RolloutProgress").unwrap(), "Unverified", "{}", case.name);
    }
}
