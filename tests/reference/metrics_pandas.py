"""The counted metrics and the stays with pandas, as somebody with a notebook would: what ours is timed beside.

    metrics_pandas.py FACTS OUT FIRST LAST
"""

import pathlib
import sys

import pandas as pd


def main(facts, out, first, last):
    facts, out = pathlib.Path(facts), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    columns = ["record", "ticket", "at", "from", "asked", "to", "outcome", "provider", "release", "by"]
    log = pd.read_parquet(facts / "transitions.parquet", columns=columns).sort_values("record")
    created = pd.read_parquet(facts / "submissions.parquet", columns=["ticket", "at", "by"])
    log["provider"] = log["provider"].fillna("(unknown)")
    log["month"] = log["at"].dt.strftime("%Y-%m")
    done = log[log["outcome"] == "performed"]

    def table(file, **kinds):
        parts = {}
        for column, rows in kinds.items():
            rows = rows.drop_duplicates("ticket")
            rows = rows[rows["month"].between(first, last)]
            parts[column] = rows.groupby(["month", "provider"])["ticket"].size()
        counts = pd.DataFrame(parts).fillna(0).astype(int)
        every = counts.groupby("month").sum()
        every.index = pd.MultiIndex.from_product([every.index, ["(all)"]], names=["month", "provider"])
        pd.concat([counts, every]).to_csv(out / file)

    verified = log["outcome"].isin(["performed", "deferred"]) & (log["asked"] == "StageRollout")
    table("m-repo-1.csv", delivered=done[(done["asked"] == "Unverified") & done["from"].isin(["Submitted", "Failed"])])
    table("m-repo-2.csv", verified=log[verified & log["from"].isin(["InVerification", "WaitingForResponse"])])
    table("m-repo-3.csv", accepted=done[(done["asked"] == "Production") & (done["from"] == "StageRollout")])
    ends = {state.lower(): done[done["asked"] == state] for state in ["Rejected", "Ignored", "NotPublished"]}
    table("outcomes.csv", **ends)

    marks = pd.concat([created.assign(record=0, state="Submitted"), log.rename(columns={"to": "state"})]).sort_values(["ticket", "record"])
    marks = marks[marks["state"] != marks.groupby("ticket")["state"].shift()]
    stays = marks.assign(left=marks.groupby("ticket")["at"].shift(-1), left_record=marks.groupby("ticket")["record"].shift(-1))
    stays["seconds"] = (stays["left"] - stays["at"]).dt.total_seconds()
    stays["left_month"] = stays["left"].dt.strftime("%Y-%m")
    stays["entered_month"] = stays["at"].dt.strftime("%Y-%m")
    flow = {
        "entries": stays.groupby(["entered_month", "state"]).size(),
        "exits": stays.groupby(["left_month", "state"]).size(),
    }
    pd.DataFrame(flow).fillna(0).astype(int).to_csv(out / "flow.csv")
    stays.groupby(["left_month", "state"])["seconds"].agg(["count", "mean", "median"]).to_csv(out / "time-in-state.csv")
    stays[["ticket", "release", "provider", "state", "at", "left", "seconds", "by", "record", "left_record"]].to_csv(out / "stays.csv", index=False)


main(*sys.argv[1:])
