-- The metrics by another hand: written from docs/metrics.md for DuckDB, to compare ours with cell by cell.
--
-- Expects the tables transitions, submissions, participations and reports as docs/facts.md has them, with times in UTC
-- without a zone, and the variables first_month and last_month (their first days) and as_of. Makes one table for each
-- sheet of a report, named after it with _ for -. It is for logs that keep to the rules: each record's number once.
--
-- It is also what ours is timed beside, so it is written to be fast: words that repeat are enums, a month is found by its
-- number and not by comparing times, and what is not needed any more is dropped.

-- A month's place in the window; less than 0 before it. NULL for no time.
CREATE MACRO place_of("at") AS date_diff('month', getvariable('first_month')::TIMESTAMP, "at");
CREATE MACRO last_place() AS date_diff('month', getvariable('first_month')::TIMESTAMP, getvariable('last_month')::TIMESTAMP);

CREATE TYPE month AS ENUM (
    SELECT strftime(m, '%Y-%m')
    FROM range(getvariable('first_month'), getvariable('last_month') + INTERVAL 1 MONTH, INTERVAL 1 MONTH) AS r(m) ORDER BY m
);
CREATE TABLE months AS
SELECT strftime(m, '%Y-%m')::month AS month, place_of(m) AS place, m AS opens, m + INTERVAL 1 MONTH AS closes,
       least(m + INTERVAL 1 MONTH, getvariable('as_of')) AS measured
FROM range(getvariable('first_month'), getvariable('last_month') + INTERVAL 1 MONTH, INTERVAL 1 MONTH) AS r(m);

CREATE TYPE state AS ENUM ('Submitted', 'Unverified', 'InVerification', 'WaitingForResponse', 'StageRollout', 'Deferred',
                           'Production', 'Rejected', 'Ignored', 'NotPublished', 'Failed');
CREATE TYPE person AS ENUM (
    SELECT DISTINCT "by" FROM (SELECT "by" FROM transitions UNION ALL SELECT "by" FROM submissions) WHERE "by" IS NOT NULL ORDER BY ALL
);
CREATE MACRO known(name) AS coalesce(nullif(trim(name), ''), '(unknown)');
-- What the rows of tables are named after. Enums are compared by their place, which here is that of their text.
CREATE TYPE row_name AS ENUM (
    SELECT DISTINCT name FROM (
        SELECT known(provider) AS name FROM transitions
        UNION ALL SELECT team FROM participations
        UNION ALL SELECT known(ngi) FROM participations
        UNION ALL SELECT unnest(enum_range(NULL::state))::VARCHAR
        UNION ALL SELECT unnest(['(all)', '(unknown)'])
    ) ORDER BY name
);
CREATE TYPE metric AS ENUM ('M.REPO-1', 'M.REPO-2', 'M.REPO-3', 'M.SA1.3-1', 'M.SA1.3-2', 'M.SA1.3-3', 'M.SA1.3-4', 'M.SA1.3-5',
                            'M.SA1.3-6', 'M.SA1.3-7', 'flow', 'outcomes', 'time-in-state');
CREATE TYPE column_name AS ENUM (
    '', 'aborts', 'accepted', 'accepts', 'accepts_with_warnings', 'before_acceptance', 'created', 'declined', 'delivered',
    'emergency_skips', 'ended_undelivered', 'entries', 'exits', 'failed_requests', 'ignored', 'invited', 'left_out', 'no_answer',
    'not_delivered', 'not_published', 'open', 'participations', 'published', 'refused_requests', 'rejected', 'rejected_deferred',
    'rejects', 'releases', 'stays', 'successes', 'teams', 'verified', 'wip_end', 'wip_start', 'without_report'
);

CREATE TYPE first_kind AS ENUM ('delivered', 'ended', 'verified', 'verification-skipped', 'accepted', 'rollout-skipped', 'rejected',
                                'ignored', 'not-published', 'rollout-ended', 'rollout-rejected');

CREATE VIEW log AS
SELECT record, ticket, "at", "from"::state AS "from", asked::state AS asked, "to"::state AS "to", outcome, "by"::person AS "by",
       release, known(provider)::row_name AS provider,
       outcome IN ('performed', 'deferred') AS granted,
       outcome = 'performed' AS performed,
       outcome IN ('failed', 'refused') AS missed
FROM transitions;

