//! What is due is said once, to those concerned, and counted at the mail relay.

use egi_model::limit::Limit;
use nsrw_tests::servers::{MailRelay, Protection};
use serde_json::Value;

use crate::world::World;

impl World {
    /// From now on it is later for the site.
    fn later(&mut self, offset: &str) {
        let fake = format!("FAKETIME={offset}");
        let ahead = ["env", &fake, "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1"];
        self.site.run_within(ahead.map(Into::into).to_vec());
    }

    fn mail_through(&self, relay: &MailRelay) {
        for (name, value) in [
            ("mail.host", "\"127.0.0.1\"".to_owned()),
            ("mail.port", relay.port().to_string()),
            ("mail.tls", "\"none\"".to_owned()),
            ("mail.from", "\"Releases <releases@example.org>\"".to_owned()),
            ("notifications.digest_hour", "0".to_owned()),
        ] {
            self.site.change_setting(name, &value).unwrap();
        }
        let groups = "{ verifiers = { to = [\"qc@example.org\"] }, admins = { to = [\"admin@example.org\"], when = \"daily\" }, \
                      requestors = {}, rollout-team = { to = [\"sr@example.org\"] } }";
        self.site.change_setting("notifications.groups", groups).unwrap();
    }
}

fn letters_to(relay: &MailRelay, to: &str) -> Vec<String> {
    let letters = relay.letters().unwrap();
    letters.into_iter().filter(|letter| letter.lines().any(|line| line == format!("To: {to}"))).collect()
}

#[test]
fn what_is_overdue_is_said_once_and_the_mark_goes_with_it() {
    let mut world = World::new();
    let ticket = world.deliver("storm", "1.0.0");
    let quiet = world.done(&["clocks"]);
    assert_eq!(quiet, "nobody has to be reminded of anything\n");
    let due = world.json(&["clocks", "--due", "--json"]);
    let first = &due[0];
    assert_eq!((first["state"].as_str(), first["over"].as_bool()), (Some("InVerification"), Some(false)), "{due}");

    world.later("+8d");
    assert!(world.done(&["clocks", "--due"]).contains("was due (sw-rel-qc)"));
    assert_eq!(world.site.field(ticket, "Delayed").unwrap(), "", "listing changes nothing");
    let said = world.done(&["clocks"]);
    assert!(said.contains("ticket 1 TP.storm.sl6.x86_64 1.0.0 in InVerification: was due (sw-rel-qc)"), "{said}");
    assert_eq!(world.site.field(ticket, "Delayed").unwrap(), "Yes");
    let comment = world.last_comment(ticket);
    assert!(comment.contains("longer than the 1 week that are agreed for it"), "{comment}");
    let comments = world.site.comments(ticket).unwrap().len();
    assert_eq!(world.done(&["clocks"]), quiet);
    assert_eq!(world.site.comments(ticket).unwrap().len(), comments);

    world.site.set(ticket, "carlos", &["RolloutProgress=WaitingForResponse"]).unwrap();
    world.done(&["clocks"]);
    assert_eq!(world.site.field(ticket, "Delayed").unwrap(), "", "it has moved on");
    world.later("+17d");
    world.done(&["clocks"]);
    let comment = world.last_comment(ticket);
    assert!(comment.contains("waiting for an answer of the technology provider"), "{comment}");
    world.later("+100d");
    world.done(&["clocks"]);
    let told = world.site.comments(ticket).unwrap().concat();
    assert!(told.contains("To the technology provider: there has been no news of this release"), "{told}");
    let comments = world.site.comments(ticket).unwrap().len();
    assert_eq!(world.done(&["clocks"]), quiet);
    assert_eq!(world.site.comments(ticket).unwrap().len(), comments);
}

#[test]
fn letters_leave_once_and_a_day_s_letters_in_one() {
    let mut world = World::with_teams();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay);
    let ticket = world.stage("storm", "1.0.0");
    world.done(&["notify"]);
    world.done(&["notify"]);
    // Unverified is told to the verifiers, StageRollout to its team; every change to the administrators, in one letter.
    assert_eq!(letters_to(&relay, "qc@example.org").len(), 1);
    assert_eq!(letters_to(&relay, "sr@example.org").len(), 1);
    let digests = letters_to(&relay, "admin@example.org");
    let [digest] = digests.as_slice() else { unreachable!("{} digests", digests.len()) };
    assert!(digest.contains("Subject: Releases on ") && digest.contains("4 messages for sw-rel-admin"), "{digest}");
    for team in ["ingrid", "ifca", "brunel", "cesnet"] {
        assert_eq!(letters_to(&relay, &format!("early-adopters-{team}@example.org")).len(), 1, "{team}");
    }
    let all = relay.letters().unwrap().len();
    assert_eq!(all, 7);

    world.later("+15d");
    world.done(&["clocks"]);
    world.done(&["clocks"]);
    world.done(&["notify"]);
    world.done(&["notify"]);
    let reminded = letters_to(&relay, "sr@example.org");
    assert!(
        reminded.len() == 2 && reminded.iter().any(|letter| letter.contains("overdue in StageRollout")),
        "{reminded:#?}"
    );
    assert_eq!(relay.letters().unwrap().len(), all + 1);
    assert_eq!(world.site.field(ticket, "Delayed").unwrap(), "Yes");
}

#[test]
fn a_relay_that_is_away_gets_its_letters_later() {
    let world = World::new();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay);
    drop(relay);
    world.deliver("storm", "1.0.0");
    let ended = world.try_to(&["notify"]);
    assert_eq!(ended.code, 4, "{}", ended.log);
    let waiting = world.json(&["notify", "--list", "--json"]);
    assert!(!waiting.as_array().unwrap().is_empty());
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay);
    world.done(&["notify"]);
    assert!(!letters_to(&relay, "qc@example.org").is_empty());
    assert_eq!(world.json(&["notify", "--list", "--json"]), Value::Array(Vec::new()));
}

#[test]
fn a_wrong_calendar_is_named() {
    let world = World::new();
    for (setting, value, why) in [
        ("clocks.holidays", "[\"2026-02-30\"]", "the holiday \"2026-02-30\" is no date"),
        ("clocks.time_zone", "\"Europe/Atlantis\"", "\"Europe/Atlantis\" is no time zone"),
        ("clocks.provider_news", "\"2 moons\"", "\"2 moons\" is no length of time"),
    ] {
        let before = std::fs::read_to_string(world.site.config()).unwrap();
        world.site.change_setting(setting, value).unwrap();
        let ended = world.try_to(&["clocks"]);
        assert!(ended.code == 2 && ended.log.contains(why), "{}", ended.log);
        std::fs::write(world.site.config(), before).unwrap();
    }
    assert_eq!(Limit::Weeks(2).to_string(), "2 weeks");
}
