#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of README.md and of the examples' READMEs do what is written around them.

examples.py PROGRAM ROOT    runs each "render" of a console block; exit 1 on any complaint
"""

import pathlib
import re
import subprocess
import sys

# What must be in the answer to the command that renders this file.
SAYS = {
    "examples/mig-pool/xr.yaml": [
        "kind: LLMInferenceService",
        'limits:\n          nvidia.com/mig-3g.40gb: "1"\n',
        "nodeSelector:\n      modelplane.ai/pool: small-mig\n",
    ],
    "examples/gke-partition/xr.yaml": [
        "kind: Object",
        'limits:\n                nvidia.com/gpu: "1"\n',
        "nodeSelector:\n            cloud.google.com/gke-gpu-partition-size: 3g.40gb\n",
    ],
    "examples/whole-gpu/xr.yaml": [
        'limits:\n          nvidia.com/gpu: "2"\n',
        "- --tensor-parallel-size=2\n",
        "units: 6\n",
    ],
    "examples/fleet/xr.yaml": [
        "pool: small-models-mig\n",
        'limits:\n          nvidia.com/mig-3g.40gb: "1"\n',
    ],
    "examples/fleet/required/mig-cluster.yaml": [
        "resourceName: nvidia.com/mig-3g.40gb\n      total: 64\n      unitsPerNode: 16\n",
        "    total: 80\n",
    ],
    "examples/eks-gpu-operator/xr.yaml": [
        'limits:\n          nvidia.com/mig-3g.40gb: "1"\n',
        "nvidia.com/mig.config: all-3g.40gb\n",
    ],
    "examples/bottlerocket/xr.yaml": [
        'limits:\n          nvidia.com/gpu: "1"\n',
        "nodeSelector:\n      eks.amazonaws.com/nodegroup: h100-half\n",
    ],
    "examples/exoscale-a30/xr.yaml": [
        "migProfile: 1g.6gb\n",
        'limits:\n          nvidia.com/gpu: "1"\n',
    ],
    "examples/exoscale-rtx-pro-6000/xr.yaml": [
        "migProfile: 1g.24gb-me\n",
        'limits:\n          nvidia.com/gpu: "1"\n',
        "nodeSelector:\n      modelplane.ai/pool: rtx-compute\n",
    ],
    "examples/upcloud-b200/xr.yaml": [
        'limits:\n          nvidia.com/mig-2g.45gb: "1"\n',
        "nodeSelector:\n      nvidia.com/mig.config: all-2g.45gb\n",
    ],
    "examples/dra/xr.yaml": [
        "kind: ResourceClaimTemplate",
        "deviceClassName: mig.nvidia.com\n",
        'expression: device.attributes["gpu.nvidia.com"].profile == "3g.40gb"\n',
        "resources:\n        claims:\n        - name: gpu\n",
        "resourceClaimTemplateName: gemma-dra-cluster-gpu-",
    ],
    "examples/time-slicing/xr.yaml": [
        'limits:\n          nvidia.com/gpu: "1"\n',
        "- --gpu-memory-utilization=0.22\n",
        "nodeSelector:\n      nvidia.com/gpu.product: NVIDIA-L40S-SHARED\n",
    ],
    "examples/h200-bare-metal/xr.yaml": [
        'limits:\n          nvidia.com/mig-1g.18gb: "1"\n',
        "key: nvidia.com/mig.capable\n",
        "priorityClassName: inference\n",
        "key: dedicated\n",
    ],
    "examples/mixed-layout/xr.yaml": ['limits:\n          nvidia.com/mig-3g.40gb: "1"\n'],
    "examples/mixed-layout/xr-small.yaml": ['limits:\n          nvidia.com/mig-1g.10gb: "1"\n'],
}


def commands(text):
    """The arguments of every render command in the console blocks of a page."""
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.replace("\\\n", " ").split("\n"):
            words = line.split()
            if words[:2] == ["build/function-gpu-placement", "render"]:
                yield words[1:]


def check_command(program, root, words):
    done = subprocess.run([program, *words], cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        yield f"exit code {done.returncode}: {done.stderr.strip()}"
    for sentence in SAYS.get(words[1], ["nothing is expected of it: say it in examples.py"]):
        if sentence not in done.stdout:
            yield f"does not say {sentence!r}"


def main(program, root):
    program, root = pathlib.Path(program).resolve(), pathlib.Path(root).resolve()
    pages = [root / "README.md", *sorted((root / "examples").glob("*/README.md"))]
    n_complaints, seen = 0, set()
    for page in pages:
        for words in commands(page.read_text()):
            seen.add(words[1])
            for complaint in check_command(program, root, words):
                n_complaints += 1
                print(f"{page.relative_to(root)}: {words[1]}: {complaint}")
    for path in sorted(set(SAYS) - seen):
        n_complaints += 1
        print(f"{path}: no README renders it")
    print(f"examples: {len(seen)} rendered, {n_complaints} complaints")
    return 1 if n_complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
