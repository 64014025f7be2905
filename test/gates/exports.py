#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name tells its file: what a header exports begins with the file's name, and one .h goes with one .c.

exports.py [ROOT]       reads the C files under ROOT/function; exit 1 on any complaint
"""

import re
import sys

import modules
import sources

# The second type of a header, and the word that its functions begin with.
SECOND = {
    "base/text.h": ["builder"],
    "cli/capacity_report.h": ["capacity"],
    "deploy/choose.h": ["choice"],
    "deploy/match.h": ["reason", "selector"],
    "fleet/pod_schema.h": ["check"],  # the rest of fleet/check.h, which reads with tables
    "fleet/reader.h": ["member", "mistakes"],
    "fleet/units_layout.h": ["tally"],
    "gpu/catalog_tables.h": ["catalog"],
    "render/object.h": ["text"],
    "server/queue.h": ["op"],
    "server/stream.h": ["streams"],
    "server/upb.h": ["upb", "_upb"],  # a library's own names
    "wire/encode.h": ["parts"],
    "wire/request.h": ["ready"],
    "wire/value_print.h": ["value"],
}

# Headers that declare what has no .c here, and why.
FOREIGN = {
    "server/upb.h": "libupb defines it; Debian ships no header",
}

# Sources without a header of their own, and why.
BARE = {
    "main.c": "nothing calls it",
    "gpu/catalog_ampere.c": "a table",
    "gpu/catalog_blackwell.c": "a table",
    "gpu/catalog_hopper.c": "a table",
    "gpu/catalog_machines.c": "a table",
}

# Until the types are renamed.
OPEN = {
    "call.h", "deploy/explain.h", "deploy/ledger.h", "deploy/reservation.c", "fleet/model.h", "stage_deploy.c",
}


def prefixes(name):
    """The words that a header's exports may begin with."""
    stem = re.sub(r"_internal$", "", modules.stem(name))
    folder = name.split("/")[0]
    return [stem, f"{folder}_{stem}", *SECOND.get(name, [])]


def begins(function, words):
    return any(function == word or function.startswith(word + "_") for word in words)


def siblings(name, names):
    """The sources that may define what a header declares."""
    if name in FOREIGN:
        return None
    own = name[:-2] + ".c"
    if name.endswith(("_internal.h", "_tables.h")) and own not in names:
        folder = name.rpartition("/")[0]
        return [each for each in names if each.endswith(".c") and each.rpartition("/")[0] == folder]
    return [own]


def check_header(root, name, names):
    words, homes = prefixes(name), siblings(name, names)
    defined = {function for home in homes or [] if home in names
               for _, function, kind in modules.functions(root, home) if kind == "defined"}
    for line, function, kind in modules.functions(root, name):
        if not begins(function, words):
            yield f"function/{name}:{line}: {function}() does not begin with {' or '.join(words)}"
        if kind == "declared" and homes is not None and function not in defined:
            yield f"function/{name}:{line}: {function}() is not defined in {homes[0]}"


def check(root):
    names = modules.files(root)
    shared = {}  # what headers for siblings declare, by folder
    for name in names:
        if name.endswith("_internal.h"):
            shared.setdefault(name.rpartition("/")[0], set()).update(
                function for _, function, _ in modules.functions(root, name))
    complaints = []
    for name in names:
        if name in OPEN:
            continue
        if name.endswith(".h"):
            complaints += check_header(root, name, names)
        elif name[:-2] + ".h" not in names and name not in BARE:
            folder = shared.get(name.rpartition("/")[0], set())
            for line, function, kind in modules.functions(root, name):
                if kind == "defined" and function not in folder:
                    complaints.append(f"function/{name}:{line}: {function}() is in no header "
                                      f"{modules.stem(name)}.h")
    return complaints


if __name__ == "__main__":
    sys.exit(sources.run("exports", check))
