# SPDX-License-Identifier: Apache-2.0
"""The two kinds of package/crds.yaml on a real API server: what kubectl prints of them, what their
schema refuses, and who may read them."""

import copy
import json
import re

from world import LEDGER as API, pool

RESERVATION = {
    "apiVersion": API, "kind": "GPUReservation",
    "metadata": {"namespace": "team-a", "name": "gemma-mig-cluster"},
    "spec": {"model": {"kind": "ClusterModel", "name": "gemma-3-27b"},
             "environment": "mig-cluster", "pool": "small-models-mig", "migProfile": "3g.40gb",
             "servingProfile": "fp8-one-unit", "resourceName": "nvidia.com/mig-3g.40gb", "nodes": 1,
             "unitsPerNode": 1, "reserved": 1, "used": 1, "served": True, "units": 1,
             "state": "Serving", "order": 0, "priority": 0, "revision": "2s2xbuhngprinudf"},
}
POOL = {
    "apiVersion": API, "kind": "GPUPool",
    "metadata": {"name": "mig-cluster-small-mod-2s2xbuhngprinudf"},
    "spec": {"environment": "mig-cluster", "pool": "small-models-mig", "migProfile": "3g.40gb",
             "acceleratorType": "nvidia-h100-80gb", "resourceName": "nvidia.com/mig-3g.40gb",
             "memoryPerUnit": "40Gi", "unitsPerNode": 16, "nodes": 4, "total": 64, "used": 1,
             "free": 63, "largestGap": 16, "schedulable": "Always", "unseated": ["team-b/llama"],
             "observed": {"nodes": 4, "ready": 4, "units": 64}},
}
OURS = "mig-cluster"
# What kubectl prints, without the age.
TABLES = {
    ("gpureservations", "-A"): (
        "NAMESPACE  NAME               ENVIRONMENT  POOL              PROFILE  UNITS  REPLICAS  USED  STATE    AGE",
        "team-a     gemma-mig-cluster  mig-cluster  small-models-mig  3g.40gb  1      1         1     Serving  -"),
    ("gpupools",): (
        "NAME                                    ENVIRONMENT  POOL              PROFILE  RESOURCE                "
        "MEMORY  NODES  TOTAL  USED  FREE",
        "mig-cluster-small-mod-2s2xbuhngprinudf  mig-cluster  small-models-mig  3g.40gb  nvidia.com/mig-3g.40gb  "
        "40Gi    4      64     1     63"),
}
SHORT = {"gpur": "gpureservations", "gpupool": "gpupools"}
# (thing, path, values just beyond what the schema has)
BEYOND = [
    *((RESERVATION, f"spec.{name}", (-1, 10**9 + 1, 1.5, "1"))
      for name in ("nodes", "unitsPerNode", "reserved", "used")),
    (RESERVATION, "spec.units", (-1, 10**9 + 1, "1")),
    (RESERVATION, "spec.order", (-1, 256)),
    (RESERVATION, "spec.priority", (-2**31 - 1, 2**31)),
    (RESERVATION, "spec.served", ("true",)),
    (RESERVATION, "spec.state", ("serving", "")),
    (RESERVATION, "spec.environment", ("", "e" * 254)),
    (RESERVATION, "spec.pool", ("", "p" * 64)),
    (RESERVATION, "spec.migProfile", ("m" * 33,)),
    (RESERVATION, "spec.servingProfile", ("s" * 64,)),
    (RESERVATION, "spec.model.name", ("n" * 254,)),
    (RESERVATION, "spec.revision", ("2s2xbuhngprinud", "2S2XBUHNGPRINUDF")),
    (RESERVATION, "spec.note", ("x",)),
    *((POOL, f"spec.{name}", (-1, 10**9 + 1, "1")) for name in ("unitsPerNode", "nodes", "largestGap")),
    *((POOL, f"spec.{name}", (-1, 10**9 + 1)) for name in ("total", "used", "free")),
    (POOL, "spec.schedulable", ("Never",)),
    (POOL, "spec.unseated", (["a/b"] * 1001, ["x" * 318])),
    (POOL, "spec.observed.ready", (-1,)),
]
# The largest that the schema takes, of what it takes most of.
LARGEST = {
    "model": {"kind": "ClusterModel", "name": "n" * 253}, "environment": "e" * 253, "pool": "p" * 63,
    "migProfile": "m" * 32, "servingProfile": "s" * 63, "resourceName": "r" * 253 + "/" + "r" * 63,
    "nodes": 10**9, "unitsPerNode": 10**9, "reserved": 10**9, "used": 10**9, "served": True,
    "units": 10**9, "state": "Reserved", "order": 255, "priority": -2**31,
    "revision": "a" * 16,
}


def with_value(thing, path, value):
    changed = copy.deepcopy(thing)
    *above, last = path.split(".")
    at = changed
    for name in above:
        at = at[name]
    at[last] = value
    return changed


