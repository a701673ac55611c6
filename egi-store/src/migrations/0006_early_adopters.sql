-- Early adopters, their parts in staged rollouts, and the letters that tell people.

CREATE TABLE teams (
    name KEY_TEXT NOT NULL PRIMARY KEY,
    active INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

-- A team's part in a release's staged rollout as it stands; the number is that of the fact made of it.
CREATE TABLE participations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket INTEGER NOT NULL,
    team KEY_TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (ticket, team)
) STRICT;

-- What happened in staged rollouts, append-only and chained as the history is.
CREATE TABLE rollout_log (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    ticket INTEGER NOT NULL,
    entry TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE INDEX rollout_log_of_ticket ON rollout_log (ticket);

CREATE TABLE rollout_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    records INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
INSERT INTO rollout_head (id, records, digest)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER rollout_log_is_not_altered BEFORE UPDATE ON rollout_log
BEGIN
    SELECT RAISE(ABORT, 'the log of staged rollouts is append-only: a record is never altered');
END;
CREATE TRIGGER rollout_log_is_not_shortened BEFORE DELETE ON rollout_log
BEGIN
    SELECT RAISE(ABORT, 'the log of staged rollouts is append-only: a record is never removed');
END;

-- Letters to be sent, once per topic. Those that wait for a digest go out in its letter.
CREATE TABLE letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic KEY_TEXT NOT NULL UNIQUE,
    readers TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    written INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    begun INTEGER,
    sent INTEGER,
    sent_in INTEGER
) STRICT;
CREATE INDEX letters_waiting ON letters (sent, id);
