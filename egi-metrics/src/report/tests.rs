//! Hand-counted months: whole files compared.

use egi_model::history::{HistoryEntry, HistoryRecord, Outcome};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;

use crate::catalog::METRICS;
use crate::columns::FactColumns;
use crate::facts::Facts;
use crate::format::Format;
use crate::quality::ProblemKind;
use crate::record::RecordId;
use crate::report::MonthReport;
use crate::sample::{at, facts, month, month_report, month_reports, sheet, ticket};
use crate::sheets::sheets;
use crate::spread::Spread;

mod properties;
mod rollout;

/// Release 1 goes the whole way, release 2 fails twice and swings, release 3 is deferred and rejected, release 4 is an
/// emergency, release 5 is never delivered, release 6 ends as ignored, release 7 waits.
const NOVEMBER: &str = "
    2026-10-30 08:00 1 created
    2026-10-31 08:00 1 #1  Submitted > Unverified from=EMI release=storm-1.0 by=robot
    2026-11-01 00:00 1 #2  Unverified > InVerification from=EMI release=storm-1.0 by=vera
    2026-11-02 00:00 1 #3  InVerification > StageRollout from=EMI release=storm-1.0 by=vera
    2026-11-30 23:59 1 #30 StageRollout > Production from=EMI release=storm-1.0 by=sam

    2026-11-03 10:00 2 created
    2026-11-03 11:00 2 #4  Submitted > Unverified failed
    2026-11-03 12:00 2 #5  Failed > Unverified failed
    2026-11-03 13:00 2 #6  Failed > Unverified from=IGE
    2026-11-04 00:00 2 #7  Unverified > InVerification from=IGE
    2026-11-04 01:00 2 #8  InVerification > WaitingForResponse from=IGE
    2026-11-04 03:00 2 #9  WaitingForResponse > InVerification from=IGE
    2026-11-04 06:00 2 #10 InVerification > StageRollout refused from=IGE
    2026-11-04 07:00 2 #11 Failed > StageRollout from=IGE
    2026-11-04 08:00 2 #12 StageRollout > Production failed from=IGE
    2026-12-01 00:00 2 #31 Failed > Production from=IGE

    2026-11-05 00:00 3 created
    2026-11-05 01:00 3 #13 Submitted > Unverified from=EMI
    2026-11-05 02:00 3 #14 Unverified > InVerification from=EMI
    2026-11-05 03:00 3 #15 InVerification > StageRollout deferred from=EMI
    2026-11-06 03:00 3 #16 Deferred > StageRollout from=EMI
    2026-11-07 03:00 3 #17 StageRollout > Rejected from=EMI

    2026-11-08 00:00 4 created
    2026-11-08 01:00 4 #18 Submitted > Unverified emergency from=EMI
    2026-11-08 02:00 4 #19 Unverified > Production emergency from=EMI

    2026-11-09 00:00 5 created
    2026-11-09 01:00 5 #20 Submitted > Unverified failed

    2026-11-10 00:00 6 created
    2026-11-10 12:00 6 #21 Submitted > Ignored

    2026-10-01 00:00 7 created
";

fn november() -> Facts {
    complete(facts("2026-12-15 00:00", NOVEMBER))
}

/// A file of November's report.
fn of_november(sheet_name: &str) -> String {
    sheet(&november(), "2026-11", "2026-11", sheet_name)
}

/// Records 22 to 29 belong to releases that never were: fill the gap, which has a test of its own.
fn complete(mut facts: Facts) -> Facts {
    for fact in &mut facts.transitions {
        if fact.record.number() >= 30 {
            fact.record = RecordId::own(fact.record.number() - 8);
        }
    }
    facts
}

#[test]
fn deliveries_count_once_whatever_failed_before() {
    assert_eq!(
        of_november("m-repo-1"),
        "month,provider,delivered,created,not_delivered,ended_undelivered\n\
         2026-11,(unknown),0,5,2,1\n\
         2026-11,EMI,2,0,0,0\n\
         2026-11,IGE,1,0,0,0\n\
         2026-11,(all),3,5,2,1\n"
    );
}

