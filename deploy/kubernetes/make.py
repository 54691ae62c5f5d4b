"""Writes the manifests that hold files of this repository, or compares them with what it would write.

    python3 deploy/kubernetes/make.py            writes config.yaml, prometheusrule.yaml and dashboards.yaml
    python3 deploy/kubernetes/make.py --check    says which files differ, and ends with 1 then

The standard library is all it needs.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GENERATED = "# Written by deploy/kubernetes/make.py from {}: change those, not this.\n"


def head(api, kind, name, labels):
    """The beginning of an object."""
    lines = "".join(f"    {key}: {value}\n" for key, value in labels.items())
    return f"apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n{lines}"


def indented(text, spaces):
    """A text further to the right; empty lines stay empty."""
    return "".join((" " * spaces + line if line.strip() else line) for line in text.splitlines(keepends=True))


def config():
    """The config of the sidecar in a ConfigMap."""
    toml = (HERE / "driftgauge.toml").read_text(encoding="utf-8")
    return (
        GENERATED.format("driftgauge.toml")
        + head("v1", "ConfigMap", "driftgauge-config", {"app.kubernetes.io/name": "driftgauge"})
        + "data:\n  driftgauge.toml: |\n"
        + indented(toml, 4)
    )


def rules():
    """The rules in PrometheusRules: their groups are those of the files, letter by letter."""
    objects = []
    for name in ("driftgauge-alerts", "driftgauge-fleet"):
        text = (ROOT / "alert-rules" / f"{name}.yaml").read_text(encoding="utf-8")
        groups = text[text.index("\ngroups:\n") + 1 :]
        labels = {"app.kubernetes.io/name": "driftgauge", "app.kubernetes.io/component": "monitoring"}
        objects.append(
            head("monitoring.coreos.com/v1", "PrometheusRule", name, labels) + "spec:\n" + indented(groups, 2)
        )
    return (
        GENERATED.format("alert-rules")
        + "# The labels of the objects must match what the Prometheus object selects (ruleSelector).\n"
        + "---\n".join(objects)
    )


def dashboards():
    """The dashboards in ConfigMaps, one each, for the sidecar of Grafana's Helm chart."""
    objects = []
    for path in sorted((ROOT / "dashboards").glob("*.json")):
        labels = {"app.kubernetes.io/name": "driftgauge", "grafana_dashboard": '"1"'}
        # Without spaces: an object is at most 1 MiB, and its last-applied annotation 256 KiB.
        text = json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"), ensure_ascii=False)
        objects.append(
            head("v1", "ConfigMap", path.stem, labels)
            + "  annotations:\n    grafana_folder: driftgauge\n"
            + f"data:\n  {path.name}: |\n    {text}\n"
        )
    return GENERATED.format("dashboards") + "---\n".join(objects)


def main() -> int:
    """Returns the exit code."""
    differing = []
    for name, write in (("config", config), ("prometheusrule", rules), ("dashboards", dashboards)):
        path, text = HERE / f"{name}.yaml", write()
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.append(path.name)
    for name in differing:
        print(f"{name} is not what deploy/kubernetes/make.py writes")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
