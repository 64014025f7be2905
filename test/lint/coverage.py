#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up gcovr's summary by folder.

coverage.py SUMMARY.json
"""

import collections
import json
import pathlib
import sys

ROW = "{:12} {:>7} {:>8} {:>9} {:>9}"


def share(covered, total):
    return f"{100 * covered / total:.1f} %" if total else "-"


def main():
    files = json.loads(pathlib.Path(sys.argv[1]).read_text())["files"]
    sums = collections.defaultdict(collections.Counter)
    for file in files:
        folder = "/".join(pathlib.PurePath(file["filename"]).parts[1:-1]) or "(itself)"
        for name in folder, "all":
            for what in "line_total", "line_covered", "branch_total", "branch_covered":
                sums[name][what] += file[what]
    print(ROW.format("function/", "lines", "", "branches", ""))
    for name in sorted(set(sums) - {"all"}) + ["all"]:
        n = sums[name]
        print(ROW.format(name, n["line_total"], share(n["line_covered"], n["line_total"]),
                         n["branch_total"], share(n["branch_covered"], n["branch_total"])))
    return not files


if __name__ == "__main__":
    sys.exit(main())