#[test]
fn undelivered_releases_are_those_before_and_the_created_without_the_delivered_and_the_ended() {
    let facts = complete(facts("2026-12-15 00:00", NOVEMBER));
    let [october, november]: [MonthReport; 2] = month_reports(&facts, "2026-10", "2026-11").try_into().unwrap();
    let total = |report: &MonthReport, column| report.table("M.REPO-1").and_then(|table| table.total(column)).unwrap();
    // October: 1 and 7 are created, 1 is delivered, 7 waits.
    assert_eq!((total(&october, "created"), total(&october, "delivered"), total(&october, "not_delivered")), (2, 1, 1));
    assert_eq!(
        total(&november, "not_delivered"),
        total(&october, "not_delivered") + total(&november, "created")
            - total(&november, "delivered")
            - total(&november, "ended_undelivered")
    );
}

#[test]
fn a_deferred_release_has_passed_verification_and_an_emergency_is_shown_apart() {
    assert_eq!(
        of_november("m-repo-2"),
        "month,provider,verified,emergency_skips\n\
         2026-11,EMI,2,1\n\
         2026-11,IGE,1,0\n\
         2026-11,(all),3,1\n"
    );
}

#[test]
fn the_last_minute_of_a_month_is_in_it_and_the_first_of_the_next_is_not() {
    assert_eq!(
        of_november("m-repo-3"),
        "month,provider,accepted,emergency_skips\n\
         2026-11,EMI,1,1\n\
         2026-11,(all),1,1\n"
    );
    let facts = complete(facts("2026-12-15 00:00", NOVEMBER));
    assert_eq!(
        sheet(&facts, "2026-12", "2026-12", "m-repo-3"),
        "month,provider,accepted,emergency_skips\n\
         2026-12,IGE,1,0\n\
         2026-12,(all),1,0\n"
    );
}

#[test]
fn other_ends_and_requests_that_came_to_nothing_have_their_own_table() {
    assert_eq!(
        of_november("outcomes"),
        "month,provider,rejected,ignored,not_published,failed_requests,refused_requests\n\
         2026-11,(unknown),0,1,0,3,0\n\
         2026-11,EMI,1,0,0,0,0\n\
         2026-11,IGE,0,0,0,1,1\n\
         2026-11,(all),1,1,0,4,1\n"
    );
}

#[test]
fn what_comes_in_and_does_not_go_out_is_there_at_the_end() {
    assert_eq!(
        of_november("flow"),
        "month,state,wip_start,entries,exits,wip_end,unexplained\n\
         2026-11,Submitted,1,5,5,1,0\n\
         2026-11,Unverified,1,3,4,0,0\n\
         2026-11,InVerification,0,4,4,0,0\n\
         2026-11,WaitingForResponse,0,1,1,0,0\n\
         2026-11,StageRollout,0,3,3,0,0\n\
         2026-11,Deferred,0,1,1,0,0\n\
         2026-11,Production,0,2,0,2,0\n\
         2026-11,Rejected,0,1,0,1,0\n\
         2026-11,Ignored,0,1,0,1,0\n\
         2026-11,NotPublished,0,0,0,0,0\n\
         2026-11,Failed,0,4,2,2,0\n"
    );
}

#[test]
fn time_in_state_sums_every_stay_and_lists_what_is_too_little_for_percentiles() {
    // InVerification: release 2 was there 1 h and 3 h, release 3 1 h, release 1 a day.
    // Submitted: 5 left, after 1 h, 1 h, 1 h, 1 h and 12 h. Failed: release 2 was there 2 h and 1 h.
    assert_eq!(
        of_november("time-in-state"),
        "month,state,releases,stays,left_out,median_seconds,p85_seconds,p95_seconds,values_seconds,open,oldest_open_ticket,oldest_open_entered,oldest_open_seconds\n\
         2026-11,Submitted,5,5,0,3600,43200,43200,,1,7,2026-10-01T00:00:00Z,5270400\n\
         2026-11,Unverified,4,4,0,,,,3600 3600 39600 57600,0,,,\n\
         2026-11,InVerification,3,4,0,,,,3600 14400 86400,0,,,\n\
         2026-11,WaitingForResponse,1,1,0,,,,7200,0,,,\n\
         2026-11,StageRollout,3,3,0,,,,3600 86400 2505540,0,,,\n\
         2026-11,Deferred,1,1,0,,,,86400,0,,,\n\
         2026-11,Failed,1,2,0,,,,10800,2,2,2026-11-04T08:00:00Z,2304000\n"
    );
}

