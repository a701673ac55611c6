-- Findings of the gate that somebody decided not to let count. Rows are only added.

CREATE TABLE waivers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket INTEGER NOT NULL,
    finding TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    granted INTEGER NOT NULL,
    until TEXT NOT NULL
) STRICT;

CREATE INDEX waivers_of_ticket ON waivers (ticket);
