-- Which ticket system the site works with, and how far its changes and tickets were asked for.
CREATE TABLE ticket_system (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    change_no INTEGER,
    ticket INTEGER
) STRICT;

-- The nonces of signed requests, for as long as a repeat of one would else be accepted.
CREATE TABLE nonces (
    nonce KEY_TEXT NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX nonces_expired ON nonces (until);
