//! Hand-counted: the metrics of the staged rollout.

use super::*;

/// Release 1 fails on its way to production and is tried again, 2 is rejected while deferred, 3 is rejected, 4 has its
/// report before it is accepted, 5 long after.
const NOVEMBER: &str = "
    2026-10-20 00:00 1 created
    2026-10-21 00:00 1 #1 Submitted > Unverified from=EMI release=storm-1.0
    2026-10-22 00:00 1 #2 Unverified > InVerification from=EMI release=storm-1.0
    2026-11-01 00:00 1 #3 InVerification > StageRollout from=EMI release=storm-1.0
    2026-11-01 00:00 1 team=A ngi=IT site=CNAF answered=2026-11-02 finished=2026-11-03 as=Accept
    2026-11-01 00:00 1 team=B ngi=IT site=BARI answered=2026-11-02 finished=2026-11-04 as=AcceptWithWarnings
    2026-11-01 00:00 1 team=C ngi=GR site=GRNET answered=2026-11-02 is=Declined
    2026-11-01 00:00 1 team=D ngi=GR site=AUTH
    2026-11-05 00:00 1 #4 StageRollout > Production failed from=EMI release=storm-1.0
    2026-11-05 06:00 1 #5 Failed > Production from=EMI release=storm-1.0 by=sam
    2026-11-06 00:00 1 published

    2026-11-01 00:00 2 created
    2026-11-02 00:00 2 #6 Submitted > Unverified from=IGE
    2026-11-03 00:00 2 #7 Unverified > InVerification from=IGE
    2026-11-04 00:00 2 #8 InVerification > StageRollout deferred from=IGE
    2026-11-10 00:00 2 #9 Deferred > Rejected from=IGE by=mario why=broken

    2026-11-01 00:00 3 created
    2026-11-02 00:00 3 #10 Submitted > Unverified from=EMI
    2026-11-03 00:00 3 #11 Unverified > InVerification from=EMI
    2026-11-04 00:00 3 #12 InVerification > StageRollout from=EMI
    2026-11-04 00:00 3 team=A ngi=IT site=CNAF answered=2026-11-05 finished=2026-11-19 as=Reject
    2026-11-04 00:00 3 team=C ngi=GR site=GRNET answered=2026-11-05 finished=2026-12-02 as=Accept
    2026-11-20 00:00 3 #13 StageRollout > Rejected from=EMI

    2026-11-01 00:00 4 created
    2026-11-02 00:00 4 #14 Submitted > Unverified from=EMI
    2026-11-03 00:00 4 #15 Unverified > InVerification from=EMI
    2026-11-04 00:00 4 #16 InVerification > StageRollout from=EMI
    2026-11-20 00:00 4 published
    2026-11-24 00:00 4 #17 StageRollout > Production from=EMI

    2026-11-01 00:00 5 created
    2026-11-02 00:00 5 #18 Submitted > Unverified from=EMI
    2026-11-03 00:00 5 #19 Unverified > InVerification from=EMI
    2026-11-16 01:00 5 #20 InVerification > StageRollout from=EMI
    2026-11-26 01:00 5 #21 StageRollout > Production from=EMI
    2026-12-03 01:00 5 published
";

fn log() -> Facts {
    facts("2027-01-15 00:00", NOVEMBER)
}

fn shown(name: &str) -> String {
    sheet(&log(), "2026-11", "2026-11", name)
}

#[test]
fn teams_that_reported_by_the_end_of_the_month_count_for_the_releases_whose_rollout_ended() {
    assert_eq!(
        shown("m-sa1-3-1"),
        "month,releases,teams,without_team,mean_teams,median_teams,values_teams\n\
         2026-11,4,3,2,0.75,,0 0 1 2\n"
    );
    assert_eq!(
        shown("m-sa1-3-1-releases"),
        "month,ticket,release,provider,record,ended,state,teams\n\
         2026-11,1,storm-1.0,EMI,5,2026-11-05T06:00:00Z,Production,2\n\
         2026-11,3,,EMI,13,2026-11-20T00:00:00Z,Rejected,1\n\
         2026-11,4,,EMI,17,2026-11-24T00:00:00Z,Production,0\n\
         2026-11,5,,EMI,21,2026-11-26T01:00:00Z,Production,0\n"
    );
}

#[test]
fn a_rollout_ends_with_success_or_reject_and_deferred_ones_are_shown_apart() {
    assert_eq!(shown("m-sa1-3-2"), "month,provider,successes\n2026-11,EMI,3\n2026-11,(all),3\n");
    assert_eq!(
        shown("m-sa1-3-3"),
        "month,provider,rejects,rejected_deferred\n\
         2026-11,EMI,1,0\n\
         2026-11,IGE,1,1\n\
         2026-11,(all),2,1\n"
    );
}

