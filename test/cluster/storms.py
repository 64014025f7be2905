# SPDX-License-Identifier: Apache-2.0
"""What many deployments cost: calls, bytes and CPU at rest, in a burst and after one change."""

import calendar
import contextlib
import json
import os
import statistics
import time

from function import cpu_seconds, memory_mib
from plane import wait_until
from world import GROUP, condition, pool

ENVIRONMENTS, POOLS = 20, 8
WINDOW = 300  # seconds at rest: in so many each deployment comes once by itself
CHANGES = 5
COOLDOWN = 300  # seconds that core keeps a breaker open, at least
# Two steps are two calls a reconcile, and asking for more is a third. Crossplane reconciles for
# the edit, for what it wrote itself, for Ready, and for what it wrote then; some fall together.
MOST_CALLS = 10


class Meter:
    """Differences between two moments."""

    def __init__(self, world):
        self.world = world
        self.start = self.read()

    def read(self):
        plane, function = self.world.plane, self.world.function
        sample = function.sample()
        return {
            "at": time.monotonic(),
            "calls": sample["grpc_server_handled_total"],
            "bytes": sample["function_gpu_placement_request_size_bytes_sum"],
            "core": cpu_seconds(plane.processes["crossplane-core"].pid),
            "api": cpu_seconds(plane.processes["kube-apiserver"].pid),
            "function": cpu_seconds(function.process.pid)}

    def since(self):
        now = self.read()
        return {key: now[key] - self.start[key] for key in now}

    def line(self, what):
        d = self.since()
        plane = self.world.plane
        core, function = (plane.processes["crossplane-core"].pid,
                          self.world.function.process.pid)
        return (f"{what:<34} {d['at']:6.0f} {d['calls']:6.0f} {d['bytes'] / 1e6:7.1f} "
                f"{d['core']:6.1f} {d['api']:6.1f} {d['function']:8.2f} "
                f"{memory_mib(core):6.0f} {memory_mib(function):8.1f} {open_breakers(self.world):4}")


HEADER = (f"{'':<34} {'s':>6} {'calls':>6} {'MB':>7} {'core':>6} {'api':>6} {'function':>8} "
          f"{'core':>6} {'function':>8} {'open':>4}\n"
          f"{'':<34} {'':>6} {'':>6} {'':>7} {'CPU s':>6} {'CPU s':>6} {'CPU s':>8} "
          f"{'MiB':>6} {'MiB':>8} {'':>4}")


def open_breakers(world):
    return sum(condition(d, "Responsive").get("status") == "False"
               for d in world.api.list(GROUP, "ModelDeployment"))


def close_breakers(world):
    """An open one closes with the first event after its time, and who is at rest has none: so one is made."""
    for d in world.api.list(GROUP, "ModelDeployment"):
        responsive = condition(d, "Responsive")
        if responsive.get("status") == "False":
            opened = calendar.timegm(time.strptime(responsive["lastTransitionTime"], "%Y-%m-%dT%H:%M:%SZ"))
            if time.time() - opened > COOLDOWN:
                world.api.patch(d, {"metadata": {"annotations": {"touched": f"{time.time():.0f}"}}})


def unready(world, count):
    found = world.api.list(GROUP, "ModelDeployment", world.namespace)
    ready = sum(condition(d, "Ready").get("status") == "True" for d in found)
    return count - ready


def declare(world):
    world.model()
    for i in range(ENVIRONMENTS):
        world.environment(*[pool(f"p{j}", acceleratorCount=8, nodeCount=4) for j in range(POOLS)],
                          name=f"{world.name}-{i:02}", labels={"cell": str(i)})


def deploy(world, i):
    """In a cell of its own, so that there is room to grow."""
    world.deployment(f"d{i:03}",
                     environmentSelector={"matchLabels": {"cell": str(i % ENVIRONMENTS)}})


def rest(world, count):
    """Until no breaker is open and calls come only by TTL: fewer than twice what count deployments
    cause by themselves. That is every five minutes, and both steps are asked."""
    def is_reached():
        meter = Meter(world)
        time.sleep(10)
        close_breakers(world)
        by_ttl = (2 * count + ENVIRONMENTS * 5) / 300
        return open_breakers(world) == 0 and meter.since()["calls"] <= 2 * by_ttl * 10 + 3
    wait_until("no breaker is open, and calls come by TTL only", 1800, is_reached)


