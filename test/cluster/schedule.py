# SPDX-License-Identifier: Apache-2.0
"""The arithmetic and kube-scheduler agree: what we count runs, and what we refuse is not Pending.

kwok plays the kubelets of nodes that offer what NVIDIA's device plugin would. Those numbers are
written here and not asked of the function: they are what is compared with.
"""

import time

from world import condition, kept, pool

BIG = {"cpu": "512", "memory": "4Ti", "pods": "250"}


def node(world, name, selector, resources):
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name, **selector}
    offered = {**BIG, **resources}
    manifest = {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": labels,
                     "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": [{"key": "nvidia.com/gpu", "value": "present",
                             "effect": "NoSchedule"}]}}
    made = world.apply(manifest)
    world.api.patch(made, {"status": {"capacity": offered, "allocatable": offered}}, "status")


def pods(world):
    """Running and other pods of the case."""
    phases = [p.get("status", {}).get("phase") for p in world.api.list("v1", "Pod",
                                                                     world.namespace)]
    return phases.count("Running"), len(phases) - phases.count("Running")


def three_on_two(world):
    """Of three deployments on two slices one waits, and is placed when the pool grows."""
    slices = {"nvidia.com/mig-3g.40gb": "2"}
    node(world, f"{world.name}-1", {"pool": world.name}, slices)
    world.model()
    world.environment(pool(world.name))
    names = [world.deployment(name) for name in ("one", "two", "three")]

    def settled():
        now = [condition(world.get(d), "Scheduled").get("reason") for d in names]
        return sorted(now, key=str) == ["AllScheduled", "AllScheduled", "InsufficientCapacity"]
    world.until("two are placed and one waits", settled)
    waiting = next(d for d in names
                   if condition(world.get(d), "Scheduled")["reason"] != "AllScheduled")
    world.until_ready(*[d for d in names if d is not waiting])
    world.until("the third has given up what it held", lambda: len(world.uids()) == 4)
    before = world.uids()
    reason = world.get(waiting)["status"]["rejections"][0]
    assert reason["reason"] == "NoCapacity", reason
    began = time.monotonic()
    node(world, f"{world.name}-2", {"pool": world.name}, slices)
    world.environment(pool(world.name, nodeCount=2))
    world.until_ready(waiting)
    kept(before, world.uids(), "the pool grew")
    return f"placed {time.monotonic() - began:.1f} s after the pool grew"


def fill(world, deployments, units):
    """Everything runs; one more of each kind is refused by us, and no pod is left waiting."""
    world.until_ready(*deployments, seconds=120)
    world.until("every pod runs", lambda: pods(world) == (units, 0), 60)
    for i, deployment in enumerate(deployments):
        late = world.deployment(f"late-{i}", modelRef=deployment["spec"]["modelRef"])
        told = world.until_condition(late, "Scheduled", "InsufficientCapacity")
        assert "NoCapacity" in condition(told, "Scheduled")["message"], told["status"]
    assert pods(world) == (units, 0), pods(world)
    return f"{units} pods run, as many as units were counted"


def uniform_mig(world):
    """Two nodes of 8 H100 cut into 3g.40gb run 32 replicas and no more."""
    for i in (1, 2):
        node(world, f"{world.name}-{i}", {"pool": world.name}, {"nvidia.com/mig-3g.40gb": "16"})
    world.model()
    world.environment(pool(world.name, acceleratorCount=8, nodeCount=2))
    return fill(world, [world.deployment("gemma", replicas=32)], 32)


def small_slices(world):
    """An A100-40GB gives four 1g.10gb, not seven: two GPUs run eight replicas."""
    node(world, f"{world.name}-1", {"pool": world.name}, {"nvidia.com/mig-1g.10gb": "8"})
    world.model(memory="10Gi")
    world.environment(pool(
        world.name, acceleratorType="nvidia-tesla-a100", acceleratorCount=2,
        capabilities={"memoryPerGpu": "10Gi"}, migConfiguration={"profile": "1g.10gb"}))
    return fill(world, [world.deployment("small", replicas=8)], 8)


def mixed_layout(world):
    """One H100 cut into a 3g.40gb and four 1g.10gb serves two models, each on its own slices."""
    node(world, f"{world.name}-1", {"pool": world.name},
         {"nvidia.com/mig-3g.40gb": "4", "nvidia.com/mig-1g.10gb": "16"})
    world.model()
    world.model(memory="10Gi", name=world.name + "-small")
    world.environment(pool(world.name, acceleratorCount=4, capabilities={}, migConfiguration={
        "layout": {"3g.40gb": 1, "1g.10gb": 4}}))
    large = world.deployment("large", replicas=4)
    world.until_ready(large, seconds=120)  # first, or the small ones could take its slices too
    small = world.deployment("small", replicas=16, modelRef={
        "kind": "ClusterModel", "name": world.name + "-small"})
    return fill(world, [large, small], 20)


def single_strategy(world):
    """On GKE a partition is a nvidia.com/gpu of nodes with the partition's label."""
    selector = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
    node(world, f"{world.name}-1", selector, {"nvidia.com/gpu": "16"})
    world.model()
    world.environment(pool(world.name, acceleratorCount=8, nodeSelector=selector))
    return fill(world, [world.deployment("gemma", replicas=16)], 16)


def gangs(world):
    """Replicas of four whole GPUs: two to a node of eight, four on two nodes."""
    for i in (1, 2):
        node(world, f"{world.name}-{i}", {"pool": world.name}, {"nvidia.com/gpu": "8"})
    world.model(memory="80Gi", replicaTopology={"nodes": 1, "gpusPerNode": 4,
                                                "requires": {"memoryPerGpu": "80Gi"}})
    world.environment({"name": world.name, "acceleratorType": "nvidia-h100-80gb",
                       "acceleratorCount": 8, "nodeCount": 2,
                       "nodeSelector": {"pool": world.name},
                       "capabilities": {"memoryPerGpu": "80Gi", "interconnect": "nvswitch"}})
    return fill(world, [world.deployment("large", replicas=4)], 4)


CASES = [three_on_two, uniform_mig, small_slices, mixed_layout, single_strategy, gangs]
