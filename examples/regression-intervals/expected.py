"""Writes expected.prom: what driftgauge must say about the logs of this example, by numpy and scikit-learn."""

import csv
import pathlib
from datetime import datetime

import numpy
from sklearn import metrics

HERE = pathlib.Path(__file__).parent
LEVEL = 0.8
STREAM = 'model="grid-load",version="unknown"'


def read(name):
    with open(HERE / name, newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text else numpy.nan


def families(rows):
    """The families of rows of actual, prediction, lower and upper."""
    y, z = rows[:, 0], rows[:, 1]
    y_in, _, lower, upper = rows[~numpy.isnan(rows).any(axis=1)].T
    low, high = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    losses = [
        metrics.mean_pinball_loss(y_in, lower, alpha=low),
        metrics.mean_pinball_loss(y_in, upper, alpha=high),
    ]
    return {
        "driftgauge_mean_absolute_error": metrics.mean_absolute_error(y, z),
        "driftgauge_root_mean_squared_error": metrics.root_mean_squared_error(y, z),
        "driftgauge_interval_coverage_ratio": numpy.mean((lower <= y_in) & (y_in <= upper)),
        "driftgauge_interval_width": numpy.mean(numpy.maximum(upper - lower, 0)),
        "driftgauge_pinball_loss": numpy.mean(losses),
    }


predictions, reference = read("predictions.csv"), read("reference.csv")
actuals = {row["id"]: row["actual"] for row in read("actuals.csv")}
values = lambda row: [number(row[key]) for key in ("prediction", "lower", "upper")]
time = lambda row: datetime.fromisoformat(row["timestamp"]).timestamp()
times = numpy.array([time(row) for row in predictions])
rows = numpy.array([[number(actuals.get(row["id"], "")), *values(row)] for row in predictions])
of_reference = families(numpy.array([[number(row["actual"]), *values(row)] for row in reference]))

lines = [(f"{name}_reference", STREAM, value) for name, value in of_reference.items()]
lines.append(("driftgauge_actuals_scored_total", STREAM, len(actuals)))
for window, length, pane in [("24h", 86400, 900), ("7d", 7 * 86400, 3600)]:
    labels = f'{STREAM},window="{window}"'
    end = (times.max() // pane + 1) * pane
    inside = (end - length <= times) & (times < end)
    known = inside & ~numpy.isnan(rows[:, 0])
    lines += [
        ("driftgauge_window_end_timestamp_seconds", labels, end),
        ("driftgauge_window_observations", labels, inside.sum()),
        ("driftgauge_window_pairs", labels, known.sum()),
    ]
    lines += [(name, labels, value) for name, value in families(rows[known]).items()]
    errors = numpy.abs(rows[known, 0] - rows[known, 1])
    lines.append(("# bound driftgauge_median_absolute_error", None, None))
    lines.append(("driftgauge_median_absolute_error", labels, numpy.median(errors)))

with open(HERE / "expected.prom", "w") as out:
    for name, labels, value in lines:
        out.write(f"{name}\n" if labels is None else f"{name}{{{labels}}} {float(value)!r}\n")