#[test]
fn a_stay_that_ends_later_still_lasts_in_the_month() {
    let stays = of_november("stays");
    let of = |number: &str| stays.lines().filter(|line| line.starts_with(number)).collect::<Vec<_>>().join("\n");
    assert_eq!(
        of("1,"),
        "1,storm-1.0,EMI,Unverified,2,2026-10-31T08:00:00Z,2026-11-01T00:00:00Z,57600,robot,vera,1,2\n\
         1,storm-1.0,EMI,InVerification,3,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,86400,vera,vera,2,3\n\
         1,storm-1.0,EMI,StageRollout,4,2026-11-02T00:00:00Z,2026-11-30T23:59:00Z,2505540,vera,sam,3,22\n\
         1,storm-1.0,EMI,Production,5,2026-11-30T23:59:00Z,,,sam,,22,"
    );
    assert_eq!(
        of("2,").lines().last(),
        Some("2,,IGE,Failed,9,2026-11-04T08:00:00Z,,2304000,,,12,"),
        "release 2 leaves Failed in December"
    );
    assert_eq!(of("7,"), "7,,,Submitted,1,2026-10-01T00:00:00Z,,5270400,,,,");
}

#[test]
fn every_counted_cell_is_traced_to_its_records() {
    let lineage = of_november("lineage");
    let of = |metric: &str| lineage.lines().filter(|line| line.starts_with(metric)).collect::<Vec<_>>().join("\n");
    assert_eq!(lineage.lines().next(), Some("metric,month,row,column,ticket,record"));
    assert_eq!(
        of("M.REPO-1"),
        "M.REPO-1,2026-11,(unknown),created,2,\n\
         M.REPO-1,2026-11,(unknown),created,3,\n\
         M.REPO-1,2026-11,(unknown),created,4,\n\
         M.REPO-1,2026-11,(unknown),created,5,\n\
         M.REPO-1,2026-11,(unknown),created,6,\n\
         M.REPO-1,2026-11,(unknown),ended_undelivered,6,21\n\
         M.REPO-1,2026-11,(unknown),not_delivered,5,\n\
         M.REPO-1,2026-11,(unknown),not_delivered,7,\n\
         M.REPO-1,2026-11,EMI,delivered,3,13\n\
         M.REPO-1,2026-11,EMI,delivered,4,18\n\
         M.REPO-1,2026-11,IGE,delivered,2,6"
    );
    assert_eq!(
        of("M.REPO-2"),
        "M.REPO-2,2026-11,EMI,emergency_skips,4,19\n\
         M.REPO-2,2026-11,EMI,verified,1,3\n\
         M.REPO-2,2026-11,EMI,verified,3,15\n\
         M.REPO-2,2026-11,IGE,verified,2,11"
    );
    assert_eq!(
        of("M.REPO-3"),
        "M.REPO-3,2026-11,EMI,accepted,1,22\n\
         M.REPO-3,2026-11,EMI,emergency_skips,4,19"
    );
    assert_eq!(
        of("time-in-state,2026-11,Failed"),
        "time-in-state,2026-11,Failed,open,2,12\n\
         time-in-state,2026-11,Failed,open,5,20\n\
         time-in-state,2026-11,Failed,stays,2,6\n\
         time-in-state,2026-11,Failed,stays,2,11"
    );
}

#[test]
fn a_clean_log_has_nothing_to_report() {
    assert_eq!(of_november("data-quality"), "month,problem,ticket,record,time,detail\n");
}

