"""join_tables.py FOLDER DATABASE VARIABLE,... INTEGER,... [CSV...]: loads the csv files of a run's folder, and more of
them, with pandas, holds them against each other and against the database of `export --sqlite`, and joins them. Prints
the number of files; an assertion fails otherwise."""
import sqlite3
import sys
from pathlib import Path

import pandas as pd
from pandas.api.types import is_integer_dtype

TRIAL = ["id", "name", "model", "seed"]
TEXT = {"id": str, "name": str, "model": str, "index": str}


def read(path):
    return pd.read_csv(path, dtype=TEXT, float_precision="round_trip")


def check_file(path, variables, integers):
    frame = read(path)
    assert list(frame.columns[:4]) == TRIAL, (path, list(frame.columns))
    assert frame.columns.is_unique, path
    missing = [name for name in variables if name not in frame.columns]
    assert not missing, (path, missing)
    converted = frame.convert_dtypes()
    for column in integers:
        if column in frame and frame[column].notna().any():
            assert is_integer_dtype(converted[column]), (path, column, converted[column].dtype)
    again = path.with_suffix(".again")
    converted.to_csv(again, index=False)
    pd.testing.assert_frame_equal(read(again), frame)
    return frame


def check_unique(name, frame, keys):
    columns = [column for column in keys if column in frame]
    twice = frame[frame.duplicated(columns, keep=False)]
    assert twice.empty, (name, columns, twice[columns].head(4))


def check_join(name, frame, results, variables):
    rows = frame[frame["id"].notna() & (frame["name"] != "floor")].reset_index(drop=True).reset_index()
    joined = rows.merge(results, on=["id", "model"], how="left", suffixes=("", "_of_results"), indicator="side")
    assert (joined["side"] == "both").all(), name
    same = joined["name"] == joined["name_of_results"]
    for variable in variables:
        ours, theirs = joined[variable], joined[variable + "_of_results"]
        # A row that pools searches has no value of its own.
        # Nor has an effect of all runs of a factorial design a level.
        pooled = variable == "bisect" or (name == "effects.csv" and variable == "role")
        same &= (ours == theirs) | (ours.isna() if pooled else ours.isna() & theirs.isna())
    found = same.groupby(joined["index"]).any()
    assert found.all() and len(found) == len(rows), (name, rows[~found.reindex(rows["index"]).fillna(False)])


def check_database(database, name, frame):
    table = pd.read_sql(f"SELECT * FROM {name}", database)
    front = [] if name == "profiles" else ["trial_id"]
    assert list(table.columns) == front + list(frame.columns), name
    assert len(table) == len(frame), name
    for column in frame:
        ours, theirs = frame[column], table[column]
        assert (ours.isna() == theirs.isna()).all(), (name, column)
        known = ours.notna()
        text = theirs[known].map(str) if frame[column].dtype == object else theirs[known]
        wanted = ours[known].map(str) if frame[column].dtype == object else ours[known]
        if frame[column].dtype == bool:
            text = text == "true"
        elif set(wanted.map(str)) <= {"True", "False"}:
            wanted = wanted.map(lambda value: str(value).lower())
        assert (text == wanted).all(), (name, column)


def main():
    folder, variables, integers = Path(sys.argv[1]), sys.argv[3].split(","), sys.argv[4].split(",")
    database = sqlite3.connect(sys.argv[2])
    paths = sorted(folder.glob("*.csv"))
    results = read(folder / "results.csv")
    check_unique("results.csv", results, TRIAL)
    for path in paths + [Path(argument) for argument in sys.argv[5:]]:
        if path.name == "profiles.csv":  # of tensors: no file with trials in its rows
            frame = read(path)
            check_unique(path.name, frame, ["model", "trial", "text", "site", "statistic", "index"])
            check_database(database, path.stem, frame)
            continue
        frame = check_file(path, variables, integers)
        check_join(path.name, frame, results, variables)
        if path in paths:
            check_database(database, path.stem, frame)
    size = results["relative_l2_weight"].fillna(results["relative_l2_input"])
    alone = results["relative_l2_weight"].isna() != results["relative_l2_input"].isna()
    assert (results["kl_per_r2"].notna() == alone).all()
    assert (abs(results["kl_per_r2"] / (results["kl"] / size**2) - 1)[alone] < 1e-12).all()
    joined = database.execute("SELECT COUNT(*) FROM sites JOIN results USING (id, model)").fetchone()[0]
    assert joined >= len(read(folder / "sites.csv")) > 0
    for view in ("summary", "window_deltas", "answers"):
        assert len(pd.read_sql(f"SELECT * FROM {view}", database)) > 0, view
    print(len(paths) + len(sys.argv[5:]), "files")


main()
