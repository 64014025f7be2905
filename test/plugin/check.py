#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls the program as kubectl's plugin, with a kubectl that has the objects of the examples.

check.py PROGRAM ROOT       exit 1 on any complaint

The stand-in answers "get" alone, writes down how it was called, and fails for a context of the
name "broken".
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

KUBECTL = r"""#!/usr/bin/python3
import pathlib, sys, yaml
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
with open(here / "calls", "a") as calls:
    print(*words, file=calls)
if words[0] != "get" or "broken" in words:
    sys.exit("error: the stand-in refuses")
words = [word for word in words[1:] if not word.startswith("-") and word not in ("mine", "team-a")]
kinds = [kind.split(".")[0].rstrip("s").lower() for kind in words[0].split(",")]
found = [each for each in yaml.safe_load_all((here / "cluster.yaml").read_text())
         if each["kind"].lower() in kinds and (len(words) < 2 or each["metadata"]["name"] == words[1])]
if len(words) > 1 and not found:
    sys.exit("Error from server (NotFound)")
print(yaml.dump(found[0] if len(words) > 1 else {"apiVersion": "v1", "kind": "List", "items": found}))
"""

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {
    "nvidia.com/gpu.product": "NVIDIA-A30", "pool": "a"}},
    "status": {"allocatable": {"nvidia.com/gpu": "2"}, "conditions": [
        {"type": "Ready", "status": "True"}]}}

ROWS = (
    # words, exit code, what is printed, what kubectl is asked for
    ("capacity", 0, "small-models-mig", "inferenceenvironments.modelplane.ai,"),
    ("capacity -o html", 0, "<pattern", "gpureservations.gpuplacement.fn.crossplane.io"),
    ("capacity --context mine -o json", 0, '"pools"', "get --context mine "),
    ("check", (0, 1), "", "get nodes --all-namespaces --output=yaml"),
    ("discover", 0, "kind: InferenceEnvironment", "get nodes "),
    ("plan --gpu nvidia-h100-80gb", 0, "H100-80GB: 1 GPU", "modeldeployments.modelplane.ai,"),
    ("plan --gpu nvidia-h100-80gb --want 10Gi", 0, "H100-80GB: 1 GPU", None),
    ("explain gemma -n team-a", 0, "small-models-mig", "gemma --namespace team-a"),
    ("explain gemma -n team-a -o json", 0, '"verdict"', "gemma --namespace team-a"),
    ("explain gemma -n team-a -oyaml", 0, "verdict: placed", "get "),
    ("explain gemma --output xml", 2, '"xml" is neither json nor yaml', "get "),
    ("explain nothing", 2, "kubectl get failed", "nothing"),
    ("explain", 2, "needs the NAME", None),
    ("capacity --context broken", 2, "kubectl get failed", "broken"),
    ("capacity --help", 0, "usage: function-gpu-placement capacity", None),
    ("mig check nvidia-h100-80gb 7g.80gb", 0, "holds 7g.80gb", None),
    ("--help", 0, "usage: kubectl gpu COMMAND", None),
    ("fetch", 2, 'unknown command "fetch"', None),
)


def cluster(root):
    fleet = root / "examples" / "fleet"
    for path in (fleet / "xr.yaml", fleet / "composition.yaml", *sorted((fleet / "required").iterdir())):
        for each in yaml.safe_load_all(path.read_text()):
            if each["kind"] == "ModelDeployment":
                each["spec"]["crossplane"] = {"compositionRef": {"name": "modeldeployments"}}
            if each["kind"] == "Composition":
                each["metadata"]["name"] = "modeldeployments"
            yield each
    yield NODE


def main(program, root):
    program, root, complaints = pathlib.Path(program).resolve(), pathlib.Path(root), []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "kubectl-gpu").symlink_to(program)
        (folder / "kubectl").write_text(KUBECTL)
        (folder / "kubectl").chmod(0o755)
        (folder / "cluster.yaml").write_text(yaml.dump_all(cluster(root)))
        env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        before = set(pathlib.Path("/tmp").glob("kubectl-gpu-*"))
        for words, code, printed, asked in ROWS:
            (folder / "calls").write_text("")
            done = subprocess.run(["kubectl-gpu", *words.split()], env=env, text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            calls = (folder / "calls").read_text()
            if done.returncode not in (code if isinstance(code, tuple) else (code,)):
                complaints.append(f"{words}: exit code {done.returncode}\n{done.stdout}")
            if printed not in done.stdout:
                complaints.append(f"{words}: prints\n{done.stdout}")
            if (asked or "") not in calls or (asked is None and calls):
                complaints.append(f"{words}: asks for\n{calls}")
            if any(not line.startswith("get ") for line in calls.splitlines()):
                complaints.append(f"{words}: asks for more than get\n{calls}")
        if left := set(pathlib.Path("/tmp").glob("kubectl-gpu-*")) - before:
            complaints.append(f"files are left: {left}")
    for complaint in complaints:
        print(complaint)
    print(f"plugin: {len(ROWS)} calls, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
