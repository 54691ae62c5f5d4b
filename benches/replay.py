"""A whole process over a whole log: `driftgauge replay` beside mtail, in CPU seconds and peak memory.

    cargo build --release && python3 benches/replay.py [--megabytes 1000]

Writes a log of JSON lines with 20 numeric and 3 categorical features, a reference of 20,000 rows of the same stream,
and for mtail (Debian's package) a program that keeps a histogram of each of the 20 numbers. driftgauge finds the same
20 histograms and everything else it keeps by default; it also evaluates and prints. Each runs once over the same file,
after the file was read once.
"""

import argparse
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NUMERIC = 20
LINES_PER_SECOND = 50
START = 1_793_664_000

CONFIG = """\
[[source]]
paths = ["{log}"]
role = "predictions"

[[model]]
name = "credit"
task = "binary"
profile = "{profile}"

[performance]
positive_class = "1"
"""


def lines(count, seed):
    """Lines as a model server writes them: whole numbers, rounded ones and all 17 digits."""
    chance = random.Random(seed)
    for index in range(count):
        fields = []
        for feature in range(NUMERIC):
            unit = chance.random()
            number = (str(int(unit * 1e5)), f"{unit * 1e4:.2f}", repr(unit), repr(unit))[feature % 4]
            fields.append(f'"feature_{feature:02}":{number}')
        for feature in range(3):
            fields.append(f'"kind_{feature}":"{chance.choice(("urban", "rural", "self-employed"))}"')
        score = chance.random()
        yield (
            f'{{"ts":{START + index / LINES_PER_SECOND:.3f},"id":"order-{index:09}","model":"credit","version":"3",'
            f'"features":{{{",".join(fields)}}},"score":{score:.6f},"prediction":{int(score > 0.5)}}}\n'
        )


def write_log(path, size):
    """Whole lines of about `size` bytes; the lines of one block come again with other ids and times."""
    block = list(lines(20_000, 2))
    heads = [line.index('"model"') for line in block]
    written = index = 0
    with open(path, "w") as log:
        while written < size:
            place = index % len(block)
            head = f'{{"ts":{START + index / LINES_PER_SECOND:.3f},"id":"order-{index:09}",'
            line = head + block[place][heads[place] :]
            written += log.write(line)
            index += 1
    return index


def mtail_program():
    """A histogram of each number, all found by one pattern."""
    edges = {0: [i * 1e4 for i in range(1, 11)], 1: [i * 1e3 for i in range(1, 11)]}
    unit = [i / 10 for i in range(1, 11)]
    text = ["counter lines\n"]
    for feature in range(NUMERIC):
        buckets = ", ".join(f"{edge:g}" if edge < 1e5 else f"{edge:.0f}" for edge in edges.get(feature % 4, unit))
        text.append(f"histogram feature_{feature:02} buckets {buckets}\n")
    pattern = ",".join(f'"feature_{feature:02}":(?P<v{feature:02}>[-+.0-9eE]+)' for feature in range(NUMERIC))
    text.append(f"/{pattern}/ {{\n  lines++\n")
    text.extend(f"  feature_{feature:02} = float($v{feature:02})\n" for feature in range(NUMERIC))
    text.append("}\n")
    return "".join(text)


def measured(command):
    """CPU seconds and peak MiB of a program."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=1_000)
    arguments.add_argument("--program", default="target/release/driftgauge")
    options = arguments.parse_args()
    if shutil.which("mtail") is None:
        sys.exit("mtail is missing: apt-get install mtail")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        log, reference, profile = folder / "log.jsonl", folder / "reference.jsonl", folder / "profile.json"
        config, program = folder / "driftgauge.toml", folder / "twenty.mtail"
        with open(reference, "w") as file:
            file.writelines(lines(20_000, 1))
        config.write_text(CONFIG.format(log=log, profile=profile))
        program.write_text(mtail_program())
        count = write_log(log, options.megabytes * 1_000_000)
        with open(log, "rb") as file:
            while file.read(1 << 20):
                pass
        print(f"{count} lines, {math.floor(log.stat().st_size / 1e6)} MB")
        subprocess.run(
            [options.program, "profile", "--config", config, "--input", reference, "-o", profile], check=True, capture_output=True
        )
        ours = measured([options.program, "replay", "--config", str(config)])
        theirs = measured(["mtail", "--one_shot", "--progs", str(program), "--logs", str(log), "--logtostderr"])
        for name, (seconds, memory) in (("driftgauge replay", ours), ("mtail", theirs)):
            print(f"{name:<18} {seconds:8.2f} CPU s {seconds / count * 1e6:7.2f} us a line {memory:8.1f} MiB")
        print(f"mtail takes {theirs[0] / ours[0]:.1f} times the CPU")


if __name__ == "__main__":
    main()
