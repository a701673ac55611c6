//! A staged rollout in RT: teams kept as groups, a ticket for each, what they write there, and what goes wrong with it.

use egi_model::field::Field;
use nsrw_tests::process::wait_until;
use nsrw_tests::serve::Serving;
use serde_json::{Value, json};

use crate::world::{PATIENCE, World};

const TEAMS: [(&str, &str); 4] = [
    ("NCG-INGRID-PT", "NGI_IBERGRID"),
    ("IFCA-LCG2", "NGI_IBERGRID"),
    ("UKI-LT2-Brunel", "NGI_UK"),
    ("CESNET", "NGI_CZ"),
];

impl World {
    /// Four teams as groups of RT, with one and the same early adopter in all.
    fn make_teams(&self) {
        let mut code = String::from(
            "my $u = RT::User->new(RT->SystemUser); $u->Load('nobody1');
             my $all = RT::Group->new(RT->SystemUser); $all->LoadUserDefinedGroup('sw-rel-early-adopters');
             $all->AddMember($u->PrincipalId);",
        );
        code.extend(TEAMS.iter().map(|(team, ngi)| {
            let contact = format!("early-adopters-{}@example.test", team.to_lowercase());
            format!(
                "my $g = RT::Group->new(RT->SystemUser);
                 $g->CreateUserDefinedGroup(Name => 'early-adopters-{team}', Description =>
                    'site={team}; ngi={ngi}; products=storm; platforms=sl6; contact={contact}');
                 $g->AddMember($u->PrincipalId);"
            )
        }));
        self.rt.perl(&code).unwrap();
    }

    /// What is on record of a team's part.
    fn part(&self, ticket: u64, team: &str) -> Value {
        let parts = self.site.done(&["ea", "show", "--json", &ticket.to_string()]).unwrap();
        let parts: Value = serde_json::from_str(&parts).unwrap();
        parts.as_array().unwrap().iter().find(|part| part["team"] == team).cloned().unwrap_or_default()
    }

    fn child(&self, ticket: u64, team: &str) -> u64 {
        self.part(ticket, team)["child"].as_u64().unwrap()
    }

    /// Somebody writes into a team's ticket, and RT takes it.
    fn write(&self, who: &str, child: u64, fields: &Value) {
        let reply = self.rt.person(who).put(&format!("ticket/{child}"), &json!({ "CustomFields": fields })).unwrap();
        let said = reply.json();
        let denied = said
            .as_array()
            .is_none_or(|said| said.is_empty() || said.iter().any(|one| one.to_string().contains("ermission")));
        assert!(reply.status == 200 && !denied, "{who} {fields}: {} {}", reply.status, reply.text);
    }

    fn child_field(&self, child: u64, name: &str) -> String {
        let ticket = self.rt.person("mario").get(&format!("ticket/{child}")).unwrap().json();
        let fields = ticket["CustomFields"].as_array().cloned().unwrap_or_default();
        let field = fields.iter().find(|field| field["name"] == name).cloned().unwrap_or_default();
        field["values"][0].as_str().unwrap_or_default().to_owned()
    }

    fn wait_for_part(&self, ticket: u64, team: &str, key: &str, wanted: &str) {
        let looked = wait_until(PATIENCE, || Ok((self.part(ticket, team)[key] == wanted).then_some(())));
        looked.unwrap_or_else(|_| panic!("{team} {key} is not {wanted}: {}\n{}", self.part(ticket, team), self.log()));
    }

    fn wait_for_comment(&self, ticket: u64, text: &str) {
        let looked = wait_until(PATIENCE, || Ok(self.comments(ticket).concat().contains(text).then_some(())));
        looked.unwrap_or_else(|_| panic!("no comment says \"{text}\": {:#?}\n{}", self.comments(ticket), self.log()));
    }

