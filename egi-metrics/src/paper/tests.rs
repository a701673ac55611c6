//! The report on paper, typeset from small logs and a large one.

mod world;

use super::*;
use crate::{FactColumns, Facts, Format, report, sheets};
use egi_model::limit::{Calendar, default_limits};
use world::{Release, log};

fn content(facts: &Facts, month: &str) -> (ReportData, Vec<(String, Vec<u8>)>) {
    let month = crate::sample::month(month);
    let first = (0..12).fold(month, |month, _| month.previous());
    let columns = FactColumns::of(facts);
    let setting =
        Setting { site: "EGI".to_owned(), closed: None, limits: default_limits(), calendar: Calendar::default() };
    let data = assemble(&report(&columns, first, month), &setting).unwrap();
    let files = report(&columns, month, month);
    let sheet = |sheet: &str| {
        let mut bytes = Vec::new();
        files.write(sheet, Format::Csv, &mut bytes).unwrap();
        (format!("{sheet}.csv"), bytes)
    };
    (data, sheets().into_iter().map(sheet).collect())
}

fn pdf(facts: &Facts) -> Vec<u8> {
    let (data, files) = content(facts, "2026-11");
    render_pdf(&data, &Template::default(), &files).unwrap()
}

#[test]
fn the_same_facts_give_the_same_bytes_in_whatever_order() {
    let facts = log(&Release::many(3));
    let mut turned = facts.clone();
    turned.transitions.reverse();
    turned.submitted.reverse();
    turned.participations.reverse();
    assert!(pdf(&facts) == pdf(&turned), "the bytes differ");
}

#[test]
fn the_clock_has_no_say_in_the_report_of_a_month_that_is_over() {
    let facts = log(&Release::many(1));
    let later = Facts { as_of: facts.as_of + chrono::TimeDelta::days(40), ..facts.clone() };
    assert_eq!(content(&facts, "2026-11"), content(&later, "2026-11"));
    assert!(pdf(&facts) == pdf(&later), "the bytes differ");
}

#[test]
fn a_month_with_nothing_one_and_many_is_typeset() {
    for per_month in [0, 1, 40] {
        let bytes = pdf(&log(&Release::many(per_month)));
        assert!(bytes.starts_with(b"%PDF-1.7"));
        // Both say so themselves, in metadata that is never compressed.
        for conformance in ["<pdfaid:part>3</pdfaid:part>", "<pdfuaid:part>1</pdfuaid:part>"] {
            assert!(bytes.windows(conformance.len()).any(|part| part == conformance.as_bytes()), "{conformance}");
        }
    }
}

