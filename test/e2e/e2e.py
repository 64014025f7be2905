#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what the real Crossplane makes of our server's answers with our own render, and has
an API server and KServe's own code judge the manifests.

e2e.py PROGRAM PEERS        our program, and the folder of Crossplane's programs

Closes with "N passed, N failed"; exit 1 on a failure or when nothing ran.
"""

import contextlib
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback

import cases
import freeze
import kserve
import operate
import peers

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

import manifests  # noqa: E402
import packages  # noqa: E402

START_SECONDS = 10


class Running:
    """Where a server is to be dialled."""

    def __init__(self, line):
        self.target = re.search(r'"address":"([^"]+)"', line)[1]
        self.metrics = re.search(r'"metrics_address":"([^"]+)"', line)[1]


@contextlib.contextmanager
def server(program, folder, *flags):
    """Our server on free ports."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    with open(log, "w") as stderr:
        process = subprocess.Popen(
            [program, "--address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0", *flags],
            stderr=stderr)
    try:
        yield wait_until_serving(process, log)
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()}")
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def wait_until_serving(process, log):
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        found = re.search(r'^.*"msg":"serving".*\n', log.read_text(), re.M)
        if found:
            return Running(found[0])
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text()}")


def differences(want, got, path=""):
    """Sentences on where two values differ."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(set(want) | set(got)):
            if key not in want or key not in got:
                yield f"{path}/{key}: only in {'theirs' if key in got else 'ours'}"
            else:
                yield from differences(want[key], got[key], f"{path}/{key}")
    elif want != got:
        yield f"{path}: ours {json.dumps(want)}, theirs {json.dumps(got)}"


def compare(ours, peer, case, folder, target):
    want = ours.render(case, folder, target).told(peer.cannot_tell)
    got = peer.render(case, folder, target).told(peer.cannot_tell)
    if want["fatal"]:  # a CLI then prints nothing else
        want, got = {"fatal": want["fatal"]}, {"fatal": got["fatal"]}
    else:
        leave_out_replaced(case, want, got)
    return list(differences(want, got))


def leave_out_replaced(case, want, got):
    """A cluster and the newest CLI merge into the status that there was; the others replace it."""
    ours, theirs = want["composite"]["status"], got["composite"]["status"]
    for member in case.xr.get("status", {}):
        if member not in theirs:
            ours.pop(member, None)


class Score:
    def __init__(self):
        self.n_passed = self.n_failed = 0
        self.left_out = []

    def leave_out(self, what, make):
        """What cannot be tried here, and the command that makes what it needs."""
        self.left_out.append(f"{what}: {make}")

    def tell(self):
        """What was not run is told right above the sum, where nobody misses it."""
        if self.left_out:
            print(f"not run, and what to run before: {'; '.join(self.left_out)}")
        print(f"{self.n_passed} passed, {self.n_failed} failed")

    def add(self, name, check):
        """check() returns complaints, or raises."""
        try:
            complaints = check()
        except Exception:  # whatever it was, the other checks are run
            complaints = traceback.format_exc().splitlines()
        self.n_passed += not complaints
        self.n_failed += bool(complaints)
        if complaints:
            print(f"failed: {name}")
            for complaint in complaints:
                print(f"    {complaint}")


def ask_kserve(score, ours, folder_of_peers, folder, target):
    rendered = [(case.name, ours.render(case, folder, target)) for case in cases.examples()]
    try:
        checks = [*kserve.checks(folder_of_peers, [*kserve.write_examples(folder, rendered),
                                                   *kserve.write_newer(folder)])]
    except RuntimeError as problem:
        checks = [("an answer", [str(problem)])]
    before = score.n_passed
    for title, complaints in checks:
        score.add(f"KServe: {title}", lambda: complaints)
    print(f"KServe: {score.n_passed - before} of {len(checks)} as they should be")


def operate_it(score, serve, folder, folder_of_tools, running):
    """running has answered all the cases."""
    tools = [pathlib.Path(folder_of_tools) / name for name in ("grpcurl", "metrics-lint")]
    for tool in tools:
        if not tool.exists():
            score.leave_out(tool.name, "script/test e2e")
            return
    for title, check in [*operate.checks(tools[0], serve, folder),
                         *operate.metrics_checks(tools[1], running, score.n_passed)]:
        score.add(title, lambda: list(check()))


def main(program, folder_of_peers):
    score = Score()
    ours = peers.Command("ours", [program, "render"])
    there, absent = peers.find(folder_of_peers)
    everything = [*cases.examples(), *cases.goldens()]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with server(program, folder, "--insecure") as running:
            target = running.target
            for peer in there:
                before = score.n_passed
                for case in everything:
                    score.add(f"{case.name} as {peer.name} has it",
                              lambda: compare(ours, peer, case, folder, target))
                print(f"{peer.name}: {score.n_passed - before} of {len(everything)} equal to ours")
                if isinstance(peer, peers.Core):
                    for title, check in freeze.checks(everything, peer, folder, target):
                        score.add(f"core: {title}", check)
            ask_kserve(score, ours, folder_of_peers, folder, target)
            operate_it(score, functools.partial(server, program, folder), folder, folder_of_peers,
                       running)
    for peer in absent:
        score.leave_out(peer, packages.BUILD)
    manifests.run(score, folder_of_peers)
    packages.run(score, folder_of_peers)
    score.tell()
    return 1 if score.n_failed or not score.n_passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
