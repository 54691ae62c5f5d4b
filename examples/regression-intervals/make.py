"""Writes the logs of this example: predictions.csv, actuals.csv and reference.csv. Seeded, no packages."""

import csv
import math
import pathlib
import random
from datetime import datetime, timedelta, timezone

HERE = pathlib.Path(__file__).parent
rng = random.Random(20260401)
start = datetime(2026, 4, 1, tzinfo=timezone.utc)


def stamp(time):
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def row(hour, spread):
    """Features, prediction, interval and actual; the interval is made for a spread of 12."""
    temperature = round(12 + 8 * math.sin(hour / 24 * math.tau) + rng.gauss(0, 2), 1)
    level = 300 + 60 * math.sin((hour - 6) / 24 * math.tau) - 3 * temperature
    prediction = round(level + rng.gauss(0, 3), 2)
    lower, upper = round(prediction - 15.4, 2), round(prediction + 15.4, 2)
    actual = round(level + rng.gauss(0, spread), 2)
    if rng.random() < 0.02:
        actual = rng.choice([lower, upper])
    if rng.random() < 0.01:
        lower, upper = upper, lower
    if rng.random() < 0.03:
        lower = ""
    return {"temperature": temperature, "prediction": prediction, "lower": lower, "upper": upper}, actual


def write(name, rows):
    with open(HERE / name, "w", newline="") as file:
        out = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


reference = []
for index in range(1200):
    values, actual = row(index / 2, 12)
    reference.append({**values, "actual": actual})
predictions, actuals = [], []
for index in range(600):
    time = start + timedelta(minutes=15 * index)
    # From the fourth day on the load is harder to predict.
    values, actual = row(index / 4, 12 if index < 288 else 22)
    predictions.append({"timestamp": stamp(time), "id": f"p{index}", "model": "grid-load", **values})
    if rng.random() < 0.95:
        actuals.append({"timestamp": stamp(time + timedelta(hours=2)), "id": f"p{index}", "actual": actual})
write("reference.csv", reference)
write("predictions.csv", predictions)
write("actuals.csv", actuals)