#[test]
fn the_time_to_acceptance_holds_what_was_failed_and_shows_it_apart() {
    assert_eq!(
        shown("m-sa1-3-4"),
        "month,releases,left_out,mean_seconds,min_seconds,max_seconds,median_seconds,p85_seconds,p95_seconds,values_seconds,deferred_seconds,failed_seconds\n\
         2026-11,3,0,986400,367200,1728000,,,,367200 864000 1728000,0,21600\n"
    );
    assert_eq!(
        shown("m-sa1-3-4-releases").lines().nth(1),
        Some("2026-11,1,storm-1.0,EMI,5,2026-11-01T00:00:00Z,2026-11-05T06:00:00Z,367200,0,21600")
    );
}

#[test]
fn a_report_before_acceptance_counts_as_nothing_and_a_missing_one_has_an_age() {
    let header = "month,published,before_acceptance,mean_seconds,min_seconds,max_seconds,median_seconds,p85_seconds,p95_seconds,values_seconds,without_report\n";
    assert_eq!(
        sheet(&log(), "2026-11", "2026-12", "m-sa1-3-5"),
        format!("{header}2026-11,2,1,32400,0,64800,,,,0 64800,1\n2026-12,1,0,604800,604800,604800,,,,604800,0\n")
    );
    assert_eq!(
        shown("m-sa1-3-5-releases"),
        "month,ticket,release,provider,record,accepted,published,seconds,age_seconds\n\
         2026-11,1,storm-1.0,EMI,5,2026-11-05T06:00:00Z,2026-11-06T00:00:00Z,64800,\n\
         2026-11,4,,EMI,17,2026-11-24T00:00:00Z,2026-11-20T00:00:00Z,0,\n\
         2026-11,5,,EMI,21,2026-11-26T01:00:00Z,,,428400\n"
    );
}

#[test]
fn teams_are_counted_by_what_they_reported_and_by_what_they_answered() {
    assert_eq!(
        shown("m-sa1-3-6"),
        "month,team,site,ngi,releases,accepts,accepts_with_warnings,rejects,aborts,invited,declined,no_answer\n\
         2026-11,A,CNAF,IT,2,1,0,1,0,2,0,0\n\
         2026-11,B,BARI,IT,1,0,1,0,0,1,0,0\n\
         2026-11,C,GRNET,GR,0,0,0,0,0,2,1,0\n\
         2026-11,D,AUTH,GR,0,0,0,0,0,1,0,1\n\
         2026-11,(all),,,3,1,1,1,0,6,1,1\n"
    );
}

#[test]
fn two_teams_of_one_ngi_on_one_release_are_two_participations_and_one_release() {
    assert_eq!(
        sheet(&log(), "2026-11", "2026-12", "m-sa1-3-7"),
        "month,ngi,participations,releases\n\
         2026-11,IT,3,2\n\
         2026-11,(all),3,2\n\
         2026-12,GR,1,1\n\
         2026-12,(all),1,1\n"
    );
}

#[test]
fn a_release_tried_in_two_ngis_is_one_release_over_all() {
    let both = facts(
        "2027-01-01 00:00",
        "2026-11-01 00:00 1 created
         2026-11-02 00:00 1 team=A ngi=IT site=CNAF answered=2026-11-02 finished=2026-11-03 as=Accept
         2026-11-02 00:00 1 team=C ngi=GR site=GRNET answered=2026-11-02 finished=2026-11-03 as=Accept",
    );
    assert_eq!(
        sheet(&both, "2026-11", "2026-11", "m-sa1-3-7"),
        "month,ngi,participations,releases\n2026-11,GR,1,1\n2026-11,IT,1,1\n2026-11,(all),2,1\n"
    );
}

#[test]
fn the_lineage_names_participations_and_reports_by_their_own_numbers() {
    let lineage = shown("lineage");
    let of = |metric: &str| lineage.lines().filter(|line| line.starts_with(metric)).collect::<Vec<_>>().join("\n");
    assert_eq!(
        of("M.SA1.3-1"),
        "M.SA1.3-1,2026-11,(all),releases,1,5\n\
         M.SA1.3-1,2026-11,(all),releases,3,13\n\
         M.SA1.3-1,2026-11,(all),releases,4,17\n\
         M.SA1.3-1,2026-11,(all),releases,5,21\n\
         M.SA1.3-1,2026-11,(all),teams,1,1\n\
         M.SA1.3-1,2026-11,(all),teams,1,2\n\
         M.SA1.3-1,2026-11,(all),teams,3,5"
    );
    assert_eq!(
        of("M.SA1.3-5"),
        "M.SA1.3-5,2026-11,(all),before_acceptance,4,2\n\
         M.SA1.3-5,2026-11,(all),published,1,1\n\
         M.SA1.3-5,2026-11,(all),published,4,2\n\
         M.SA1.3-5,2026-11,(all),without_report,5,21"
    );
    assert_eq!(
        of("M.SA1.3-7"),
        "M.SA1.3-7,2026-11,(all),releases,1,1\n\
         M.SA1.3-7,2026-11,(all),releases,3,5\n\
         M.SA1.3-7,2026-11,IT,participations,1,1\n\
         M.SA1.3-7,2026-11,IT,participations,1,2\n\
         M.SA1.3-7,2026-11,IT,participations,3,5\n\
         M.SA1.3-7,2026-11,IT,releases,1,1\n\
         M.SA1.3-7,2026-11,IT,releases,3,5"
    );
}

