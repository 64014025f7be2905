#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over what a build folder holds, of which only what was built again since.

tidy.py BUILD        exits with 1 on any finding
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".clang-tidy"
AT_ONCE = min(2, os.cpu_count() or 1)


def entries(build):
    """Of our own sources, without the flags that only gcc knows."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = (build / entry["file"]).resolve()
        if source.is_relative_to(ROOT / "function"):
            command = re.sub(r" -(fanalyzer|Wno-analyzer-\S+)", "", entry["command"])
            yield dict(entry, file=str(source), command=command)


def stamp_of(folder, entry):
    return folder / (entry["output"].replace("/", "_") + ".clean")


def is_clean(build, folder, entry):
    """ninja builds an object again when any header of it has changed."""
    stamp = stamp_of(folder, entry)
    return stamp.exists() and stamp.stat().st_mtime > max(
        (build / entry["output"]).stat().st_mtime, CONFIG.stat().st_mtime)


def check(folder, entry):
    done = subprocess.run(["clang-tidy-14", "--quiet", "-p", str(folder), entry["file"]],
                          capture_output=True, text=True)
    if done.returncode == 0:
        stamp_of(folder, entry).touch()
    return done.returncode, done.stdout


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    every = list(entries(build))
    (folder / "compile_commands.json").write_text(json.dumps(every))
    changed = [entry for entry in every if not is_clean(build, folder, entry)]
    n_found = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        looked_at = pool.map(lambda entry: check(folder, entry), changed)
        for n, (entry, (code, said)) in enumerate(zip(changed, looked_at), 1):
            name = pathlib.Path(entry["file"]).relative_to(ROOT)
            print(f"[{n}/{len(changed)}] {name}", file=sys.stderr, flush=True)
            if code != 0:
                n_found += 1
                print(said, flush=True)
    print(f"clang-tidy: {len(every)} files, {len(changed)} of them changed, "
          f"{n_found} with findings")
    return not every or n_found > 0


if __name__ == "__main__":
    sys.exit(main())
