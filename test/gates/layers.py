#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds function/ to its order: a folder includes only what is below it.

layers.py [ROOT]        reads the includes under ROOT/function; exit 1 on any complaint
"""

import re
import sys

import sources

# Lowest first. Folders of one rank do not know each other.
RANKS = [
    ["base"],
    ["wire", "gpu"],
    ["yaml"],
    ["fleet"],
    ["deploy"],
    ["place"],
    ["inventory"],
    ["function"],  # the files that lie in function/ itself
    ["render"],
    ["server", "cli"],
    ["main"],
]
RANK = {folder: rank for rank, folders in enumerate(RANKS) for folder in folders}

# What only a few may know: header, who may include it, why.
FENCED = [
    (r"<grpc/", r"server/", "gRPC is the server's business"),
    (r"<microhttpd\.h>", r"server/", "HTTP is the server's business"),
    (r"<openssl/", r"server/|render/identity\.c", "TLS is the server's business"),  # there: SHA-1
    (r"<(pthread|threads|stdatomic|semaphore|signal|poll)\.h>|<sys/(socket|epoll|signal|eventfd)\.h>",
     r"server/|main\.c", "threads, signals and sockets are the server's business"),
    (r"<(time|sys/time)\.h>", r"server/|main\.c", "only the server knows what time it is"),
    (r"<yaml\.h>", r"yaml/", "only yaml/ knows libyaml"),
    (r"[<\"](.*/)?[a-z_.]+\.pb-c\.h[>\"]|<protobuf-c/", r"wire/request\.c",
     "generated types end where bytes become values"),
    (r"\"render/", r"render/|cli/", "a server has Crossplane itself at the other end"),
    (r"\"deploy/(?!plan\.h)", r"deploy/|inventory/|[^/]*$",
     "of deciding, place/ sees the plan and nothing else"),
]

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]+([<\"][^>\"]+[>\"])", re.M)


def folder_of(name):
    """The layer of a file, named from function/."""
    if name == "main.c":
        return "main"
    return name.split("/")[0] if "/" in name else "function"


def check_include(name, header):
    """What is wrong with one include line of one file, or nothing."""
    own = folder_of(name)
    complaints = []
    if header.startswith('"') and not header.endswith('.pb-c.h"'):
        target = folder_of(header.strip('"'))
        if target not in RANK:
            complaints.append(f"{header} names no folder of function/")
        elif target != own and RANK[target] >= RANK[own]:
            complaints.append(f"{own} may not include {header}: {target} is not below it")
    for pattern, allowed, why in FENCED:
        if re.match(pattern, header) and not re.match(allowed, name):
            complaints.append(f"{header} does not belong here: {why}")
    return complaints


def check(root):
    complaints = []
    for path in sorted((root / "function").rglob("*.[ch]")):
        name = str(path.relative_to(root / "function"))
        if folder_of(name) not in RANK:
            complaints.append(f"function/{name}: a folder without a rank; give it one in layers.py")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            complaints += [f"function/{name}:{line}: {c}" for c in check_include(name, match[1])]
    return complaints


if __name__ == "__main__":
    sys.exit(sources.run("layers", check))
