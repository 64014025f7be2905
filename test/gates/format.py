#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C file is as clang-format 14 leaves it, and every file ends its lines as .editorconfig says.

format.py [ROOT]        exit 1 on any complaint, 77 without clang-format 14
"""

import re
import shutil
import subprocess
import sys

import sources

SKIPPED = 77
VERSION = "14"
TEXT = (".c", ".h", ".py", ".sh", ".md", ".yaml", ".build", ".proto", ".txt")


def clang_format():
    """The program of the right version, or None: others format otherwise."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path:
            said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
            if re.search(rf"version {VERSION}\.", said):
                return path
    return None


def check_c(root, program):
    for name in sources.tracked_c(root):
        done = subprocess.run([program, "--dry-run", "-Werror", "--style=file", name],
                              cwd=root, capture_output=True, text=True)
        line = re.search(r"^.+?:\d+(?=:\d+: error: code should be clang-formatted)", done.stderr, re.M)
        if line:
            yield f"{line[0]}: run clang-format -i"
        elif done.returncode != 0:
            yield f"{name}: clang-format fails with code {done.returncode}"


def check_lines(root):
    for name in sources.tracked(root):
        if not name.endswith(TEXT) or "/corpus/" in name:
            continue
        text = sources.read(root, name)
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"[ \t\r]$", line):
                yield f"{name}:{number}: blanks at the end of the line"
        if text and not text.endswith("\n"):
            yield f"{name}: no newline at the end"


def check(root):
    program = clang_format()
    return list(check_c(root, program) if program else []) + list(check_lines(root))


if __name__ == "__main__":
    code = sources.run("format", check)
    if code == 0 and not clang_format():
        print(f"format: clang-format {VERSION} is not installed: C files were not looked at")
        code = SKIPPED
    sys.exit(code)
