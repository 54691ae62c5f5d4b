"""Cuts companions.json out of the whole case elec: where river 0.26.1's detectors fired on its streams.

Run by hand, with Python 3: python3 tests/oracle/companions.py FOLDER
FOLDER has the whole case elec with its expected.json. No number is changed; detectors that driftgauge does not have,
and the ids of the requests, are left out.
"""

import json
import pathlib
import sys

KEPT = ("ADWIN", "DDM", "PageHinkley")

expected = json.loads((pathlib.Path(sys.argv[1]) / "elec" / "expected.json").read_text())
streams = {
    stream: {
        name: {
            "detector": result["detector"],
            "parameters": result["parameters"],
            "n": result["n"],
            "n_warnings": result.get("n_warnings"),
            "detections": [{"index": detection["index"]} for detection in result["detections"]],
        }
        for name, result in detectors.items()
        if result["detector"] in KEPT
    }
    for stream, detectors in expected["river"]["detectors"].items()
}
content = {
    "river": expected["tools"]["river"],
    "definitions": expected["definitions"]["river"],
    "scale": expected["river"]["scale"],
    "detectors": streams,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
