#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzzes every target for so much processor time, whatever else the machine does.

all.py BUILD SECONDS [--jobs N] [TARGET...]

Reads the corpus in the tree and BUILD/learnt/TARGET, where what is new is kept, and prints
one line for each target as it ends. What is found lies in BUILD/found/TARGET; exits with 1 then.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
ROW = "{:10} {:>7} {:>12} {:>7} {:>9} {:>7} {:>9} {:>6}"


class Fuzzer:
    def __init__(self, build, target):
        self.target = target
        self.learnt, self.found = build / "learnt" / target, build / "found" / target
        self.log = build / f"fuzz-{target}.log"
        self.spent = 0
        self.asked = False
        for folder in self.learnt, self.found:
            folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [build / "test" / "fuzz" / f"fuzz-{target}", self.learnt,
                 HERE / "corpus" / target, f"-artifact_prefix={self.found}/",
                 # It counts time on the wall, of which an idle process may get little.
                 "-timeout=120", "-rss_limit_mb=2048", "-print_final_stats=1"],
                stdout=log, stderr=subprocess.STDOUT)

    def is_over(self, seconds):
        """Asks it to end when its time is spent; tells whether it has."""
        try:
            stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
            user, system = stat.rpartition(")")[2].split()[11:13]
            self.spent = (int(user) + int(system)) / TICKS
        except (OSError, ValueError, IndexError):
            pass  # it ended just now
        if self.process.poll() is not None:
            return True
        if self.spent >= seconds and not self.asked:
            self.process.send_signal(signal.SIGUSR1)  # libFuzzer ends in good order
            self.asked = True
        return False

    def row(self):
        log = self.log.read_text(errors="replace")
        progress = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)/(\S+)", log) or [["-"] * 4]
        runs = re.findall(r"number_of_executed_units: (\d+)", log) or ["-"]
        found = sum(1 for _ in self.found.iterdir())
        return ROW.format(self.target, f"{self.spent / 60:.1f}", runs[-1], *progress[-1], found)


def main():
    targets = sorted(folder.name for folder in (HERE / "corpus").iterdir())
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("seconds", type=int)
    parser.add_argument("target", nargs="*", default=targets)
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    options = parser.parse_intermixed_args()

    os.environ.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1")
    os.environ.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    waiting, running, failed = list(options.target), [], 0
    print(ROW.format("target", "CPU min", "executions", "edges", "features", "corpus", "size",
                     "found"), flush=True)
    while waiting or running:
        while waiting and len(running) < options.jobs:
            running.append(Fuzzer(options.build, waiting.pop(0)))
        time.sleep(1)
        for fuzzer in [f for f in running if f.is_over(options.seconds)]:
            running.remove(fuzzer)
            failed += fuzzer.process.returncode != 0
            print(fuzzer.row(), flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
