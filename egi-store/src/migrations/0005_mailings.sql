-- Letters that are sent once, such as a month's report.

CREATE TABLE mailings (
    topic KEY_TEXT NOT NULL PRIMARY KEY,
    message_id TEXT NOT NULL,
    recipients TEXT NOT NULL,
    begun INTEGER NOT NULL,
    sent INTEGER
) STRICT;
