"""Writes expected.prom: what driftgauge must say about the logs of this example, by numpy, scipy and scikit-learn."""

import pathlib
import sys

import numpy
from sklearn import metrics

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import oracle  # noqa: E402

NUMBERS = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
CLASSES = ["0", "1"]
WINDOWS = {"24h": 86400, "28d": 28 * 86400}

out = oracle.Output("elec-price-up", "1.4.0")
predictions = oracle.json_rows(HERE / "predictions.jsonl.gz")
actuals = {row["request_id"]: str(row["label"]) for row in oracle.json_rows(HERE / "actuals.jsonl.gz")}
reference = oracle.csv_rows(HERE / "reference.csv.gz")
records = [
    {
        "time": oracle.seconds(row["ts"]),
        "id": row["request_id"],
        "error": row.get("error_type"),
        "latency": row["latency_ms"],
        "row": row,
    }
    for row in predictions
]


def performance(actual, predicted, scores, suffix="", **labels):
    scores = numpy.array(scores)
    outcomes = numpy.array([int(label) for label in actual])
    oracle.classification(out, actual, predicted, CLASSES, suffix, **labels)
    oracle.calibration(out, outcomes, scores, suffix, **labels)
    out.add(f"log_loss{suffix}", metrics.log_loss(outcomes, scores, labels=[0, 1]), **labels)
    out.add(f"brier_score{suffix}", metrics.brier_score_loss(outcomes, scores), **labels)
    if not suffix:
        auc = metrics.roc_auc_score(outcomes, scores)
        false, true, _ = metrics.roc_curve(outcomes, scores, drop_intermediate=False)
        out.add("roc_auc", auc, "bounded", **labels)
        out.add("gini", 2 * auc - 1, "bounded", **labels)
        out.add("average_precision", metrics.average_precision_score(outcomes, scores), "bounded", **labels)
        out.add("score_kolmogorov_smirnov", numpy.max(true - false), "bounded", **labels)
        out.add("recall_at_fpr_ratio", true[false <= 0.05].max(), "bounded", **labels)


out.add("reference_observations", len(reference))
for label in CLASSES:
    predicted = sum(str(r["row"]["prediction"]) == label for r in records if not r["error"])
    out.add("predicted_class_total", predicted, **{"class": label})
read = lambda key, rows, of: [of(row[key]) for row in rows]
of_reference = [read("label", reference, str), read("prediction", reference, str), read("score", reference, float)]
performance(*of_reference, "_reference")
line_counts = {"predictions": len(predictions), "actuals": len(actuals)}
for window, answered, pairs in oracle.counts(out, records, line_counts, WINDOWS, actuals):
    labels = {"window": window}
    rows = [record["row"] for record in answered]
    paired = [actuals[record["id"]] for record in pairs]
    in_pairs = [record["row"] for record in pairs]
    for name in NUMBERS:
        values = [row["features"].get(name) for row in rows]
        oracle.column(out, name, "input", "numeric", read(name, reference, oracle.number), values, **labels)
    days = [row["features"].get("day_of_week") for row in rows]
    oracle.column(out, "day_of_week", "input", "categorical", read("day_of_week", reference, str), days, **labels)
    oracle.column(out, "score", "score", "numeric", of_reference[2], read("score", rows, float), **labels)
    predicted = read("prediction", rows, str)
    oracle.column(out, "prediction", "prediction", "categorical", of_reference[1], predicted, **labels)
    oracle.column(out, "actual", "actual", "categorical", of_reference[0], paired, **labels)
    performance(paired, read("prediction", in_pairs, str), read("score", in_pairs, float), **labels)

out.write(HERE / "expected.prom")
