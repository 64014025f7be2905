#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `model` to published figures of public models: the table of docs/models.md.

check.py PROGRAM ROOT       exit 1 on any complaint

The files here are config.json as the models' makers document their numbers. Each has a line in
the table, with the parameters of its checkpoint (independent.py counts them in another way); the
program counts them from the config alone and must find the same number, and the weights that the
table shows. What unknown/ holds must be refused with the member that is not understood.
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml

GIB = 2 ** 30
# Bytes of one token in all layers; DeepSeek, "Insights into DeepSeek-V3" (2025), table 1.
# Mistral-Small: vLLM's log, llm-d-planner, docs/empirical-vllm-memory-results.md.
PER_TOKEN = {"DeepSeek-V3": 70272, "Qwen2.5-72B": 327680, "Llama-3.1-405B": 516096,
             "Mistral-Small-3.1-24B": 163840}
# Files of the checkpoint, in GiB: OpenAI's model card; sizes on the hub.
CHECKPOINTS = {"gpt-oss-120b": 60.8, "gpt-oss-20b": 12.8, "DeepSeek-V3": 641.3,
               "Llama-3.1-70B-FP8": 67.7, "Llama-3.1-8B-AWQ": 5.34}
# metadata.total_size of the index: two bytes for each parameter.
INDEXES = {"Llama-3.1-8B": 16060522496, "Qwen2.5-7B": 15231233024, "Mixtral-8x7B-v0.1": 93405585408}
# What is in unknown/, and the member that the refusal names.
UNKNOWN = {"albert": 'model_type: "albert"', "words": 'layer_types: "linear_attention"',
           "bits": 'quantization_config: "gptq" is not known with 3 bits',
           "sound": 'audio_config: "qwen2_audio_encoder"', "images": 'vision_config: "molmo_vision"',
           "narrow": "intermediate_size: is missing",
           "t5": 'model_type: "t5" is not known, and hidden_size is required'}
WITHIN = 0.1


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
    if INDEXES.get(path.stem, size["weights"]) != size["weights"]:
        yield f"weighs {size['weights']} bytes, its index says {INDEXES[path.stem]}"
    if per_token := PER_TOKEN.get(path.stem):
        one = json.loads(call(program, str(path), "-o", "json", "--context", "1000",
                              "--concurrency", "1").stdout)
        if one["kvCache"] != per_token * 1000:
            yield f"caches {one['kvCache']} bytes for 1000 tokens, published {per_token * 1000}"
    if done.returncode == 0:
        made = yaml.safe_load(call(program, str(path), "-o", "yaml", "--repo", "org/name").stdout)
        if made["kind"] != "ClusterModel" or not made["spec"]["serving"]:
            yield f"no ClusterModel: {made}"


def check_wholes(program, root):
    """The table of what vLLM measured: units, sequences, GiB of one unit without its cache."""
    page, n = (root / "docs" / "models.md").read_text(), 0
    for name, units, sequences, measured, ours, apart in re.findall(
            r"\| (\S+), (\d+), (\d+) \| ([\d.]+)Gi \| ([\d.]+)Gi \| ([+-][\d.]+) % \|", page):
        n += 1
        size = json.loads(call(program, str(root / "test" / "models" / f"{name}.json"), "-o", "json",
                               "--context", "1000", "--concurrency", sequences).stdout)
        whole = (size["weights"] / int(units) + size["overhead"]) / GIB
        if abs(whole / float(measured) - 1) > WITHIN or f"{whole:.2f}" != ours or \
                f"{100 * (whole / float(measured) - 1):+.1f}" != apart:
            yield f"{name}: {whole:.2f}Gi, measured {measured}Gi; the table says {ours}Gi, {apart} %"
    if n < 9:
        yield f"only {n} wholes in the table"


def check_unknown(program, root):
    paths = {path.stem: path for path in (root / "test" / "models" / "unknown").glob("*.json")}
    if paths.keys() != UNKNOWN.keys():
        yield f"unknown/ holds {sorted(paths)}"
    for name, path in paths.items():
        done = call(program, str(path), "-o", "json")
        if done.returncode != 2 or f"model: {UNKNOWN.get(name)}" not in done.stderr:
            yield f"unknown/{name}: {done.returncode} {done.stderr}{done.stdout}"


def main(program, root):
    program, root = str(pathlib.Path(program).resolve()), pathlib.Path(root)
    table = {row[0]: row for row in rows((root / "docs" / "models.md").read_text())}
    paths = sorted((root / "test" / "models").glob("*.json"))
    complaints = [f"{path.stem}: {each}" for path in paths
                  for each in check_model(program, path, table.get(path.stem))]
    complaints += [f"{name}: no file" for name in table.keys() - {path.stem for path in paths}]
    complaints += [*check_wholes(program, root), *check_unknown(program, root)]
    for complaint in complaints:
        print(complaint)
    print(f"models: {len(paths)} counted, {len(complaints)} complaints")
    return 1 if complaints or len(paths) < 20 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
