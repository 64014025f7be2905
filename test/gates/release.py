#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""script/release refuses whatever a release must not have, before it builds anything.

release.py ROOT             exit 1 on any complaint

Asked in a repository of its own, in which the version is ready to be released.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = "example.org/team/function-gpu-placement"
READ = ("script/release", "package/versions", "meson.build", "NEWS.md",
        "package/configuration/crossplane.yaml")
CALLED = ("script/test", "script/package")
MARK = "built"
# Nobody's settings and no hooks.
ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}

# What is wrong, the file, what stands there, what is put there, what must be said of it.
MISTAKES = (
    ("another version in meson.build", "meson.build", r"version: '[\d.]+',", "version: '7.7.7',",
     'NEWS.md begins with "'),
    ("no section of NEWS.md", "NEWS.md", r"## [\d.]+,", "## 7.7.7,", 'NEWS.md begins with "7.7.7"'),
    ("no date in NEWS.md", "NEWS.md", r", \d+-\d+-\d+\n", ", not released yet\n",
     "NEWS.md has no date for it"),
    ("an older function", "package/configuration/crossplane.yaml", r'">=v[\d.]+-0 <', '">=v0.0.7-0 <',
     'crossplane.yaml wants ">=v0.0.7-0 <'),
    ("any newer function", "package/configuration/crossplane.yaml", r' <v[\d.]+-0"', '"',
     "crossplane.yaml wants "),
    ("an example of another version", "examples/mig-pool/functions.yaml", r":v[\d.]+\n", ":v7.7.7\n",
     'examples/mig-pool/functions.yaml names "7.7.7"'),
)


def git(tree, *arguments):
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments],
                   cwd=tree, check=True, capture_output=True, env=ENVIRONMENT)


def make_tree(root, tree):
    """A clean checkout of a version that has its date; what would build leaves a mark."""
    for name in (*READ, *(str(path.relative_to(root))
                          for path in root.glob("examples/*/functions.yaml"))):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, tree / name)
    for name in CALLED:
        (tree / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {tree.parent / MARK}\n')
        (tree / name).chmod(0o755)
    change(tree / "NEWS.md", r"^(## [\d.]+),.*$", r"\1, 2026-01-02")
    git(tree, "init", "-q")
    commit(tree)


def commit(tree):
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "--no-gpg-sign", "-m", "test: a version")


def change(path, pattern, new):
    text, n = re.subn(pattern, new, path.read_text(), count=1, flags=re.M)
    assert n == 1, f"{path.name}: nothing like {pattern}"
    path.write_text(text)


def release(tree):
    return subprocess.run([tree / "script" / "release", REPOSITORY], capture_output=True, text=True,
                          env=ENVIRONMENT)


def refuses(tree, title, sentence):
    mark = tree.parent / MARK
    mark.unlink(missing_ok=True)
    done = release(tree)
    if done.returncode == 0:
        yield f"{title}: released"
    if sentence not in done.stderr:
        yield f"{title}: {done.stderr!r} does not say {sentence!r}"
    if mark.exists():
        yield f"{title}: refused only after {mark.read_text()!r}"


def check(root, tree):
    make_tree(root, tree)
    done = release(tree)
    built = (tree.parent / MARK).read_text() if done.returncode == 0 else ""
    if f"script/package {REPOSITORY}" not in built or "script/test" not in built:
        yield f"refuses what is ready: {done.stderr}{built}"
    if f"{REPOSITORY}:v" not in done.stdout:
        yield f"does not say how to publish it: {done.stdout}"
    for title, file, pattern, new, sentence in MISTAKES:
        change(tree / file, pattern, new)
        commit(tree)
        yield from refuses(tree, title, sentence)
        git(tree, "reset", "-q", "--hard", "HEAD~1")
    change(tree / "NEWS.md", "^## ", "\n## ")
    yield from refuses(tree, "a tree with changes", "changes that are not committed")
    git(tree, "checkout", "-q", ".")
    version = re.search(r"version: '([\d.]+)',", (tree / "meson.build").read_text())[1]
    git(tree, "tag", f"v{version}")
    yield from refuses(tree, "a version that has its tag", f"there is a tag v{version} already")


def main(root):
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        tree.mkdir()
        complaints = list(check(pathlib.Path(root).resolve(), tree))
    for complaint in complaints:
        print(complaint)
    print(f"release: {len(MISTAKES) + 2} mistakes, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
