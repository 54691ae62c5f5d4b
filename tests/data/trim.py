"""Cuts the test data of this folder out of the whole cases.

Run by hand, with Python 3: python3 tests/data/trim.py FOLDER
FOLDER has the whole cases elec and covtype, each with reference, predictions, labels and expected.json.

- elec: the log is whole and stands in examples/elec; here are its expected values only.
- covtype: the log from its first line to the last one of a prediction before 2025-03-09T00:00:00Z, the labels of the
  requests among these lines, the whole reference. The whole stream's window `all` no longer holds and is left out.
- expected.json: of the windows `all`, at most 12 of each width of time windows, at even distances, and at most 3
  windows of rows; of the sections those the tests read. No number is changed.
"""

import gzip
import json
import pathlib
import shutil
import sys
from datetime import datetime

COVTYPE_END = datetime.fromisoformat("2025-03-09T00:00:00+00:00")
SECTIONS = ["format", "case", "schema", "tools", "definitions", "coverage"]
MOST_TIME_WINDOWS = 12
MOST_ROW_WINDOWS = 3

here = pathlib.Path(__file__).parent
whole = pathlib.Path(sys.argv[1])


def read(path):
    packed = path.with_name(path.name + ".gz")
    return gzip.open(packed, "rb").read() if packed.exists() else path.read_bytes()


def write(path, content):
    path.parent.mkdir(exist_ok=True)
    # Neither a name nor a time in the header: the same content gives the same bytes.
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def spread(items, most):
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def expected(case, holds):
    content = json.loads(read(whole / case / "expected.json"))
    windows = [window for window in content["windows"] if holds(window)]
    kept = [window for window in windows if window["kind"] == "all"]
    kept += spread([window for window in windows if window["kind"] == "rows"], MOST_ROW_WINDOWS)
    for seconds in sorted({window["seconds"] for window in windows if window["kind"] == "time"}):
        kept += spread([window for window in windows if window.get("seconds") == seconds], MOST_TIME_WINDOWS)
    trimmed = {name: content[name] for name in SECTIONS}
    trimmed["reference"] = content["reference"]
    trimmed["windows"] = kept
    write(here / case / "expected.json.gz", json.dumps(trimmed, separators=(",", ":")).encode())


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def covtype():
    folder = whole / "covtype"
    lines = read(folder / "predictions.jsonl").splitlines(keepends=True)
    records = [json.loads(line) for line in lines]
    last = max(i for i, record in enumerate(records) if instant(record["ts"]) < COVTYPE_END)
    ids = {record["request_id"] for record in records[: last + 1]}
    labels = read(folder / "labels.jsonl").splitlines(keepends=True)
    labels = [line for line in labels if json.loads(line)["request_id"] in ids]
    write(here / "covtype" / "predictions.jsonl.gz", b"".join(lines[: last + 1]))
    write(here / "covtype" / "labels.jsonl.gz", b"".join(labels))
    write(here / "covtype" / "reference.csv.gz", read(folder / "reference.csv"))
    shutil.copyfile(folder / "LICENSE-SOURCE.txt", here / "covtype" / "LICENSE-SOURCE.txt")
    return last + 1


lines = covtype()
expected("elec", lambda window: True)
expected(
    "covtype",
    lambda window: window["kind"] == "time"
    and instant(window["end"]) <= COVTYPE_END
    or window["kind"] == "rows"
    and window["last_line"] <= lines,
)
