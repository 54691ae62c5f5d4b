"""Writes definitions.json: the divergences as driftgauge defines them, computed by numpy from the raw logs.

Run by hand, with Python 3 and numpy: python3 tests/oracle/definitions.py

The rule of the cells, as documented:
- a number: the reference deciles by the inverted distribution function are right edges of cells; a value of a tenth of
  the reference or more has a cell of its own, so the float just below it is an edge, too;
- a category: one cell each, what the reference does not have is one cell;
- missing values are one cell, what is not of the column's kind is one cell;
- a cell that is empty on both sides is left out.

Causes use the same cells: shares and mean losses (1 for a wrong prediction, else 0) by cell of labelled rows, mean scores by
cell of the reference, and the share of the variance of the score (of several classes: of their indicators) between cells.
"""

import csv
import gzip
import json
import math
import pathlib
from datetime import datetime

import numpy as np

root = pathlib.Path(__file__).parent.parent.parent
TIME_WINDOWS = 10


def lines(path):
    return gzip.open(path, "rt", encoding="utf-8").read().splitlines()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def text_of(value):
    """The text of a class or a category."""
    return value if isinstance(value, str) else json.dumps(value)


def shares(r, c, extra):
    cells = len(r)
    return (r + extra) / (r.sum() + extra * cells), (c + extra) / (c.sum() + extra * cells)


def divergences(counts):
    counts = np.array([pair for pair in counts if sum(pair) > 0], float)
    r, c = counts[:, 0], counts[:, 1]
    m, n, cells = r.sum(), c.sum(), len(counts)
    p, q = shares(r, c, 0.5)
    a = (p + q) / 2
    psi = np.sum((q - p) * np.log(q / p))
    raw_p, raw_q = shares(r, c, 0.0)
    return {
        "psi": psi,
        "psi_debiased": max(0.0, psi - (cells - 1) * (1 / n + 1 / m)),
        "kullback_leibler_divergence": np.sum(q * np.log(q / p)),
        "jensen_shannon_distance": math.sqrt(np.sum(p * np.log2(p / a)) / 2 + np.sum(q * np.log2(q / a)) / 2),
        "hellinger_distance": math.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2),
        "total_variation": np.abs(raw_q - raw_p).sum() / 2,
    }


def numeric_places(reference, window):
    present = np.sort(np.array([x for x in reference if x is not None]))
    edges = set(np.quantile(present, np.arange(1, 10) / 10, method="inverted_cdf").tolist())
    values, counts = np.unique(present, return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist()):
        if count * 10 >= len(present):
            edges |= {value, float(np.nextafter(value, -math.inf))}
    edges = np.array(sorted(edges))

    missing = len(edges) + 1

    def places(column):
        return np.array([missing if x is None else int(np.searchsorted(edges, x, side="left")) for x in column], int)

    return places(reference), places(window), missing + 1


def categorical_places(reference, window):
    known = {category: place for place, category in enumerate(sorted({x for x in reference if x is not None}))}
    unseen, missing = len(known), len(known) + 1

    def places(column):
        return np.array([missing if x is None else known.get(x, unseen) for x in column], int)

    return places(reference), places(window), missing + 1


def places_of(kind, reference, window):
    return (numeric_places if kind == "numeric" else categorical_places)(reference, window)


def counts_of(reference, window, cells):
    return list(zip(np.bincount(reference, minlength=cells), np.bincount(window, minlength=cells)))


def mean_by(places, values, cells, otherwise):
    counts, sums = np.bincount(places, minlength=cells), np.bincount(places, values, minlength=cells)
    return np.where(counts > 0, sums / np.maximum(counts, 1), otherwise)


def explained(places, responses, cells):
    """Epsilon squared of the columns of `responses` together."""
    n, counts = len(responses), np.bincount(places, minlength=cells)
    filled = (counts > 0).sum()
    total = sum(len(x) * x.var() for x in responses.T)
    within = sum(((x - mean_by(places, x, cells, 0.0)[places]) ** 2).sum() for x in responses.T)
    return max(0.0, 1 - within / total * (n - 1) / (n - filled))


