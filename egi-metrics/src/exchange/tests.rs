//! Files of facts, written and read.

use std::fs::{self, File};
use std::path::Path;

use super::*;
use crate::columns::FactColumns;
use crate::error::MetricsError;
use crate::facts::Facts;
use crate::format::Format;
use crate::report::report;
use crate::sample::{at, facts, month};

const LOG: &str = "
    2026-11-01 00:00 1 created
    2026-11-02 00:00 1 #1 Submitted > Unverified from=EMI release=storm-1.0 by=robot
    2026-11-03 00:00 1 #2 Unverified > InVerification from=EMI why=why,not
    2026-11-04 00:00 1 #3 InVerification > StageRollout refused from=EMI
    2026-11-05 00:00 1 #4 Failed > StageRollout emergency from=EMI
    2026-11-05 00:00 1 team=A ngi=IT site=CNAF answered=2026-11-06 finished=2026-11-08 as=AcceptWithWarnings
    2026-11-05 00:00 1 team=B ngi=GR site=AUTH
    2026-11-10 00:00 1 #5 StageRollout > Production from=EMI
    2026-11-12 00:00 1 published
";

fn write(facts: &Facts, format: Format, folder: &Path) {
    for kind in Kind::ALL {
        let file = folder.join(kind.as_str()).with_extension(format.extension());
        write_facts(facts, kind, format, &mut File::create(file).unwrap()).unwrap();
    }
}

fn every_sheet(columns: &FactColumns) -> Vec<String> {
    let report = report(columns, month("2026-11"), month("2026-12"));
    let written = crate::sheets().into_iter().map(|sheet| {
        let mut bytes = Vec::new();
        report.write(sheet, Format::Csv, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    });
    written.collect()
}

#[test]
fn what_is_written_is_read_as_it_was_in_both_formats() {
    let facts = facts("2027-01-01 00:00", LOG);
    for format in [Format::Csv, Format::Parquet] {
        let folder = tempfile::tempdir().unwrap();
        write(&facts, format, folder.path());
        assert_eq!(read_facts(folder.path(), None, facts.as_of).unwrap(), facts, "{format:?}");
        let columns = read_columns(folder.path(), facts.as_of).unwrap();
        assert_eq!(every_sheet(&columns), every_sheet(&FactColumns::of(&facts)), "{format:?}");
    }
}

#[test]
fn an_import_keeps_its_source_and_a_file_of_several_sources_is_read_too() {
    let facts = facts("2027-01-01 00:00", LOG);
    let folder = tempfile::tempdir().unwrap();
    write(&facts, Format::Csv, folder.path());
    let imported = read_facts(folder.path(), Some("egi-2011"), facts.as_of).unwrap();
    assert_eq!(imported.sources.show(imported.transitions[0].record).to_string(), "egi-2011:1");
    for format in [Format::Csv, Format::Parquet] {
        let folder = tempfile::tempdir().unwrap();
        write(&imported, format, folder.path());
        assert_eq!(read_facts(folder.path(), None, facts.as_of).unwrap(), imported, "{format:?}");
        let columns = read_columns(folder.path(), facts.as_of).unwrap();
        assert_eq!(every_sheet(&columns), every_sheet(&FactColumns::of(&imported)), "{format:?}");
    }
}

#[test]
fn kept_facts_come_back_beside_others() {
    let facts = facts("2027-01-01 00:00", LOG);
    let folder = tempfile::tempdir().unwrap();
    write(&facts, Format::Csv, folder.path());
    let imported = read_facts(folder.path(), Some("past"), facts.as_of).unwrap();
    let kept = keep(&imported, "past");
    assert!(kept.iter().all(|fact| fact.source == "past"), "{kept:?}");
    let mut again = Facts::none(facts.as_of);
    restore(&kept, &mut again).unwrap();
    assert_eq!(again, imported);
}

fn faults_of(name: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    match read_facts(&file, None, at("2027-01-01 00:00")) {
        Err(MetricsError::Facts { faults, .. }) => faults.iter().map(ToString::to_string).collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place() {
    assert_eq!(
        faults_of("reports.csv", "ticket,at,when\n"),
        [
            "line 1: there is no column \"when\" in reports; known are source, record, ticket, at, link",
            "line 1: the column \"record\" is missing: the report's number in its source, from 1",
        ]
    );
    assert_eq!(
        faults_of(
            "participations.csv",
            "record,ticket,team,participation,outcome\n1,2,,Maybe,Accept\n2,2,A,Accepted,Good\n"
        ),
        [
            "line 2: team: is empty; every row needs one",
            "line 2: participation: \"Maybe\" is none of Invited, Accepted, Declined, NoAnswer",
            "line 3: outcome: \"Good\" is none of Accept, AcceptWithWarnings, Reject, Aborted",
        ]
    );
    assert_eq!(
        faults_of("reports.csv", "record,ticket,at\n1,2\n"),
        ["line 2: has 2 fields, and the header line has 3"]
    );
    assert_eq!(
        faults_of("reports.txt", ""),
        ["its name is none of transitions, submissions, participations, reports with .csv or .parquet"]
    );
}

#[test]
fn a_fault_in_a_parquet_file_has_its_row() {
    use polars::prelude::{Column, DataFrame};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.parquet");
    let columns = vec![
        Column::new("record".into(), [1_i64, -2]),
        Column::new("ticket".into(), [5_i64, 6]),
        Column::new("at".into(), ["2026-11-01 00:00:00", "2026-11-02T00:00:00+01:00"]),
    ];
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    crate::format::write_frame(&mut frame, Format::Parquet, &mut File::create(&path).unwrap()).unwrap();
    let error = read_columns(&path, at("2027-01-01 00:00")).unwrap_err().to_string();
    assert!(error.contains("line 2: record: \"-2\" is no whole number"), "{error}");
}
