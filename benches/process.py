"""The running sidecar as a process: how soon it shows something, and what scrapes and windows cost it.

    cargo build --release && python3 benches/process.py [--megabytes 200] [--rounds 5]

The log is that of `replay.py`. A start is timed from the fork to the first answer with metrics, beside that of mtail
with its twenty histograms. A backlog is read by `driftgauge run` from its beginning, with three windows and looks half
a second apart; beside it, in turns, with ten scrapes a second, and with one window. What is told are medians.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import replay

RUN = (
    replay.CONFIG
    + """
[windows]
lengths = {lengths}

[http]
listen = "127.0.0.1:{port}"
"""
)
THREE, ONE = '["5m", "1h", "24h"]', '["1h"]'


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def scrape(port):
    """The metrics, if there are any yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return None


def start(command, port):
    """Milliseconds to the first metrics."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while scrape(port) is None:
        if process.poll() is not None:
            sys.exit(f"{command[0]} ended")
        time.sleep(0.001)
    elapsed = time.perf_counter() - began
    process.kill()
    process.wait()
    return elapsed * 1e3


def read_all(program, config, port, count, every):
    """Seconds, CPU seconds and peak MiB until every line of the log is counted, scraped so often meanwhile."""
    began = time.perf_counter()
    process = subprocess.Popen([program, "run", "--config", str(config)], stderr=subprocess.DEVNULL)
    over = threading.Event()

    def scraper():
        while not over.wait(every):
            scrape(port)

    others = threading.Thread(target=scraper)
    if every:
        others.start()
    done = re.compile(rf"^driftgauge_source_lines_total\{{.*\}} {count}$", re.MULTILINE)
    while not done.search(scrape(port) or ""):
        if process.poll() is not None:
            sys.exit("driftgauge ended")
        time.sleep(0.5)
    elapsed = time.perf_counter() - began
    over.set()
    if every:
        others.join()
    process.terminate()
    _, _, usage = os.wait4(process.pid, 0)
    return elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def starts(options, folder, config, program, reference_port):
    ours, theirs = [], []
    for _ in range(options.rounds * 3):
        ours.append(start([options.program, "run", "--config", str(config)], reference_port))
        port = free_port()
        mtail = ["mtail", "--progs", str(program), "--logs", str(folder / "empty"), "--port", str(port)]
        theirs.append(start([*mtail, "--address", "127.0.0.1", "--logtostderr"], port))
    print("from the fork to the first metrics, ms")
    for name, times in (("driftgauge run", ours), ("mtail", theirs)):
        print(f"  {name:<16} {statistics.median(times):7.1f}   (longest {max(times):.1f})")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--program", default="target/release/driftgauge")
    options = arguments.parse_args()
    if shutil.which("mtail") is None:
        sys.exit("mtail is missing: apt-get install mtail")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        log, reference, profile = folder / "log.jsonl", folder / "reference.jsonl", folder / "profile.json"
        program, port = folder / "twenty.mtail", free_port()
        (folder / "empty").write_text("")
        program.write_text(replay.mtail_program())
        with open(reference, "w") as file:
            file.writelines(replay.lines(20_000, 1))
        configs = {name: folder / f"{name}.toml" for name in ("quiet", "three", "one")}
        for name, path in configs.items():
            lengths = ONE if name == "one" else THREE
            read = folder / "empty" if name == "quiet" else log
            path.write_text(RUN.format(log=read, profile=profile, lengths=lengths, port=port))
        subprocess.run(
            [options.program, "profile", "--config", configs["quiet"], "--input", reference, "-o", profile],
            check=True,
            capture_output=True,
        )
        starts(options, folder, configs["quiet"], program, port)
        count = replay.write_log(log, options.megabytes * 1_000_000)
        ways = {
            "three windows": ("three", None),
            "ten scrapes a second": ("three", 0.1),
            "one window": ("one", None),
        }
        results = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, (config, every) in ways.items():
                results[way].append(read_all(options.program, configs[config], port, count, every))
        print(f"a backlog of {count} lines, {options.megabytes} MB")
        base = results["three windows"]
        for way, runs in results.items():
            seconds, cpu, memory = (statistics.median(figures) for figures in zip(*runs))
            ratio = statistics.median(run[1] / other[1] for run, other in zip(runs, base))
            print(f"  {way:<22} {seconds:6.2f} s {cpu:6.2f} CPU s ({ratio:.2f}) {memory:6.1f} MiB at most")


if __name__ == "__main__":
    main()