#[test]
fn an_empty_month_has_its_files_with_zeros() {
    let nothing = Facts::none(at("2026-12-01 00:00"));
    let report = month_report(&nothing, "2026-11");
    assert_eq!(
        sheet(&nothing, "2026-11", "2026-11", "m-repo-3"),
        "month,provider,accepted,emergency_skips\n2026-11,(all),0,0\n"
    );
    assert_eq!(sheet(&nothing, "2026-11", "2026-11", "lineage"), "metric,month,row,column,ticket,record\n");
    assert!(report.flow.iter().all(|row| row.wip_end == 0 && row.unexplained() == 0));
    assert!(report.time_in_state.iter().all(|row| row.seconds.spread == Spread::Listed(Vec::new())));
}

#[test]
fn a_second_passage_counts_in_no_month() {
    let twice = facts(
        "2027-01-01 00:00",
        "2026-10-01 00:00 1 created
         2026-10-02 00:00 1 #1 Submitted > Unverified
         2026-10-03 00:00 1 #2 Unverified > InVerification
         2026-10-04 00:00 1 #3 InVerification > StageRollout
         2026-10-05 00:00 1 #4 StageRollout > Unverified refused
         2026-11-01 00:00 1 #5 Failed > Submitted
         2026-11-02 00:00 1 #6 Submitted > Unverified
         2026-11-03 00:00 1 #7 Unverified > InVerification
         2026-11-04 00:00 1 #8 InVerification > StageRollout",
    );
    let report = month_report(&twice, "2026-11");
    assert_eq!(report.table("M.REPO-1").unwrap().total("delivered"), Some(0));
    assert_eq!(report.table("M.REPO-2").unwrap().total("verified"), Some(0));
    // The second stay in Submitted makes no delivered release an undelivered one.
    assert_eq!(report.table("M.REPO-1").unwrap().total("not_delivered"), Some(0));
}

#[test]
fn leaving_failed_counts_only_as_what_had_been_attempted() {
    // 1: emergency promotion failed and retried: a skip, as the attempt was. 2: refused for another reason in between.
    // 3: nobody had asked for production before, so this is no passage of staged rollout.
    let log = facts(
        "2027-01-01 00:00",
        "2026-10-01 00:00 1 created
         2026-10-01 00:00 2 created
         2026-10-01 00:00 3 created
         2026-11-02 00:00 1 #1 Submitted > Unverified emergency
         2026-11-03 00:00 1 #2 Unverified > StageRollout emergency failed
         2026-11-04 00:00 1 #3 Failed > StageRollout emergency
         2026-11-02 00:00 2 #4 Submitted > Unverified
         2026-11-03 00:00 2 #5 Unverified > InVerification
         2026-11-04 00:00 2 #6 InVerification > StageRollout failed
         2026-11-05 00:00 2 #7 Failed > InVerification refused
         2026-11-06 00:00 2 #8 Failed > StageRollout deferred
         2026-11-02 00:00 3 #9 Submitted > Unverified
         2026-11-03 00:00 3 #10 Unverified > InVerification
         2026-11-04 00:00 3 #11 InVerification > StageRollout
         2026-11-05 00:00 3 #12 StageRollout > InVerification refused
         2026-11-06 00:00 3 #13 Failed > Production",
    );
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "lineage")
            .lines()
            .filter(|line| line.starts_with("M.REPO-2"))
            .collect::<Vec<_>>(),
        [
            "M.REPO-2,2026-11,(unknown),emergency_skips,1,3",
            "M.REPO-2,2026-11,(unknown),verified,2,8",
            "M.REPO-2,2026-11,(unknown),verified,3,11",
        ]
    );
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "m-repo-3"),
        "month,provider,accepted,emergency_skips\n2026-11,(unknown),0,1\n2026-11,(all),0,1\n"
    );
}

#[test]
fn five_releases_have_percentiles_and_their_seconds_are_not_listed() {
    let lines: Vec<String> = (1..=5)
        .map(|n| format!("2026-11-01 00:00 {n} created\n2026-11-01 0{n}:00 {n} #{n} Submitted > Unverified"))
        .collect();
    let lines = lines.join("\n");
    let log = facts("2026-12-01 00:00", &lines);
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "time-in-state").lines().nth(1),
        Some("2026-11,Submitted,5,5,0,10800,18000,18000,,0,,,")
    );
}

