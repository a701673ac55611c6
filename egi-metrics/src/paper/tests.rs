//! The report on paper, typeset from small logs and a large one.

mod world;

use super::*;
use world::{Release, log};

fn content(facts: &crate::Facts, month: &str) -> (ReportData, Vec<(String, Vec<u8>)>) {
    let month = crate::sample::month(month);
    let first = (0..12).fold(month, |month, _| month.previous());
    let reports = crate::reports(facts, first, month).unwrap();
    let data = assemble(facts, &reports, &Setting { site: "EGI".to_owned() }).unwrap();
    (data, reports.last().unwrap().files())
}

#[test]
#[ignore = "writes PDFs to look at into the folder NSRW_LOOK_AT"]
fn to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("NSRW_LOOK_AT").unwrap());
    for (name, per_month) in [("nothing", 0), ("usual", 14), ("many", 500)] {
        let facts = log(&Release::many(per_month));
        let begun = std::time::Instant::now();
        let (data, files) = content(&facts, "2026-11");
        let counted = begun.elapsed();
        let pdf = render_pdf(&data, &Template::default(), &files).unwrap();
        std::fs::write(folder.join(format!("{name}.pdf")), pdf).unwrap();
        eprintln!("{name}: counted in {counted:?}, typeset in {:?}", begun.elapsed().saturating_sub(counted));
    }
}
