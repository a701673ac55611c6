//! Request Tracker over REST 1.0, which RT 5 still speaks: what is read must be what REST 2.0 tells, and what is written must
//! arrive.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::collections::BTreeMap;
use std::time::Duration;

use egi_model::field::Field;
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, TicketChange, TicketId, TicketStatus};
use egi_tickets::rt::{Rest1System, RtOptions, RtSystem, Token};
use egi_tickets::{Query, TicketError, TicketSystem, Written};
use nsrw_tests::servers::rt::{ACCOUNT, NewTicket, Rt};
use nsrw_tests::site::Site;

use RolloutState::{Failed, InVerification, Submitted, Unverified};

fn options(rt: &Rt, account: &str, token: &str) -> RtOptions {
    let people = [("carlos", Role::Verifier), ("tp1", Role::Provider)];
    RtOptions {
        url: rt.url(),
        queue: "sw-rel".to_owned(),
        account: account.to_owned(),
        token: Token::new(token),
        timeout: Duration::from_mins(1),
        people: people.map(|(name, role)| (name.to_owned(), vec![role])).into(),
    }
}

fn id(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

/// Attaches a file to a ticket, as people do in the web page.
fn attach(rt: &Rt, ticket: u64, name: &str, kind: &str, content: &str) {
    let code = format!(
        "use MIME::Entity; my $t = RT::Ticket->new(RT->SystemUser); $t->Load({ticket});
         my $m = MIME::Entity->build(Type => 'multipart/mixed');
         $m->attach(Type => 'text/plain', Data => ['the files']);
         $m->attach(Type => '{kind}', Filename => '{name}', Encoding => 'base64', Data => [qq{{{content}}}]);
         my ($ok, $why) = $t->Comment(MIMEObj => $m); die $why unless $ok;"
    );
    rt.perl(&code).unwrap();
}

fn set(rt: &Rt, ticket: u64, value: RolloutState) {
    let carlos = rt.person("carlos");
    carlos.set(ticket, Field::RolloutProgress, value.as_str()).unwrap();
    assert_eq!(carlos.field(ticket, Field::RolloutProgress).unwrap(), value.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_what_rest_2_tells() {
    let rt = Rt::start().unwrap();
    let (old, new) = systems(&rt);
    assert_eq!(old.check().await.unwrap(), Vec::<String>::new());
    let ticket = rt.person("tp1").open(&NewTicket::sound("storm 1.11.2 – été 😀")).unwrap();
    let other = rt.person("tp1").open(&NewTicket::sound("another")).unwrap();
    set(&rt, ticket, Unverified);
    set(&rt, ticket, InVerification);

    // File fields and groups are not shown over REST 1.0, and people by their addresses.
    let (mut expected, told) =
        (new.fetch_ticket(id(ticket)).await.unwrap(), old.fetch_ticket(id(ticket)).await.unwrap());
    let files = |field: &Field, _: &mut String| !field.is_file();
    expected.fields.retain(files);
    expected.watchers.clear();
    expected.requestors = vec!["tp1@example.test".to_owned()];
    let mut told = told;
    told.fields.retain(files);
    assert_eq!(told, expected);

    assert_eq!(progress(&old, ticket).await, progress(&new, ticket).await);
    assert_eq!(progress(&old, ticket).await.len(), 2);
    assert_eq!(old.fetch_progress_changes(0).await.unwrap().items, new.fetch_progress_changes(0).await.unwrap().items);
    set(&rt, other, Unverified);
    let last = progress(&old, ticket).await.pop().unwrap().id;
    let later = old.fetch_progress_changes(last).await.unwrap().items;
    assert_eq!(later.iter().map(|change| change.ticket).collect::<Vec<_>>(), [id(other)], "what was updated since");

    let found = |items: Vec<egi_model::ticket::Ticket>| items.into_iter().map(|ticket| ticket.id).collect::<Vec<_>>();
    let query = Query { progress: Some(vec![InVerification]), ..Query::default() };
    assert_eq!(found(old.search(&query).await.unwrap().items), [id(ticket)]);
    assert_eq!(found(old.search(&Query::default()).await.unwrap().items), [id(ticket), id(other)]);
    let above = Query { above: ticket, ..Query::default() };
    assert_eq!(found(old.search(&above).await.unwrap().items), [id(other)]);

    let missing = old.fetch_ticket(id(9999)).await.unwrap_err();
    assert!(matches!(missing, TicketError::Missing { .. }), "{missing}");
    let merge = format!("my $t = RT::Ticket->new(RT->SystemUser); $t->Load({other}); $t->MergeInto({ticket});");
    rt.perl(&merge).unwrap();
    let merged = old.fetch_ticket(id(other)).await.unwrap_err();
    assert!(merged.to_string().contains(&format!("was merged into ticket {ticket}")), "{merged}");
}

fn systems(rt: &Rt) -> (Rest1System, RtSystem) {
    let options = || options(rt, ACCOUNT, rt.token(ACCOUNT));
    (Rest1System::new(options()).unwrap(), RtSystem::new(options()).unwrap())
}

async fn progress(system: &dyn TicketSystem, ticket: u64) -> Vec<TicketChange> {
    system.fetch_progress_history(id(ticket)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_from_attachments() {
    let rt = Rt::start().unwrap();
    let (old, _) = systems(&rt);
    let ticket = rt.person("tp1").open(&NewTicket::sound("with attachments")).unwrap();
    let read = |field, limit| old.fetch_file(id(ticket), field, limit);
    assert_eq!(read(Field::ReleaseMetadata, 1000).await.unwrap(), None);
    let release = "<release>\n\n# not a remark\n</release>\n";
    attach(&rt, ticket, "release.xml", "application/xml", "<release>an older one</release>");
    attach(&rt, ticket, "release.xml", "application/xml", release);
    assert_eq!(read(Field::ReleaseMetadata, 1000).await.unwrap().as_deref(), Some(release.as_bytes()));
    let large = read(Field::ReleaseMetadata, 5).await.unwrap_err();
    assert!(matches!(large, TicketError::TooLarge { size: 35.., .. }), "{large}");
    let recoded = "<?xml version='1.0' encoding='ISO-8859-1'?><checksums/>";
    attach(&rt, ticket, "checksums.xml", "text/plain", recoded);
    let refused = read(Field::Checksums, 1000).await.unwrap_err().to_string();
    assert!(refused.contains("attach it as application/xml"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_arrives_once() {
    let rt = Rt::start().unwrap();
    let (old, new) = systems(&rt);
    let number = rt.person("tp1").open(&NewTicket::sound("to be answered")).unwrap();
    let ticket = id(number);
    let field = |value| old.ensure_field(ticket, Field::RepositoryUrl, value, None);
    assert_eq!(field("http://repo.example.org/a").await.unwrap(), Written::Changed);
    assert_eq!(field("http://repo.example.org/a").await.unwrap(), Written::Already);
    assert_eq!(new.fetch_ticket(ticket).await.unwrap().value(Field::RepositoryUrl), Some("http://repo.example.org/a"));
    assert_eq!(field("").await.unwrap(), Written::Changed);
    assert_eq!(new.fetch_ticket(ticket).await.unwrap().value(Field::RepositoryUrl), None);

    let text = "The fetch failed:\n  no route to host – été 😀\n\nTry again.";
    let comment = || old.ensure_comment(ticket, "nsrw plan 3 step 4", text);
    assert_eq!(comment().await.unwrap(), Written::Changed);
    assert_eq!(comment().await.unwrap(), Written::Already);
    let told = old.fetch_history(ticket).await.unwrap().into_iter().find_map(|change| {
        let ChangeKind::Comment { marker, text } = change.what else { return None };
        Some((marker, text))
    });
    assert_eq!(told, Some((Some("nsrw plan 3 step 4".to_owned()), text.to_owned())));

    let overtaken = old.ensure_progress(ticket, Unverified, Failed).await.unwrap_err();
    assert!(matches!(overtaken, TicketError::Overtaken { found: Submitted, .. }), "{overtaken}");
    assert_eq!(old.ensure_progress(ticket, Submitted, Failed).await.unwrap(), Written::Changed);
    assert_eq!(old.ensure_progress(ticket, Submitted, Failed).await.unwrap(), Written::Already);
    let answer = |standing| old.ensure_field(ticket, Field::CommunicationStatus, "Error", Some(standing));
    assert!(matches!(answer(Submitted).await.unwrap_err(), TicketError::Overtaken { .. }));
    assert_eq!(answer(Failed).await.unwrap(), Written::Changed);
    assert_eq!(old.ensure_status(ticket, TicketStatus::Resolved, Failed).await.unwrap(), Written::Changed);
    let ticket = new.fetch_ticket(ticket).await.unwrap();
    assert_eq!((ticket.status, ticket.progress()), (TicketStatus::Resolved, Ok(Failed)));

    let not_its = old.ensure_field(ticket.id, Field::UmdRelease, "3", None).await.unwrap_err();
    assert!(!not_its.is_transient() && not_its.to_string().contains("Permission Denied"), "{not_its}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_token_uses_its_password() {
    let rt = Rt::start().unwrap();
    let ticket = rt.person("tp1").open(&NewTicket::sound("seen by carlos")).unwrap();
    let carlos = Rest1System::new(options(&rt, "carlos", "pw-carlos")).unwrap();
    assert_eq!(carlos.fetch_ticket(id(ticket)).await.unwrap().subject, "seen by carlos");
    let wrong = Rest1System::new(options(&rt, "carlos", "something else")).unwrap();
    let refused = wrong.fetch_ticket(id(ticket)).await.unwrap_err();
    assert!(matches!(refused, TicketError::Unauthorized { .. }), "{refused}");
}

/// What it can not do is said when work begins, each once.
#[test]
fn a_site_says_at_its_start_what_can_not_be_done() {
    let rt = Rt::start().unwrap();
    let home = tempfile::tempdir().unwrap();
    let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
    let url = format!("\"{}\"", rt.url());
    for (name, value) in [("tickets.system", "\"rt\""), ("rt.api", "\"rest1\""), ("rt.url", url.as_str())] {
        site.change_setting(name, value).unwrap();
    }
    std::fs::write(site.folder().join("secrets/rt.token"), rt.token(ACCOUNT)).unwrap();
    let ended = site.nsrw(&["promote"]).unwrap();
    assert_eq!(ended.code, 0, "{}", ended.log);
    let said: BTreeMap<&str, usize> =
        Rest1System::LIMITS.iter().map(|limit| (*limit, ended.log.matches(limit).count())).collect();
    assert!(said.values().all(|times| *times == 1), "{said:?}\n{}", ended.log);
    let import = site.nsrw(&["rt", "import-history"]).unwrap();
    assert!(import.code == 1 && import.log.contains("--database"), "{}", import.log);
}
