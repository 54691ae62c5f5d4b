"""Writes the dashboards beside this file, or compares them with what it would write.

    python3 dashboards/make.py            writes driftgauge-*.json
    python3 dashboards/make.py --check    says which files differ, and ends with 1 then

The standard library is all it needs. `build/` holds a file for each dashboard, and the panels and queries they share.
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True

from build import actuals, feature, fleet, health, model  # noqa: E402

DASHBOARDS = (fleet, model, feature, actuals, health)


def main() -> int:
    """Returns the exit code."""
    here = pathlib.Path(__file__).parent
    differing = []
    for module in DASHBOARDS:
        dashboard = module.dashboard()
        path = here / f"{dashboard['uid']}.json"
        text = json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(path.name)
    for name in differing:
        print(f"{name} is not what dashboards/make.py writes")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
