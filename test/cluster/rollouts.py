# SPDX-License-Identifier: Apache-2.0
"""A change of the pods of what runs, with Kubernetes' own controller of Deployments, its scheduler
and nodes that have just as many slices as are declared.

What must hold at every moment: no more pods than there are units, none that waits for a node, and
no more of them than the reservations say may run.
"""

import collections
import copy
import threading
import time

from plane import wait_until
from schedule import node, pods
from storms import open_breakers
from world import condition, kept, pool

SLICE = "nvidia.com/mig-3g.40gb"
OLD, NEW = "vllm/vllm-openai:v0.20.1", "vllm/vllm-openai:v0.21.0"
SETTLING = 4  # seconds until a new pod lets an old one go
PENDING_SECONDS = 3  # that a pod may wait for the end of one that leaves
LOADING = 30  # the same where rollouts follow each other
SECONDS = 120


class Watch(threading.Thread):
    """Looks at everything again and again; what must not be is kept for the end."""

    def __init__(self, world, units):
        super().__init__(daemon=True)
        self.world, self.units = world, units
        self.stopped = threading.Event()
        self.wrong = []
        self.pending = {}  # since when, by name
        self.surges = collections.Counter()  # by how many have one at once

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.stopped.set()
        self.join()
        if kind is None:
            assert not self.wrong, "\n".join(self.wrong[:10])

    def run(self):
        while not self.stopped.wait(0.05):
            self.look()

    def used(self):
        return {name: each["spec"]["used"] for name, each in self.world.reservations().items()}

    def look(self):
        """Pods between two looks at the reservations: these may run that either lets run."""
        before = self.used()
        pods_now = self.world.api.list("v1", "Pod", self.world.namespace)
        after = self.used()
        known = {name.partition("/")[2] for name in {*before, *after}}
        # Of a deployment that was deleted they go when Kubernetes collects them.
        found = [each for each in pods_now if "deletionTimestamp" not in each["metadata"]
                 and each["metadata"]["labels"]["app"] in known]
        most = sum(max(before.get(name, 0), after.get(name, 0)) for name in {*before, *after})
        self.surges[sum(n > 1 for n in after.values())] += 1
        if len(found) > most:
            self.wrong.append(f"{len(found)} pods, and {most} may run: {after}")
        if sum(after.values()) > self.units:
            self.wrong.append(f"more is used than {self.units}: {after}")
        waiting = {each["metadata"]["name"] for each in found
                   if each.get("status", {}).get("phase") == "Pending"}
        now = time.monotonic()
        self.pending = {name: self.pending.get(name, now) for name in waiting}
        self.wrong += [f"{name} waits for a node" for name, since in self.pending.items()
                       if now - since > PENDING_SECONDS]


def image(world, name):
    """Of the pods that the service of a deployment is composed with."""
    container, = world.services()[f"{name}-{world.name}"]["spec"]["template"]["containers"]
    return container["image"]


def reserved(world, name):
    spec = world.reservations()[f"{world.namespace}/{name}-{world.name}"]["spec"]
    return spec["reserved"], spec["used"]


def running(world):
    """How many pods run of each image; others are not there."""
    found = world.api.list("v1", "Pod", world.namespace)
    assert all(each.get("status", {}).get("phase") == "Running" for each in found), found
    return collections.Counter(each["spec"]["containers"][0]["image"] for each in found)


def change(world, name=""):
    """The pods of who serves the model are to have another image."""
    world.model(name=name, engine={"name": "vLLM", "image": NEW})


def ended(world, name):
    """Its units are given back, and it has the new pods alone."""
    return image(world, name) == NEW and reserved(world, name) == (1, 1)


