-- The tables of a site. What each is for stands in the documentation of the crate.
--
-- Columns hold whole numbers, text or bytes alone: booleans are 0 or 1, times are microseconds since 1970 in UTC,
-- documents are JSON text. Beside a document stand only those of its facts that are searched for.

CREATE TABLE target_areas (
    state KEY_TEXT NOT NULL PRIMARY KEY,
    area TEXT
) STRICT;

CREATE TABLE majors (
    id KEY_TEXT NOT NULL,
    version INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    document TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;

CREATE TABLE documents (
    sha256 KEY_TEXT NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE inbox (
    -- AUTOINCREMENT: a number is never used twice, whatever becomes of its row.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dedupe KEY_TEXT NOT NULL UNIQUE,
    ticket INTEGER NOT NULL,
    message TEXT NOT NULL,
    change_no INTEGER,
    received INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    note TEXT,
    plan INTEGER,
    finished INTEGER
) STRICT;
CREATE INDEX inbox_waiting ON inbox (finished, id);
CREATE INDEX inbox_of_ticket ON inbox (ticket, finished);
CREATE INDEX inbox_changes ON inbox (change_no);

CREATE TABLE plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES inbox (id),
    ticket INTEGER NOT NULL,
    state KEY_TEXT NOT NULL,
    slot KEY_TEXT,
    document TEXT NOT NULL,
    opened INTEGER NOT NULL,
    ended INTEGER
) STRICT;
CREATE INDEX plans_of_ticket ON plans (ticket);
CREATE INDEX plans_for_slot ON plans (state, slot);

CREATE TABLE steps (
    plan INTEGER NOT NULL REFERENCES plans (id),
    step INTEGER NOT NULL,
    document TEXT NOT NULL,
    logged INTEGER NOT NULL,
    PRIMARY KEY (plan, step)
) STRICT;

CREATE TABLE releases (
    ticket INTEGER NOT NULL PRIMARY KEY,
    state KEY_TEXT NOT NULL,
    stood TEXT NOT NULL,
    since INTEGER NOT NULL,
    slot KEY_TEXT,
    holds_slot INTEGER NOT NULL,
    product KEY_TEXT,
    version TEXT,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX releases_for_slot ON releases (slot, holds_slot);
CREATE INDEX releases_of_product ON releases (product);
CREATE INDEX releases_in_state ON releases (state, since);

CREATE TABLE history (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    ticket INTEGER NOT NULL,
    entry TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE INDEX history_of_ticket ON history (ticket);

-- What the history ends with, kept apart from it: records cut off at its end would leave no gap.
CREATE TABLE history_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    records INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
INSERT INTO history_head (id, records, digest)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER history_is_not_altered BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only: a record is never altered');
END;
CREATE TRIGGER history_is_not_shortened BEFORE DELETE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only: a record is never removed');
END;
CREATE TRIGGER history_head_is_kept BEFORE DELETE ON history_head
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only: its head is never removed');
END;
