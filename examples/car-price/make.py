"""Makes the files of this folder from a prediction log, its labels and a reference of the whole case.

python3 examples/car-price/make.py predictions.jsonl.gz labels.jsonl.gz reference.csv.gz

Every 15th line of the log and its label become rows of CSV, every 15th row of the reference stays as it is. Nothing is
changed but the form: null and an absent key are both an empty field.
"""

import csv
import gzip
import io
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
EVERY = 15
FEATURES = ["car_age", "km_driven", "price_new", "accident_count", "door_count", "fuel", "transmission"]
COLUMNS = ["ts", "request_id", "model", "version", *FEATURES, "prediction", "latency_ms", "error_type", "error_message"]


def read(path):
    return gzip.open(path, "rt", encoding="utf-8").read().splitlines()


def write(name, text):
    (HERE / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def table(columns, records):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in record.items()} for record in records)
    return text.getvalue()


predictions, labels, reference = (read(path) for path in sys.argv[1:4])
records = [json.loads(line) for line in predictions[::EVERY]]
records = [record | (record["features"] or {}) for record in records]
write("predictions.csv.gz", table(COLUMNS, records))
kept = {record["request_id"] for record in records}
labels = [label for label in map(json.loads, labels) if label["request_id"] in kept]
write("actuals.csv.gz", table(["ts", "request_id", "label"], labels))
write("reference.csv.gz", "\n".join([reference[0], *reference[1::EVERY]]) + "\n")
