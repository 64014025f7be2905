# SPDX-License-Identifier: Apache-2.0
"""Clients, files and signals that a server has to survive, one after the other.

run.py PROGRAM [--quick] [--list] [CASE...]      exit 1 on any failure
"""

import argparse
import sys
import time
import traceback

import clients
import ends
import limits
import metrics_port

MODULES = [clients, ends, limits, metrics_port]


def title(case):
    return case.__name__.replace("_", " ")


def run(case, program):
    began = time.monotonic()
    try:
        measured = case(program)
    except Exception:  # a case may fail in any way
        traceback.print_exc()
        print(f"FAIL {title(case)}", flush=True)
        return False
    print(f"ok   {title(case)}: {measured} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("case", nargs="*")
    parser.add_argument("--quick", action="store_true", help="leave out what takes ten seconds")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    cases = [case for module in MODULES
             for case in module.QUICK + ([] if options.quick else module.SLOW)]
    if options.list:
        for case in cases:
            print(f"{title(case)}: {case.__doc__}")
        return 0
    wanted = [case for case in cases if not options.case or case.__name__ in options.case]
    if not wanted:
        sys.exit(f"faults: no such case: {' '.join(options.case)}")
    passed = sum(run(case, options.program) for case in wanted)
    print(f"{passed} passed, {len(wanted) - passed} failed")
    return passed != len(wanted)


if __name__ == "__main__":
    sys.exit(main())
