"""Cuts NannyML's estimates of the case elec out of its expected values: writes estimates.json. No number is changed.

python3 tests/oracle/estimates.py FOLDER, where FOLDER has the whole case elec.
"""

import gzip
import json
import sys
from pathlib import Path

path = Path(sys.argv[1]) / "elec" / "expected.json"
packed = path.with_name(path.name + ".gz")
whole = json.loads(gzip.open(packed).read() if packed.exists() else path.read_bytes())
nannyml = whole["nannyml"]
kind = f"rows-{nannyml['chunk_size']}/"
cut = {
    "nannyml": {
        "chunk_size": nannyml["chunk_size"],
        "estimated": {name: {"value": of["value"]} for name, of in nannyml["estimated"].items()},
    },
    "windows": [
        {key: window[key] for key in ("id", "first_line", "last_line")}
        for window in whole["windows"]
        if window["id"].startswith(kind)
    ],
}
Path(__file__).with_suffix(".json").write_text(json.dumps(cut) + "\n")
