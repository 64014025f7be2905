#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what "meson test" said in several build folders.

count.py FOLDER...      prints "N passed, N failed", and ", N skipped" where some were; exit 1 on a
                        failure or when nothing ran
"""

import json
import pathlib
import sys

PASSED = ("OK", "EXPECTEDFAIL")
SKIPPED = ("SKIP",)


def outcomes(folder):
    """(outcome, test) for each test of the folder's last run."""
    log = pathlib.Path(folder) / "meson-logs" / "testlog.json"
    for line in log.read_text(encoding="utf-8").splitlines():
        test = json.loads(line)
        yield test["result"], f"{folder}: {test['name']}"


def main(folders):
    n_passed = n_failed = n_skipped = 0
    for folder in folders:
        for outcome, test in outcomes(folder):
            if outcome in PASSED:
                n_passed += 1
            elif outcome in SKIPPED:
                n_skipped += 1
                print(f"skipped: {test}")
            else:
                n_failed += 1
                print(f"failed ({outcome.lower()}): {test}")
    print(f"{n_passed} passed, {n_failed} failed" + (f", {n_skipped} skipped" if n_skipped else ""))
    return 1 if n_failed or not n_passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
