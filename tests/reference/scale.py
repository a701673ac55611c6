"""Makes a folder of facts several times as large: each ticket again, under another number and some hours later.

    scale.py FACTS TIMES
"""

import pathlib
import sys

import duckdb


def main(facts, times):
    facts, times = pathlib.Path(facts), int(times)
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    step = database.execute(f"SELECT max(ticket) FROM '{facts}/submissions.parquet'").fetchone()[0]
    clocks = {
        "transitions": ["at"],
        "submissions": ["at"],
        "participations": ["invited", "answered", "started", "finished"],
        "reports": ["at"],
    }
    for kind, times_of in clocks.items():
        later = ", ".join(f'"{name}" + INTERVAL 37 MINUTE * k AS "{name}"' for name in times_of)
        renumber = "" if kind == "submissions" else f', row_number() OVER (ORDER BY "{times_of[0]}", ticket, record)::UBIGINT AS record'
        file, larger = facts / f"{kind}.parquet", facts / f"{kind}.larger"
        database.execute(
            f"COPY (SELECT * REPLACE (ticket::UBIGINT AS ticket{renumber}) FROM "
            f"(SELECT f.* REPLACE ((ticket + k * {step})::UBIGINT AS ticket, {later}) FROM '{file}' f, range({times}) r(k)) "
            f"ORDER BY {'ticket' if kind == 'submissions' else 'record'}) TO '{larger}' (FORMAT parquet, COMPRESSION zstd)"
        )
        larger.rename(file)


main(*sys.argv[1:])
