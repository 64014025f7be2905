#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the models' parameters without us: transformers builds the modules, torch allocates nothing.

independent.py PROGRAM ROOT     needs torch and transformers 5, which no other test does; exit 1 on
                                any complaint

Corrections of routers are buffers there and parameters in checkpoints: that much may differ.
"""

import json
import pathlib
import subprocess
import sys

import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

# Types that transformers has under another name.
SAME = {"kimi_k2": "deepseek_v3"}
CORRECTED = 1e-7


def builders(config):
    if str(config.get("architectures", [""])[0]).endswith("Model") or \
            config["model_type"] in ("bert", "xlm-roberta"):
        return [transformers.AutoModel]
    return [transformers.AutoModelForImageTextToText, transformers.AutoModelForSpeechSeq2Seq,
            transformers.AutoModelForCausalLM]


def count(path):
    config = json.loads(path.read_text())
    config.pop("quantization_config", None)
    config["model_type"] = SAME.get(config["model_type"], config["model_type"])
    made = CONFIG_MAPPING[config["model_type"]].from_dict(config)
    for builder in builders(config):
        try:
            with torch.device("meta"):
                model = builder.from_config(made)
            break
        except ValueError as error:
            refused = error
    else:
        raise refused
    model.tie_weights()
    return sum({id(p): p.numel() for p in model.parameters()}.values())


def main(program, root):
    complaints = 0
    for path in sorted((pathlib.Path(root) / "test" / "models").glob("*.json")):
        done = subprocess.run([program, "model", str(path), "-o", "json"], capture_output=True,
                              text=True, timeout=30)
        ours, theirs = json.loads(done.stdout)["parameters"], count(path)
        is_wrong = abs(ours / theirs - 1) > CORRECTED
        complaints += is_wrong
        print(f"{path.stem:28} {ours:17,} {theirs:17,}{'  differ' if is_wrong else ''}", flush=True)
    return 1 if complaints else 0


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    sys.exit(main(*sys.argv[1:]))
