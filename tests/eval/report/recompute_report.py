#!/usr/bin/env python3
"""recompute_report.py PAGE.html RUN: makes the numbers of a report again out of RUN/records.jsonl, manifest.json and
plan.json, with nothing of the program, and compares them with the data that the page's figures carry. Prints what differs
and exits 1; figures that it does not know are named, and are no error. Needs nothing but Python."""
import collections
import csv
import html.parser
import io
import json
import math
import os
import sys

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FIRST_BIN = -1280
PER_MILLE = {0.5: 500, 0.9: 900, 0.99: 990, 0.999: 999}


class Figures(html.parser.HTMLParser):
    """The CSV of each figure of a page, by its id."""

    def __init__(self):
        super().__init__()
        self.csv, self.figure, self.inside = {}, None, False

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "figure":
            self.figure = attributes["id"].removeprefix("fig-")
        if tag == "pre" and attributes.get("class") == "csv":
            self.inside = True
            self.csv[self.figure] = ""

    def handle_endtag(self, tag):
        if tag == "pre":
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.csv[self.figure] += data


def value_text(value):
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def printable(text):
    """Texts of a file as messages have them: without control characters, at most 200 bytes."""
    text = "".join("?" if ord(c) < 32 or ord(c) == 127 else c for c in text)
    raw = text.encode()
    return text if len(raw) <= 200 else raw[:200].decode(errors="ignore") + "..."


def condition(row, without=None):
    """The name and the point of a sweep; without: variables of that value are left out."""
    text = printable(row["name"])
    for name, value in row["vars"].items():
        if not (name == "twin" and value == "") and (without is None or value != without):
            text += f" {printable(name)}={printable(value_text(value))}"
    return text


class Run:
    """Windows of each trial, seeds apart, by model and condition."""

    def __init__(self, folder):
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            self.manifest = json.load(file)
        self.plan = []
        if os.path.exists(os.path.join(folder, "plan.json")):
            with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
                self.plan = json.load(file)
        windows, failed = collections.defaultdict(dict), set()
        with open(os.path.join(folder, "records.jsonl"), encoding="utf-8") as file:
            for line in file:
                if not line.endswith("\n"):
                    continue
                record = json.loads(line)
                if record["status"] == "failed":
                    failed.add(record["id"])
                for window in record.get("windows", []):
                    windows[record["model"], record["id"]].setdefault(window["window"], window)
        self.lines = collections.defaultdict(dict)  # (model, condition) -> id -> window -> sums
        self.vars = {}
        for row in self.manifest["rows"]:
            own = windows.get((row["model"], row["id"]))
            if own and row["id"] not in failed:
                self.lines[row["model"], condition(row)][row["id"]] = own
                self.vars[row["model"], condition(row)] = row

    def find(self, model, label):
        """The seeds of the line with that label: its condition, and remarks in brackets behind."""
        while (model, label) not in self.lines and label.endswith(")") and " (" in label:
            label = label[: label.rindex(" (")]
        return list(self.lines[model, label].values()) if (model, label) in self.lines else None


def mean(seeds, figure):
    """Over the windows that all seeds have."""
    shared = set.intersection(*(set(seed) for seed in seeds))
    tokens = sum(seed[w]["tokens"] for seed in seeds for w in shared)
    return sum(seed[w][figure] for seed in seeds for w in shared) / tokens


def histogram(text):
    """Counts by bin of a packed histogram: exponential Golomb codes of gaps and counts."""
    bits = "".join(f"{LETTERS.index(letter):06b}" for letter in text)
    last = bits.rfind("1") + 1
    at = 4
    order = int(bits[:4], 2)

    def golomb(k):
        nonlocal at
        zeros = 0
        while bits[at] == "0":
            zeros, at = zeros + 1, at + 1
        high = int(bits[at : at + zeros + 1], 2)
        at += zeros + 1
        low = int(bits[at : at + k] or "0", 2)
        at += k
        return ((high - 1) << k) + low

    counts, place = {}, 0
    while at < last:
        place += golomb(order)
        counts[FIRST_BIN - 1 + place] = golomb(0) + 1
        place += 1
    return counts


