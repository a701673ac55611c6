//! What is on the table: the board, the consolidated report, the evidence pack.

use std::process::Command;

use nsrw_tests::process::run;
use nsrw_tests::serve::{FORM, Serving, make_nonce, render_form};

use crate::world::{REPORT, World, read};

/// A release that was accepted with a warning.
fn accepted(world: &World) -> u64 {
    let ticket = world.stage("storm", "1.0.0");
    world.say("accept", ticket, "CESNET", "jan", &[]);
    let more =
        ["AcceptWithWarnings", "--report", "https://documents.example.org/cz", "--note", "open *port* 8444 | first"];
    world.say("report", ticket, "CESNET", "jan", &more);
    ticket
}

#[test]
fn the_board_tells_what_blocks() {
    let world = World::with_teams();
    assert_eq!(world.done(&["board"]), "no release is on its way\n");
    let staged = world.stage("storm", "1.0.0");
    world.say("accept", staged, "CESNET", "jan", &[]);
    let verified = world.deliver("dpm", "1.0.0");
    world.done(&["ticket", "set", &verified.to_string(), "Owner=carlos", "--as", "carlos"]);
    let board = world.done(&["board"]);
    for text in
        ["InVerification (1)", "StageRollout (1)", "0 days, carlos", "! CESNET has not reported", "! 0 of 1 accepts"]
    {
        assert!(board.contains(text), "{text}:\n{board}");
    }
    assert!(board.lines().all(|line| line.chars().count() <= 64), "{board}");
    let cards = world.json(&["board", "--json"]);
    assert_eq!((&cards[0]["state"], &cards[1]["owner"]), (&"StageRollout".into(), &"carlos".into()));
}

#[test]
fn the_consolidated_report_has_every_warning_and_its_link_goes_to_the_ticket() {
    let world = World::with_teams();
    let ticket = accepted(&world);
    let out = world.path("out");
    let link = "https://documents.example.org/consolidated";
    let words = ["ea", "consolidate", &ticket.to_string(), "--out", &out, "--link", link, "--as", "mario"];
    world.done(&words);
    assert_eq!(world.site.field(ticket, "StageRollout-Report").unwrap(), link);
    let markdown = read(&world.home.path().join(format!("out/staged-rollout-{ticket}.md")));
    assert!(markdown.contains("- **CESNET**: open \\*port\\* 8444 \\| first"), "{markdown}");
    assert!(markdown.contains("4 early-adopter teams were invited, 1 took part"), "{markdown}");
    let pdf = world.home.path().join(format!("out/staged-rollout-{ticket}.pdf"));
    run(Command::new("qpdf").arg("--check").arg(&pdf)).unwrap();
    let text = run(Command::new("pdftotext").arg("-layout").arg(&pdf).arg("-")).unwrap();
    for part in
        ["Staged rollout of TP.storm.sl6.x86_64 1.0.0", "open *port* 8444 | first", "AcceptWithWarnings", "NGI_CZ"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    world.refused(
        &["ea", "consolidate", &ticket.to_string(), "--out", &out, "--link", "nowhere"],
        "StageRollout-Report",
    );
}

#[test]
fn an_evidence_pack_is_checked_without_the_site_and_no_byte_of_it_can_differ() {
    let world = World::with_teams();
    let ticket = accepted(&world);
    world.site.set(ticket, "mario", &[REPORT, "RolloutProgress=Production"]).unwrap();
    let other = world.deliver("dpm", "1.0.0");
    let pack = world.path("pack.tar");
    world.done(&["release", "evidence", &ticket.to_string(), "--out", &pack]);
    let listed = run(Command::new("tar").args(["--list", "--file", &pack])).unwrap();
    for file in ["SHA256SUMS", "release.xml", "plans.json", "history.jsonl", "participations.json", "content.json"] {
        assert!(listed.lines().any(|line| line == file), "{file}: {listed}");
    }
    assert!(listed.contains("repository/production/") && listed.contains("/repodata/repomd.xml"), "{listed}");
    std::fs::rename(world.site.folder(), world.home.path().join("elsewhere")).unwrap();
    let verify = |file: &str| world.try_to(&["evidence", "verify", file]);
    let whole = verify(&pack);
    assert_eq!(whole.code, 0, "{}{}", whole.answer, whole.log);
    assert!(
        whole.answer.contains("in Production") && whole.answer.contains("the history has 5 records of it"),
        "{}",
        whole.answer
    );
    // Others check the digests with what they have.
    let folder = world.path("unpacked");
    std::fs::create_dir(&folder).unwrap();
    run(Command::new("tar").args(["--extract", "--file", &pack, "--directory", &folder])).unwrap();
    run(Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&folder)).unwrap();

    let bytes = std::fs::read(&pack).unwrap();
    for place in (0..bytes.len()).step_by(bytes.len() / 12) {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        let file = world.path("altered.tar");
        std::fs::write(&file, altered).unwrap();
        let refused = verify(&file);
        assert!(refused.code == 3 && refused.answer.starts_with("refused: "), "byte {place}: {}", refused.answer);
    }
    assert_ne!(other, ticket);
}

#[test]
fn a_site_without_an_account_answers_over_http_with_its_own_key() {
    let world = World::with_teams();
    world.site.change_setting("api.listen", "\"127.0.0.1:0\"").unwrap();
    let ticket = world.stage("storm", "1.0.0");
    let keys = world.site.folder().join("secrets/early-adopters");
    std::fs::create_dir(&keys).unwrap();
    std::fs::write(keys.join("CESNET.key"), "the key of cesnet, long enough\n").unwrap();
    let secret = nsrw::api::Secret::read(&keys.join("CESNET.key")).unwrap();
    let server = Serving::start(&world.site).unwrap();
    let number = ticket.to_string();
    let say = |secret: &nsrw::api::Secret, pairs: &[(&str, &str)]| {
        let body = render_form(&[&[("Ticket_Id", number.as_str())], pairs].concat());
        let signed = nsrw::api::sign(secret, body.as_bytes(), &make_nonce(), chrono::Utc::now());
        server.post_to("/api/participation", FORM, &body, &signed).unwrap()
    };
    let stranger = say(server.secret(), &[("Team", "CESNET"), ("Participation", "Accepted")]);
    assert_eq!(stranger.status, 401, "{}", stranger.text);
    assert_eq!(say(&secret, &[("Team", "IFCA-LCG2"), ("Participation", "Accepted")]).status, 401);
    let early = say(&secret, &[("Team", "CESNET"), ("Outcome", "Accept")]);
    assert!(early.status == 422 && early.text.contains("accept first"), "{}", early.text);
    let odd = say(&secret, &[("Team", "CESNET"), ("Participation", "perhaps"), ("Colour", "blue")]);
    assert!(odd.status == 422 && odd.text.contains("Colour") && odd.text.contains("perhaps"), "{}", odd.text);
    assert_eq!(say(&secret, &[("Team", "CESNET"), ("Participation", "Accepted")]).status, 202);
    server.wait_for_log("CESNET (NGI_CZ) takes part").unwrap();
    let report = [("Team", "CESNET"), ("Outcome", "Accept"), ("Report_URL", "https://documents.example.org/cz")];
    assert_eq!(say(&secret, &report).status, 202);
    server.wait_for_log("CESNET (NGI_CZ) reported Accept").unwrap();
    assert_eq!(server.stop().unwrap(), 0);
    assert_eq!(world.part(ticket, "CESNET")["report"], "https://documents.example.org/cz");
}
