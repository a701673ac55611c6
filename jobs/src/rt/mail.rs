//! What RT does on a change, and the mails it sends then.

use egi_model::field::Field;
use serde::Serialize;

/// A condition of RT, with the extension's module that decides it.
#[derive(Debug, Serialize)]
pub(super) struct Condition {
    name: &'static str,
    description: &'static str,
    module: &'static str,
    argument: &'static str,
    transactions: &'static str,
}

/// An action of RT, with the extension's module that does it.
#[derive(Debug, Serialize)]
pub(super) struct Action {
    name: &'static str,
    description: &'static str,
    module: &'static str,
    argument: &'static str,
}

/// A mail.
#[derive(Debug, Serialize)]
pub(super) struct Template {
    name: &'static str,
    description: &'static str,
    content: String,
}

/// What happens when. Those with the lower order come first.
#[derive(Debug, Serialize)]
pub(super) struct Scrip {
    pub(super) description: &'static str,
    pub(super) condition: &'static str,
    pub(super) action: &'static str,
    pub(super) template: &'static str,
    pub(super) order: u32,
}

const CHANGED: &str = "NSRW progress changed";
const CHANGED_BY_PEOPLE: &str = "NSRW progress changed by people";
const ANSWERED: &str = "NSRW answered";
const GROUPS_HEAR: &str = "NSRW answered and groups hear";
const REQUESTORS_HEAR: &str = "NSRW answered and requestors hear";
const NOTICE: &str = "NSRW tell the repository";
const WATCHERS: &str = "NSRW set the groups that hear";
const PROGRESS_MAIL: &str = "NSRW progress";
const ANSWER_MAIL: &str = "NSRW answer";
/// RT's own template without a text.
const BLANK: &str = "Blank";

pub(super) fn conditions() -> Vec<Condition> {
    let condition = |name, description, module, argument| Condition {
        name,
        description,
        module,
        argument,
        transactions: "CustomField",
    };
    vec![
        condition(CHANGED, "The progress of a release changed", "NSRW::Change", ""),
        condition(CHANGED_BY_PEOPLE, "Somebody, and not the repository, changed it", "NSRW::Change", "by people"),
        condition(ANSWERED, "The repository answered a change", "NSRW::Answer", ""),
        condition(GROUPS_HEAR, "It answered in a state that groups hear of", "NSRW::Answer", "groups"),
        condition(REQUESTORS_HEAR, "It answered in a state that the requestors hear of", "NSRW::Answer", "requestors"),
    ]
}

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action {
            name: NOTICE,
            description: "Resets its answer, and sends it a notice once the change is committed",
            module: "NSRW::Notice",
            argument: "",
        },
        Action {
            name: WATCHERS,
            description: "Replaces the groups among the Ccs by those of the notification matrix",
            module: "NSRW::Watchers",
            argument: "",
        },
    ]
}

pub(super) fn scrips() -> Vec<Scrip> {
    let scrip =
        |order, description, condition, action, template| Scrip { description, condition, action, template, order };
    vec![
        scrip(10, "NSRW: tell the repository of a change", CHANGED_BY_PEOPLE, NOTICE, BLANK),
        scrip(20, "NSRW: set the groups that hear of an answer", ANSWERED, WATCHERS, BLANK),
        scrip(30, "NSRW: notify the groups of an answer", GROUPS_HEAR, "Notify Ccs", ANSWER_MAIL),
        scrip(40, "NSRW: notify the requestors of an answer", REQUESTORS_HEAR, "Notify Requestors", ANSWER_MAIL),
        scrip(50, "NSRW: notify the administrators of a change", CHANGED, "Notify AdminCcs", PROGRESS_MAIL),
    ]
}

pub(super) fn templates() -> Vec<Template> {
    let (progress, answer) = (value(Field::RolloutProgress), value(Field::CommunicationStatus));
    let (url, link) =
        (value(Field::RepositoryUrl), r#"{RT->Config->Get("WebURL")}Ticket/Display.html?id={$Ticket->id}"#);
    let subject = format!("Subject: {{{progress}}}: {{$Ticket->Subject}}");
    vec![
        Template {
            name: PROGRESS_MAIL,
            description: "The progress of a release changed",
            content: format!(
                "{subject}\n\n{{$Transaction->CreatorObj->Name}} set the release from \
                 {{$Transaction->OldValue || \"the start\"}} to {{$Transaction->NewValue}}.\n\n{link}\n"
            ),
        },
        Template {
            name: ANSWER_MAIL,
            description: "The repository answered",
            content: format!(
                "{subject}\n\nThe release is in {{{progress}}} now. The repository's answer is {{{answer}}}; its comments \
                 on the ticket say more.\n\nTo install from: {{{url} || \"nowhere\"}}\n\n{link}\n"
            ),
        },
    ]
}

/// The value of a field, in Perl.
fn value(field: Field) -> String {
    format!("$Ticket->FirstCustomFieldValue(\"{field}\")")
}