def quantile(seeds, per_mille):
    counts = collections.Counter()
    for seed in seeds:
        for window in seed.values():
            counts.update(histogram(window["kl_bins"]))
    n = sum(counts.values())
    rank, seen = -(-n * per_mille // 1000), 0
    for place in sorted(counts):
        seen += counts[place]
        if seen >= rank:
            return 0.0 if place < FIRST_BIN else 2.0 ** ((place + 0.5) / 32)
    return math.nan


class Check:
    def __init__(self, run):
        self.run, self.compared, self.wrong = run, 0, []

    def same(self, where, told, found, tolerance=1e-9):
        self.compared += 1
        told = float(told)
        if not abs(told - found) <= tolerance * max(abs(told), abs(found), 1e-300):
            self.wrong.append(f"{where}: the page says {told!r}, the records {found!r}")

    def seeds(self, figure, row):
        seeds = self.run.find(row["model"], row["trial"])
        if seeds is None:
            self.wrong.append(f"{figure}: the records have no line {row['trial']!r} of {row['model']!r}")
        return seeds

    def intervals(self, figure, rows):
        for row in rows:
            if seeds := self.seeds(figure, row):
                self.same(f"{figure}: {row['trial']}", row["kl"], mean(seeds, "kl"))

    def tails(self, figure, rows):
        for row in rows:
            if not (seeds := self.seeds(figure, row)):
                continue
            where = f"{figure}: {row['trial']}: {row['share']}"
            if row["share"] == "1":
                self.same(where, row["kl"], max(w["kl_max"] for seed in seeds for w in seed.values()))
            else:
                self.same(where, row["kl"], quantile(seeds, PER_MILLE[float(row["share"])]))

    def documents(self, figure, rows):
        for row in rows:
            if not (seeds := self.seeds(figure, row)):
                continue
            key, number = ("document", row["document"]) if row["document"] else ("window", row["window"])
            base = self.run.find(row["model"], "baseline")[0]
            own = [w for w in seeds[0].values() if w.get(key) == int(number)]
            where, tokens = f"{figure}: {row['trial']}: {key} {number}", sum(w["tokens"] for w in own)
            self.same(where, row["kl"], sum(w["kl"] for w in own) / tokens)
            before = sum(base[w["window"]]["nll"] for w in own)
            self.same(where, row["delta_nll"], (sum(w["nll"] for w in own) - before) / tokens, 1e-6)

    def entropy(self, figure, rows):
        for row in rows:
            if not (seeds := self.seeds(figure, row)):
                continue
            first, end = round(float(row["entropy_low"]) / 0.25), round(float(row["entropy_high"]) / 0.25)
            total = tokens = 0
            for seed in seeds:
                for window in seed.values():
                    total += sum(window["entropy"]["kl"][first:end])
                    tokens += sum(window["entropy"]["tokens"][first:end])
            self.same(f"{figure}: {row['trial']}: {row['entropy_low']}", row["kl"], total / tokens)

    def calibration(self, figure, rows):
        reference = {row["trial"]: row["set"] for row in rows if row["reference"] == "1"}
        for row in rows:
            lines = {}
            for (model, label), key in self.run.vars.items():
                if model == row["model"] and condition(key, self.set_of(key)) == row["trial"]:
                    lines[self.set_of(key)] = list(self.run.lines[model, label].values())
            if row["set"] not in lines:
                self.wrong.append(f"{figure}: the records have no {row['trial']!r} made from {row['set']!r}")
                continue
            own, other = lines[row["set"]], lines[reference[row["trial"]]]
            where = f"{figure}: {row['trial']}: {row['set']}"
            self.same(where, row["kl_ratio"], mean(own, "kl") / mean(other, "kl"))
            self.same(where, row["ppl_ratio"], math.exp(mean(own, "nll") - mean(other, "nll")), 1e-6)

    def set_of(self, key):
        names = {s["name"] for m in self.run.manifest["models"] for s in m.get("calibration", [])}
        for entry in key.get("entries", []):
            if isinstance(entry.get("calibration"), str):
                return entry["calibration"]
        return next((v for v in key["vars"].values() if isinstance(v, str) and v in names), None)

    def plan(self, figure, rows):
        calls = [model for call in self.run.plan for model in call["models"]]
        for row, call in zip(rows, calls, strict=True):
            self.same(f"{figure}: planned", row["planned_seconds"], call["planned"]["seconds"])
            self.same(f"{figure}: taken", row["seconds"], call["actual"]["seconds"])
            self.same(f"{figure}: memory", row["peak_bytes"], call["actual"]["peak_bytes"])


def main():
    page, folder = sys.argv[1:]
    figures = Figures()
    with open(page, encoding="utf-8") as file:
        figures.feed(file.read())
    check = Check(Run(folder))
    unknown = []
    for figure, text in figures.csv.items():
        check_figure = getattr(check, figure.split("-")[0], None)
        rows = list(csv.DictReader(io.StringIO(text)))
        if check_figure is None or figure.split("-")[0] in ("same", "seeds"):
            unknown.append(figure)
        else:
            check_figure(figure, rows)
    print(f"{check.compared} numbers compared, {len(check.wrong)} differ; not known: {', '.join(unknown) or 'none'}")
    for line in check.wrong[:20]:
        print(line)
    sys.exit(1 if check.wrong or check.compared == 0 else 0)


main()