def printed(plane, *arguments):
    """A table as kubectl prints it, with two blanks between columns and no age; of what other cases
    have left there is no line."""
    head, *lines = plane.kubectl("get", *arguments).stdout.splitlines()
    cells = [re.split(r" {2,}", line.strip())
             for line in (head, *(line for line in lines if OURS in line))]
    if cells[0][-1] == "AGE":
        for row in cells[1:]:
            assert re.fullmatch(r"\d+[smhd]\S*", row[-1]), row
            row[-1] = "-"
    widths = [max(map(len, column)) for column in zip(*cells)]
    return tuple("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                 for row in cells)


def tables(world):
    """kubectl get prints both kinds as the manual shows them, also by their short names."""
    plane = world.plane
    plane.kubectl("create", "namespace", "team-a")
    plane.kubectl("apply", "-f", "-", stdin=[RESERVATION, POOL])
    for arguments, want in TABLES.items():
        assert (found := printed(plane, *arguments)) == want, "\n".join(found)
    for short, plural in SHORT.items():
        more = [each for each in next(a for a in TABLES if a[0] == plural)[1:]]
        assert printed(plane, short, *more) == printed(plane, plural, *more), short
    assert "gpureservation" in plane.kubectl("get", "modelplane", "-A", "-o", "name").stdout
    plane.kubectl("delete", "-f", "-", stdin=[RESERVATION, POOL])
    plane.kubectl("delete", "namespace", "team-a", "--wait=false")


def bounds(world):
    """What is beyond the schema is refused with the member's path; the largest within is kept, and is
    small enough for ten thousand of them in one request."""
    plane = world.plane

    def refused(thing):
        thing["metadata"]["namespace"] = world.namespace
        return plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=[thing],
                             may_fail=True).stderr
    for thing, path, values in BEYOND:
        for value in values:
            said = refused(with_value(thing, path, value))
            assert path in said or path.rpartition(".")[2] in said, f"{path}: {value!r}: {said!r}"
    for path in ("environment", "pool", "nodes", "unitsPerNode", "reserved", "used"):
        less = copy.deepcopy(RESERVATION)
        del less["spec"][path]
        assert f"spec.{path}: Required value" in (said := refused(less)), said
    thing = copy.deepcopy(RESERVATION)
    thing["metadata"].update(namespace=world.namespace, name="n" * 38)
    thing["spec"] = LARGEST
    plane.kubectl("apply", "-f", "-", stdin=[thing])
    kept = plane.get("gpureservation", "-n", world.namespace, "n" * 38)
    assert kept["spec"] == LARGEST, kept
    plane.kubectl("delete", "-n", world.namespace, "gpur", "n" * 38)
    return f"the largest spec is {len(json.dumps(LARGEST, separators=(',', ':')))} bytes of JSON"


def composed_tables(world):
    """The same tables of what Crossplane has composed, and how large a reservation is then."""
    plane, name = world.plane, world.name
    world.model()
    world.environment(pool("mig", nodeCount=4))
    world.until_ready(world.deployment("gemma"))

    def rows(kind, *where):
        head, *lines = plane.kubectl("get", kind, *where).stdout.splitlines()
        return head.split(), [line.split() for line in lines if name in line]
    for arguments, (head, _) in TABLES.items():
        assert rows(*arguments)[0] == head.split(), arguments
    world.until("it is shown to serve", lambda: [row[:-1] for row in rows("gpur", "-A")[1]] == [
        [world.namespace, f"gemma-{name}", name, "mig", "3g.40gb", "1", "1", "1", "Serving"]])
    world.until("its unit is counted", lambda: [row[1:] for row in rows("gpupool")[1]] == [
        [name, "mig", "3g.40gb", "nvidia.com/mig-3g.40gb", "40Gi", "4", "8", "1", "7"]])
    kept, = json.loads(plane.kubectl("get", "gpur", "-n", world.namespace, "-o", "json",
                                     "--show-managed-fields").stdout)["items"]
    whole = size(kept)
    assert kept["metadata"].pop("managedFields"), kept
    assert (own := size(kept)) < 1500, f"a reservation is {own} bytes without managedFields"
    return f"a reservation is {whole} bytes on the wire, {own} of them without managedFields"


def framed(n):
    """n bytes with their tag and length, as protobuf writes them."""
    return 1 + max(1, (n.bit_length() + 6) // 7) + n


def size(value):
    """The bytes of a map as a google.protobuf.Struct, of a list as a ListValue."""
    if isinstance(value, dict):
        return sum(framed(framed(len(key)) + framed(size_of_value(child)))
                   for key, child in value.items())
    return sum(framed(size_of_value(child)) for child in value)


def size_of_value(value):
    if isinstance(value, bool) or value is None:
        return 2
    if isinstance(value, (int, float)):
        return 9
    return framed(len(value.encode()) if isinstance(value, str) else size(value))


CASES = [tables, bounds, composed_tables]
