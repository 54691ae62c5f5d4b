"""Writes the logs of this example: requests.jsonl.gz, clicks.jsonl.gz and reference.jsonl.gz. Seeded, no packages."""

import gzip
import json
import pathlib
import random
from datetime import datetime, timedelta, timezone

HERE = pathlib.Path(__file__).parent
rng = random.Random(20260302)
start = datetime(2026, 3, 2, 8, 0, 0, tzinfo=timezone.utc)


def stamp(time):
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request(quality):
    """One request: what was shown, and what came of it. A better model puts what is wanted further up."""
    shown = rng.sample(range(1000, 9999), rng.choice([0, 3, 8, 10, 10, 10, 12]))
    if shown and rng.random() < 0.01:
        # The same item in two places.
        shown.append(shown[0])
    wanted = {}
    for rank, item in enumerate(shown):
        if rng.random() < quality / (rank + 1.5) ** 0.9:
            # 1 is a click, 3 a purchase.
            wanted[str(item)] = rng.choice([1, 1, 1, 3])
    if rng.random() < 0.06:
        # Found by another way.
        wanted[str(rng.randrange(10000, 20000))] = 2
    features = {
        "query_length": rng.choice([1, 2, 2, 3, 3, 4, 6]),
        "device": rng.choice(["phone", "phone", "desktop", "tablet"]),
        "account_days": round(rng.expovariate(1 / 300), 1),
    }
    return {"features": features, "items": shown}, wanted


def actual(wanted):
    """An object of gains, or when all are clicks an array of ids."""
    if wanted and all(gain == 1 for gain in wanted.values()) and rng.random() < 0.7:
        return [int(item) for item in wanted]
    return wanted or []


def write(name, records):
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    (HERE / name).write_bytes(gzip.compress(text.encode(), mtime=0))


reference = []
for index in range(1500):
    record, wanted = request(0.35)
    reference.append({"timestamp": stamp(start - timedelta(days=7, minutes=-index)), **record, "clicks": actual(wanted)})

requests, clicks = [], []
for index in range(2000):
    time = start + timedelta(seconds=18 * index + rng.random() * 10)
    # The model gets worse in the last three hours.
    record, wanted = request(0.35 if index < 1400 else 0.2)
    head = {"timestamp": stamp(time), "request_id": f"r{index:05}", "model": "shop-search", "version": "7"}
    if rng.random() < 0.01:
        requests.append({**head, "error": "timeout"})
        continue
    requests.append({**head, "latency_ms": round(rng.lognormvariate(3, 0.5), 2), **record})
    if rng.random() < 0.08:
        # The session has not ended yet.
        continue
    # A few clicks are written by a clock that is slow: before their request.
    delay = timedelta(seconds=rng.expovariate(1 / 300) if rng.random() < 0.95 else -rng.random() * 20)
    click = {"timestamp": stamp(time + delay), "request_id": head["request_id"], "clicks": actual(wanted)}
    clicks.append((time + delay, click))
    if rng.random() < 0.02:
        clicks.append((time + delay + timedelta(seconds=1), click))
    elif rng.random() < 0.02:
        changed = {**click, "timestamp": stamp(time + delay + timedelta(seconds=1)), "clicks": [1]}
        clicks.append((time + delay + timedelta(seconds=1), changed))
clicks.sort(key=lambda pair: pair[0])

write("reference.jsonl.gz", reference)
write("requests.jsonl.gz", requests)
write("clicks.jsonl.gz", [click for _, click in clicks])