class Case:
    def __init__(self, name, folder, labels):
        expected = json.loads(gzip.open(root / "tests/data" / name / "expected.json.gz").read())
        self.schema, self.windows = expected["schema"], expected["windows"]
        known = {}
        for line in lines(folder / labels):
            record = json.loads(line)
            known[record["request_id"]] = text_of(record["label"])
        self.rows = []
        for line in lines(folder / "predictions.jsonl.gz"):
            record = json.loads(line)
            if record["status"] == "ok":
                self.rows.append((instant(record["ts"]), record, known.get(record["request_id"])))
        self.reference = list(csv.DictReader(lines(folder / "reference.csv.gz")))

    def columns(self, rows):
        """Feature, role, kind, reference and window of every column."""
        for name, kind in self.schema["features"].items():
            read = float if kind == "numeric" else str
            reference = [None if row[name] == "" else read(row[name]) for row in self.reference]
            window = [(record["features"] or {}).get(name) for _, record, _ in rows]
            if kind == "categorical":
                window = [None if value is None else text_of(value) for value in window]
            yield name, "input", kind, reference, window
        reference = [row["prediction"] for row in self.reference]
        yield "prediction", "prediction", "categorical", reference, [text_of(r["prediction"]) for _, r, _ in rows]
        labelled = [label for _, _, label in rows if label is not None]
        yield "actual", "actual", "categorical", [row["label"] for row in self.reference], labelled
        if self.schema["task"] == "binary":
            reference = [float(row["score"]) for row in self.reference]
            yield "score", "score", "numeric", reference, [record["score"] for _, record, _ in rows]
            return
        for name in self.schema["classes"]:
            reference = [float(row["score_" + name]) for row in self.reference]
            yield name, "score", "numeric", reference, [record["scores"][name] for _, record, _ in rows]

    def importance(self):
        classes = self.schema["classes"]
        said = np.array([classes.index(row["prediction"]) for row in self.reference])
        responses = np.eye(len(classes))[said]
        if self.schema["task"] == "binary":
            responses = np.array([[float(row["score"])] for row in self.reference])
        sizes = {}
        for name, role, kind, reference, _ in self.columns([]):
            if role == "input":
                places, _, cells = places_of(kind, reference, [])
                sizes[name] = explained(places, responses, cells)
        return {name: size / sum(sizes.values()) for name, size in sizes.items()}

    def causes(self, columns, rows, importance):
        """Of each feature what it accounts for, and the change of the loss."""
        wrong = np.array([row["label"] != row["prediction"] for row in self.reference], float)
        score = np.array([float(row["score"]) for row in self.reference]) if "score" in self.reference[0] else None
        known = np.array([label is not None for _, _, label in rows])
        errors = np.array([label != text_of(record["prediction"]) for _, record, label in rows], float)[known]
        result = {}
        for feature, role, kind, reference, window in columns:
            if role != "input":
                continue
            r, c, cells = places_of(kind, reference, window)
            share = lambda places: np.bincount(places, minlength=cells) / max(len(places), 1)
            p, q, labelled = share(r), share(c), share(c[known])
            before = mean_by(r, wrong, cells, wrong.mean())
            values = {"drift_importance": importance[feature] * divergences(counts_of(r, c, cells))["psi_debiased"]}
            values["loss_shift_expected"] = np.sum((q - p) * before)
            if score is not None:
                values["prediction_shift"] = np.sum((q - p) * mean_by(r, score, cells, score.mean()))
            if known.any():
                change = mean_by(c[known], errors, cells, 0.0) - before
                mean = np.sum(labelled * change)
                values["loss_shift_covariate"] = np.sum((labelled - p) * before)
                values["loss_shift_within"] = mean
                values["loss_shift_spread"] = math.sqrt(np.sum(labelled * (change - mean) ** 2))
            result[feature] = {key: float(value) for key, value in values.items()}
        return result, float(errors.mean() - wrong.mean()) if known.any() else None

    def results(self):
        importance = self.importance()
        chosen = [window for window in self.windows if window["kind"] == "all"]
        times = [window for window in self.windows if window["kind"] == "time"]
        # The widest first: they have drift in the oracle, too.
        times.sort(key=lambda window: (-window["seconds"], window["start"]))
        for window in chosen + times[:TIME_WINDOWS]:
            rows = self.rows
            if window["kind"] == "time":
                start, end = instant(window["start"]), instant(window["end"])
                rows = [row for row in rows if start <= row[0] < end]
            columns = []
            values_of = list(self.columns(rows))
            for feature, role, kind, reference, current in values_of:
                values = divergences(counts_of(*places_of(kind, reference, current)))
                values = {key: float(value) for key, value in values.items()}
                columns.append({"feature": feature, "role": role, "values": values})
            causes, loss_shift = self.causes(values_of, rows, importance)
            found = {"columns": columns, "causes": causes, "loss_shift": loss_shift, "importance": importance}
            yield {key: window.get(key) for key in ("id", "seconds", "end")} | found


cases = {
    "elec": Case("elec", root / "examples/elec", "actuals.jsonl.gz"),
    "covtype": Case("covtype", root / "tests/data/covtype", "labels.jsonl.gz"),
}
content = {name: list(case.results()) for name, case in cases.items()}
(root / "tests/oracle/definitions.json").write_text(json.dumps(content, indent=0) + "\n")
