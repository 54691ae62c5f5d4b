"""Writes expected.prom: what driftgauge must say about the logs of this example, by numpy, scipy and scikit-learn."""

import pathlib
import shlex
import sys

import numpy
from sklearn import metrics

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import oracle  # noqa: E402

CATEGORIES = ["wilderness_area", "soil_type"]
WINDOWS = {"6h": 6 * 3600, "3d": 3 * 86400}

out = oracle.Output("cover-type", "2025-03-01")
predictions = [
    dict(pair.split("=", 1) for pair in shlex.split(line)) for line in oracle.lines_of(HERE / "predictions.logfmt.gz")
]
actuals = {row["request_id"]: row["label"] for row in oracle.json_rows(HERE / "actuals.jsonl.gz")}
reference = oracle.csv_rows(HERE / "reference.csv.gz")
names = list(reference[0])
NUMBERS = [name for name in names[: names.index("label")] if name not in CATEGORIES]
CLASSES = [name.removeprefix("score_") for name in names if name.startswith("score_")]
records = [
    {
        "time": oracle.seconds(row["ts"]),
        "id": row["request_id"],
        "error": row.get("error_type"),
        "latency": float(row["latency_ms"]),
        "row": row,
    }
    for row in predictions
]


def performance(actual, predicted, scores, suffix="", **labels):
    """`scores` has a row for each pair and a column for each class."""
    oracle.classification(out, actual, predicted, CLASSES, suffix, **labels)
    actual, right = numpy.array(actual), numpy.array([a == p for a, p in zip(actual, predicted)])
    occurred = numpy.array([[label == name for name in CLASSES] for label in actual], float)
    oracle.calibration(out, right, scores.max(axis=1), suffix, **labels)
    # scikit-learn makes the rows sum to one and the classes alphabetic.
    loss = -numpy.mean(numpy.log(scores[occurred == 1].clip(2.2e-16, 1 - 2.2e-16)))
    out.add(f"log_loss{suffix}", loss, **labels)
    out.add(f"brier_score{suffix}", numpy.mean(((scores - occurred) ** 2).sum(axis=1)), **labels)
    areas, precisions = [], []
    for at, label in enumerate(CLASSES):
        more = labels | {"class": label}
        y, s = occurred[:, at], scores[:, at]
        out.add(f"brier_score_class{suffix}", metrics.brier_score_loss(y, s, pos_label=1), **more)
        if suffix:
            continue
        if 0 < y.sum() < len(y):
            areas.append(metrics.roc_auc_score(y, s))
            out.add("roc_auc_class", areas[-1], "bounded", **more)
        else:
            out.undefined("roc_auc_class", "constant_actual", **more)
        if y.sum() > 0:
            precisions.append(metrics.average_precision_score(y, s))
            out.add("average_precision_class", precisions[-1], "bounded", **more)
    if not suffix:
        out.add("roc_auc_macro", numpy.mean(areas), "bounded", **labels)
        out.add("average_precision_macro", numpy.mean(precisions), "bounded", **labels)


out.add("reference_observations", len(reference))
numbers = lambda key, rows: [oracle.number(row.get(key)) for row in rows]
texts = lambda key, rows: [row.get(key) or None for row in rows]
matrix = lambda prefix, rows: numpy.array([numbers(prefix + label, rows) for label in CLASSES]).T
for label in CLASSES:
    predicted = sum(r["row"]["prediction"] == label for r in records if not r["error"])
    out.add("predicted_class_total", predicted, **{"class": label})
of_reference = [texts("label", reference), texts("prediction", reference), matrix("score_", reference)]
performance(*of_reference, "_reference")
line_counts = {"predictions": len(predictions), "actuals": len(actuals)}
for window, answered, pairs in oracle.counts(out, records, line_counts, WINDOWS, actuals):
    labels = {"window": window}
    rows = [record["row"] for record in answered]
    for name in NUMBERS:
        oracle.column(out, name, "input", "numeric", numbers(name, reference), numbers(name, rows), **labels)
    for name in CATEGORIES:
        oracle.column(out, name, "input", "categorical", texts(name, reference), texts(name, rows), **labels)
    for label in CLASSES:
        scores = [numbers("score_" + label, reference), numbers("scores." + label, rows)]
        oracle.column(out, label, "score", "numeric", *scores, **labels)
    predicted = texts("prediction", rows)
    oracle.column(out, "prediction", "prediction", "categorical", of_reference[1], predicted, **labels)
    paired = [actuals[record["id"]] for record in pairs]
    oracle.column(out, "actual", "actual", "categorical", of_reference[0], paired, **labels)
    in_pairs = [record["row"] for record in pairs]
    performance(paired, texts("prediction", in_pairs), matrix("scores.", in_pairs), **labels)

out.write(HERE / "expected.prom")
