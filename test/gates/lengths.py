#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No function of function/ has more than 60 lines, from its first line to the brace that ends it.

lengths.py [ROOT]       reads the C files under ROOT/function; exit 1 on any complaint
"""

import sys

import modules
import sources

LINES_MAX = 60

# Until they are taken apart: the lines that each may have.
OPEN = {
    ("deploy/explain.c", "explain_rejection"): 93,
    ("deploy/ledger.c", "seat_all"): 62,
    ("stage_deploy.c", "decide"): 71,
}


def lengths(root, name):
    """(line, function, number of lines) of each function, static ones too."""
    text = sources.without_comments(modules.text_of(root, name))
    for match in modules.DEFINITION.finditer(text):
        end = text.find("\n}", match.end())
        if end >= 0:
            first = text.count("\n", 0, match.start()) + 1
            yield first, match["name"], text.count("\n", 0, end + 1) + 1 - first + 1


def check(root):
    return [f"function/{name}:{line}: {function}() has {n} lines; at most {LINES_MAX} are read at once"
            for name in modules.files(root) for line, function, n in lengths(root, name)
            if n > OPEN.get((name, function), LINES_MAX)]


if __name__ == "__main__":
    sys.exit(sources.run("lengths", check))
