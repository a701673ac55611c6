-- How far the past of a ticket system was read into the history.
CREATE TABLE imports (
    source KEY_TEXT NOT NULL PRIMARY KEY,
    change_no INTEGER NOT NULL,
    imported INTEGER NOT NULL
) STRICT;
