# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of this folder on a control plane that is made for them.

run.py PROGRAM PEERS [--storms] [--sizes N,N] [--loading S] [--ttl TTL] [--core=FLAG] [--keep] [CASE...]

  --storms      only the measurements with many deployments (storms.py), which take longer
  --sizes N,N   how many deployments (10,50,100,400)
  --loading S   in how many seconds a model is loaded, for the table (300, or 60 for a small fleet)
  --ttl TTL     for the table, ttl of the input for deployments (absent)
  --core=FLAG   starts Crossplane with that flag too
  --keep        leaves the logs, and says where

Closes with "N passed, N failed"; exit 1 on a failure.
"""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

import cases
import elsewhere
import ledger
import missing
import observe
import readme
import rights
import rollouts
import schedule
import standins
import storms
import tenants
import upgrade
from chart import NAMESPACE
from function import Function
from manifests import CONFIGURATION
from plane import Plane
from world import World


def run(plane, function, kserve, case, *arguments):
    name = case.__name__.replace("_", "-")
    world = World(plane, kserve, name)
    world.function = function
    began = time.monotonic()
    try:
        measured = case(world, *arguments)
        world.clean()
        print(f"ok      {name:<22} {time.monotonic() - began:6.1f} s  {measured or ''}", flush=True)
        return True
    except Exception as failed:  # every case is told, whatever went wrong in it
        told = str(failed) if isinstance(failed, AssertionError) else traceback.format_exc()
        print(f"FAILED  {name:<22} {time.monotonic() - began:6.1f} s\n{told}", flush=True)
        return False


def fresh(arguments, wanted, folder):
    """For each case a control plane on which nothing of ours is; the outcomes."""
    for number, case in enumerate(wanted):
        (folder / str(number)).mkdir(parents=True)
        namespace = getattr(case, "namespace", NAMESPACE)
        with Plane(arguments.peers, folder / str(number), namespace) as plane:
            plane.start_controllers()
            plane.start_core()
            yield run(plane, None, None, case, arguments.program)


def group(arguments, wanted, folder, pods):
    """One control plane and its cases; the outcomes."""
    began = time.monotonic()
    folder.mkdir()
    with Plane(arguments.peers, folder) as plane:
        plane.start_controllers()
        if pods:
            plane.start_scheduler()
        plane.start_core(*arguments.core)
        for manifest in rights.MANIFESTS:
            plane.kubectl("apply", "-f", manifest)
        plane.apply_configuration(CONFIGURATION)
        standins.install(plane.api)
        function = Function(arguments.program, plane)
        print(f"control plane up in {time.monotonic() - began:.0f} s", flush=True)
        with standins.KServe(plane.api, pods) as kserve:
            for case in wanted:
                more = [arguments.sizes] if case in storms.CASES else []
                more += [arguments.loading, arguments.ttl] if case is storms.table else []
                yield run(plane, function, kserve, case, *more)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("peers")
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--storms", action="store_true")
    parser.add_argument("--sizes", default=(10, 50, 100, 400),
                        type=lambda text: tuple(int(n) for n in text.split(",")))
    parser.add_argument("--loading", type=int)
    parser.add_argument("--ttl")
    parser.add_argument("--core", action="append", default=[])
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_intermixed_args()  # cases after flags too

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    folder = pathlib.Path(tempfile.mkdtemp(prefix="test-cluster-"))
    groups = [(storms.CASES + observe.MEASURED, False)] if arguments.storms else [
        (cases.CASES + ledger.CASES + tenants.CASES, False), (schedule.CASES + rollouts.CASES + observe.CASES, True),
        (missing.CASES + elsewhere.CASES + upgrade.CASES + readme.CASES, None)]
    known = {case.__name__.replace("_", "-") for members, _ in groups for case in members}
    unknown = set(arguments.cases) - known
    if unknown:
        print(f"test-cluster: no case {sorted(unknown)[0]}; there are {', '.join(sorted(known))}",
              file=sys.stderr)
        return 2
    outcomes = []
    for number, (members, pods) in enumerate(groups):
        wanted = [case for case in members if not arguments.cases
                  or case.__name__.replace("_", "-") in arguments.cases]
        if wanted and pods is None:
            outcomes += fresh(arguments, wanted, folder / str(number))
        elif wanted:
            outcomes += group(arguments, wanted, folder / str(number), pods)
    if arguments.keep or not all(outcomes):
        print(f"logs: {folder}")
    else:
        shutil.rmtree(folder)
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
