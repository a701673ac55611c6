//! One product, four teams of three NGIs: one declines, one is silent, one accepts with warnings, one rejects and is answered.

use crate::world::{REPORT, World};

#[test]
fn a_staged_rollout_with_four_teams_is_accepted_on_evidence_and_counted() {
    let world = World::with_teams();
    assert!(world.done(&["ea", "list"]).contains("NCG-INGRID-PT"));
    let ticket = world.deliver("storm", "1.11.2");
    let covered = world.json(&["ea", "coverage", "--json"]);
    assert_eq!(covered[0]["teams"], serde_json::json!(["CESNET", "IFCA-LCG2", "NCG-INGRID-PT", "UKI-LT2-Brunel"]));
    let report = "Verification-Report=https://documents.example.org/verification";
    world.site.set(ticket, "carlos", &[report, "RolloutProgress=StageRollout"]).unwrap();

    let comments = world.site.comments(ticket).unwrap().concat();
    assert!(comments.contains("Early-adopter teams were invited to try TP.storm.sl6.x86_64 1.11.2"), "{comments}");
    assert!(!comments.contains("SiGNET"), "{comments}");
    assert_eq!(world.early_adopters(ticket), Vec::<String>::new(), "who did not accept hears nothing");
    for team in ["NCG-INGRID-PT", "IFCA-LCG2", "UKI-LT2-Brunel", "CESNET"] {
        let part = world.part(ticket, team);
        assert_eq!((part["participation"].as_str(), part["child"].is_u64()), (Some("Invited"), true), "{part}");
    }

    world.say("accept", ticket, "NCG-INGRID-PT", "mario_pt", &[]);
    world.say("accept", ticket, "IFCA-LCG2", "alvaro", &[]);
    world.say("decline", ticket, "UKI-LT2-Brunel", "raul", &[]);
    let hearing = ["early-adopters-ifca@example.org", "early-adopters-ingrid@example.org"];
    assert_eq!(world.early_adopters(ticket), hearing);

    world.site.set(ticket, "mario", &[REPORT, "RolloutProgress=Production"]).unwrap();
    assert_eq!(world.stands(ticket), "StageRollout Error", "nothing failed: it waits where it is");
    let why = world.last_comment(ticket);
    for reason in ["NCG-INGRID-PT take part and have not reported", "IFCA-LCG2 take part", "[too-few-accepts"] {
        assert!(why.contains(reason), "{reason}: {why}");
    }

    let (link, note) = ("https://documents.example.org/ingrid", "the port of the SRM has to be opened");
    world.say("report", ticket, "NCG-INGRID-PT", "mario_pt", &["AcceptWithWarnings", "--report", link, "--note", note]);
    world.site.set(ticket, "mario", &["RolloutProgress=Production"]).unwrap();
    assert_eq!(world.stands(ticket), "StageRollout Error", "not on the first positive report");
    world.say("report", ticket, "IFCA-LCG2", "alvaro", &["Reject", "--note", "the daemon does not start"]);
    world.site.set(ticket, "mario", &["RolloutProgress=Production"]).unwrap();
    assert!(world.last_comment(ticket).contains("[reject-unanswered"), "{}", world.last_comment(ticket));
    world.refused(&["ea", "answer", &ticket.to_string(), "IFCA-LCG2", "no", "--as", "alvaro"], "role rollout-manager");
    world.say("answer", ticket, "IFCA-LCG2", "mario", &["a wrong setting of the site; it starts now"]);
    world.site.set(ticket, "mario", &["RolloutProgress=Production"]).unwrap();
    assert_eq!(world.stands(ticket), "Production OK");

    let part = world.part(ticket, "CESNET");
    assert_eq!((part["participation"].as_str(), &part["outcome"]), (Some("NoAnswer"), &serde_json::Value::Null));
    let child = world.site.folder().join(format!("desk/teams/{}.json", part["child"]));
    assert!(crate::world::read(&child).contains("\"open\": false"));

    // By hand: two teams took part and reported, of one NGI, on one release; the report was published before acceptance.
    let month = chrono::Utc::now().format("%Y-%m").to_string();
    assert_eq!(world.sheet("M.SA1.3-1"), [format!("{month},1,2,0,2.00,,2")]);
    assert_eq!(world.sheet("M.SA1.3-5"), [format!("{month},1,1,0,0,0,,,,0,0")]);
    let of_teams = [
        "CESNET,prague_cesnet_lcg2,NGI_CZ,0,0,0,0,0,1,0,1",
        "IFCA-LCG2,IFCA-LCG2,NGI_IBERGRID,1,0,0,1,0,1,0,0",
        "NCG-INGRID-PT,NCG-INGRID-PT,NGI_IBERGRID,1,0,1,0,0,1,0,0",
        "UKI-LT2-Brunel,UKI-LT2-Brunel,NGI_UK,0,0,0,0,0,1,1,0",
        "(all),,,2,0,1,1,0,4,1,1",
    ];
    assert_eq!(world.sheet("M.SA1.3-6"), of_teams.map(|line| format!("{month},{line}")));
    let of_ngis = world.sheet("M.SA1.3-7");
    assert!(of_ngis.contains(&format!("{month},NGI_IBERGRID,2,1")), "{of_ngis:#?}");
    assert!(of_ngis.contains(&format!("{month},(all),2,1")), "{of_ngis:#?}");
}
