//! What a release needs to be accepted, and the way around it.

use std::process::Command;

use nsrw_tests::process::run;

use crate::world::{REPORT, World};

#[test]
fn without_teams_nothing_is_asked_for() {
    let world = World::new();
    let ticket = world.stage("storm", "1.0.0");
    world.site.set(ticket, "mario", &[REPORT, "RolloutProgress=Production"]).unwrap();
    assert_eq!(world.stands(ticket), "Production OK");
}

#[test]
fn a_release_manager_does_without_evidence_by_saying_why() {
    let world = World::with_teams();
    world.site.configure("min_days = 0", "min_days = 2").unwrap();
    let ticket = world.stage("lfc", "1.0.0");
    world.say("accept", ticket, "UKI-LT2-Brunel", "raul", &[]);
    world.say("report", ticket, "UKI-LT2-Brunel", "raul", &["Accept"]);
    world.site.set(ticket, "mario", &[REPORT, "RolloutProgress=Production"]).unwrap();
    let why = world.last_comment(ticket);
    assert!(
        why.contains("for 0 hours without a break, and 2 days are asked for") && why.contains("[stay-too-short"),
        "{why}"
    );
    assert!(!why.contains("too-few-accepts"), "{why}");
    let reason = "StageRollout-Override=the vulnerability is exploited already";
    let refused = world.try_to(&["ticket", "set", &ticket.to_string(), reason, "--as", "mario"]);
    assert!(refused.code == 3 && refused.answer.contains("written by release-manager"), "{}", refused.answer);
    world.done(&["ticket", "set", &ticket.to_string(), reason, "--as", "kostas"]);
    world.site.set(ticket, "mario", &["RolloutProgress=Production"]).unwrap();
    assert_eq!(world.stands(ticket), "Production OK");
    let history = world.done(&["history", &ticket.to_string()]);
    assert!(history.contains("override: the vulnerability is exploited already"), "{history}");
    let sheet = world.sheet("overrides").join("\n");
    assert!(sheet.contains("the vulnerability is exploited already") && sheet.contains("stay-too-short"), "{sheet}");
    let pdf = world.path("month.pdf");
    let month = chrono::Utc::now().format("%Y-%m").to_string();
    world.done(&["report", &month, "--pdf", &pdf]);
    let text = run(Command::new("pdftotext").arg("-layout").arg(&pdf).arg("-")).unwrap();
    let told = text.split("Accepted without the evidence asked for").nth(1).unwrap_or_default();
    assert!(told.contains("TP.lfc.sl6.x86_64 1.0.0") && told.contains("mario"), "{text}");
}
