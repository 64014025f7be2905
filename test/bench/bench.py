#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a call costs a running server: ours, and others beside it, in turns.

bench.py --program FILE --floor FILE --load FILE --micro FILE --orders FILE --folder FOLDER [options]

  --go FILE        the Go peers, a program that script/bench builds
  --python FILE    a Python that has the Crossplane SDK
  --quick          two payloads, one round
  --payloads NAMES those of payloads.py, with commas
  --seconds S      for each cell of each round
  --rounds N       turns, of which the median counts

A server is sent one request in several orders, in turn: Go writes each map in another one, and one
request again and again flatters.

The floors are handlers on the same gRPC core that read nothing: `empty` answers nothing, `pass`
sends the desired state back. They run with the malloc settings that the program makes for itself,
so that they keep the memory of messages too. `plain` is `empty` without them: it spends half its
time on page faults that no other row pays, so that a ratio to it flatters.

Prints a table of milliseconds of the server's CPU per call beside millions of instructions of
function_run() (where valgrind is there), and latencies. With both peers and all payloads also the
table of lines to hold.
"""

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import count
import payloads
import wire

CLIENTS = (1, 8)
MIN_CALLS = 3
QUICK = {"payloads": "S,T", "seconds": 0.3, "rounds": 1}
WHOLE = {"payloads": ",".join(payloads.NAMES), "seconds": 0.5, "rounds": 8}
# What server/heap.c sets for itself.
KEPT = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_ARENA_MAX": "1"}
FLOORS = ("empty", "pass", "plain")
ORDERS_MAX, ORDERS_BYTES = 16, 16 << 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One of those that are compared, as a process."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.environment = {**os.environ, **(environment or {})}
        self.address = "127.0.0.1:%d" % free_port()
        self.template = command
        self.command = [word.replace("{address}", self.address) for word in command]
        self.process = None

    def start(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=self.environment)
        host, port = self.address.split(":")
        while True:
            try:
                socket.create_connection((host, int(port))).close()
                return time.monotonic() - begin
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() - begin > 60:
                    sys.exit(f"bench: {self.name} does not start: {' '.join(self.command)}")
                time.sleep(0.001)

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def memory_mb(self, what):
        """VmHWM, the peak since reset_peak(), or VmRSS, now."""
        with open(f"/proc/{self.process.pid}/status") as f:
            for line in f:
                if line.startswith(what + ":"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def reset_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as f:
            f.write("5")


class Cell:
    """What the rounds found for one server, payload and number of clients."""

    def __init__(self):
        self.rounds = []

    def add(self, calls, seconds, cpu, p50, p99):
        self.rounds.append((cpu / calls * 1e3, p50, p99, calls / seconds))

    def cpu_ms(self):
        return statistics.median(r[0] for r in self.rounds)

    def text(self):
        cpu, p50, p99, rate = (statistics.median(column) for column in zip(*self.rounds))
        return f"{cpu:12.3f} {p50:10.3f} {p99:10.3f} {rate:10.1f}"


def servers_of(options):
    found = [
        Server("empty", [options.floor, "empty", "{address}"], KEPT),
        Server("pass", [options.floor, "pass", "{address}"], KEPT),
        Server("plain", [options.floor, "empty", "{address}"]),
        Server("ours", [options.program, "--insecure", "--address={address}", "--metrics-address=127.0.0.1:0"]),
    ]
    if options.go:
        found.append(Server("go-walk", [options.go, "-walk", "-address={address}"]))
        found.append(Server("go-sdk", [options.go, "-address={address}"]))
    if options.python:
        peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "python", "main.py")
        found.append(Server("python", [options.python, peer, "--address={address}"]))
    return found


class Bench:
    def __init__(self, options):
        self.options = options
        self.names = options.payloads.split(",")
        self.servers = servers_of(options)
        self.cells = {}
        self.peaks = {}
        self.orders = {}

    def request(self, name):
        return os.path.join(self.options.folder, name + ".request")

    def write_orders(self):
        """A request in other orders: as many as are worth their time to send."""
        for name in self.names:
            path = self.request(name)
            n = max(2, min(ORDERS_MAX, ORDERS_BYTES // os.path.getsize(path)))
            subprocess.run([self.options.orders, str(n), path], check=True)
            self.orders[name] = [f"{path}.{i + 1}" for i in range(n)]

    def load(self, server, name, clients, seconds, min_calls, *answer):
        files = self.orders[name] if not answer else [self.request(name)]
        done = subprocess.run(
            [self.options.load, server.address, str(server.process.pid), ",".join(files), str(clients),
             str(seconds), str(min_calls), *answer],
            stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {server.name} failed on {name}")
        return [float(word) for word in done.stdout.split()]

    def compare_answers(self):
        """Whoever does the job must say the same, or the comparison means nothing."""
        for name in self.names:
            said = {}
            for server in self.servers:
                if server.name in FLOORS:
                    continue
                path = os.path.join(self.options.folder, f"{name}.{server.name}.answer")
                self.load(server, name, 1, 0, 1, path)
                with open(path, "rb") as f:
                    said[server.name] = wire.decode_response(f.read())
            for other in said:
                for part in said["ours"]:
                    if said[other][part] != said["ours"][part]:
                        sys.exit(f"bench: {other} answers {name} otherwise: {part}:\n"
                                 f"{said[other][part]}\nis not\n{said['ours'][part]}")

    def measure(self):
        for turn in range(self.options.rounds):
            for name in self.names:
                for clients in CLIENTS:
                    order = self.servers if turn % 2 == 0 else self.servers[::-1]
                    for server in order:
                        cell = self.cells.setdefault((server.name, name, clients), Cell())
                        cell.add(*self.load(server, name, clients, self.options.seconds, max(MIN_CALLS, clients)))

    def measure_memory(self):
        """Peaks of fresh processes: (server, payload, clients) to MB."""
        for server in self.servers:
            for name, clients in (("S", 64), ("D", 8)):
                if name not in self.names or (clients == 64 and server.name == "python"):
                    continue
                server.stop()
                server.start()
                time.sleep(0.2)
                self.peaks[server.name, "idle"] = server.memory_mb("VmRSS")
                self.load(server, name, clients, 0, 2 * clients)
                self.peaks[server.name, name] = server.memory_mb("VmHWM")

    def first_answer_ms(self):
        """From the start of the process to the answer for a client that waits for it, the best of some."""
        ours = next(s for s in self.servers if s.name == "ours")
        taken = []
        for _ in range(5):
            server = Server(ours.name, ours.template)
            done = subprocess.run(
                [self.options.load, "--first", server.address, self.request("T"), *server.command],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
            taken.append(float(done.stdout.splitlines()[-1]))
        return min(taken)

    def instructions(self):
        """Millions that function_run() executes for each payload; nothing without valgrind."""
        found = {}
        for name in self.names if shutil.which("valgrind") and not self.options.quick else []:
            found[name] = count.function_run(self.options.micro, self.request(name)) / 1e6
        return found

    def print_cells(self, instructions):
        for name in self.names:
            counted = f", {instructions[name]:.2f} million instructions" if name in instructions else ""
            print(f"\n{name}: {os.path.getsize(self.request(name)):,} bytes{counted}")
            print("clients  server       CPU ms/call     p50 ms     p99 ms    calls/s  CPU x empty")
            for clients in CLIENTS:
                floor = self.cells["empty", name, clients].cpu_ms()
                for server in self.servers:
                    cell = self.cells[server.name, name, clients]
                    print(f"{clients:7}  {server.name:9} {cell.text()} {cell.cpu_ms() / floor:12.2f}")

    def print_memory(self):
        print("\npeak memory, MB   idle   64 x S    8 x D")
        for server in self.servers:
            row = [self.peaks.get((server.name, what)) for what in ("idle", "S", "D")]
            print(f"{server.name:15}" + "".join(f"{mb:9.1f}" if mb else "        -" for mb in row))

    def ratio(self, name, a, b):
        """CPU of a over that of b, one client."""
        return self.cells[a, name, 1].cpu_ms() / self.cells[b, name, 1].cpu_ms()

    def growth(self, name, part):
        """Our CPU per call on the fleet, over that on a part of it."""
        return self.cells["ours", name, 1].cpu_ms() / self.cells["ours", part, 1].cpu_ms()

    def speed_rows(self):
        """(what, measured, sign, bound)"""
        rows = [
            ("S, CPU over an empty handler's", self.ratio("S", "ours", "empty"), "<=", 3.5),
            ("S-all, the same without a selector", self.ratio("S-all", "ours", "empty"), "<=", 4.0),
            ("settled deployment, over empty", self.ratio("T", "ours", "empty"), "<=", 2.0),
            ("fleet of 1,000 x 5,000, over empty", self.ratio("fleet-1000", "ours", "empty"), "<=", 4.0),
            ("fleet: the whole over the tenth of it", self.growth("fleet-1000", "fleet-100"), "<=", 11.0),
            ("L, over one that sends desired state back", self.ratio("L", "ours", "pass"), "<=", 1.05),
            ("D, over one that sends desired state back", self.ratio("D", "ours", "pass"), "<=", 1.10),
        ]
        for name, go_sdk, go_walk, python in (("S", 35, 22, 75), ("S-all", 26, 16, 58), ("L", 90, 70, 20),
                                              ("D", 90, 70, 20)):
            for peer, bound in (("go-sdk", go_sdk), ("go-walk", go_walk), ("python", python)):
                rows.append((f"{name}: {peer}'s CPU over ours", self.ratio(name, peer, "ours"), ">=", bound))
        return rows

    def print_lines(self, first_answer_ms, allocated, instructions):
        rows = self.speed_rows() + [
            (f"{name}: millions of instructions", instructions[name], "<=", bound)
            for name, bound in (("S", 1.6), ("T", 0.33), ("fleet-1000", 60)) if name in instructions
        ]
        rows += [
            ("eight D at once: Go's peak memory over ours", self.peaks["go-walk", "D"] / self.peaks["ours", "D"],
             ">=", 3.5),
            ("idle, MB", self.peaks["ours", "idle"], "<", 16),
            ("64 S at once, MB", self.peaks["ours", "S"], "<", 64),
            ("start to first answer, ms", first_answer_ms, "<", 25),
        ]
        # A settled call's answer is as large as its request; its bound is 48 kB.
        limits = {"T": 48 * 1024 / os.path.getsize(self.request("T"))}
        rows += [(f"{name}: bytes allocated over the request's", part, "<=", limits.get(name, 1.0))
                 for name, part in allocated.items()]
        print(f"\n{'line':52} {'measured':>9} {'at':>3} {'bound':>6}")
        for what, measured, sign, bound in rows:
            held = measured >= bound if sign == ">=" else measured <= bound
            print(f"{what:52} {measured:9.2f} {sign:>3} {bound:6.3g}  {'held' if held else 'NOT HELD'}")

    def allocated(self):
        """Bytes that a call takes from its arena, over those of the request."""
        found = {}
        for name in self.names:
            done = subprocess.run([self.options.micro, "--memory", self.request(name)],
                                  stdout=subprocess.PIPE, text=True, check=True)
            found[name] = float(done.stdout)
        return found

    def run(self):
        payloads.write(self.options.folder, self.names)
        self.write_orders()
        instructions = self.instructions()
        for server in self.servers:
            server.start()
        try:
            self.compare_answers()
            self.measure()
            self.print_cells(instructions)
            self.measure_memory()
            self.print_memory()
            if self.options.go and self.options.python and self.names == payloads.NAMES:
                self.print_lines(self.first_answer_ms(), self.allocated(), instructions)
        finally:
            for server in self.servers:
                if server.process:
                    server.stop()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("program", "floor", "load", "micro", "orders", "folder"):
        parser.add_argument("--" + name, required=True)
    for name in ("go", "python", "payloads"):
        parser.add_argument("--" + name)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else WHOLE).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    Bench(options).run()


if __name__ == "__main__":
    main()