#[test]
fn rejections_are_listed_with_who_asked_and_why() {
    assert_eq!(
        shown("rejections"),
        "month,ticket,release,provider,record,time,from,asked,by,reasons\n\
         2026-11,2,,IGE,9,2026-11-10T00:00:00Z,Deferred,Rejected,mario,broken\n\
         2026-11,3,,EMI,13,2026-11-20T00:00:00Z,StageRollout,Rejected,,\n"
    );
}

#[test]
fn what_is_odd_about_teams_is_listed_and_the_late_report_with_the_month_it_came_in() {
    let odd = facts(
        "2027-01-01 00:00",
        "2026-11-01 00:00 1 created
         2026-11-02 00:00 1 #1 Submitted > StageRollout emergency
         2026-11-03 00:00 1 team=A ngi=IT site=CNAF finished=2026-11-03 as=Accept
         2026-11-03 00:00 1 team=B site=BARI answered=2026-11-05 finished=2026-11-04 as=Accept
         2026-11-03 00:00 1 team=A ngi=IT site=CNAF answered=2026-11-04 finished=2026-11-05 as=Reject
         2026-11-03 00:00 1 team=C ngi=GR site=GRNET answered=2026-11-04 as=Accept
         2026-11-03 00:00 1 team=D ngi=GR site=AUTH answered=2026-11-04 finished=2026-11-09 as=Accept
         2026-11-08 00:00 1 #2 StageRollout > Production
         2026-11-09 00:00 2 team=D ngi=IT site=AUTH answered=2026-11-10
         2026-11-10 00:00 3 published",
    );
    let listed = sheet(&odd, "2026-11", "2026-11", "data-quality");
    assert_eq!(
        listed,
        "month,problem,ticket,record,time,detail\n\
         2026-11,outcome-before-acceptance,1,1,2026-11-03T00:00:00Z,team A reported an outcome and had not accepted to take part\n\
         2026-11,unknown-team,1,2,2026-11-05T00:00:00Z,team B has no site or no NGI\n\
         2026-11,outcome-before-acceptance,1,2,2026-11-05T00:00:00Z,team B reported an outcome and had not accepted to take part\n\
         2026-11,duplicate-participation,1,3,2026-11-05T00:00:00Z,team A takes part more than once\n\
         2026-11,outcome-without-time,1,4,2026-11-04T00:00:00Z,nothing tells when team C reported its outcome\n\
         2026-11,outcome-after-rollout,1,5,2026-11-09T00:00:00Z,team D reported after the release had left staged rollout\n\
         2026-11,team-in-two-places,2,6,2026-11-10T00:00:00Z,\"team D stands with AUTH, IT and with AUTH, GR\"\n\
         2026-11,unknown-ticket,2,6,2026-11-10T00:00:00Z,the log knows nothing of ticket 2\n\
         2026-11,unknown-ticket,3,1,2026-11-10T00:00:00Z,the log knows nothing of ticket 3\n"
    );
}

#[test]
fn five_releases_have_percentiles() {
    let lines: Vec<String> = (1..=5)
        .map(|n| {
            let [a, b, c, d] = [n * 4 - 3, n * 4 - 2, n * 4 - 1, n * 4];
            format!(
                "2026-11-01 00:00 {n} created
                 2026-11-02 00:00 {n} #{a} Submitted > Unverified
                 2026-11-03 00:00 {n} #{b} Unverified > InVerification
                 2026-11-04 00:00 {n} #{c} InVerification > StageRollout
                 2026-11-1{n} 00:00 {n} #{d} StageRollout > Production"
            )
        })
        .collect();
    let log = facts("2027-01-01 00:00", &lines.join("\n"));
    let day = 24 * 3600;
    assert_eq!(
        sheet(&log, "2026-11", "2026-11", "m-sa1-3-4").lines().nth(1),
        Some(
            format!("2026-11,5,0,{},{},{},{},{},{},,0,0", 9 * day, 7 * day, 11 * day, 9 * day, 11 * day, 11 * day)
                .as_str()
        )
    );
    assert_eq!(sheet(&log, "2026-11", "2026-11", "m-sa1-3-1").lines().nth(1), Some("2026-11,5,0,5,0.00,0,"));
}
