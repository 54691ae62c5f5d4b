"""Writes segments.json: ratios by segment and the gaps between segments, computed by fairlearn and scikit-learn from the raw
logs.

Run by hand, with Python 3, numpy, scikit-learn and fairlearn: python3 tests/oracle/segments.py

The rule of the segments, as documented:
- a category of 20 reference rows or more is a segment by its text, rarer ones are one, "(rare)"; what the reference does
  not have is "unseen";
- of a number the decile cells of the drift statistics, named by their ends in four digits;
- missing values are the segment "missing";
- beyond the limit of label values "missing" and the segments with the most reference rows stay, the rest is "__other__";
- a ratio needs LEAST rows that it is taken over; a gap is over the segments that have it, at least two.

A value that is null is undefined by that rule. The regression is made up here, from a seed, and its rows are written too.
"""

import csv
import gzip
import json
import math
import pathlib
from collections import Counter
from datetime import datetime

import fairlearn
import numpy as np
import sklearn
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_difference,
    false_positive_rate,
    false_positive_rate_difference,
    selection_rate,
    true_positive_rate,
    true_positive_rate_difference,
)
from sklearn.metrics import accuracy_score, mean_absolute_error, precision_score

root = pathlib.Path(__file__).parent.parent.parent
LEAST = 30
TIME_WINDOWS = 6


def lines(path):
    return gzip.open(path, "rt", encoding="utf-8").read().splitlines()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def short(value):
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    assert -4 <= magnitude < 7
    text = f"{value:.{max(0, 3 - magnitude)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def categorical_namer(reference, most):
    rows = Counter(reference)
    name = {category: category if count >= 20 else "(rare)" for category, count in rows.items() if category is not None}
    name[None] = "missing"
    sizes = Counter(name[category] for category in reference)
    kept = {"missing"} | {name for name, _ in [x for x in sizes.most_common() if x[0] != "missing"][: most - 1]}
    # What the reference does not have has no rows there, so that it is among the first to go.
    known = len(set(sizes) | {"missing"})
    unseen = "unseen" if known + 3 <= most else "__other__"

    def namer(value):
        own = name.get(value, unseen)
        return own if own in kept or own == unseen else "__other__"

    return namer


def numeric_namer(reference):
    present = np.sort(np.array([x for x in reference if x is not None]))
    edges = set(np.quantile(present, np.arange(1, 10) / 10, method="inverted_cdf").tolist())
    atoms = set()
    for value, count in zip(*np.unique(present, return_counts=True)):
        if count * 10 >= len(present):
            atoms.add(float(value))
            edges |= {float(value), float(np.nextafter(value, -math.inf))}
    edges = sorted(edges)
    names = [f"≤ {short(edges[0])}"]
    for low, high in zip(edges, edges[1:]):
        names.append(f"= {short(high)}" if np.nextafter(low, math.inf) == high else f"{short(low)} … {short(high)}")
    names.append(f"> {short(edges[-1])}")
    assert len(set(names)) == len(names)
    return lambda value: "missing" if value is None else names[int(np.searchsorted(edges, value, side="left"))]


def enough(segments, chosen):
    """Whether each row is of a segment with enough rows that are chosen."""
    counts = Counter(s for s, yes in zip(segments, chosen) if yes)
    return np.array([counts[s] >= LEAST for s in segments], bool)


def gap(metric, segments, chosen, *arrays):
    """`metric` over the rows of the segments with enough rows that are chosen; none when there is only one."""
    keep = enough(segments, chosen)
    if len(set(segments[keep])) < 2:
        return None
    return float(metric(*[x[keep] for x in arrays], sensitive_features=segments[keep]))


def by_segment(metric, segments, chosen, *arrays):
    keep = enough(segments, chosen)
    if not keep.any():
        return {}
    frame = MetricFrame(metrics=metric, y_true=arrays[0][keep], y_pred=arrays[1][keep], sensitive_features=segments[keep])
    return {name: float(value) for name, value in frame.by_group.items()}


def spread(metric):
    """The largest less the smallest of a metric by segment."""

    def difference(y, z, sensitive_features):
        return MetricFrame(metrics=metric, y_true=y, y_pred=z, sensitive_features=sensitive_features).difference()

    return difference


def results(task, segments, predicted, actual):
    """Of each segment and of all together; `predicted` and `actual` are arrays, an actual may be None."""
    segments, predicted = np.array(segments, object), np.array(predicted)
    known = np.array([x is not None for x in actual], bool)
    s, z = segments[known], predicted[known]
    y = np.array([x for x in actual if x is not None], predicted.dtype)
    everything, no = np.ones(len(segments), bool), np.zeros(len(segments))
    of, gaps = {}, {}
    if task == "binary":
        of["segment_predicted_positive"] = by_segment(selection_rate, segments, everything, no, predicted)
        of["segment_recall"] = by_segment(true_positive_rate, s, y == 1, y, z)
        of["segment_precision"] = by_segment(precision_score, s, z == 1, y, z)
        of["segment_false_positive"] = by_segment(false_positive_rate, s, y == 0, y, z)
        gaps["demographic_parity_difference"] = gap(demographic_parity_difference, segments, everything, no, predicted)
        gaps["disparate_impact_ratio"] = gap(demographic_parity_ratio, segments, everything, no, predicted)
        gaps["equal_opportunity_difference"] = gap(true_positive_rate_difference, s, y == 1, y, z)
        false_positives = gap(false_positive_rate_difference, s, y == 0, y, z)
        odds = [gaps["equal_opportunity_difference"], false_positives]
        gaps["equalized_odds_difference"] = None if None in odds else max(odds)
        if len(s) and enough(s, y == 1).all() and enough(s, y == 0).all():
            # Where no segment is left out these are fairlearn's own.
            assert math.isclose(odds[0], equal_opportunity_difference(y, z, sensitive_features=s))
            assert math.isclose(max(odds), equalized_odds_difference(y, z, sensitive_features=s))
        gaps["predictive_parity_difference"] = gap(spread(precision_score), s, z == 1, y, z)
    if task in ("binary", "multiclass"):
        of["segment_accuracy"] = by_segment(accuracy_score, s, np.ones(len(s), bool), y, z)
        gaps["accuracy_difference"] = gap(spread(accuracy_score), s, np.ones(len(s), bool), y, z)
    if task == "regression":
        of["segment_mean_absolute_error"] = by_segment(mean_absolute_error, s, np.ones(len(s), bool), y, z)
        of["segment_mean_error"] = by_segment(lambda y, z: np.mean(z - y), s, np.ones(len(s), bool), y, z)
    rows, pairs = Counter(segments), Counter(s)
    each = {
        name: {
            "observations": rows[name],
            "pairs": pairs[name],
            "values": {key: values.get(name) for key, values in of.items()},
        }
        for name in sorted(rows)
    }
    return {"segments": each, "gaps": gaps}


