# SPDX-License-Identifier: Apache-2.0
"""Environments that observe their nodes: what Drift says, what it costs, and that nothing runs away.

The last case measures, with 100 nodes of 15 kB; it belongs to the storms.
"""

import copy
import time

from function import memory_mib
from schedule import node
from storms import HEADER, Meter
from world import condition, kept, pool

NODES = 100
SECONDS = 120  # the TTL of an environment is 60 s


def slices(number, profile="3g.40gb"):
    """What a node offers that is cut so; the profiles of before stay in the list with 0."""
    return {"nvidia.com/gpu": "0", "nvidia.com/mig-3g.40gb": "0", "nvidia.com/mig-1g.10gb": "0",
            f"nvidia.com/mig-{profile}": str(number)}


def observed(world, *pools, **more):
    return world.environment(*pools, observe="Nodes", **more)


def until_capacity(world, environment, reason, message=""):
    return world.until_condition(environment, "CapacityValid", reason, SECONDS, message)


def gpupool(world):
    found, = [each for each in world.api.list("gpuplacement.fn.crossplane.io/v1alpha1", "GPUPool")
              if each["spec"]["environment"] == world.name]
    return found["spec"]


def slice_lost(world):
    """A node that loses a slice is Drift within the TTL, and Valid again once it has it back."""
    for i in (1, 2):
        node(world, f"{world.name}-{i}", {"pool": world.name}, slices(16))
    world.model()
    environment = observed(world, pool(world.name, acceleratorCount=8, nodeCount=2))
    until_capacity(world, environment, "Valid")
    gemma = world.deployment("gemma", replicas=2)
    world.until_ready(gemma, seconds=60)
    before = world.uids()
    world.until("the GPUPool says what nodes offer", lambda: gpupool(world).get("observed") == {
        "nodes": 2, "ready": 2, "units": 32}, SECONDS)
    began = time.monotonic()
    node(world, f"{world.name}-2", {"pool": world.name}, slices(15))
    told = until_capacity(world, environment, "Drift", "declares 16 nvidia.com/mig-3g.40gb a node, "
                                                       "but a node allocates 15")
    took = time.monotonic() - began
    first, = told["status"]["capacity"]["pools"]
    assert first["observedUnitsPerNode"] == 15, first
    assert gpupool(world)["observed"] == {"nodes": 2, "ready": 2, "units": 31}, gpupool(world)
    node(world, f"{world.name}-2", {"pool": world.name}, slices(16))
    until_capacity(world, environment, "Valid")
    kept(before, world.uids(), "a slice was lost")
    return f"Drift {took:.0f} s after the node's status changed"


def cut_otherwise(world):
    """MIG was changed by hand: no node has the resource, and what runs is left alone."""
    node(world, f"{world.name}-1", {"pool": world.name}, slices(16))
    world.model()
    environment = observed(world, pool(world.name, acceleratorCount=8))
    world.until_ready(world.deployment("gemma"), seconds=60)
    before = world.uids()
    node(world, f"{world.name}-1", {"pool": world.name}, slices(56, "1g.10gb"))
    told = until_capacity(world, environment, "Drift", "does not offer nvidia.com/mig-3g.40gb")
    assert "observedUnitsPerNode" not in told["status"]["capacity"]["pools"][0], told["status"]
    kept(before, world.uids(), "the GPUs were cut otherwise")


def finds_nothing(world):
    """A selector that no node has, until one comes that has it."""
    node(world, f"{world.name}-1", {"pool": world.name + "x"}, slices(2))
    environment = observed(world, pool(world.name))
    until_capacity(world, environment, "Drift", "its selector finds no node")
    assert gpupool(world)["observed"] == {"nodes": 0, "ready": 0, "units": 0}, gpupool(world)
    node(world, f"{world.name}-2", {"pool": world.name}, slices(2))
    until_capacity(world, environment, "Valid")


def observed_capacity(world):
    """capacity: Observed grants what nodes offer, and takes nothing from what serves."""
    compositions = [world.api.get("apiextensions.crossplane.io/v1", "Composition", None, name)
                    for name in ("modeldeployments.modelplane.ai", "inferenceenvironments.modelplane.ai")]
    for composition in compositions:
        changed = copy.deepcopy(composition)
        for step in changed["spec"]["pipeline"]:
            step.setdefault("input", {"apiVersion": "gpuplacement.fn.crossplane.io/v1alpha1",
                                      "kind": "Input"})["capacity"] = "Observed"
        world.api.patch(composition, {"spec": changed["spec"]})
    try:
        return capped(world)
    finally:
        for composition in compositions:
            world.api.patch(composition, {"spec": composition["spec"]})


def capped(world):
    node(world, f"{world.name}-1", {"pool": world.name}, slices(2))
    world.model()
    environment = observed(world, pool(world.name))
    until_capacity(world, environment, "Valid")
    first, = world.until_ready(world.deployment("first"), seconds=60)
    before = world.uids()
    node(world, f"{world.name}-1", {"pool": world.name}, slices(1))
    until_capacity(world, environment, "Drift")
    world.until("one unit of it is left in the GPUPool", lambda: gpupool(world)["total"] == 1, 60)
    late = world.deployment("late")
    world.until_condition(late, "Scheduled", "InsufficientCapacity")
    kept(before, world.uids(), "a slice was lost")
    assert condition(world.get(first), "Ready")["status"] == "True", first["status"]
    node(world, f"{world.name}-1", {"pool": world.name}, slices(2))
    world.until_ready(late, seconds=SECONDS)
    kept(before, world.uids(), "the slice is back")


def big_node(world, i):
    """As large as one of a cloud, with its images and what kubelets write."""
    images = [{"names": [f"registry.example/{'a' * 60}/{n}@sha256:{'0' * 64}"], "sizeBytes": n}
              for n in range(60)]
    node(world, f"{world.name}-{i:03}", {"pool": world.name}, slices(16))
    now = world.api.get("v1", "Node", None, f"{world.name}-{i:03}")
    return world.api.patch(now, {"status": {"images": images}}, "status")


def observed_cost(world):
    """What 100 nodes of 15 kB cost core and the function, at rest and when each status moves."""
    nodes = [big_node(world, i) for i in range(NODES)]
    declared = pool(world.name, acceleratorCount=8, nodeCount=NODES)
    print(HEADER)
    for what, observe in (("not observed", "None"), ("observed", "Nodes")):
        environment = world.environment(declared, observe=observe)
        until_capacity(world, environment, "Valid")
        time.sleep(20)
        meter = Meter(world)
        time.sleep(120)
        print(meter.line(f"{what}, at rest"), flush=True)
        meter, ends, n = Meter(world), time.monotonic() + 120, 0
        while time.monotonic() < ends:  # every node once in ten seconds: thirty times a kubelet's rate
            world.api.patch(nodes[n % NODES], {"metadata": {"annotations": {"beat": str(n)}}})
            n += 1
            time.sleep(0.08)
        print(meter.line(f"{what}, {n / 120:.0f} writes of nodes a s"), flush=True)
    return f"core {memory_mib(world.plane.processes['crossplane-core'].pid):.0f} MiB"


CASES = [slice_lost, cut_otherwise, finds_nothing, observed_capacity]
MEASURED = [observed_cost]
