#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Words that must not be written: calls that go wrong, and paths of one machine.

words.py [ROOT]         reads the tracked files of ROOT; exit 1 on any complaint
"""

import re
import sys

import sources

# Calls that the program never makes, and what to use instead.
NEVER = {
    "strcpy": "a builder of base/text.h",
    "strcat": "a builder of base/text.h",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "a builder of base/text.h",
    "strtok": "text_cut() and friends",
    "atoi": "text_to_u64()",
    "atol": "text_to_u64()",
    "strtod": "base/quantity.h: it obeys the locale",
    "gmtime": "gmtime_r",
    "localtime": "gmtime_r: a log has no time zone",
    "rand": "nothing: equal input gives equal output",
    "random": "nothing: equal input gives equal output",
    "setlocale": "nothing: numbers have one form",
    "alloca": "the arena",
}

# Calls of the world outside, which a pure function does not make.
OUTSIDE = {
    "getenv": "settings come from the input",
    "malloc": "memory is the arena's",
    "calloc": "memory is the arena's",
    "realloc": "memory is the arena's",
    "strdup": "memory is the arena's",
    "free": "memory is the arena's",
    "time": "answers do not depend on when they are given",
    "clock_gettime": "answers do not depend on when they are given",
    "printf": "a pure function returns what it has to say",
    "fprintf": "a pure function returns what it has to say",
    "puts": "a pure function returns what it has to say",
    "fopen": "only the command line knows files",
}
WORLD = r"function/(server/|cli/|main\.c$|base/arena\.c$)"

# One call in one file, and why it is right there.
EXCUSED = {
    ("function/base/fault.c", "fprintf"): "BUG() says what it aborts for",
    ("function/wire/value_print.c", "strtod"): "asks whether its own digits read back equal",
    ("function/yaml/write.c", "strtod"): "asks whether its own digits read back equal",
    ("function/yaml/scalar.c", "strtod"): "only after it has checked the digits itself",
}

CALL = re.compile(r"(?<![\w.>])([a-z_]+)\s*\(")
# Homes of people, and what lies beside the checkout.
ELSEWHERE = re.compile(r"(?<![\w.$}])/(?:home|root|Users|work|farm)/|\.\./shared\b")


def check_calls(name, text):
    pure = not re.match(WORLD, name)
    for number, line in enumerate(sources.without_comments(text).split("\n"), 1):
        for match in CALL.finditer(line):
            word = match[1]
            if (name, word) in EXCUSED:
                continue
            if word in NEVER:
                yield f"{name}:{number}: {word}() is never called; use {NEVER[word]}"
            elif pure and word in OUTSIDE:
                yield f"{name}:{number}: {word}() is not called here: {OUTSIDE[word]}"


def check_paths(name, text):
    for number, line in enumerate(text.split("\n"), 1):
        found = ELSEWHERE.search(line)
        if found:
            yield f"{name}:{number}: \"{found[0]}\" is a path of one machine"


def check(root):
    complaints = []
    for name in sources.tracked(root):
        text = sources.read(root, name)
        if name.startswith("function/") and name.endswith((".c", ".h")):
            complaints += check_calls(name, text)
        complaints += check_paths(name, text)
    return complaints


if __name__ == "__main__":
    sys.exit(sources.run("words", check))
