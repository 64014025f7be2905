#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `model` to published figures of public models: the table of docs/models.md.

check.py PROGRAM ROOT       exit 1 on any complaint

The files here are config.json as the models' makers document their numbers. Each has a line in
the table, with the parameters that the hub shows; the program counts them from the config alone
and must find the same number, and the weights that the table shows.
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml

GIB = 2 ** 30
# Bytes of one token in all layers; DeepSeek, "Insights into DeepSeek-V3" (2025), table 1.
PER_TOKEN = {"DeepSeek-V3": 70272, "Qwen2.5-72B": 327680, "Llama-3.1-405B": 516096}
# Files of the checkpoint, in GiB: OpenAI's model card; sizes on the hub.
CHECKPOINTS = {"gpt-oss-120b": 60.8, "gpt-oss-20b": 12.8, "DeepSeek-V3": 641.3,
               "Llama-3.1-70B-FP8": 67.7, "Llama-3.1-8B-AWQ": 5.34}


def call(program, *words):
    return subprocess.run([program, "model", *words], capture_output=True, text=True, timeout=30)


def rows(page):
    for line in page.splitlines():
        if cells := re.fullmatch(r"\| (\S+) \| ([\d,]+) \| (\w+) \| ([\d.]+)Gi \|", line):
            yield cells[1], int(cells[2].replace(",", "")), cells[3], cells[4]


def check_model(program, path, row):
    done = call(program, str(path), "-o", "json")
    if done.returncode not in (0, 1):
        yield done.stderr
        return
    size = json.loads(done.stdout)
    if row is None:
        yield "is not in the table of docs/models.md"
        return
    if not size["known"] or size["parameters"] != row[1]:
        yield f"has {size['parameters']} parameters, the table says {row[1]}"
    if (size["precision"], f"{size['weights'] / GIB:.1f}") != (row[2], row[3]):
        yield f"weighs {size['weights'] / GIB:.1f}Gi in {size['precision']}, the table says {row[2:]}"
    if (published := CHECKPOINTS.get(path.stem)) and \
            abs(size["weights"] / GIB / published - 1) > 0.1:
        yield f"weighs {size['weights'] / GIB:.1f}Gi, its files {published}Gi"
    if per_token := PER_TOKEN.get(path.stem):
        one = json.loads(call(program, str(path), "-o", "json", "--context", "1000",
                              "--concurrency", "1").stdout)
        if one["kvCache"] != per_token * 1000:
            yield f"caches {one['kvCache']} bytes for 1000 tokens, published {per_token * 1000}"
    if done.returncode == 0:
        made = yaml.safe_load(call(program, str(path), "-o", "yaml", "--repo", "org/name").stdout)
        if made["kind"] != "ClusterModel" or not made["spec"]["serving"]:
            yield f"no ClusterModel: {made}"


def main(program, root):
    program, root = str(pathlib.Path(program).resolve()), pathlib.Path(root)
    table = {row[0]: row for row in rows((root / "docs" / "models.md").read_text())}
    paths = sorted((root / "test" / "models").glob("*.json"))
    complaints = [f"{path.stem}: {each}" for path in paths
                  for each in check_model(program, path, table.get(path.stem))]
    complaints += [f"{name}: no file" for name in table.keys() - {path.stem for path in paths}]
    for complaint in complaints:
        print(complaint)
    print(f"models: {len(paths)} counted, {len(complaints)} complaints")
    return 1 if complaints or len(paths) < 20 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