def prepare(world, units, settling=SETTLING):
    """A node with as many slices as its pool declares, and the model."""
    world.kserve.settling = settling
    node(world, f"{world.name}-1", {"pool": world.name}, {SLICE: str(units)})
    world.model()
    return world.environment(pool(world.name, acceleratorCount=units // 2))


def rollout_waits(world):
    """On a full pool a changed image waits with the old pods and says so; it rolls as soon as a unit
    is free."""
    prepare(world, 2)
    world.model(name=world.name + "-b")
    a = world.deployment("a")
    b = world.deployment("b", modelRef={"kind": "ClusterModel", "name": world.name + "-b"})
    world.until_ready(a, b)
    before = {key: uid for key, uid in world.uids().items() if key[1].startswith("a-")}
    with Watch(world, 2) as seen:
        change(world)
        said = world.until_condition(a, "Serving", "RolloutWaiting", message="0 of 2 are free")
        time.sleep(SETTLING)
        assert condition(world.get(a), "Serving") == condition(said, "Serving"), world.get(a)
        assert condition(said, "Serving")["status"] == "True", said
        assert image(world, "a") == OLD and pods(world) == (2, 0), pods(world)
        began = time.monotonic()
        world.api.delete(b)
        world.until("it rolls", lambda: image(world, "a") == NEW)
        rolls = time.monotonic() - began
        world.until("its rollout has ended", lambda: ended(world, "a"), SECONDS)
        took = time.monotonic() - began
        world.until("the old pods are gone", lambda: running(world) == {NEW: 1})
    kept(before, world.uids(), "it rolled")
    world.until_condition(a, "Serving", "Serving")
    assert seen.surges[1] and not seen.surges[2], seen.surges
    return f"rolls {rolls:.1f} s after the unit became free, ended after {took:.1f} s"


def rollout_surges(world):
    """With room the surge is reserved, then the pods change; while that lasts another deployment is
    not granted the unit, and is as soon as it has ended."""
    prepare(world, 2, 2 * SETTLING)
    a = world.deployment("a")
    world.until_ready(a)
    with Watch(world, 2) as seen:
        change(world)
        states = []

        def rolls():
            now = image(world, "a"), reserved(world, "a")  # in this order
            if now not in states:
                states.append(now)
            return now == (NEW, (2, 2))
        world.until("it rolls", rolls)
        late = world.deployment("late")
        world.until_condition(late, "Scheduled", "InsufficientCapacity", message="1 NoCapacity")
        while reserved(world, "a") == (2, 2):
            assert "late-" + world.name not in world.services(), "it was granted the surge"
            time.sleep(0.1)
        assert ended(world, "a"), reserved(world, "a")
        began = time.monotonic()
        world.until_ready(late)
        took = time.monotonic() - began
    assert (OLD, (2, 1)) in states, states
    assert all(counts[0] == 2 for which, counts in states if which == NEW), states
    assert seen.surges[1], seen.surges
    return f"the other one is Ready {took:.1f} s after the end"


def rollouts_in_turn(world):
    """An edit of a pool changes the pods of six deployments at once: with one unit free they roll one
    after the other, and all of them come through. A rollout takes as long as a model loads: at seven
    of them in ten seconds Crossplane's breakers open, and each then takes minutes."""
    names = [f"d{i}" for i in range(6)]
    node(world, f"{world.name}-1", {"pool": world.name}, {"nvidia.com/mig-1g.10gb": "7"})
    world.kserve.settling = LOADING
    world.model(memory="10Gi")
    cut = {"migConfiguration": {"profile": "1g.10gb"}, "capabilities": {"memoryPerGpu": "10Gi"}}
    world.environment(pool(world.name, **cut))
    world.until_ready(*[world.deployment(name) for name in names], seconds=60)
    revisions = {name: each["spec"]["revision"] for name, each in world.reservations().items()}
    began = time.monotonic()
    with Watch(world, 7) as seen:
        world.environment(pool(world.name, **cut, podDefaults={
            "env": [{"name": "NCCL_DEBUG", "value": "WARN"}]}))

        def all_ended():
            return all(each["spec"]["revision"] != revisions[name] and each["spec"]["used"] == 1
                       and each["spec"]["reserved"] == 1
                       for name, each in world.reservations().items())
        world.until("all have rolled", all_ended, 3 * SECONDS)
        took = time.monotonic() - began
        world.until("seven units are enough", lambda: sum(running(world).values()) == 6)
    assert seen.surges[1] and max(seen.surges) == 1, seen.surges
    assert not open_breakers(world), f"{open_breakers(world)} breakers are open"
    return f"six have rolled in {took:.0f} s"


def rollout_without_surge(world):
    """With KServe 0.21 a full pool rolls in turn: each pod ends before the next one starts."""
    prepare(world, 2)
    composition = copy.deepcopy(world.plane.get("composition", "modeldeployments.modelplane.ai"))
    composition["metadata"] = {"name": "with-kserve-021"}
    for step in composition["spec"]["pipeline"]:
        step["input"]["kserve"] = {"version": "0.21"}
    world.plane.api.apply(composition)
    a = world.deployment("a", replicas=2, crossplane={"compositionRef": {"name": "with-kserve-021"}})
    world.until_ready(a)
    before = world.uids()
    with Watch(world, 2):
        change(world)
        wait_until("both are new", SECONDS, lambda: running_now(world) == {NEW: 2})
    world.until_ready(a)
    kept(before, world.uids(), "it rolled in turn")
    strategy = world.services()[f"a-{world.name}"]["spec"]["rolloutStrategy"]
    assert strategy == {"maxSurge": 0, "maxUnavailable": 1}, strategy
    assert reserved(world, "a") == (2, 2)
    world.plane.kubectl("delete", "composition", "with-kserve-021")


def running_now(world):
    try:
        return running(world)
    except AssertionError:
        return None


CASES = [rollout_waits, rollout_surges, rollouts_in_turn, rollout_without_surge]
