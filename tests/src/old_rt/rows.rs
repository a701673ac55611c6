//! Many tickets at once, written by SQL as RT would have written them: their numbers interleaved, noise between, the values
//! that were replaced kept and disabled.

use super::Kind;

/// The numbers of the first ticket, value and transaction: behind those of RT's own data.
pub(super) const FIRST: u32 = 1000;

/// The statements that add `count` tickets with the numbers from [`FIRST`] + 1 on. Ticket `n` was created in minute `n` of
/// 2012 and changed on each of the four days after.
pub(super) fn fill(kind: Kind, count: u32, people: [&str; 3]) -> String {
    let numbers =
        |rows: u32| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})");
    let (tickets, steps) = (
        numbers(count),
        format!(
            "{}, j(j) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)",
            numbers(count)
        ),
    );
    let queue = "(SELECT id FROM Queues WHERE Name = 'sw-rel')";
    let field = "(SELECT id FROM CustomFields WHERE Name = 'RolloutProgress')";
    let user = |name: &str| format!("(SELECT id FROM Users WHERE Name = '{name}')");
    let [provider, verifier, odd] = people.map(user);
    let subject = concatenated(kind, &["'storm 1.11.'", &number(kind, "i"), "' – été 😀'"]);
    let created = moment(kind, "i");
    let at = moment(kind, "i + 1440 * j");
    let value = |step: &str| format!("({FIRST} + {step} * {count} + i)");
    let (before, now) = (value("(j - 1)"), value("j"));
    let preamble = match kind {
        Kind::Sqlite | Kind::Postgres => "BEGIN;",
        Kind::Mariadb => "SET max_recursive_iterations = 10000000; BEGIN;",
    };
    format!(
        "{preamble}
INSERT INTO Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, Creator, Created, LastUpdated)
{tickets} SELECT {FIRST} + i, {FIRST} + i, {queue}, 'ticket', 6, {subject}, 'resolved', {provider}, {created}, {created} FROM n;
INSERT INTO ObjectCustomFieldValues (id, CustomField, ObjectType, ObjectId, SortOrder, Content, Creator, Created, Disabled)
{steps} SELECT {now}, {field}, 'RT::Ticket', {FIRST} + i, 0, {CONTENT}, {provider}, {at}, CASE WHEN j < 4 THEN 1 ELSE 0 END FROM n, j;
INSERT INTO Transactions (id, ObjectType, ObjectId, Type, Field, ReferenceType, OldReference, NewReference, Creator, Created)
{steps} SELECT {FIRST} + 2 * (j * {count} + i), 'RT::Ticket', {FIRST} + i,
  CASE j WHEN 0 THEN 'Create' ELSE 'CustomField' END, CASE WHEN j > 0 THEN {field_text} END,
  CASE WHEN j > 0 THEN 'RT::ObjectCustomFieldValue' END, CASE WHEN j > 0 THEN {before} END, CASE WHEN j > 0 THEN {now} END,
  CASE WHEN j = 0 THEN {provider} WHEN i % 2 = 0 THEN {verifier} ELSE {odd} END, {at} FROM n, j;
INSERT INTO Transactions (id, ObjectType, ObjectId, Type, Creator, Created)
{steps} SELECT {FIRST} + 2 * (j * {count} + i) + 1, 'RT::Ticket', {FIRST} + i, 'EmailRecord', 1, {at} FROM n, j;
COMMIT;
{analyze}
",
        field_text = number(kind, field),
        analyze = match kind {
            Kind::Sqlite | Kind::Postgres => "ANALYZE;",
            Kind::Mariadb => "ANALYZE TABLE Tickets, Transactions, ObjectCustomFieldValues;",
        },
    )
}

/// The value of ticket `i` after its change `j`. Of ten tickets eight go through (one in the spelling of old), one is
/// rejected, and one fails before it is submitted anew.
const CONTENT: &str = "CASE
  WHEN i % 10 = 3 THEN CASE j WHEN 0 THEN 'Submitted' WHEN 1 THEN 'Unverified' WHEN 2 THEN 'Failed' WHEN 3 THEN 'Submitted' ELSE 'Unverified' END
  WHEN i % 10 = 7 THEN CASE j WHEN 0 THEN 'Submitted' WHEN 1 THEN 'Unverified' WHEN 2 THEN 'In verification' WHEN 3 THEN 'Waiting for response' ELSE 'Rejected' END
  ELSE CASE j WHEN 0 THEN 'Submitted' WHEN 1 THEN 'Unverified' WHEN 2 THEN 'InVerification' WHEN 3 THEN 'StageRollout'
    ELSE CASE WHEN i % 10 = 5 THEN 'Accepted' ELSE 'Production' END END
END";

fn moment(kind: Kind, minutes: &str) -> String {
    match kind {
        Kind::Sqlite => format!("datetime('2012-01-01 00:00:00', '+' || ({minutes}) || ' minutes')"),
        Kind::Postgres => format!("(TIMESTAMP '2012-01-01 00:00:00' + INTERVAL '1 minute' * ({minutes}))"),
        Kind::Mariadb => format!("('2012-01-01 00:00:00' + INTERVAL ({minutes}) MINUTE)"),
    }
}

/// A number as text.
fn number(kind: Kind, expression: &str) -> String {
    let text = match kind {
        Kind::Sqlite | Kind::Postgres => "VARCHAR(20)",
        Kind::Mariadb => "CHAR(20)",
    };
    format!("CAST({expression} AS {text})")
}

fn concatenated(kind: Kind, parts: &[&str]) -> String {
    match kind {
        Kind::Sqlite | Kind::Postgres => parts.join(" || "),
        Kind::Mariadb => format!("CONCAT({})", parts.join(", ")),
    }
}