-- Where a release stood when it asked. An episode begins with what was granted and with what went wrong outside of Failed:
-- what was attempted since then can be retried out of Failed.
CREATE TABLE episodes AS
SELECT *, episode - begins::INT AS episode_before
FROM (
    SELECT *, granted OR (missed AND "from" <> 'Failed') AS begins,
           sum((granted OR (missed AND "from" <> 'Failed'))::INT)
               OVER (PARTITION BY ticket ORDER BY record ROWS UNBOUNDED PRECEDING) AS episode,
           last_value(CASE WHEN missed AND "from" <> 'Failed' THEN "from" END IGNORE NULLS)
               OVER (PARTITION BY ticket ORDER BY record ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS origin
    FROM (SELECT * EXCLUDE ("by") FROM log)
);

CREATE TABLE steps AS
WITH retries AS (
    SELECT DISTINCT p.record
    FROM episodes p JOIN episodes q
      ON q.ticket = p.ticket AND q.episode = p.episode_before AND q.asked = p.asked AND q.record < p.record
    WHERE p."from" = 'Failed' AND q.missed
)
SELECT e.* EXCLUDE (begins, episode, episode_before, origin),
       CASE WHEN r.record IS NULL THEN e."from" ELSE coalesce(e.origin, 'Failed') END AS stood,
       e.asked IN ('Production', 'Rejected', 'Ignored', 'NotPublished') AS to_end
FROM episodes e LEFT JOIN retries r USING (record);
DROP TABLE episodes;

CREATE TABLE created AS
SELECT ticket, min("at") AS "at", arg_min(record, "at") AS record, arg_min("by"::person, "at") AS "by"
FROM submissions GROUP BY ticket;

-- Every stay of every release.
CREATE TABLE stays_all AS
WITH marks AS (
    SELECT ticket, 0 AS place, "at", NULL::UBIGINT AS record, 'Submitted'::state AS state, NULL::state AS before,
           "by", NULL AS release, NULL::row_name AS provider
    FROM created
    UNION ALL
    SELECT ticket, record, "at", record, "to",
           coalesce(lag("to") OVER (PARTITION BY ticket ORDER BY record),
                    CASE WHEN ticket IN (SELECT ticket FROM created) THEN 'Submitted' ELSE "from" END),
           "by", release, nullif(provider, '(unknown)')
    FROM log
), moves AS (
    SELECT * FROM marks WHERE before IS NULL OR before <> state
)
SELECT ticket, state, row_number() OVER w AS stay, "at" AS entered, record AS entered_record, "by" AS entered_by, release, provider,
       lead("at") OVER w AS "left", lead(record) OVER w AS left_record, lead("by") OVER w AS left_by,
       lead(release) OVER w AS left_release, lead(provider) OVER w AS left_provider,
       CASE WHEN lead("at") OVER w >= "at" THEN (epoch_us(lead("at") OVER w) - epoch_us("at")) // 1000000 END AS seconds,
       state IN ('Production', 'Rejected', 'Ignored', 'NotPublished') AS terminal
FROM moves WINDOW w AS (PARTITION BY ticket ORDER BY place);

-- Each release's first record of each kind.
CREATE TABLE firsts AS
WITH found AS (
    SELECT ticket,
           min(record) FILTER (performed AND asked = 'Unverified' AND stood IN ('Submitted', 'Failed')) AS delivered,
           min(record) FILTER (performed AND to_end) AS ended,
           min(record) FILTER (asked = 'StageRollout' AND stood IN ('InVerification', 'WaitingForResponse')) AS verified,
           min(record) FILTER (asked = 'StageRollout' AND stood = 'Unverified'
               OR performed AND asked = 'Production' AND stood IN ('Unverified', 'InVerification', 'WaitingForResponse'))
               AS "verification-skipped",
           min(record) FILTER (performed AND asked = 'Production' AND stood = 'StageRollout') AS accepted,
           min(record) FILTER (performed AND asked = 'Production' AND stood <> 'StageRollout') AS "rollout-skipped",
           min(record) FILTER (performed AND asked = 'Rejected') AS rejected,
           min(record) FILTER (performed AND asked = 'Ignored') AS ignored,
           min(record) FILTER (performed AND asked = 'NotPublished') AS "not-published",
           min(record) FILTER (performed AND to_end AND stood = 'StageRollout') AS "rollout-ended",
           min(record) FILTER (performed AND asked = 'Rejected' AND stood IN ('StageRollout', 'Deferred')) AS "rollout-rejected"
    FROM steps WHERE granted GROUP BY ticket
)
SELECT kind::first_kind AS kind, s.ticket, record, s."at", s.provider, s.stood, s.asked, s.release
FROM (UNPIVOT found ON COLUMNS(* EXCLUDE (ticket)) INTO NAME kind VALUE record) JOIN steps s USING (record);

CREATE TYPE participation AS ENUM ('Invited', 'Accepted', 'Declined', 'NoAnswer');
CREATE TYPE team_outcome AS ENUM ('Accept', 'AcceptWithWarnings', 'Reject', 'Aborted');

-- One part of each team in each release: the one with the earliest outcome.
CREATE TABLE parts AS
SELECT record, ticket, team::row_name AS team, known(ngi)::row_name AS ngi,
       participation::participation AS participation, nullif(outcome, '')::team_outcome AS outcome, invited, answered, finished
FROM participations
QUALIFY row_number() OVER (
    PARTITION BY ticket, team ORDER BY outcome IS NULL, finished IS NULL, finished, record) = 1;

CREATE TABLE rollout_ends AS
SELECT f.*, m.month, m.closes FROM firsts f JOIN months m ON m.place = place_of(f."at") WHERE kind = 'rollout-ended';

CREATE TABLE reported AS
SELECT e.month, e.ticket, p.record
FROM rollout_ends e JOIN parts p USING (ticket)
WHERE p.participation = 'Accepted' AND p.outcome IS NOT NULL AND p.finished < e.closes;

CREATE TABLE passages AS
WITH entered AS (
    SELECT ticket, min(stay) AS stay, arg_min(entered, stay) AS "at", arg_min(entered_record, stay) AS began
    FROM stays_all WHERE state = 'StageRollout' GROUP BY ticket
), spent AS (
    SELECT s.ticket,
           sum(s.seconds) FILTER (state = 'Deferred') AS deferred,
           sum(s.seconds) FILTER (state = 'Failed') AS failed
    FROM stays_all s JOIN entered e USING (ticket) JOIN firsts f ON f.kind = 'accepted' AND f.ticket = s.ticket
    WHERE s.state IN ('Deferred', 'Failed') AND s.stay > e.stay AND s.entered_record < f.record
    GROUP BY s.ticket
)
SELECT m.month, f.ticket, f.release, nullif(f.provider, '(unknown)') AS provider, f.record,
       CASE WHEN known THEN e."at" END AS entered, f."at" AS accepted,
       CASE WHEN known AND e."at" <= f."at" THEN (epoch_us(f."at") - epoch_us(e."at")) // 1000000 END AS seconds,
       CASE WHEN known THEN coalesce(s.deferred, 0) ELSE 0 END AS deferred_seconds,
       CASE WHEN known THEN coalesce(s.failed, 0) ELSE 0 END AS failed_seconds
FROM firsts f JOIN months m ON m.place = place_of(f."at")
LEFT JOIN entered e ON e.ticket = f.ticket
LEFT JOIN spent s ON s.ticket = f.ticket,
LATERAL (SELECT coalesce(e.began < f.record, false) AS known)
WHERE f.kind = 'accepted';

CREATE TABLE publications AS
WITH known AS (
    SELECT f.ticket, f.record, f.release, nullif(f.provider, '(unknown)') AS provider, f."at" AS accepted,
           r."at" AS published, r.record AS report
    FROM firsts f
    LEFT JOIN (SELECT ticket, min("at") AS "at", arg_min(record, "at") AS record FROM reports GROUP BY ticket) r USING (ticket)
    WHERE f.kind = 'accepted'
)
SELECT m.month, k.ticket, k.release, k.provider, k.record, k.accepted, k.published, k.report,
       (epoch_us(greatest(k.published, k.accepted)) - epoch_us(k.accepted)) // 1000000 AS seconds, NULL::BIGINT AS age_seconds
FROM known k JOIN months m ON m.place = place_of(greatest(k.published, k.accepted))
WHERE k.published IS NOT NULL
UNION ALL
SELECT m.month, k.ticket, k.release, k.provider, k.record, k.accepted, NULL, NULL, NULL,
       CASE WHEN k.accepted <= m.measured THEN (epoch_us(m.measured) - epoch_us(k.accepted)) // 1000000 END
FROM (SELECT *, unnest(range(greatest(place_of(accepted), 0), least(coalesce(place_of(published), 9999), last_place() + 1))) AS place
      FROM known) k JOIN months m USING (place);

CREATE TABLE left_seconds AS
SELECT m.month, s.state, s.ticket, s.left_record AS record, s.seconds
FROM stays_all s
JOIN (SELECT DISTINCT m.month, m.closes, s.state, s.ticket
      FROM stays_all s JOIN months m ON m.place = place_of(s."left")
      WHERE s.seconds IS NOT NULL AND NOT s.terminal) m
  ON m.ticket = s.ticket AND m.state = s.state AND s."left" < m.closes
WHERE s.seconds IS NOT NULL;

CREATE TABLE lineage AS
WITH in_month AS (
    SELECT f.*, m.month FROM firsts f JOIN months m ON m.place = place_of(f."at")
), deliveries AS (
    SELECT c.ticket, c."at", c.record, d."at" AS delivered, d.record AS delivery, e."at" AS ended, e.record AS "end", e.provider AS ended_for
    FROM created c
    LEFT JOIN firsts d ON d.kind = 'delivered' AND d.ticket = c.ticket
    LEFT JOIN firsts e ON e.kind = 'ended' AND e.ticket = c.ticket
), part_times AS (
    SELECT 'invited' AS "column", ticket, record, team, invited AS "at" FROM parts
    UNION ALL SELECT 'declined', ticket, record, team, answered FROM parts WHERE participation = 'Declined'
    UNION ALL SELECT 'releases', ticket, record, team, finished FROM parts WHERE outcome IS NOT NULL
    UNION ALL SELECT CASE outcome WHEN 'Accept' THEN 'accepts' WHEN 'AcceptWithWarnings' THEN 'accepts_with_warnings'
                                  WHEN 'Reject' THEN 'rejects' ELSE 'aborts' END, ticket, record, team, finished
              FROM parts WHERE outcome IS NOT NULL
), finished AS (
    SELECT p.*, m.month FROM parts p JOIN months m ON m.place = place_of(p.finished) WHERE p.outcome IS NOT NULL
), lasting AS (
    SELECT s.state, s.ticket, s.entered_record AS record, m.month, s.begins < m.place AS at_start, s.ends > m.place AS at_end
    FROM (SELECT *, unnest(range(greatest(begins, 0), least(ends, last_place()) + 1)) AS place
          FROM (SELECT state, ticket, entered_record, place_of(entered) AS begins, coalesce(place_of("left"), 9999) AS ends
                FROM stays_all WHERE NOT terminal)) s
    JOIN months m USING (place)
)
SELECT metric::metric AS metric, month, "row"::row_name AS "row", "column"::column_name AS "column", ticket, record FROM (
    SELECT k.metric, f.month, f.provider AS "row", k."column", f.ticket, f.record
    FROM in_month f JOIN (VALUES
        ('delivered', 'M.REPO-1', 'delivered'), ('verified', 'M.REPO-2', 'verified'),
        ('verification-skipped', 'M.REPO-2', 'emergency_skips'), ('accepted', 'M.REPO-3', 'accepted'),
        ('rollout-skipped', 'M.REPO-3', 'emergency_skips'), ('rejected', 'outcomes', 'rejected'),
        ('ignored', 'outcomes', 'ignored'), ('not-published', 'outcomes', 'not_published'),
        ('accepted', 'M.SA1.3-2', 'successes'), ('rollout-rejected', 'M.SA1.3-3', 'rejects')
    ) AS k(kind, metric, "column") USING (kind)
    UNION ALL SELECT 'M.SA1.3-3', month, provider, 'rejected_deferred', ticket, record
              FROM in_month WHERE kind = 'rollout-rejected' AND stood = 'Deferred'
    UNION ALL SELECT 'outcomes', m.month, s.provider, s.outcome || '_requests', s.ticket, s.record
              FROM steps s JOIN months m ON m.place = place_of(s."at") WHERE s.missed
    UNION ALL SELECT 'M.REPO-1', m.month, '(unknown)', 'created', c.ticket, c.record
              FROM created c JOIN months m ON m.place = place_of(c."at")
    UNION ALL SELECT 'M.REPO-1', m.month, d.ended_for, 'ended_undelivered', d.ticket, d."end"
              FROM deliveries d JOIN months m ON m.place = place_of(d.ended)
              WHERE d.delivery IS NULL OR d.delivery > d."end"
    UNION ALL SELECT 'M.REPO-1', m.month, '(unknown)', 'not_delivered', d.ticket, d.record
              FROM (SELECT *, unnest(range(greatest(place_of("at"), 0), least(
                        coalesce(place_of(delivered), 9999), coalesce(place_of(ended), 9999), last_place() + 1))) AS place
                    FROM deliveries) d JOIN months m USING (place)
    UNION ALL SELECT 'M.SA1.3-1', month, '(all)', 'releases', ticket, record FROM rollout_ends
    UNION ALL SELECT 'M.SA1.3-1', month, '(all)', 'teams', ticket, record FROM reported
    UNION ALL SELECT 'M.SA1.3-4', month, '(all)', CASE WHEN seconds IS NULL THEN 'left_out' ELSE 'releases' END, ticket, record
              FROM passages
    UNION ALL SELECT 'M.SA1.3-5', month, '(all)', 'published', ticket, report FROM publications WHERE published IS NOT NULL
    UNION ALL SELECT 'M.SA1.3-5', month, '(all)', 'before_acceptance', ticket, report FROM publications WHERE published < accepted
    UNION ALL SELECT 'M.SA1.3-5', month, '(all)', 'without_report', ticket, record FROM publications WHERE published IS NULL
    UNION ALL SELECT 'M.SA1.3-6', m.month, t.team, t."column", t.ticket, t.record
              FROM part_times t JOIN months m ON m.place = place_of(t."at")
    UNION ALL SELECT 'M.SA1.3-6', m.month, p.team, 'no_answer', p.ticket, p.record
              FROM parts p JOIN months m ON m.place = place_of(p.invited)
              WHERE p.answered IS NULL OR p.answered >= m.closes
    UNION ALL SELECT 'M.SA1.3-7', month, ngi, 'participations', ticket, record FROM finished
    UNION ALL SELECT 'M.SA1.3-7', month, ngi, 'releases', ticket, min(record) FROM finished GROUP BY month, ngi, ticket
    UNION ALL SELECT 'M.SA1.3-7', month, '(all)', 'releases', ticket, min(record) FROM finished GROUP BY month, ticket
    UNION ALL SELECT 'flow', m.month, s.state, 'entries', s.ticket, s.entered_record
              FROM stays_all s JOIN months m ON m.place = place_of(s.entered)
    UNION ALL SELECT 'flow', m.month, s.state, 'exits', s.ticket, s.left_record
              FROM stays_all s JOIN months m ON m.place = place_of(s."left")
    UNION ALL SELECT 'flow', month, state, 'wip_start', ticket, record FROM lasting WHERE at_start
    UNION ALL SELECT 'flow', month, state, 'wip_end', ticket, record FROM lasting WHERE at_end
    UNION ALL SELECT 'time-in-state', month, state, 'open', ticket, record FROM lasting WHERE at_end
    UNION ALL SELECT 'time-in-state', month, state, 'stays', ticket, record FROM left_seconds
    UNION ALL SELECT 'time-in-state', m.month, s.state, 'left_out', s.ticket, s.left_record
              FROM stays_all s JOIN months m ON m.place = place_of(s."left")
              WHERE s.seconds IS NULL AND NOT s.terminal
);

DROP TABLE steps;
DROP TABLE firsts;
DROP TABLE created;
DROP TABLE parts;

-- Counts are the numbers of lineage rows; everything below arranges them.
CREATE TABLE counts AS
SELECT metric, month, "row", "column", count(*) AS n FROM lineage GROUP BY ALL;

CREATE MACRO counted_in(metric, col, n, m, c) AS coalesce(sum(n) FILTER (metric = m AND col = c), 0)::BIGINT;

CREATE TABLE by_name AS
SELECT metric, month, "row", "column", n FROM counts WHERE "row" <> '(all)'
UNION ALL
SELECT c.metric, c.month, '(all)', c."column",
       coalesce(max(n) FILTER ("row" = '(all)'), sum(n) FILTER ("row" <> '(all)'))
FROM counts c WHERE metric LIKE 'M.%' OR metric = 'outcomes' GROUP BY ALL
UNION ALL
SELECT metric, month, '(all)', '', 0
FROM months, (VALUES ('M.REPO-1'), ('M.REPO-2'), ('M.REPO-3'), ('outcomes'), ('M.SA1.3-2'), ('M.SA1.3-3'), ('M.SA1.3-6'),
                     ('M.SA1.3-7')) AS k(metric);

CREATE TABLE m_repo_1 AS
SELECT month, "row" AS provider, counted_in(metric, "column", n, 'M.REPO-1', 'delivered') AS delivered, counted_in(metric, "column", n, 'M.REPO-1', 'created') AS created,
       counted_in(metric, "column", n, 'M.REPO-1', 'not_delivered') AS not_delivered, counted_in(metric, "column", n, 'M.REPO-1', 'ended_undelivered') AS ended_undelivered
FROM by_name WHERE metric = 'M.REPO-1' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

CREATE TABLE m_repo_2 AS
SELECT month, "row" AS provider, counted_in(metric, "column", n, 'M.REPO-2', 'verified') AS verified, counted_in(metric, "column", n, 'M.REPO-2', 'emergency_skips') AS emergency_skips
FROM by_name WHERE metric = 'M.REPO-2' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

CREATE TABLE m_repo_3 AS
SELECT month, "row" AS provider, counted_in(metric, "column", n, 'M.REPO-3', 'accepted') AS accepted, counted_in(metric, "column", n, 'M.REPO-3', 'emergency_skips') AS emergency_skips
FROM by_name WHERE metric = 'M.REPO-3' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

CREATE TABLE outcomes AS
SELECT month, "row" AS provider, counted_in(metric, "column", n, 'outcomes', 'rejected') AS rejected, counted_in(metric, "column", n, 'outcomes', 'ignored') AS ignored,
       counted_in(metric, "column", n, 'outcomes', 'not_published') AS not_published, counted_in(metric, "column", n, 'outcomes', 'failed_requests') AS failed_requests,
       counted_in(metric, "column", n, 'outcomes', 'refused_requests') AS refused_requests
FROM by_name WHERE metric = 'outcomes' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

CREATE TABLE m_sa1_3_2 AS
SELECT month, "row" AS provider, counted_in(metric, "column", n, 'M.SA1.3-2', 'successes') AS successes
FROM by_name WHERE metric = 'M.SA1.3-2' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

CREATE TABLE m_sa1_3_3 AS
SELECT month, "row" AS provider, counted_in(metric, "column", n, 'M.SA1.3-3', 'rejects') AS rejects, counted_in(metric, "column", n, 'M.SA1.3-3', 'rejected_deferred') AS rejected_deferred
FROM by_name WHERE metric = 'M.SA1.3-3' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

CREATE TABLE m_sa1_3_6 AS
SELECT c.month, c."row" AS team, any_value(h.site) AS site, any_value(h.ngi) AS ngi,
       counted_in(metric, "column", n, 'M.SA1.3-6', 'releases') AS releases, counted_in(metric, "column", n, 'M.SA1.3-6', 'accepts') AS accepts,
       counted_in(metric, "column", n, 'M.SA1.3-6', 'accepts_with_warnings') AS accepts_with_warnings, counted_in(metric, "column", n, 'M.SA1.3-6', 'rejects') AS rejects,
       counted_in(metric, "column", n, 'M.SA1.3-6', 'aborts') AS aborts, counted_in(metric, "column", n, 'M.SA1.3-6', 'invited') AS invited,
       counted_in(metric, "column", n, 'M.SA1.3-6', 'declined') AS declined, counted_in(metric, "column", n, 'M.SA1.3-6', 'no_answer') AS no_answer
FROM by_name c
LEFT JOIN (SELECT l.month, l."row", p.site, p.ngi
           FROM (SELECT month, "row", min(record) AS record FROM lineage WHERE metric = 'M.SA1.3-6' GROUP BY ALL) l
           JOIN participations p USING (record)) h ON h.month = c.month AND h."row" = c."row"
WHERE metric = 'M.SA1.3-6' GROUP BY c.month, c."row" ORDER BY c.month, c."row" = '(all)', c."row";

CREATE TABLE m_sa1_3_7 AS
SELECT month, "row" AS ngi, counted_in(metric, "column", n, 'M.SA1.3-7', 'participations') AS participations, counted_in(metric, "column", n, 'M.SA1.3-7', 'releases') AS releases
FROM by_name WHERE metric = 'M.SA1.3-7' GROUP BY month, "row" ORDER BY month, "row" = '(all)', "row";

-- A percentile is the value at place n x p / 100, rounded up; with fewer than 5 values they are listed.
CREATE MACRO percentile(v, p) AS CASE WHEN len(v) >= 5 THEN v[((len(v) * p + 99) // 100)::INT] END;
CREATE MACRO listed(v) AS CASE WHEN len(v) BETWEEN 1 AND 4 THEN list_aggregate(v, 'string_agg', ' ') END;

CREATE TABLE m_sa1_3_1_releases AS
SELECT e.month, e.ticket, e.release, nullif(e.provider, '(unknown)') AS provider, e.record, e."at" AS ended, e.asked AS state,
       count(r.record) AS teams
FROM rollout_ends e LEFT JOIN reported r ON r.month = e.month AND r.ticket = e.ticket
GROUP BY ALL ORDER BY e.month, e.ticket;

CREATE TABLE m_sa1_3_1 AS
WITH v AS (SELECT month, list(teams ORDER BY teams) AS v, count(*) AS n, sum(teams) AS s, count(*) FILTER (teams = 0) AS none
           FROM m_sa1_3_1_releases GROUP BY month)
SELECT m.month, coalesce(n, 0) AS releases, coalesce(s, 0)::BIGINT AS teams, coalesce(none, 0) AS without_team,
       CASE WHEN n > 0 THEN printf('%d.%02d', ((200 * s + n) // (2 * n))::BIGINT // 100, ((200 * s + n) // (2 * n))::BIGINT % 100) END AS mean_teams,
       percentile(v, 50) AS median_teams, listed(v) AS values_teams
FROM months m LEFT JOIN v USING (month) ORDER BY m.month;

CREATE TABLE m_sa1_3_4_releases AS
SELECT month, ticket, release, provider, record, entered, accepted, seconds, deferred_seconds, failed_seconds
FROM passages ORDER BY month, ticket;

CREATE TABLE m_sa1_3_4 AS
WITH v AS (SELECT month, list(seconds ORDER BY seconds) FILTER (seconds IS NOT NULL) AS v, count(seconds) AS n, sum(seconds) AS s,
                  count(*) FILTER (seconds IS NULL) AS left_out,
                  sum(deferred_seconds) FILTER (seconds IS NOT NULL) AS deferred,
                  sum(failed_seconds) FILTER (seconds IS NOT NULL) AS failed
           FROM passages GROUP BY month)
SELECT m.month, coalesce(n, 0) AS releases, coalesce(left_out, 0) AS left_out,
       CASE WHEN n > 0 THEN (s // n)::BIGINT END AS mean_seconds, v[1] AS min_seconds, v[len(v)] AS max_seconds,
       percentile(v, 50) AS median_seconds, percentile(v, 85) AS p85_seconds, percentile(v, 95) AS p95_seconds,
       listed(v) AS values_seconds, coalesce(deferred, 0)::BIGINT AS deferred_seconds, coalesce(failed, 0)::BIGINT AS failed_seconds
FROM months m LEFT JOIN v USING (month) ORDER BY m.month;

CREATE TABLE m_sa1_3_5_releases AS
SELECT month, ticket, release, provider, record, accepted, published, seconds, age_seconds FROM publications ORDER BY month, ticket;

CREATE TABLE m_sa1_3_5 AS
WITH v AS (SELECT month, list(seconds ORDER BY seconds) FILTER (seconds IS NOT NULL) AS v, count(seconds) AS n, sum(seconds) AS s,
                  count(*) FILTER (published < accepted) AS before, count(*) FILTER (published IS NULL) AS missing
           FROM publications GROUP BY month)
SELECT m.month, coalesce(n, 0) AS published, coalesce(before, 0) AS before_acceptance,
       CASE WHEN n > 0 THEN (s // n)::BIGINT END AS mean_seconds, v[1] AS min_seconds, v[len(v)] AS max_seconds,
       percentile(v, 50) AS median_seconds, percentile(v, 85) AS p85_seconds, percentile(v, 95) AS p95_seconds,
       listed(v) AS values_seconds, coalesce(missing, 0) AS without_report
FROM months m LEFT JOIN v USING (month) ORDER BY m.month;

CREATE TABLE states AS SELECT * FROM (VALUES
    (1, 'Submitted', false), (2, 'Unverified', false), (3, 'InVerification', false), (4, 'WaitingForResponse', false),
    (5, 'StageRollout', false), (6, 'Deferred', false), (7, 'Production', true), (8, 'Rejected', true), (9, 'Ignored', true),
    (10, 'NotPublished', true), (11, 'Failed', false)) AS s(place, state, terminal);

-- What is in a state that nothing leaves: all that entered it so far and have not left.
CREATE TABLE settled AS
SELECT m.month, s.state, coalesce(sum(n) FILTER (begins < m.place AND ends >= m.place), 0)::BIGINT AS at_start,
       coalesce(sum(n) FILTER (ends > m.place), 0)::BIGINT AS at_end
FROM months m JOIN (SELECT state, place_of(entered) AS begins, coalesce(place_of("left"), 9999) AS ends, count(*) AS n
                    FROM stays_all WHERE terminal GROUP BY ALL) s ON s.begins <= m.place GROUP BY ALL;

CREATE TABLE flow AS
SELECT month, state, wip_start, entries, exits, wip_end, wip_end - (wip_start + entries - exits) AS unexplained
FROM (
    SELECT m.month, s.place, s.state,
           coalesce(CASE WHEN s.terminal THEN max(t.at_start) ELSE counted_in(metric, "column", n, 'flow', 'wip_start') END, 0) AS wip_start,
           counted_in(metric, "column", n, 'flow', 'entries') AS entries, counted_in(metric, "column", n, 'flow', 'exits') AS exits,
           coalesce(CASE WHEN s.terminal THEN max(t.at_end) ELSE counted_in(metric, "column", n, 'flow', 'wip_end') END, 0) AS wip_end
    FROM months m CROSS JOIN states s
    LEFT JOIN counts c ON c.metric = 'flow' AND c.month = m.month AND c."row" = s.state
    LEFT JOIN settled t ON t.month = m.month AND t.state = s.state
    GROUP BY m.month, s.place, s.state, s.terminal
) ORDER BY month, place;

CREATE TABLE time_in_state AS
WITH sums AS (SELECT month, state, ticket, sum(seconds)::BIGINT AS seconds FROM left_seconds GROUP BY ALL),
v AS (SELECT month, state, list(seconds ORDER BY seconds) AS v FROM sums GROUP BY ALL),
o AS (SELECT m.month, s.state, m.measured, min(s.oldest) AS oldest
      FROM (SELECT state, place_of(entered) AS begins, coalesce(place_of("left"), 9999) AS ends, min(row(entered, ticket)) AS oldest
            FROM stays_all WHERE NOT terminal GROUP BY ALL) s
      JOIN months m ON s.begins <= m.place AND s.ends > m.place GROUP BY ALL)
SELECT m.month, s.state, coalesce(len(v.v), 0) AS releases, counted_in(metric, "column", n, 'time-in-state', 'stays') AS stays,
       counted_in(metric, "column", n, 'time-in-state', 'left_out') AS left_out, percentile(v.v, 50) AS median_seconds, percentile(v.v, 85) AS p85_seconds,
       percentile(v.v, 95) AS p95_seconds, listed(v.v) AS values_seconds, counted_in(metric, "column", n, 'time-in-state', 'open') AS open,
       o.oldest[2] AS oldest_open_ticket, o.oldest[1] AS oldest_open_entered,
       CASE WHEN o.oldest[1] <= o.measured THEN (epoch_us(o.measured) - epoch_us(o.oldest[1])) // 1000000 END AS oldest_open_seconds
FROM months m CROSS JOIN states s
LEFT JOIN v ON v.month = m.month AND v.state = s.state
LEFT JOIN o ON o.month = m.month AND o.state = s.state
LEFT JOIN counts c ON c.metric = 'time-in-state' AND c.month = m.month AND c."row" = s.state
WHERE NOT s.terminal
GROUP BY m.month, s.place, s.state, v.v, o.oldest, o.measured ORDER BY m.month, s.place;

CREATE VIEW stays AS
WITH window_ AS (SELECT min(opens) AS opens, max(closes) AS closes, max(measured) AS measured FROM months),
known AS (
    SELECT s.*, CASE WHEN s."left" < w.closes THEN s."left" END AS known_left, w.*
    FROM stays_all s, window_ w WHERE s.entered < w.closes
)
SELECT ticket, coalesce(release, CASE WHEN known_left IS NOT NULL THEN left_release END) AS release,
       coalesce(provider, CASE WHEN known_left IS NOT NULL THEN left_provider END) AS provider, state, stay, entered, known_left AS "left",
       CASE WHEN known_left IS NOT NULL THEN seconds
            WHEN NOT terminal AND entered <= measured THEN (epoch_us(measured) - epoch_us(entered)) // 1000000 END AS seconds,
       entered_by, CASE WHEN known_left IS NOT NULL THEN left_by END AS left_by, entered_record,
       CASE WHEN known_left IS NOT NULL THEN left_record END AS left_record
FROM known
WHERE entered >= opens OR known_left >= opens OR known_left IS NULL AND NOT terminal
ORDER BY ticket, stay;
