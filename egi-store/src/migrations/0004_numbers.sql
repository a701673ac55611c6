-- Facts that were not made here, and months whose figures are frozen.

CREATE TABLE fact_imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    origin TEXT NOT NULL,
    facts INTEGER NOT NULL,
    imported INTEGER NOT NULL
) STRICT;

-- A fact is known by its source, its kind and its number there, so that importing it again changes nothing.
CREATE TABLE facts (
    source KEY_TEXT NOT NULL,
    kind KEY_TEXT NOT NULL,
    number INTEGER NOT NULL,
    ticket INTEGER NOT NULL,
    document TEXT NOT NULL,
    fact_import INTEGER NOT NULL REFERENCES fact_imports (id),
    PRIMARY KEY (source, kind, number)
) STRICT;
CREATE INDEX facts_of_ticket ON facts (ticket);

-- A month is closed once; what changes afterwards is a further version of it, beside the first.
CREATE TABLE closed_months (
    month KEY_TEXT NOT NULL,
    version INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (month, version)
) STRICT;

CREATE TRIGGER facts_are_not_altered BEFORE UPDATE ON facts
BEGIN
    SELECT RAISE(ABORT, 'an imported fact is never altered');
END;
CREATE TRIGGER closed_months_are_not_altered BEFORE UPDATE ON closed_months
BEGIN
    SELECT RAISE(ABORT, 'a closed month is never altered; it gets a further version');
END;
CREATE TRIGGER closed_months_are_not_removed BEFORE DELETE ON closed_months
BEGIN
    SELECT RAISE(ABORT, 'a closed month is never removed');
END;
