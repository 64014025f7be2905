# SPDX-License-Identifier: Apache-2.0
"""The modules of function/: what a file belongs to, includes, declares and defines.

A module is x.c with x.h and x_internal.h, which is for its siblings. An x_internal.h with a .c of
its own is a module too. x_tables.h holds the macros that x's tables are written with.
"""

import pathlib
import re

import sources

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^">]+\.h)"', re.M)
# A function at the left margin. What follows its parameters tells a declaration from a definition.
FUNCTION = re.compile(r"^(?!static\b(?! inline)|typedef\b|return\b|else\b|extern\b)"
                      r"(?P<head>(?:static inline )?[a-z_][\w \t*]*?[ \t*])(?P<name>\w+)"
                      r"\((?P<rest>[^;{}]*?)\)\s*(?P<end>[;{])", re.M)

# Any function with a body.
DEFINITION = re.compile(r"^(?!typedef\b|return\b|else\b)[a-z_][\w \t*]*?[ \t*](?P<name>\w+)"
                        r"\([^;{}]*?\)\s*\{$", re.M)


def files(root):
    """The C files of function/, named from there."""
    return sorted(str(path.relative_to(root / "function"))
                  for path in (root / "function").rglob("*.[ch]"))


def stem(name):
    return pathlib.PurePosixPath(name).stem


def module_of(name, names):
    """What a file belongs to: "deploy/fill"."""
    base = name[:-2]
    for suffix in ("_internal", "_tables"):
        if base.endswith(suffix) and base + ".c" not in names:
            return base[: -len(suffix)]
    return base


def text_of(root, name):
    return sources.read(root, "function/" + name)


def includes(root, name):
    return [header for header in INCLUDE.findall(text_of(root, name))
            if not header.endswith(".pb-c.h")]


def functions(root, name):
    """(line, name, "declared", "defined" or "inline") of each function that others see."""
    text = sources.without_comments(text_of(root, name))
    for match in FUNCTION.finditer(text):
        kind = "declared" if match["end"] == ";" else "defined"
        if "static inline" in match["head"]:
            kind = "inline"
        yield text.count("\n", 0, match.start("name")) + 1, match["name"], kind
