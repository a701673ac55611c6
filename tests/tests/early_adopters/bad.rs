//! What can be said wrongly: each is named to who can mend it, and nothing is lost.

use crate::world::{REPORT, TEAMS, World};

#[test]
fn a_list_of_teams_that_can_not_be_used_changes_nothing() {
    let world = World::with_teams();
    world.site.configure("products = []", "products = [\"storm\", \"dpm\", \"arc\"]").unwrap();
    let before = world.done(&["ea", "list"]);
    let team = |name: &str, ngi: &str, products: &str| {
        format!(
            "[[team]]\nname = \"{name}\"\nsite = \"{name}\"\nngi = \"{ngi}\"\nproducts = [{products}]\nplatforms = [\"any\"]\ncontact = \"a@example.org\"\n"
        )
    };
    for (name, text, why) in [
        (
            "ngis",
            [team("A", "NGI_X", "\"arc\""), team("a", "NGI_Y", "\"arc\"")].concat(),
            "is in two NGIs, NGI_X and NGI_Y",
        ),
        ("twice", [team("A", "NGI_X", "\"arc\""), team("A", "NGI_X", "\"arc\"")].concat(), "the team A is there twice"),
        ("product", team("A", "NGI_X", "\"strom\""), "\"strom\", which is no product; known are storm, dpm, arc"),
        ("none", team("A", "NGI_X", ""), "the team A volunteers for no products"),
    ] {
        let file = world.file(&format!("{name}.toml"), &text);
        world.refused(&["ea", "load", &file], why);
    }
    let csv = "name,site,ngi,products,platforms,contact,active\nA,A,NGI_X,arc,any,a@example.org,perhaps\n";
    for (name, text, why) in [
        ("name.toml", team("a/b", "NGI_X", "\"arc\""), "the character '/'"),
        ("key.toml", format!("{TEAMS}\nplatform = 1\n"), "unknown field `platform`"),
        ("active.csv", csv.to_owned(), "line 2: active is \"perhaps\"; write active or paused"),
    ] {
        let ended = world.try_to(&["ea", "load", &world.file(name, &text)]);
        assert!(ended.code == 1 && ended.log.contains(why), "{name}: {}", ended.log);
    }
    assert_eq!(world.done(&["ea", "list"]), before);
    let csv = world.file("teams.csv", &csv.replace("perhaps", "paused"));
    assert!(world.done(&["ea", "load", &csv, "--dry-run"]).contains("1 teams, 0 of them active"));
    assert_eq!(world.done(&["ea", "list"]), before);
    world.done(&["ea", "load", &csv]);
    assert!(world.done(&["ea", "list"]).contains("A                    paused  NGI_X          arc on any"));
}

#[test]
fn a_word_that_does_not_count_is_told_and_not_noted() {
    let world = World::with_teams();
    let number = world.deliver("storm", "1.0.0");
    let ticket = number.to_string();
    let say = |word: &'static str, team: &'static str, by: &'static str, more: &[&'static str]| {
        let mut words = vec!["ea".to_owned(), word.to_owned(), ticket.clone(), team.to_owned()];
        words.extend(["--as", by].map(str::to_owned));
        words.extend(more.iter().map(|more| (*more).to_owned()));
        words
    };
    let refused = |words: Vec<String>, why: &str| {
        world.refused(&words.iter().map(String::as_str).collect::<Vec<_>>(), why);
    };
    refused(say("accept", "CESNET", "jan", &[]), "nobody was invited to the staged rollout of this release");
    let report = "Verification-Report=https://documents.example.org/verification";
    world.site.set(number, "carlos", &[report, "RolloutProgress=StageRollout"]).unwrap();

    refused(say("accept", "SiGNET", "mario", &[]), "the team was not invited");
    refused(say("accept", "nobody", "mario", &[]), "invited were CESNET, IFCA-LCG2");
    refused(say("accept", "CESNET", "raul", &[]), "the account does not speak for the team");
    refused(say("report", "CESNET", "jan", &["Accept"]), "accept first, then report");
    world.say("accept", number, "CESNET", "jan", &[]);
    refused(say("report", "CESNET", "jan", &["Accept", "--report", "my desk"]), "\"my desk\" is no link to a report");
    refused(say("answer", "CESNET", "mario", &["done"]), "has not rejected the release");
    world.say("report", number, "CESNET", "jan", &["Accept"]);
    refused(say("report", "CESNET", "jan", &["Reject"]), "has reported Accept already; Reject was not noted");
    refused(say("decline", "CESNET", "jan", &[]), "has reported an outcome already");
    let again = world.say("report", number, "CESNET", "jan", &["Accept"]);
    assert!(again.contains("it was so already"), "{again}");
    let mended =
        world.say("report", number, "CESNET", "jan", &["Accept", "--report", "https://documents.example.org/cz"]);
    assert!(mended.contains("https://documents.example.org/cz"), "the link can be mended: {mended}");
    world.site.set(number, "mario", &[REPORT, "RolloutProgress=Production"]).unwrap();
    assert_eq!(world.stands(number), "Production OK");
    refused(say("accept", "IFCA-LCG2", "alvaro", &[]), "it stands in Production; nothing was noted");
}

#[test]
fn a_word_that_came_too_late_for_the_worker_is_told_on_the_ticket() {
    let world = World::with_teams();
    let ticket = world.stage("storm", "1.0.0");
    // Queued while it counted; worked on when it does not any more.
    world.done(&["ticket", "set", &ticket.to_string(), "RolloutProgress=Rejected", "--as", "mario"]);
    world.done(&["ea", "accept", &ticket.to_string(), "CESNET", "--as", "jan"]);
    world.done(&["promote"]);
    let told = world.site.comments(ticket).unwrap().concat();
    assert!(
        told.contains("What jan said of the team CESNET was not noted: the release is not in staged rollout"),
        "{told}"
    );
}
