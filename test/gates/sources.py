# SPDX-License-Identifier: Apache-2.0
"""The files that the gates read, and how a gate says what it found."""

import pathlib
import re
import subprocess
import sys


def tracked(root):
    """Every file under version control; without git, every file outside build folders."""
    git = ["git", "-C", str(root), "-c", f"safe.directory={root}", "ls-files", "-z"]
    try:
        listed = subprocess.run(git, capture_output=True, check=True).stdout.decode()
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not names:
        names = [
            str(path.relative_to(root))
            for path in root.rglob("*")
            if not re.match(r"\.git/|build[^/]*/|.*__pycache__/", str(path.relative_to(root)))
        ]
    return [name for name in sorted(names) if (root / name).is_file()]


def tracked_c(root):
    return [name for name in tracked(root) if name.endswith((".c", ".h"))]


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


def without_comments(text):
    """C without comments, line numbers kept; what strings hold goes too."""

    def blank(match):
        return '""' if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0])

    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def root_of(arguments):
    return pathlib.Path(arguments[1] if len(arguments) > 1 else ".").resolve()


def run(gate, check):
    """A gate's main: check(root) gives complaints, one sentence each."""
    root = root_of(sys.argv)
    complaints = check(root)
    for complaint in complaints:
        print(complaint)
    print(f"{gate}: {len(complaints)} complaint{'' if len(complaints) == 1 else 's'}")
    return 1 if complaints else 0
