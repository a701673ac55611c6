"""Computes the metrics with DuckDB: the reference that ours are compared with, and timed beside.

    metrics.py FACTS OUT FIRST LAST AS_OF [THREADS]

FACTS is a folder of facts as Parquet, OUT a folder for the sheets as CSV, FIRST and LAST are months such as 2026-11.
"""

import pathlib
import sys

import duckdb

SHEETS = """m-repo-1 m-repo-2 m-repo-3 outcomes m-sa1-3-1 m-sa1-3-2 m-sa1-3-3 m-sa1-3-4 m-sa1-3-5 m-sa1-3-6 m-sa1-3-7 flow
time-in-state m-sa1-3-1-releases m-sa1-3-4-releases m-sa1-3-5-releases stays""".split()
EMPTY = {
    "submissions": "record UBIGINT, ticket UBIGINT, \"at\" TIMESTAMP, \"by\" VARCHAR",
    "participations": "record UBIGINT, ticket UBIGINT, team VARCHAR, site VARCHAR, ngi VARCHAR, participation VARCHAR, "
    "outcome VARCHAR, invited TIMESTAMP, answered TIMESTAMP, finished TIMESTAMP",
    "reports": "record UBIGINT, ticket UBIGINT, \"at\" TIMESTAMP",
}
# What is not looked at is not read.
UNUSED = {"transitions": "source, reasons, emergency", "submissions": "source", "participations": "source, started, report", "reports": "source, link"}


def main(facts, out, first, last, as_of, threads="2"):
    database = duckdb.connect()
    database.execute(f"SET threads = {int(threads)}; SET TimeZone = 'UTC'")
    for kind, unused in UNUSED.items():
        file = pathlib.Path(facts, f"{kind}.parquet")
        if file.exists():
            columns = {row[0]: row[1] for row in database.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()}
            left_out = [name for name in unused.split(", ") if name in columns]
            exclude = f"EXCLUDE ({', '.join(left_out)})" if left_out else ""
            zoned = [name for name, kind_of in columns.items() if kind_of == "TIMESTAMP WITH TIME ZONE" and name not in left_out]
            plain = ", ".join(f'"{name}"::TIMESTAMP AS "{name}"' for name in zoned)
            database.execute(f"CREATE VIEW {kind} AS SELECT * {exclude} REPLACE ({plain}) FROM '{file}'")
        else:
            database.execute(f"CREATE TABLE {kind} ({EMPTY[kind]})")
    database.execute("SET VARIABLE first_month = $1::TIMESTAMP", [f"{first}-01"])
    database.execute("SET VARIABLE last_month = $1::TIMESTAMP", [f"{last}-01"])
    database.execute("SET VARIABLE as_of = $1::TIMESTAMPTZ::TIMESTAMP", [as_of])
    database.execute(pathlib.Path(__file__).with_suffix(".sql").read_text())
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for sheet in SHEETS:
        table = sheet.replace("-", "_")
        database.execute(f"COPY (SELECT * FROM {table}) TO '{out}/{sheet}.csv' (HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')")
    database.execute(
        f"COPY (SELECT * FROM lineage ORDER BY metric, month, \"row\", \"column\", ticket, record NULLS FIRST) "
        f"TO '{out}/lineage.csv' (HEADER)"
    )


main(*sys.argv[1:])
