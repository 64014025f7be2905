#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Words that must not be written: calls that go wrong, paths of one machine, and riddles.

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
    "strtok": "text_index() and text_slice()",
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

# English that a reader has to take apart, in comments and messages of function/, and what to write.
# CONTRIBUTING.md has the words of this product.
RIDDLES = {
    r"told|tells? of": "reported, or a passive with its subject",
    r"hand(?:s|ed|ing)? on": "pass through",
    r"for who": "when the caller wants",
    r"so many": "the number, or n",
    r"lest": "so that ... not",
    r"nobody|no one|anybody|somebody|someone": "who it is: the caller, a client, a deployment",
    r"whoever": "who it is: the caller, a client, a deployment",
    r"for ever": "always, or until when",
}
RIDDLE = {re.compile(rf"\b(?:{words})\b".replace(" ", r"\s+"), re.I): instead
          for words, instead in RIDDLES.items()}
# Sentences that users read, to be changed with their goldens and pages.
PINNED = {
    ("function/cli/given.c", "nobody"): 2,
    ("function/cli/why.c", "nobody"): 1,
    ("function/fleet/pool_warnings.c", "for ever"): 1,
    ("function/requirements.c", "nobody"): 1,  # the anchors' name
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


def words_of(text):
    """Comments and strings of C, each with its line."""
    for match in re.finditer(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', text, flags=re.S):
        yield text.count("\n", 0, match.start()) + 1, match[0]


def check_riddles(name, text):
    pinned = dict(PINNED)
    for first, words in words_of(text):
        joined = re.sub(r"\n \*(?=\s)|\n\s+", "\n", words)  # a phrase may go over the end of a line
        for pattern, instead in RIDDLE.items():
            for match in pattern.finditer(joined):
                found = " ".join(match[0].split())
                key = (name, found.lower())
                if pinned.get(key, 0) > 0:
                    pinned[key] -= 1
                    continue
                line = first + joined.count("\n", 0, match.start())
                yield f"{name}:{line}: \"{found}\" is hard to read; write {instead}"


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
            complaints += check_riddles(name, text)
        complaints += check_paths(name, text)
    return complaints


if __name__ == "__main__":
    sys.exit(sources.run("words", check))
