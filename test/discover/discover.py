#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What "discover" makes of node lists, and that "check" finds nothing wrong with it.

discover.py PROGRAM ROOT [ROUNDS]       exit 1 on any complaint

Each folder of cases/ has the nodes of a cluster and want.yaml, what is printed for them
(UPDATE_GOLDEN=1 writes it). Then come random clusters, ROUNDS of them. What is printed for either is
held against the same nodes: check --strict --nodes is silent, and the units of its pools are what the
nodes allocate.
"""

import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

import yaml

import nodes as n

UNITS_DIFFER = {"unlike": 2}  # units of nodes that no label tells from those with fewer
SLICES = {  # profiles of a card, and how many fit one GPU
    "H100": {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1},
    "A100-40": {"1g.5gb": 7, "2g.10gb": 3, "3g.20gb": 2, "7g.40gb": 1},
    "A30": {"1g.6gb": 4, "2g.12gb": 2, "4g.24gb": 1},
}
MIXES = {  # layouts that fit one GPU
    "H100": [{"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}, {"3g.40gb": 1, "1g.10gb": 4},
             {"2g.20gb": 3, "1g.10gb": 1}],
    "A100-40": [{"1g.5gb": 2, "2g.10gb": 1, "3g.20gb": 1}, {"4g.20gb": 1, "1g.5gb": 3}],
    "A30": [{"1g.6gb": 2, "2g.12gb": 1}],
}
GPU_STARTS = ("nvidia.com/gpu", "nvidia.com/mig-", "amd.com/gpu", "habana.ai/gaudi")


def run(program, *args, stdin=""):
    return subprocess.run([program, *map(str, args)], input=stdin, capture_output=True, text=True,
                          timeout=60)


def allocated(objects):
    """Units of all nodes: of device plugins, else of the newest ResourceSlices."""
    total, newest = 0, {}
    plugin = {}
    for each in objects:
        if each["kind"] == "Node":
            units = sum(int(count) for name, count in each["status"]["allocatable"].items()
                        if name.startswith(GPU_STARTS))
            plugin[each["metadata"]["name"]] = units
            total += units
        elif each["kind"] == "ResourceSlice":
            pool = each["spec"]["pool"]
            old = newest.get(pool["name"])
            if not old or old["spec"]["pool"]["generation"] < pool["generation"]:
                newest[pool["name"]] = each
    return total + sum(len(each["spec"]["devices"]) for each in newest.values()
                       if not plugin[each["spec"]["nodeName"]])


def hold(program, file, printed, differ=0):
    """Complaints about what is printed for the nodes of a file."""
    objects = yaml.load(file.read_text(), yaml.CSafeLoader)["items"]
    checked = run(program, "check", "-", "--strict", "--nodes", file, stdin=printed)
    if checked.returncode != 0 or checked.stdout or checked.stderr:
        yield f"check says: {checked.stdout}{checked.stderr}"
    counted = run(program, "capacity", "-", "-o", "json", stdin=printed)
    total = json.loads(counted.stdout)["total"]
    if total != allocated(objects) - differ:
        yield f"{total} units are declared, and {allocated(objects)} are allocated"


def check_case(program, case):
    done = run(program, "discover", case / "nodes.yaml")
    want = case / "want.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        want.write_text(done.stdout)
    if done.returncode != 0 or done.stderr:
        yield f"exit code {done.returncode}: {done.stderr}"
    elif not want.exists() or want.read_text() != done.stdout:
        yield f"prints something else:\n{done.stdout}"
    else:
        yield from hold(program, case / "nodes.yaml", done.stdout, UNITS_DIFFER.get(case.name, 0))


# ---- random clusters --------------------------------------------------------------------------------


def random_kind(rand, i):
    """How to make the nodes of one group: each has what sets it apart, as real groups do."""
    kind = rand.choice(("whole", "uniform", "mixed", "single", "shared", "gke", "eks", "half"))
    card = rand.choice(list(SLICES))
    gpus = rand.choice((1, 2, 4, 8))
    profile, per_gpu = rand.choice(list(SLICES[card].items()))
    machine = f"machine.{i}" if rand.random() < 0.5 else "metal"

    apart = rand.choice(("agentpool", "example.org/pool", "node.kubernetes.io/instance-type"))

    def base(name):
        node = n.kubelet(name, machine, rand.choice("abc"), **{"team": rand.choice(("x", "y"))})
        return n.label(node, **{apart: f"group{i}"})

    config = f"config-{i}"
    if kind == "whole":
        return lambda name: n.mig_config(n.whole(base(name), card, gpus), config)
    if kind == "uniform":
        count = rand.randint(1, per_gpu)
        replicas = rand.choice((1, 1, 3))
        return lambda name: n.mig_mixed(base(name), card, gpus, {profile: count * gpus}, config,
                                        replicas)
    if kind == "mixed":
        mix = rand.choice(MIXES[card])
        return lambda name: n.mig_mixed(base(name), card, gpus,
                                        {each: count * gpus for each, count in mix.items()}, config)
    if kind == "single":
        return lambda name: n.mig_single(base(name), card, gpus, profile, per_gpu, config)
    if kind == "shared":
        replicas, renamed, mps = rand.randint(2, 8), rand.random() < 0.5, rand.random() < 0.3
        return lambda name: n.shared(base(name), card, gpus, replicas, renamed, mps)
    if kind == "gke":
        cut, clients = rand.random() < 0.6, rand.choice((1, 1, 2, 5))
        return lambda name: n.gke(name, f"group{i}", "nvidia-h100-80gb", gpus, f"a3-{i}",
                                  "1g.10gb" if cut else None, 7 if cut else 1, clients)
    if kind == "eks":
        return lambda name: n.eks(name, f"group{i}", rand_machine(card), gpus)
    left = rand.randint(1, gpus)
    count = rand.randint(1, 28)
    return lambda name: n.mig_mixed(base(name), card, gpus, {profile: count}, config, left=left)


def rand_machine(card):
    return {"H100": "p5.48xlarge", "A100-40": "p4d.24xlarge", "A30": "gpua30.small"}[card]


def random_cluster(rand):
    cluster = [n.plain(f"plain-{i}") for i in range(rand.randint(0, 3))]
    for i in range(rand.randint(1, 6)):
        make = random_kind(rand, i)
        taints = [(f"taint{k}", "v", rand.choice(("NoSchedule", "NoExecute", "PreferNoSchedule")))
                  for k in range(rand.choice((0, 0, 1, 2)))]
        for k in range(rand.randint(1, 4)):
            node = make(f"node-{i}-{k}")
            for each in taints:
                n.taint(node, *each)
            cluster.append(node)
    rand.shuffle(cluster)
    return cluster


def check_random(program, folder, seed):
    rand = random.Random(seed)
    file = pathlib.Path(folder) / f"{seed}.yaml"
    text = yaml.dump({"apiVersion": "v1", "kind": "List", "items": random_cluster(rand)},
                     Dumper=yaml.CSafeDumper)
    file.write_text(text)
    done = run(program, "discover", file)
    if done.returncode != 0 or done.stderr:
        yield f"cluster {seed}: exit code {done.returncode}: {done.stderr}"
        return
    for complaint in hold(program, file, done.stdout):
        yield f"cluster {seed}: {complaint}"
    file.unlink()


# ---- many nodes -------------------------------------------------------------------------------------

MANY_NODES, NODE_BYTES, MEMORY_MAX_KB = 1000, 20000, 300 * 1024


def many_nodes():
    """As much as kubectl prints of a thousand nodes with their managed fields and images."""
    node = n.mig_config(n.whole(n.kubelet("NAME", "p5.48xlarge"), "H100", 8), "all-disabled")
    images = node["status"]["images"]
    while len(yaml.dump(node, Dumper=yaml.CSafeDumper)) < NODE_BYTES:
        images.extend({"names": [f"registry.example/image-{len(images)}@sha256:{'0' * 64}"],
                       "sizeBytes": 123456789} for _ in range(20))
    text = yaml.dump([node], Dumper=yaml.CSafeDumper)
    nodes = "".join(text.replace("NAME", f"node-{i}") for i in range(MANY_NODES))
    return f"apiVersion: v1\nkind: List\nitems:\n{nodes}"


def check_many(program, folder):
    """Discovered and checked in 300 MB."""
    file = pathlib.Path(folder) / "many.yaml"
    file.write_text(many_nodes())
    done = run(program, "discover", file)
    checked = run(program, "check", "-", "--strict", "--nodes", file, stdin=done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if f"nodeCount: {MANY_NODES}" not in done.stdout or checked.returncode != 0:
        yield f"many nodes: {done.stdout}{done.stderr}{checked.stdout}{checked.stderr}"
    if peak > MEMORY_MAX_KB:
        yield f"many nodes: {peak} kB of memory for {file.stat().st_size} bytes"


def main(program, root, rounds=150):
    program = str(pathlib.Path(program).resolve())
    cases = sorted((pathlib.Path(root) / "test/discover/cases").iterdir())
    complaints = [f"{case.name}: {each}" for case in cases for each in check_case(program, case)]
    with tempfile.TemporaryDirectory() as folder:
        complaints += check_many(program, folder)
        for seed in range(int(rounds)):
            complaints += check_random(program, folder, seed)
    for complaint in complaints[:20]:
        print(complaint)
    print(f"discover: {len(cases)} cases, {rounds} clusters, {len(complaints)} complaints")
    return 1 if complaints or not cases else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