    /// The addresses among the ticket's Ccs.
    fn addresses(&self, ticket: u64) -> Vec<String> {
        let ticket = self.rt.person("nsrw").get(&format!("ticket/{ticket}")).unwrap().json();
        let cc = ticket["Cc"].as_array().cloned().unwrap_or_default();
        cc.iter().filter(|cc| cc["type"] == "user").map(|cc| cc["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn early_adopters_answer_in_their_tickets_and_the_release_is_accepted_on_it() {
    let world = World::new();
    world.make_teams();
    world.site.change_setting("worker.sync_seconds", "1").unwrap();
    let loaded = world.site.done(&["ea", "load", "--rt"]).unwrap();
    assert!(loaded.contains("4 teams, 4 of them active"), "{loaded}");
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.go_to_verification(ticket);
    world.go("carlos", ticket, "StageRollout");
    let [ingrid, ifca, brunel, cesnet] = TEAMS.map(|(team, _)| world.child(ticket, team));
    let child = world.rt.person("mario").get(&format!("ticket/{ingrid}")).unwrap().json();
    let parent = ticket.to_string();
    let links = child["_hyperlinks"].as_array().unwrap();
    assert!(links.iter().any(|link| link["ref"] == "parent" && link["id"] == parent.as_str()), "{links:#?}");
    assert_eq!(world.child_field(ingrid, "NGI"), "NGI_IBERGRID");
    assert!(world.addresses(ticket).is_empty());

    world.write("nobody1", ingrid, &json!({ "Participation": "Accepted" }));
    world.write("nobody1", ifca, &json!({ "Participation": "Accepted" }));
    world.write("nobody1", brunel, &json!({ "Participation": "Declined" }));
    for (team, said) in [("NCG-INGRID-PT", "Accepted"), ("IFCA-LCG2", "Accepted"), ("UKI-LT2-Brunel", "Declined")] {
        world.wait_for_part(ticket, team, "participation", said);
    }
    world.wait_for_comment(ticket, "UKI-LT2-Brunel (NGI_UK) does not take part");
    let mut hearing = world.addresses(ticket);
    hearing.sort();
    assert_eq!(hearing, ["early-adopters-ifca-lcg2@example.test", "early-adopters-ncg-ingrid-pt@example.test"]);
    world.wait_for_watchers(ticket, &["sw-rel-sr"]);

    // An outcome of a team that never accepted is told in its ticket, and taken out again.
    world.write("nobody1", cesnet, &json!({ "Outcome": "Accept" }));
    let emptied = wait_until(PATIENCE, || Ok(world.child_field(cesnet, "Outcome").is_empty().then_some(())));
    emptied.unwrap_or_else(|_| panic!("the outcome stays\n{}", world.log()));
    assert!(world.comments(cesnet).concat().contains("accept first, then report"), "{:#?}", world.comments(cesnet));

    let warned = json!({ "Outcome": "AcceptWithWarnings", "ReportURL": "https://documents.example.org/pt", "ReportNote": "open the port" });
    world.write("nobody1", ingrid, &warned);
    world.wait_for_part(ticket, "NCG-INGRID-PT", "note", "open the port");
    world.write("nobody1", ifca, &json!({ "Outcome": "Reject", "ReportNote": "it does not start" }));
    world.wait_for_part(ticket, "IFCA-LCG2", "outcome", "Reject");
    world.set("mario", ticket, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    world.ask("mario", ticket, "Production");
    world.wait_to_stand(ticket, "StageRollout Error");
    world.wait_for_comment(ticket, "[reject-unanswered");

    world.write("mario", ifca, &json!({ "RejectAnswer": "a wrong setting of the site" }));
    world.wait_for_part(ticket, "IFCA-LCG2", "answer", "a wrong setting of the site");
    // A ticket that somebody deleted: what the team said stays.
    world
        .rt
        .perl(&format!("my $t = RT::Ticket->new(RT->SystemUser); $t->Load({brunel}); $t->SetStatus('deleted');"))
        .unwrap();
    world.wait_for_comment(ticket, "The ticket of UKI-LT2-Brunel in the staged rollout can not be used");
    assert_eq!(world.part(ticket, "UKI-LT2-Brunel")["participation"], "Declined");

    world.go("mario", ticket, "Production");
    world.wait_for_part(ticket, "CESNET", "participation", "NoAnswer");
    assert_eq!(
        (world.status(ingrid).as_str(), world.child_field(cesnet, "Participation").as_str()),
        ("resolved", "NoAnswer")
    );
    assert_eq!(world.wait_for_history(ticket, 5).len(), 5);
    assert_eq!(server.stop().unwrap(), 0);

    // By hand: two teams of one NGI took part and reported, on one release.
    let month = chrono::Utc::now().format("%Y-%m").to_string();
    let sheet = |name: &str| world.site.done(&["report", &month, "--stdout", name]).unwrap();
    let line = |text: &str, name: &str| text.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(sheet("M.SA1.3-1").contains(&format!("{month},1,2,")), "{}", sheet("M.SA1.3-1"));
    assert!(line(&sheet("M.SA1.3-7"), "NGI_IBERGRID").contains(",2,1"), "{}", sheet("M.SA1.3-7"));
    world.assert_sound();
}

#[test]
fn what_a_team_writes_into_its_ticket_counts_though_nobody_read_it_yet() {
    let world = World::new();
    world.make_teams();
    world.site.change_setting("worker.sync_seconds", "1").unwrap();
    world.site.done(&["ea", "load", "--rt"]).unwrap();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.go_to_verification(ticket);
    world.go("carlos", ticket, "StageRollout");
    let [ingrid, ifca, brunel, _] = TEAMS.map(|(team, _)| world.child(ticket, team));
    world.write("nobody1", ingrid, &json!({ "Participation": "Accepted" }));
    world.wait_for_part(ticket, "NCG-INGRID-PT", "participation", "Accepted");
    world.set("mario", ticket, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    assert_eq!(server.stop().unwrap(), 0);

    // While nobody looks: one team takes part and is said to decline; one reports, one declines, and then it is over.
    world.write("nobody1", ifca, &json!({ "Participation": "Accepted", "Outcome": "AcceptWithWarnings" }));
    world.site.done(&["ea", "decline", &ticket.to_string(), "IFCA-LCG2", "--as", "nobody1"]).unwrap();
    world.site.done(&["promote"]).unwrap();
    let noted = world.comments(ticket).concat();
    assert!(noted.contains("the team has reported an outcome already, so it can not decline"), "{noted}");
    let reported =
        json!({ "Outcome": "Accept", "ReportURL": "https://documents.example.org/pt", "ReportNote": "fine" });
    world.write("nobody1", ingrid, &reported);
    world.write("nobody1", brunel, &json!({ "Participation": "Declined" }));
    world.ask("mario", ticket, "Production");
    let server = Serving::start(&world.site).unwrap();
    world.wait_to_stand(ticket, "Production OK");
    world.wait_for_part(ticket, "NCG-INGRID-PT", "outcome", "Accept");
    world.wait_for_part(ticket, "NCG-INGRID-PT", "note", "fine");
    world.wait_for_part(ticket, "IFCA-LCG2", "outcome", "AcceptWithWarnings");
    world.wait_for_part(ticket, "UKI-LT2-Brunel", "participation", "Declined");
    world.wait_for_part(ticket, "CESNET", "participation", "NoAnswer");
    for child in [ingrid, ifca, brunel] {
        let closed = wait_until(PATIENCE, || Ok((world.status(child) == "resolved").then_some(())));
        closed.unwrap_or_else(|_| panic!("ticket {child} stays open\n{}", world.log()));
    }
    assert_eq!(
        [world.child_field(ingrid, "Outcome"), world.child_field(ifca, "Outcome")],
        ["Accept", "AcceptWithWarnings"].map(str::to_owned)
    );
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
