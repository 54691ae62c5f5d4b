"""Reads an exposition from standard input, prints what the Python client's parser understood as JSON.

Usage: parse_exposition.py text|openmetrics

Numbers are printed as text, because JSON has no NaN and no infinity.
"""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

PARSERS = {
    "text": parser.text_string_to_metric_families,
    "openmetrics": openmetrics_parser.text_string_to_metric_families,
}


def main():
    parse = PARSERS[sys.argv[1]]
    exposition = sys.stdin.buffer.read().decode("utf-8")
    families = [
        {
            "name": family.name,
            "help": family.documentation,
            "kind": family.type,
            "unit": family.unit,
            "samples": [
                {"name": sample.name, "labels": sample.labels, "value": repr(sample.value)}
                for sample in family.samples
            ],
        }
        for family in parse(exposition)
    ]
    json.dump(families, sys.stdout)


main()