class Case:
    def __init__(self, name, folder, labels, features, most=50):
        expected = json.loads(gzip.open(root / "tests/data" / name / "expected.json.gz").read())
        self.schema, self.windows = expected["schema"], expected["windows"]
        self.features, self.most = features, most
        known = {}
        for line in lines(folder / labels):
            record = json.loads(line)
            known[record["request_id"]] = record["label"]
        self.rows = []
        for line in lines(folder / "predictions.jsonl.gz"):
            record = json.loads(line)
            if record["status"] == "ok":
                self.rows.append((instant(record["ts"]), record, known.get(record["request_id"])))
        self.reference = list(csv.DictReader(lines(folder / "reference.csv.gz")))

    def namer(self, feature):
        column = [None if row[feature] == "" else row[feature] for row in self.reference]
        if self.schema["features"][feature] == "numeric":
            column = [None if value is None else float(value) for value in column]
            return column, numeric_namer(column)
        return column, categorical_namer(column, self.most)

    def segments_of(self, feature, namer, rows):
        values = [(record["features"] or {}).get(feature) for _, record, _ in rows]
        if self.schema["features"][feature] == "categorical":
            values = [None if value is None else text_of(value) for value in values]
        return [namer(value) for value in values]

    def results(self):
        task = self.schema["task"]
        chosen = [window for window in self.windows if window["kind"] == "all"]
        times = [window for window in self.windows if window["kind"] == "time"]
        # The widest first, and the narrowest, where segments have too few rows.
        times.sort(key=lambda window: (-window["seconds"], window["start"]))
        chosen += times[: TIME_WINDOWS - 2] + times[-2:]
        for window in chosen:
            rows = self.rows
            if window["kind"] == "time":
                start, end = instant(window["start"]), instant(window["end"])
                rows = [row for row in rows if start <= row[0] < end]
            predicted = [record["prediction"] for _, record, _ in rows]
            actual = [label for _, _, label in rows]
            features = {}
            for feature in self.features:
                column, namer = self.namer(feature)
                found = results(task, self.segments_of(feature, namer, rows), predicted, actual)
                said = np.array([text_of(row["prediction"]) for row in self.reference])
                label = np.array([text_of(row["label"]) for row in self.reference])
                names = np.array([namer(value) for value in column], object)
                found["reference"] = by_segment(accuracy_score, names, np.ones(len(names), bool), label, said)
                features[feature] = found
            yield {key: window.get(key) for key in ("id", "seconds", "end")} | {"most": self.most, "features": features}


def regression():
    """Rows of region, age, prediction and actual; the model is off in the north."""
    dice = np.random.default_rng(7)

    def rows(n, off):
        regions = dice.choice(["north", "south", "west", "islands"], n, p=[0.3, 0.35, 0.3, 0.05])
        actual = dice.gamma(2.0, 900.0, n).round(2)
        error = dice.normal(0.0, 120.0, n) + np.where(regions == "north", off, 0.0)
        return [[str(r), round(float(y + e), 3), float(y)] for r, y, e in zip(regions, actual, error)]

    reference, window = rows(600, 0.0), rows(500, 150.0)
    namer = categorical_namer([row[0] for row in reference], 50)
    columns = list(zip(*window))
    found = results("regression", [namer(r) for r in columns[0]], columns[1], list(columns[2]))
    names = np.array([namer(row[0]) for row in reference], object)
    y, z = np.array([row[2] for row in reference]), np.array([row[1] for row in reference])
    found["reference"] = by_segment(mean_absolute_error, names, np.ones(len(names), bool), y, z)
    return {"reference": reference, "window": window, "expected": found}


content = {
    "tools": {"fairlearn": fairlearn.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "least": LEAST,
    "elec": list(
        Case("elec", root / "examples/elec", "actuals.jsonl.gz", ["day_of_week", "nswdemand"]).results()
    ),
    "covtype": list(
        Case("covtype", root / "tests/data/covtype", "labels.jsonl.gz", ["wilderness_area", "soil_type"]).results()
    ),
    # Fewer label values than soil types.
    "covtype_pooled": list(
        Case("covtype", root / "tests/data/covtype", "labels.jsonl.gz", ["soil_type"], most=6).results()
    )[:1],
    "regression": regression(),
}
(root / "tests/oracle/segments.json").write_text(json.dumps(content, indent=0, ensure_ascii=False) + "\n")
