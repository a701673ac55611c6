//! `nsrw report` and `nsrw facts`, run as people run them.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use egi_model::month::Month;
use nsrw_tests::numbers::catalogue::{invented, of_egi, write_facts};
use nsrw_tests::numbers::logs::{LogShape, random_log};
use nsrw_tests::numbers::reference::write_folder;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::site::Site;
use tempfile::TempDir;

struct World {
    home: TempDir,
    site: Site,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
        Self { home, site }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn done(&self, words: &[&str]) -> String {
        self.site.done(words).unwrap()
    }

    fn deliver(&self, product: &str) -> u64 {
        let packages = self.folder("packages");
        fs::create_dir_all(&packages).unwrap();
        let rpm = TinyPackage::new(product, "1.0.0").write_rpm(&packages).unwrap();
        let folder = self.folder(product);
        let builder = Delivery::builder(&format!("TP.{product}.sl6.x86_64"), "1.0.0").package(rpm);
        let delivery = builder.build(&folder).unwrap();
        let url = format!("file://{}", folder.display());
        self.site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4"]).unwrap()
    }

    fn import(&self, folder: &Path) {
        self.done(&["facts", "import", folder.to_str().unwrap(), "--source", "past"]);
    }
}

/// The column `accepted` of the row (all), month by month; months with none are left out.
fn accepted(csv: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in csv.lines().skip(1) {
        let mut fields = line.split(',');
        let (month, name, count) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        let count: u64 = count.parse().unwrap();
        if name == "(all)" && count > 0 {
            counts.insert(month.to_owned(), count);
        }
    }
    counts
}

fn counts_as_the_catalogue(catalogue: &Path, from: &str, to: &str) -> u64 {
    let world = World::new();
    let folder = world.folder("catalogue");
    let expected = write_facts(catalogue, &folder).unwrap();
    assert_eq!(world.site.nsrw(&["facts".as_ref(), "check".as_ref(), folder.as_os_str()]).unwrap().code, 0);
    world.import(&folder);
    let printed = world.done(&["report", "--from", from, "--to", to, "--stdout", "M.REPO-3"]);
    assert_eq!(accepted(&printed), expected);
    // Importing it again doubles nothing.
    world.import(&folder);
    assert_eq!(world.done(&["report", "--from", from, "--to", to, "--stdout", "m-repo-3"]), printed);
    expected.values().sum()
}

#[test]
fn a_catalogue_of_the_past_is_loaded_and_counts_as_duckdb_counts_it() {
    assert_eq!(counts_as_the_catalogue(&invented(), "2012-01", "2012-08"), 8);
}

#[test]
fn the_releases_of_egi_count_as_duckdb_counts_them() {
    match of_egi() {
        Some(catalogue) => assert_eq!(counts_as_the_catalogue(&catalogue, "2011-07", "2013-12"), 360),
        None => {
            // Nobody may be listening.
            let _ = writeln!(std::io::stderr(), "skipped: there is no catalogue of EGI beside the checkout");
        }
    }
}

#[test]
fn a_range_holds_what_its_months_hold() {
    let world = World::new();
    let folder = world.folder("facts");
    write_folder(&random_log(LogShape { tickets: 60, days: 80, seed: 3, wrong_times: 0 }), &folder).unwrap();
    let facts = folder.to_str().unwrap();
    let sheet =
        |months: &[&str], sheet: &str| world.done(&[&["report", "--facts", facts, "--stdout", sheet], months].concat());
    let months = ["2016-01", "2016-02", "2016-03"];
    for name in ["m-repo-1", "m-sa1-3-6", "time-in-state", "m-sa1-3-5-releases"] {
        let range = sheet(&["--from", "2016-01", "--to", "2016-03"], name);
        let single: Vec<String> = months
            .iter()
            .flat_map(|month| sheet(&[month], name).lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert_eq!(range.lines().skip(1).map(str::to_owned).collect::<Vec<_>>(), single, "{name}");
    }
}

#[test]
fn a_report_is_written_as_csv_json_and_parquet_and_replaces_the_former_one_as_a_whole() {
    let world = World::new();
    let folder = world.folder("catalogue");
    write_facts(&invented(), &folder).unwrap();
    world.import(&folder);
    let out = world.folder("out");
    let report = |format| {
        world.done(&["report", "2012-03", "--no-pdf", "--format", format, "--out", out.to_str().unwrap()]);
        let mut names: Vec<String> =
            fs::read_dir(&out).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let csv = report("csv");
    assert!(csv.contains(&"m-sa1-3-7.csv".to_owned()) && csv.contains(&"lineage.csv".to_owned()), "{csv:?}");
    let bytes = fs::read(out.join("lineage.csv")).unwrap();
    report("csv");
    assert_eq!(fs::read(out.join("lineage.csv")).unwrap(), bytes, "the same facts give the same bytes");
    let json = report("json");
    assert_eq!(json.len(), csv.len(), "{json:?}");
    let table: serde_json::Value = serde_json::from_slice(&fs::read(out.join("m-repo-3.json")).unwrap()).unwrap();
    assert_eq!(table[0]["accepted"], 1, "{table}");
    let parquet = report("parquet");
    assert!(parquet.iter().all(|name| name.ends_with(".parquet")), "{parquet:?}");
    let left = fs::read_dir(world.home.path())
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with(".report-"));
    assert_eq!(left.count(), 0, "what is written aside does not stay");
}

#[test]
fn what_can_not_be_read_is_named_with_file_line_and_column_and_nothing_is_imported() {
    let world = World::new();
    let folder = world.folder("bad");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("transitions.csv");
    fs::write(
        &file,
        "record,ticket,at,from,to\n1,7,2026-11-01 00:00:00,Submitted,Unverified\nx,0,yesterday,Submitted,Gone\n",
    )
    .unwrap();
    let ended = world.site.nsrw(&["facts", "import", folder.to_str().unwrap(), "--source", "past"]).unwrap();
    assert_eq!(ended.code, 3, "{}", ended.log);
    let name = file.display();
    let lines: Vec<&str> = ended.answer.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ended.answer);
    assert!(lines[0].starts_with(&format!("{name}: line 3: record: \"x\" is no whole number")), "{}", lines[0]);
    assert!(lines[2].starts_with(&format!("{name}: line 3: at: \"yesterday\" is no time")), "{}", lines[2]);
    assert!(lines[3].starts_with(&format!("{name}: line 3: to: \"Gone\" is no rollout state")), "{}", lines[3]);
    fs::write(&file, "record,ticket,at,from,too\n").unwrap();
    let ended = world.site.nsrw(&["facts", "check", folder.to_str().unwrap()]).unwrap();
    assert!(ended.answer.contains("line 1: there is no column \"too\""), "{}", ended.answer);
    assert!(ended.answer.contains("the column \"to\" is missing"), "{}", ended.answer);
    assert!(world.done(&["report", "2026-11"]).contains("read: 0 records of the log"));
}