#[test]
fn what_is_still_open_is_as_old_as_the_facts_in_a_running_month() {
    let report = month_report(&facts("2026-11-01 01:00", "2026-11-01 00:00 1 created"), "2026-11");
    assert_eq!(report.time_in_state[0].oldest_open.and_then(|stay| stay.seconds), Some(3600));
}

#[test]
fn text_is_quoted_as_rfc_4180_has_it() {
    let mut log = facts("2026-12-01 00:00", "2026-11-01 00:00 1 created\n2026-11-02 00:00 1 #1 Submitted > Unverified");
    log.transitions[0].provider = Some("Tools, \"Grid\"\r\nand =more".to_owned());
    let (columns, mut bytes) = (FactColumns::of(&log), Vec::new());
    crate::report(&columns, month("2026-11"), month("2026-11")).write("m-repo-1", Format::Csv, &mut bytes).unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "month,provider,delivered,created,not_delivered,ended_undelivered\r\n\
         2026-11,(unknown),0,1,0,0\r\n\
         2026-11,\"Tools, \"\"Grid\"\"\r\nand =more\",1,0,0,0\r\n\
         2026-11,(all),1,1,0,0\r\n"
    );
}

#[test]
fn bad_data_is_listed_with_ticket_and_record() {
    let mut log = facts(
        "2026-12-01 00:00",
        "2026-11-10 00:00 1 created
         2026-11-12 00:00 1 created
         2026-11-11 00:00 1 #1 Submitted > Unverified
         2026-11-10 12:00 1 #2 Unverified > InVerification
         2026-11-13 00:00 1 #3 Unverified > Production
         2026-11-14 00:00 1 #4 Production > Rejected
         2026-11-15 00:00 2 #5 InVerification > Rejected
         2030-01-01 00:00 3 created
         2026-11-16 00:00 4 created
         2026-11-17 00:00 4 #9 Submitted > Unverified",
    );
    log.transitions.push(log.transitions[0].clone());
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "data-quality"),
        "month,problem,ticket,record,time,detail\n\
         ,future-time,3,,2030-01-01T00:00:00Z,the time lies after the facts were read\n\
         2026-11,gap-in-log,,9,2026-11-17T00:00:00Z,records 6 to 8 are missing\n\
         2026-11,duplicate-submission,1,,2026-11-12T00:00:00Z,ticket 1 was created more than once\n\
         2026-11,duplicate-record,1,1,2026-11-11T00:00:00Z,record 1 occurs more than once\n\
         2026-11,left-before-entered,1,2,2026-11-10T12:00:00Z,Unverified was left before it was entered\n\
         2026-11,not-in-state,1,3,2026-11-13T00:00:00Z,\"the release stood in InVerification, the record starts from Unverified\"\n\
         2026-11,skipped-without-emergency,1,3,2026-11-13T00:00:00Z,Unverified to Production and no emergency\n\
         2026-11,left-terminal-state,1,4,2026-11-14T00:00:00Z,Production was left for Rejected\n\
         2026-11,never-submitted,2,5,2026-11-15T00:00:00Z,nothing tells when ticket 2 was created\n"
    );
}

#[test]
fn an_impossible_stay_is_left_out_and_said_to_be() {
    let log = facts(
        "2026-12-01 00:00",
        "2026-11-10 00:00 1 created
         2026-11-11 00:00 1 #1 Submitted > Unverified
         2026-11-10 12:00 1 #2 Unverified > InVerification",
    );
    let report = month_report(&log, "2026-11");
    let unverified = &report.time_in_state[1];
    assert_eq!((unverified.seconds.n, unverified.stays, unverified.left_out), (0, 0, 1));
    let stays = crate::stays(&FactColumns::of(&log), at("2026-12-01 00:00"));
    let stay = stays.iter().find(|stay| stay.number == 2).unwrap();
    assert_eq!((stay.entered, stay.left, stay.seconds), (at("2026-11-11 00:00"), Some(at("2026-11-10 12:00")), None));
}

#[test]
fn a_clock_that_jumps_back_is_reported_in_the_month_the_log_had_reached() {
    let log = facts(
        "2026-12-01 00:00",
        "2026-11-10 00:00 1 created
         1970-01-01 00:00 1 #1 Submitted > Unverified",
    );
    let november = month_report(&log, "2026-11");
    assert_eq!(november.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::ClockSkew]);
    assert!(month_report(&log, "1970-01").problems.is_empty());
}

