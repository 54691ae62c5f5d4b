"""Makes the files of this folder from a prediction log, its labels and a reference of the whole case.

python3 examples/cover-type/make.py predictions.jsonl.gz labels.jsonl.gz reference.csv

Every 10th line of the log becomes a line of logfmt, the labels that belong to it stay as they are, and so does every
3rd row of the reference. Nothing is changed but the form: a null is `key=`, an absent key is absent.
"""

import gzip
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
EVERY, EVERY_REFERENCE = 10, 3
GZIP = b"\x1f\x8b"


def read(path):
    content = pathlib.Path(path).read_bytes()
    return (gzip.decompress(content) if content.startswith(GZIP) else content).decode().splitlines()


def write(name, lines):
    (HERE / name).write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))


def logfmt(record):
    pairs = []
    for key, value in record.items():
        if key == "features":
            pairs += (value or {}).items()
        elif key == "scores":
            pairs += [(f"scores.{label}", score) for label, score in value.items()]
        else:
            pairs.append((key, value))
    text = lambda value: value if isinstance(value, str) and " " not in value else json.dumps(value)
    return " ".join(f"{key}=" if value is None else f"{key}={text(value)}" for key, value in pairs)


predictions, labels, reference = (read(path) for path in sys.argv[1:4])
records = [json.loads(line) for line in predictions[::EVERY]]
kept = {record["request_id"] for record in records}
write("predictions.logfmt.gz", map(logfmt, records))
write("actuals.jsonl.gz", [line for line in labels if json.loads(line)["request_id"] in kept])
write("reference.csv.gz", [reference[0], *reference[1::EVERY_REFERENCE]])
