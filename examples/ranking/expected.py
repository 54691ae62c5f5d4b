"""Writes expected.prom: what driftgauge must say about the logs of this example, by numpy and scikit-learn."""

import gzip
import json
import pathlib
from datetime import datetime

import numpy
from sklearn.metrics import ndcg_score

HERE = pathlib.Path(__file__).parent
K = 5
STREAM = 'model="shop-search",version="7"'


def read(name):
    return [json.loads(line) for line in gzip.decompress((HERE / name).read_bytes()).splitlines()]


def seconds(record):
    return datetime.fromisoformat(record["timestamp"]).timestamp()


def gains(actual):
    return {str(item): 1 for item in actual} if isinstance(actual, list) else actual


def ndcg(shown, wanted):
    """scikit-learn ranks every item; those not shown come after K others that nobody wants."""
    seen, relevance = set(), []
    for item in shown:
        relevance.append(0 if item in seen else wanted.get(item, 0))
        seen.add(item)
    relevance += [0] * K + [gain for item, gain in wanted.items() if item not in seen]
    return ndcg_score([relevance], [range(len(relevance), 0, -1)], k=K)


def families(pairs):
    """The ranking families of pairs of what was shown and what was wanted."""
    judged = [(shown, wanted) for shown, wanted in pairs if wanted]
    ranks = [next((rank for rank, item in enumerate(shown, 1) if item in wanted), numpy.inf) for shown, wanted in judged]
    return {
        "driftgauge_normalized_discounted_cumulative_gain": numpy.mean([ndcg(*pair) for pair in judged]),
        "driftgauge_mean_reciprocal_rank": numpy.mean(1 / numpy.array(ranks)),
        "driftgauge_hit_ratio": numpy.mean(numpy.array(ranks) <= K),
        "driftgauge_relevant_request_ratio": len(judged) / len(pairs),
        "driftgauge_click_through_ratio": sum(len(set(shown) & set(wanted)) for shown, wanted in pairs)
        / sum(len(shown) for shown, _ in pairs),
    }


requests, clicks, reference = read("requests.jsonl.gz"), read("clicks.jsonl.gz"), read("reference.jsonl.gz")
first, duplicate, conflicting = {}, 0, 0
for click in clicks:
    earlier = first.setdefault(click["request_id"], click)
    if earlier is not click:
        same = gains(earlier["clicks"]) == gains(click["clicks"])
        duplicate, conflicting = duplicate + same, conflicting + (not same)
answered = [record for record in requests if "error" not in record]
text = lambda record: [str(item) for item in record["items"]]
pairs = [(seconds(r), text(r), gains(first[r["request_id"]]["clicks"])) for r in answered if r["request_id"] in first]

lines = [
    ("driftgauge_predictions_total", STREAM, len(requests)),
    ("driftgauge_prediction_failures_total", STREAM + ',error="timeout"', len(requests) - len(answered)),
    ("driftgauge_actuals_total", "", len(clicks)),
    ("driftgauge_actuals_scored_total", STREAM, len(pairs)),
    ("driftgauge_actuals_unmatched_total", 'reason="duplicate"', duplicate),
    ("driftgauge_actuals_unmatched_total", 'reason="conflicting"', conflicting),
    ("driftgauge_actuals_unmatched_total", 'reason="invalid"', 0),
    ("driftgauge_reference_observations", STREAM, len(reference)),
]
of_reference = families([(text(record), gains(record["clicks"])) for record in reference])
lines += [(f"{name}_reference", STREAM, value) for name, value in of_reference.items()]
newest = max(seconds(record) for record in requests)
for window, length, pane in [("1h", 3600, 60), ("24h", 86400, 900)]:
    labels = f'{STREAM},window="{window}"'
    end = (newest // pane + 1) * pane
    inside = lambda time: end - length <= time < end
    observations = sum(inside(seconds(record)) for record in answered)
    in_window = [(shown, wanted) for time, shown, wanted in pairs if inside(time)]
    lines += [
        ("driftgauge_window_end_timestamp_seconds", labels, end),
        ("driftgauge_window_observations", labels, observations),
        ("driftgauge_window_pairs", labels, len(in_window)),
        ("driftgauge_actual_coverage_ratio", labels, len(in_window) / observations),
    ]
    lines += [(name, labels, value) for name, value in families(in_window).items()]

with open(HERE / "expected.prom", "w") as out:
    for name, labels, value in lines:
        out.write(f"{name}{{{labels}}} {float(value)!r}\n" if labels else f"{name} {float(value)!r}\n")
