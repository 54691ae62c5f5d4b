"""Writes expected.prom: what driftgauge must say about the logs of this example, by numpy, scipy and scikit-learn."""

import pathlib
import sys

import numpy
from sklearn import metrics

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import oracle  # noqa: E402

NUMBERS = ["car_age", "km_driven", "price_new", "accident_count", "door_count"]
CATEGORIES = ["fuel", "transmission"]
WINDOWS = {"24h": 86400, "7d": 7 * 86400, "28d": 28 * 86400}

out = oracle.Output("car-price", "2017.02")
predictions = oracle.csv_rows(HERE / "predictions.csv.gz")
actuals = {row["request_id"]: float(row["label"]) for row in oracle.csv_rows(HERE / "actuals.csv.gz")}
reference = oracle.csv_rows(HERE / "reference.csv.gz")
records = [
    {
        "time": oracle.seconds(row["ts"]),
        "id": row["request_id"],
        "error": row["error_type"],
        "latency": float(row["latency_ms"]),
        "row": row,
    }
    for row in predictions
]


def performance(actual, predicted, suffix="", **labels):
    y, z = numpy.array(actual), numpy.array(predicted)
    add = lambda name, value, where="exact": out.add(name + suffix, value, where, **labels)
    add("root_mean_squared_error", metrics.root_mean_squared_error(y, z))
    add("mean_absolute_error", metrics.mean_absolute_error(y, z))
    add("mean_error", numpy.mean(z - y))
    add("error_variance", numpy.var(z - y))
    add("mean_absolute_percentage_error_ratio", metrics.mean_absolute_percentage_error(y[y != 0], z[y != 0]))
    add("weighted_absolute_percentage_error_ratio", numpy.abs(y - z).sum() / numpy.abs(y).sum())
    add("symmetric_mean_absolute_percentage_error_ratio", numpy.mean(2 * numpy.abs(y - z) / (abs(y) + abs(z))))
    add("r_squared", metrics.r2_score(y, z))
    add("explained_variance_ratio", metrics.explained_variance_score(y, z))
    add("correlation", numpy.corrcoef(y, z)[0, 1])
    if not suffix:
        add("median_absolute_error", numpy.quantile(abs(y - z), 0.5), "bounded")
        add("absolute_error_p90", numpy.quantile(abs(y - z), 0.9), "bounded")


out.add("reference_observations", len(reference))
numbers = lambda key, rows: [oracle.number(row[key]) for row in rows]
texts = lambda key, rows: [row[key] or None for row in rows]
performance(numbers("label", reference), numbers("prediction", reference), "_reference")
line_counts = {"predictions": len(predictions) + 1, "actuals": len(actuals) + 1}
for window, answered, pairs in oracle.counts(out, records, line_counts, WINDOWS, actuals):
    labels = {"window": window}
    rows = [record["row"] for record in answered]
    for name in NUMBERS:
        oracle.column(out, name, "input", "numeric", numbers(name, reference), numbers(name, rows), **labels)
    for name in CATEGORIES:
        oracle.column(out, name, "input", "categorical", texts(name, reference), texts(name, rows), **labels)
    predicted = numbers("prediction", rows)
    oracle.column(out, "prediction", "prediction", "numeric", numbers("prediction", reference), predicted, **labels)
    paired = [actuals[record["id"]] for record in pairs]
    oracle.column(out, "actual", "actual", "numeric", numbers("label", reference), paired, **labels)
    performance(paired, numbers("prediction", [record["row"] for record in pairs]), **labels)

out.write(HERE / "expected.prom")