#[test]
fn facts_go_out_and_come_back() {
    let world = World::new();
    let (random, out) = (world.folder("random"), world.folder("out"));
    write_folder(&random_log(LogShape { tickets: 50, days: 60, seed: 5, wrong_times: 5 }), &random).unwrap();
    world.import(&random);
    let lineage = world.done(&["report", "--from", "2016-01", "--to", "2016-06", "--stdout", "lineage"]);
    assert!(lineage.contains(",past:"), "{lineage}");
    for format in ["csv", "parquet"] {
        world.done(&["facts", "export", out.to_str().unwrap(), "--format", format]);
        let other = World::new();
        other.import(&out);
        let again = other.done(&["report", "--from", "2016-01", "--to", "2016-06", "--stdout", "lineage"]);
        assert_eq!(again, lineage, "{format}");
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn a_month_is_closed_once_and_late_facts_are_told_as_restatements() {
    let world = World::new();
    let folder = world.folder("catalogue");
    write_facts(&invented(), &folder).unwrap();
    world.import(&folder);
    assert!(world.done(&["report", "2012-03", "--close"]).contains("2012-03 is closed (facts "));
    assert!(world.done(&["report", "2012-03", "--close"]).contains("nothing was changed"));
    assert_eq!(world.done(&["report", "2012-04", "--stdout", "restatements"]).lines().count(), 1);

    // A release of March turns up in another source.
    let late = world.folder("late");
    fs::create_dir(&late).unwrap();
    fs::write(
        late.join("transitions.csv"),
        "record,ticket,at,from,to,provider\n1,900,2012-03-20 00:00:00,StageRollout,Production,SOUTH\n",
    )
    .unwrap();
    world.done(&["facts", "import", late.to_str().unwrap(), "--source", "late"]);
    let told = world.done(&["report", "2012-04", "--stdout", "restatements"]);
    let reason = "facts were imported after the month was closed";
    assert!(told.contains(&format!("2012-03,M.REPO-3,SOUTH,accepted,3,4,{reason}")), "{told}");
    assert!(told.contains(&format!("2012-03,M.REPO-3,(all),accepted,4,5,{reason}")), "{told}");
    world.done(&["report", "2012-04", "--close"]);
    // Once told, it is told again by the report that told it, and by no other.
    assert_eq!(world.done(&["report", "2012-04", "--stdout", "restatements"]), told);
    assert_eq!(world.done(&["report", "2012-05", "--stdout", "restatements"]).lines().count(), 1);
}

#[test]
fn a_month_after_a_closed_one_is_the_same_without_reading_everything() {
    let world = World::new();
    world
        .site
        .configure("local_folders = []", &format!("local_folders = [\"{}\"]", world.home.path().display()))
        .unwrap();
    let this = Month::of(chrono::Utc::now());
    let (last, this) = (this.previous().to_string(), this.to_string());
    world.done(&["report", &last, "--close"]);
    let ticket = world.deliver("dpm");
    world.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    world.site.set(ticket, "carlos", &["RolloutProgress=InVerification"]).unwrap();
    assert!(world.done(&["report", &this, "--no-pdf"]).contains("are taken from the closed month"));
    let facts = world.folder("facts");
    world.done(&["facts", "export", facts.to_str().unwrap()]);
    for sheet in ["m-repo-1", "flow", "lineage", "data-quality"] {
        let whole = world.done(&["report", &this, "--facts", facts.to_str().unwrap(), "--stdout", sheet]);
        assert_eq!(world.done(&["report", &this, "--stdout", sheet]), whole, "{sheet}");
    }
    let stays = world.done(&["history", &ticket.to_string(), "--csv", "--from", &this, "--to", &this]);
    assert_eq!(stays.lines().count(), 4, "{stays}");
    assert_eq!(world.done(&["history", "--csv", "--to", &last]).lines().count(), 1);
}

#[test]
fn a_month_that_is_not_over_is_not_closed() {
    let world = World::new();
    let ended = world.site.nsrw(&["report", "2999-01", "--close"]).unwrap();
    assert_eq!(ended.code, 1);
    assert!(ended.log.contains("can be closed when it is over, from 2999-02-01 on"), "{}", ended.log);
}