def entries(world, since):
    """Calls in the function's log after line `since`: those that decided something."""
    for line in world.function.log_lines()[since:]:
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if "name" in entry and "duration_ms" in entry:
                yield entry


def calls_by(world, since, name):
    """Such calls for the composite of that name, and for all."""
    found = [entry["name"] for entry in entries(world, since)]
    return found.count(name), len(found)


def some_of(world, count):
    found = [d["metadata"]["name"] for d in world.api.list(GROUP, "ModelDeployment", world.namespace)]
    return found[::len(found) // count][:count]


def change(world, name):
    """One more replica of one deployment; seconds until granted and until admitted."""
    lines = len(world.function.log_lines())
    deployment = world.api.get(GROUP, "ModelDeployment", world.namespace, name)
    meter = Meter(world)
    began = time.monotonic()
    wanted = deployment["spec"]["scaling"]["fixed"]["replicas"] + 1
    world.api.patch(deployment, {"spec": {"scaling": {"fixed": {"replicas": wanted}}}})

    def assignment():
        return world.api.again(deployment)["status"]["assignments"][0]
    wait_until("granted", 120, lambda: assignment()["replicas"] == wanted)
    granted = time.monotonic() - began
    wait_until("admitted", 120, lambda: [
        each["spec"]["used"] for name, each in world.reservations(world.namespace).items()
        if name.startswith(f"{world.namespace}/{deployment['metadata']['name']}-")] == [wanted])
    admitted = time.monotonic() - began
    time.sleep(max(0.0, 10 - admitted))
    own, everybody = calls_by(world, lines, name)
    return granted, admitted, own, everybody, meter


def storm(world, sizes=(10, 50, 100, 400)):
    """Bursts up to each size, five minutes at rest, and one change; prints a table."""
    declare(world)
    print(HEADER)
    there, told = 0, []
    for size in sizes:
        meter = Meter(world)
        for i in range(there, size):
            deploy(world, i)
        wait_until(f"{size} deployments are Ready", 1200, lambda: unready(world, size) == 0)
        print(meter.line(f"{size - there} more at once, until Ready"), flush=True)
        there = size
        began = time.monotonic()
        rest(world, size)
        print(f"  at rest, no breaker open, after {time.monotonic() - began:.0f} s", flush=True)
        meter = Meter(world)
        time.sleep(WINDOW)
        print(meter.line(f"{size} at rest"), flush=True)
        changes = [change(world, name) for name in some_of(world, CHANGES)]
        print(changes[-1][-1].line(f"the last of {CHANGES} changes among {size}"), flush=True)
        granted, admitted, own, everybody = [
            statistics.median(one[i] for one in changes) for i in range(4)]
        told.append(f"one change among {size}: granted in {granted:.1f} s, admitted in "
                    f"{admitted:.1f} s, {own} calls of its own, {everybody} of everybody in 10 s "
                    f"(medians of {CHANGES})")
        print("  " + told[-1], flush=True)
        assert granted < 1 and own <= MOST_CALLS, told[-1]
        assert open_breakers(world) == 0, f"{told[-1]}, and {open_breakers(world)} breakers open"
    return told[-1]


# ---- the fleet that starts, waits and changes ------------------------------------------------

LOADING = 300  # seconds until a model is loaded
LOADING_SMALL = 60  # where fewer than 300 deployments are asked for; --loading says otherwise
WAITING = 60  # deployments without room; fewer in a small fleet
MINUTE = 60


class Table:
    """Rows as they are measured; those that miss their goal are told at the end."""

    def __init__(self):
        self.missed = []
        print(f"{'':<58} {'goal':>12}  measured", flush=True)

    def row(self, what, goal, measured, holds):
        print(f"{what:<58} {goal:>12}  {measured}{'' if holds else '   MISSED'}", flush=True)
        if not holds:
            self.missed.append(what)


def granted(world):
    """Deployments that have a place."""
    return sum(condition(d, "Scheduled").get("reason") == "AllScheduled"
               for d in world.api.list(GROUP, "ModelDeployment", world.namespace))


def edit(world, name):
    """One more replica of a deployment: seconds until granted, everybody's calls in 10 s."""
    lines = len(world.function.log_lines())
    deployment = world.api.get(GROUP, "ModelDeployment", world.namespace, name)
    wanted = deployment["spec"]["scaling"]["fixed"]["replicas"] + 1
    began = time.monotonic()
    world.api.patch(deployment, {"spec": {"scaling": {"fixed": {"replicas": wanted}}}})
    wait_until("granted", 120, lambda: world.api.again(deployment)["status"]["assignments"][0][
        "replicas"] == wanted)
    took = time.monotonic() - began
    time.sleep(max(0.0, 10 - took))
    return took, calls_by(world, lines, name)


def core_seconds_of_a_minute(world, name):
    """Core's CPU in a minute in which one deployment changes."""
    meter = Meter(world)
    edit(world, name)
    time.sleep(MINUTE - (time.monotonic() - meter.start["at"]))
    return meter.since()["core"]


def burst(world, table, first, last):
    """All at once, until each is granted; and one change while all of them start."""
    before, meter = open_breakers(world), Meter(world)
    for i in range(first, last):
        deploy(world, i)
    wait_until("all are granted", 600, lambda: granted(world) == last)
    time.sleep(10)  # what they do to each other afterwards
    d, opened = meter.since(), open_breakers(world) - before
    n = last - first
    table.row(f"{n} created at once: breakers opened", "0", opened, opened <= 0)
    table.row(f"{n} created at once: CPU of core", "<= 25 s", f"{d['core']:.1f} s", d["core"] <= 25)
    table.row(f"{n} created at once: all granted", "< 60 s", f"{d['at'] - 10:.0f} s",
              d["at"] - 10 < 60)
    table.row(f"{n} created at once: calls", "", f"{d['calls']:.0f}", True)
    lines = len(world.function.log_lines())
    time.sleep(10)
    usual = calls_by(world, lines, "")[1]  # by time to live, and of those that become Ready
    took, (own, everybody) = edit(world, f"d{first:03}")
    more = max(own, everybody - usual)
    table.row(f"one change while {n} are starting: calls", "<= 20",
              f"{more} more than the {usual} of the 10 s before, {own} its own", more <= 20)


def rows_at_rest(world, table, size):
    took, (own, everybody) = edit(world, "d000")
    table.row(f"one change among {size} settled: calls of its own", "<= 10", own, own <= 10)
    table.row(f"one change among {size} settled: granted", "< 1 s", f"{took:.1f} s", took < 1)
    table.row(f"one change among {size} settled: breakers open", "0", open_breakers(world),
              open_breakers(world) == 0)
    table.row(f"one change among {size} settled: everybody's calls in 10 s", "", everybody, True)
    mib = memory_mib(world.plane.processes["crossplane-core"].pid)
    table.row(f"memory of core at {size}", "<= 512 MiB", f"{mib:.0f} MiB", mib <= 512)


def rows_waiting(world, table, size, waiting):
    """As many wait for an environment of two units, both taken."""
    quiet = core_seconds_of_a_minute(world, "d001")
    world.environment(pool("full"), name=f"{world.name}-full", labels={"cell": "full"})
    chosen = {"environmentSelector": {"matchLabels": {"cell": "full"}}}
    holders = [world.deployment(f"holds{i}", **chosen) for i in range(2)]
    wait_until("both units are taken", 60, lambda: all(
        condition(world.get(each), "Scheduled").get("reason") == "AllScheduled" for each in holders))
    for i in range(waiting):
        world.deployment(f"waits{i:02}", **chosen)
    wait_until("they wait", 120, lambda: sum(
        condition(d, "Scheduled").get("reason") == "InsufficientCapacity"
        for d in world.api.list(GROUP, "ModelDeployment", world.namespace)) == waiting)
    time.sleep(20)
    busy = core_seconds_of_a_minute(world, "d002")
    table.row(f"{size} settled and {waiting} waiting, a minute with one change: core", "<= 1.5 x",
              f"{busy / quiet:.1f} x ({busy:.1f} s, {quiet:.1f} s with no one waiting)",
              busy <= 1.5 * quiet)
    rows_freed(world, table, waiting, holders[0])


def units_used(world, prefix):
    """How many of the deployments that begin so have a reservation, and the units used of them."""
    found = [each["spec"] for name, each in world.reservations(world.namespace).items()
             if name.startswith(f"{world.namespace}/{prefix}")]
    return len(found), sum(spec["used"] for spec in found)


def rows_freed(world, table, waiting, holder):
    """One unit becomes free: all that wait reserve it, and all but one give it back."""
    before, meter = open_breakers(world), Meter(world)
    most = [0]
    world.api.delete(holder)
    world.made = [each for each in world.made
                  if each["metadata"]["name"] != holder["metadata"]["name"]]

    def is_taken():
        holding, used = units_used(world, "waits")
        most[0] = max(most[0], used)
        return holding == used == 1
    began = time.monotonic()
    wait_until("its unit is taken by one", 300, is_taken)
    took, d = time.monotonic() - began, meter.since()
    opened = open_breakers(world) - before
    table.row(f"a unit becomes free, {waiting} wait: used by one, given back by all others",
              "< 5 s", f"{took:.1f} s, {d['calls']:.0f} calls, {d['core']:.1f} s of core, "
              f"{opened} breakers opened", took < 5)
    table.row("the same: units used at once, of one", "1", most[0], most[0] == 1)


def rows_edited(world, table, size):
    """An environment is edited in a way that moves nothing; a twentieth of the deployments are in it."""
    before, meter = open_breakers(world), Meter(world)
    lines = len(world.function.log_lines())
    pools = [pool(f"p{j}", acceleratorCount=8, nodeCount=4) for j in range(POOLS)]
    pools[0]["costPerUnitHour"] = "1.5"
    world.environment(*pools, name=f"{world.name}-00", labels={"cell": "0"})
    time.sleep(20)
    d, opened = meter.since(), open_breakers(world) - before
    table.row(f"an environment edited that {size // ENVIRONMENTS} deployments are in: calls in 20 s",
              "", f"{calls_by(world, lines, '')[1]}, {d['core']:.1f} s of core, "
              f"{opened} breakers opened", opened <= 0)


def rows_restarted(world, table, size):
    """Core ends and starts again: nothing is remembered of what was asked for."""
    plane, before = world.plane, open_breakers(world)
    plane.stop_one("crossplane-core")
    lines, calls = len(world.function.log_lines()), world.function.sample()["grpc_server_handled_total"]
    began = time.monotonic()
    plane.start_core()
    wait_until("each has been called", 600, lambda: composites(world, lines) >= size)
    took = time.monotonic() - began
    time.sleep(30)
    core = plane.processes["crossplane-core"].pid
    calls = world.function.sample()["grpc_server_handled_total"] - calls
    opened = open_breakers(world) - before
    table.row(f"core restarted at {size}: each deployment called", "", f"after {took:.0f} s", True)
    table.row(f"core restarted at {size}: until 30 s later", "",
              f"{calls:.0f} calls, {cpu_seconds(core):.1f} s of core, {memory_mib(core):.0f} MiB, "
              f"{opened} breakers opened", opened <= 0)


def composites(world, since):
    """Deployments that were decided about after line `since` of the function's log."""
    return len({entry["name"] for entry in entries(world, since)
                if entry["kind"] == "ModelDeployment"})


def set_ttl(world, ttl):
    """In the input of the Composition for deployments, as a platform's owner would."""
    plane, name = world.plane, "modeldeployments.modelplane.ai"
    steps = len(plane.get("composition", name)["spec"]["pipeline"])
    plane.kubectl("patch", "composition", name, "--type=json", "-p", json.dumps(
        [{"op": "add", "path": f"/spec/pipeline/{i}/input/ttl", "value": ttl} for i in range(steps)]))


def table(world, sizes=(400,), loading=None, ttl=None):
    """What a fleet that starts, waits and changes costs a real core, at the largest of the sizes; three quarters are made at once."""
    size = max(sizes)
    waiting = min(WAITING, max(2, size * WAITING // 400))
    world.kserve.loading = loading or (LOADING if size >= 300 else LOADING_SMALL)
    rows = Table()
    if ttl:
        set_ttl(world, ttl)
    declare(world)
    first = size // 4
    for i in range(first):
        deploy(world, i)
    wait_until(f"{first} deployments are Ready", 1200, lambda: unready(world, first) == 0)
    time.sleep(15)
    burst(world, rows, first, size)
    wait_until(f"{size} deployments are Ready", 1200, lambda: unready(world, size) == 0)
    rest(world, size)
    rows_at_rest(world, rows, size)
    rows_edited(world, rows, size)
    rows_restarted(world, rows, size)
    rest(world, size)
    rows_waiting(world, rows, size, waiting)
    assert not rows.missed, f"missed: {'; '.join(rows.missed)}"
    return f"{size} deployments, measured on {os.cpu_count()} cores"


CASES = [table, storm]
