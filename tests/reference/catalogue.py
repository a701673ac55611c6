"""Turns a catalogue of product releases into facts, and counts it by itself.

    catalogue.py CATALOGUE OUT

CATALOGUE is a CSV file with the columns opened, released, product, product_version, provider and rt_ticket (and others): one
line for each product release on one target. OUT gets submissions.csv and transitions.csv as docs/facts.md has them. Printed
is, for each month, how many releases the catalogue has in it, which DuckDB counts in the catalogue itself.

The catalogue knows when a release was opened and when it was in production, and nothing in between: the way from one to the
other is laid at equal distances.
"""

import pathlib
import sys

import duckdb

# A line without a ticket gets a number that no ticket has.
RELEASES = """
CREATE TABLE releases AS
SELECT coalesce(rt_ticket, 1000000 + row_number() OVER (ORDER BY opened, released, product, product_version, platform)) AS ticket,
       opened, released, provider, product || ' ' || product_version AS release
FROM read_csv(?, types = {'product_version': 'VARCHAR', 'opened': 'TIMESTAMP', 'released': 'TIMESTAMP', 'rt_ticket': 'BIGINT'})
"""

FACTS = """
CREATE TABLE transitions AS
SELECT row_number() OVER (ORDER BY "at", ticket, step) AS record, ticket, "at", "from", "to", provider, release
FROM (
    SELECT ticket, step, opened + (released - opened) * step / 4 AS "at", "from", "to", provider, release
    FROM releases, (VALUES (1, 'Submitted', 'Unverified'), (2, 'Unverified', 'InVerification'),
                           (3, 'InVerification', 'StageRollout'), (4, 'StageRollout', 'Production')) AS way(step, "from", "to")
)
"""


def main(catalogue, out):
    database = duckdb.connect()
    database.execute(RELEASES, [catalogue])
    database.execute(FACTS)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    written = "(HEADER, TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S.%f')"
    database.execute(f"COPY (SELECT * FROM transitions ORDER BY record) TO '{out}/transitions.csv' {written}")
    database.execute(f"COPY (SELECT ticket, opened AS \"at\" FROM releases ORDER BY ticket) TO '{out}/submissions.csv' {written}")
    counts = "SELECT strftime(released, '%Y-%m'), count(*) FROM read_csv(?) GROUP BY ALL ORDER BY ALL"
    for month, count in database.execute(counts, [catalogue]).fetchall():
        print(month, count)


main(*sys.argv[1:])