#[test]
fn an_outcome_that_disagrees_with_the_state_is_listed() {
    let mut log = facts("2026-12-01 00:00", "2026-11-01 00:00 1 created\n2026-11-02 00:00 1 #1 Submitted > Unverified");
    log.transitions[0].to = RolloutState::Deferred;
    let report = month_report(&log, "2026-11");
    assert_eq!(report.problems[0].detail, "asked Unverified, performed, yet now in Deferred");
    assert_eq!(report.table("M.REPO-1").unwrap().total("delivered"), Some(1));
}

#[test]
fn a_later_look_at_one_release_shows_its_open_stay() {
    let log = facts(
        "2026-12-01 00:00",
        "2026-11-01 00:00 9 created
         2026-11-02 00:00 9 #1 Submitted > Unverified by=robot from=EMI release=storm-1.0",
    );
    let stays = crate::stays(&FactColumns::of(&log), at("2026-11-02 00:00"));
    assert_eq!(
        stays.last().map(|stay| (stay.ticket, stay.state, stay.seconds)),
        Some((ticket(9), RolloutState::Unverified, Some(0)))
    );
    let mut csv = Vec::new();
    crate::write_stays(&FactColumns::of(&log), at("2026-11-03 00:00"), None, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(
        csv.replace("\r\n", "\n"),
        "ticket,release,provider,state,stay,entered,left,seconds,entered_by,left_by,entered_record,left_record\n\
         9,storm-1.0,EMI,Submitted,1,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,86400,,robot,,1\n\
         9,storm-1.0,EMI,Unverified,2,2026-11-02T00:00:00Z,,86400,robot,,1,\n"
    );
}

#[test]
fn the_log_itself_tells_of_a_tickets_creation() {
    let entry = |day: u32, from, asked| HistoryEntry {
        ticket: ticket(9),
        at: at(&format!("2026-11-0{day} 00:00")),
        from,
        asked,
        to: asked,
        outcome: Outcome::Performed,
        by: Some("provider".to_owned()),
        reasons: Vec::new(),
        emergency: Emergency::No,
        provider: None,
        release: None,
        imported: None,
    };
    let created =
        HistoryRecord::chain(1, entry(1, RolloutState::Submitted, RolloutState::Submitted), HistoryRecord::GENESIS);
    let moved = HistoryRecord::chain(2, entry(2, RolloutState::Submitted, RolloutState::Unverified), created.digest);
    // A notice that told of nothing leaves the release where it was: no second creation, and no request either.
    let mut nothing = entry(3, RolloutState::Submitted, RolloutState::Submitted);
    nothing.outcome = Outcome::Disregarded;
    (nothing.from, nothing.asked, nothing.to) =
        (RolloutState::Unverified, RolloutState::Rejected, RolloutState::Unverified);
    let nothing = HistoryRecord::chain(3, nothing, moved.digest);
    let log = Facts::of_history(&[created, moved, nothing], at("2026-12-01 00:00"));
    assert_eq!((log.submitted.len(), log.transitions.len()), (1, 2));
    let report = month_report(&log, "2026-11");
    assert_eq!(report.problems, [], "the record of the creation leaves no gap");
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "lineage").lines().find(|line| line.contains("created")),
        Some("M.REPO-1,2026-11,(unknown),created,9,1")
    );
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "stays").lines().nth(1),
        Some("9,,,Submitted,1,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,86400,provider,provider,1,2")
    );
}

#[test]
fn every_file_has_the_columns_the_catalogue_names() {
    let specs = METRICS.iter().map(|metric| (metric.file, metric.columns));
    let specs: Vec<_> = specs.chain(crate::FILES.iter().map(|file| (file.name, file.columns))).collect();
    for (name, columns) in &specs {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        assert_eq!(of_november(name).lines().next(), Some(names.join(",").as_str()), "{name}");
    }
    assert_eq!(specs.iter().map(|spec| spec.0).collect::<Vec<_>>(), sheets());
}