#[test]
fn the_pages_say_what_the_log_says() {
    let facts = crate::sample::facts(
        "2026-12-02 00:00",
        "2026-11-01 08:00 7 created
         2026-11-02 08:00 7 #1 Submitted > Unverified from=INFN release=storm
         2026-11-03 08:00 7 #2 Unverified > InVerification
         2026-11-04 08:00 7 #3 InVerification > StageRollout
         2026-11-04 09:00 7 team=Lisbon ngi=PT site=LIP answered=2026-11-05 finished=2026-11-10 as=Accept
         2026-11-04 09:00 7 team=Madrid ngi=ES site=CIEMAT
         2026-11-14 08:00 7 #4 StageRollout > Production
         2026-10-01 08:00 8 created
         2026-10-02 08:00 8 #5 Submitted > Unverified from=CERN
         2026-11-20 08:00 9 created
         2026-11-21 08:00 9 #6 Submitted > Unverified from=CERN release=dpm
         2026-11-22 08:00 9 #7 Unverified > Production emergency by=kostas why=security",
    );
    let (data, _) = content(&facts, "2026-11");
    assert_eq!(
        data.headlines.join(" "),
        "2 releases were delivered in November 2026. 1 passed quality verification, 1 passed staged rollout, 0 were \
         rejected. One release was in work at its end, longer than its service limit."
    );
    assert_eq!(
        data.attention,
        ["In Unverified for more than 1 month: ticket 8.", "A phase was skipped as an emergency: ticket 9."]
    );
    let figures: Vec<_> = data.summary.iter().map(|row| (row.id.as_str(), row.this_month)).take(8).collect();
    assert_eq!(
        figures,
        [
            ("M.REPO-1", Figure::Count { value: 2 }),
            ("M.REPO-2", Figure::Count { value: 1 }),
            ("M.REPO-3", Figure::Count { value: 1 }),
            ("M.SA1.3-1", Figure::Mean { hundredths: 100, n: 1 }),
            ("M.SA1.3-2", Figure::Count { value: 1 }),
            ("M.SA1.3-3", Figure::Count { value: 0 }),
            ("M.SA1.3-4", Figure::TooFew { n: 1 }),
            ("M.SA1.3-5", Figure::TooFew { n: 0 }),
        ]
    );
    assert!(data.summary.iter().all(|row| row.year_ago == Figure::Unknown), "the log begins in October 2026");
    assert_eq!(data.rollouts.in_month.listed, [10 * 86_400]);
    let adopters: Vec<_> = data.adopters.rows.iter().map(|row| (row.name.as_str(), row.silent, row.never)).collect();
    assert_eq!(adopters, [("Lisbon", 0, false), ("Madrid", 1, true)]);
    assert_eq!(data.adopters.rows[0].counts.last(), Some(&1));
    let [emergency] = data.emergencies.as_slice() else { unreachable!() };
    assert_eq!((emergency.approved_by.as_str(), emergency.reason.as_str()), ("kostas", "security"));
    assert_eq!((data.ageing.rows.len(), data.ageing.rows[0].over), (1, true));
    assert_eq!(data.reports.unreported.iter().map(|row| row.ticket).collect::<Vec<_>>(), [7]);
}

#[test]
fn a_template_sees_nothing_of_the_machine() {
    let (data, files) = content(&Facts::none(crate::sample::at("2026-12-01 00:00")), "2026-11");
    for (text, told) in [
        ("#read(\"/etc/hostname\")", "own.typ:1:7: failed to load file (access denied)"),
        ("#import \"@preview/cetz:0.3.4\"", "own.typ:1:9: failed to load file (access denied)"),
        ("\n#include \"other.typ\"", "own.typ:2:10: failed to load file (access denied)"),
        ("#datetime.today().nothing", "own.typ:1:19: cannot access fields on type datetime"),
        ("#image(\"x.svg\", alt: ", "unclosed delimiter"),
    ] {
        let error = render_pdf(&data, &Template::new("own.typ", text), &files).unwrap_err().to_string();
        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn what_is_not_accessible_is_no_report() {
    let (data, _) = content(&log(&Release::many(1)), "2026-11");
    let bare = "#set document(title: \"t\")\n#image(json(\"data.json\").charts.flow.file)";
    let error = render_pdf(&data, &Template::new("own.typ", bare), &[]).unwrap_err().to_string();
    assert!(error.contains("own.typ:2:2: PDF/A-3a, PDF/UA-1 error: missing alt text"), "{error}");
}

#[test]
#[ignore = "writes PDFs to look at into the folder NSRW_LOOK_AT"]
fn to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("NSRW_LOOK_AT").unwrap());
    for (name, per_month) in [("nothing", 0), ("one", 1), ("usual", 14), ("many", 500)] {
        let facts = log(&Release::many(per_month));
        let begun = std::time::Instant::now();
        let (data, files) = content(&facts, "2026-11");
        let counted = begun.elapsed();
        let pdf = render_pdf(&data, &Template::default(), &files).unwrap();
        std::fs::write(folder.join(format!("{name}.pdf")), pdf).unwrap();
        eprintln!("{name}: counted in {counted:?}, typeset in {:?}", begun.elapsed().saturating_sub(counted));
    }
}
