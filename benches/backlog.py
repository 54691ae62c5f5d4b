"""A backlog at full speed: what is resident while it is read, by time.

    cargo build --release && python3 benches/backlog.py [--megabytes 10000]

The log is that of `replay.py`: once in one file, and once dealt out to two sources of two files each, a thousand lines
at a time. `driftgauge replay` reads each to its end, and `driftgauge run` until it has counted every line. What is
resident is looked at four times a second. It rises while windows fill up and ids wait; the slope is that of the second
half, by least squares.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import process
import replay

SOURCE = '[[source]]\npaths = ["{folder}/{name}-*.jsonl"]\nrole = "predictions"\n\n'
DEALT = 1_000


def write_logs(folder, size, names):
    """The lines of a log dealt out to these files; how many there are."""
    block = list(replay.lines(20_000, 2))
    heads = [line.index('"model"') for line in block]
    files = [open(folder / f"{name}.jsonl", "w") for name in names]
    written = index = 0
    while written < size:
        file = files[index // DEALT % len(files)]
        for _ in range(DEALT):
            place = index % len(block)
            time_of = replay.START + index / replay.LINES_PER_SECOND
            written += file.write(f'{{"ts":{time_of:.3f},"id":"order-{index:09}",{block[place][heads[place] :]}')
            index += 1
    for file in files:
        file.close()
    return index


class Resident:
    """What is resident of a process, in MiB, by the seconds since its start."""

    def __init__(self, pid):
        self.pid, self.began, self.seen, self.over = pid, time.perf_counter(), [], threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.over.wait(0.25):
            try:
                status = Path(f"/proc/{self.pid}/status").read_text()
            except OSError:
                return
            if found := re.search(r"^VmRSS:\s*(\d+)", status, re.MULTILINE):
                self.seen.append((time.perf_counter() - self.began, int(found[1]) / 1024))

    def stop(self):
        self.over.set()
        self.thread.join()

    def slope(self):
        """MiB a second in the second half."""
        late = self.seen[len(self.seen) // 2 :]
        if len(late) < 2:
            return float("nan")
        mean_time, mean = (sum(figures) / len(late) for figures in zip(*late))
        spread = sum((at - mean_time) ** 2 for at, _ in late)
        return sum((at - mean_time) * (size - mean) for at, size in late) / spread

    def at_shares(self):
        """What was resident after an eighth of the time, a quarter, a half, three quarters, and at the end."""
        places = [len(self.seen) * eighths // 8 for eighths in (1, 2, 4, 6, 8)]
        return [self.seen[max(place - 1, 0)][1] for place in places] if self.seen else []


def replayed(program, config):
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([program, "replay", "--config", str(config)], stdout=output, stderr=subprocess.DEVNULL)
        resident = Resident(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - resident.began
        resident.stop()
    if status != 0:
        sys.exit("driftgauge failed")
    return resident, seconds, usage


def caught_up(program, config, port, count):
    child = subprocess.Popen([program, "run", "--config", str(config)], stderr=subprocess.DEVNULL)
    resident = Resident(child.pid)
    lines = re.compile(r"^driftgauge_source_lines_total\{.*\} (\d+)$", re.MULTILINE)
    while sum(map(int, lines.findall(process.scrape(port) or ""))) < count:
        if child.poll() is not None:
            sys.exit("driftgauge ended")
        time.sleep(0.5)
    seconds = time.perf_counter() - resident.began
    resident.stop()
    child.terminate()
    _, _, usage = os.wait4(child.pid, 0)
    return resident, seconds, usage


def tell(way, size, count, resident, seconds, usage):
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    shares = " ".join(f"{mib:.1f}" for mib in resident.at_shares())
    print(f"  {way:<22} {seconds:6.1f} s {cpu:6.1f} CPU s {size / seconds / 1e6:5.0f} MB/s {cpu / count * 1e6:5.2f} us a line")
    print(f"  {'':<22} MiB after 1/8 1/4 1/2 3/4 1: {shares}; at most {peak:.1f}; slope {resident.slope():+.3f} MiB/s", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=10_000)
    arguments.add_argument("--program", default="target/release/driftgauge")
    arguments.add_argument("--folder", help="where the log is written, and removed again")
    options = arguments.parse_args()
    size = options.megabytes * 1_000_000
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = Path(folder)
        reference, profile, config = folder / "reference.jsonl", folder / "profile.json", folder / "driftgauge.toml"
        with open(reference, "w") as file:
            file.writelines(replay.lines(20_000, 1))
        for names in (["a-1"], ["a-1", "b-1", "a-2", "b-2"]):
            port = process.free_port()
            text = process.RUN.format(log="", profile=profile, lengths=process.THREE, port=port)
            sources = "".join(SOURCE.format(folder=folder, name=name) for name in sorted({name[0] for name in names}))
            config.write_text(sources + text[text.index("[[model]]") :])
            subprocess.run(
                [options.program, "profile", "--config", config, "--input", reference, "-o", profile],
                check=True,
                capture_output=True,
            )
            count = write_logs(folder, size, names)
            print(f"{count} lines, {options.megabytes} MB, in {len(names)} file(s)", flush=True)
            tell("driftgauge replay", size, count, *replayed(options.program, config))
            tell("driftgauge run", size, count, *caught_up(options.program, config, port, count))
            for name in names:
                (folder / f"{name}.jsonl").unlink()


if __name__ == "__main__":
    main()
