# SPDX-License-Identifier: Apache-2.0
"""Somebody whom a namespace was given, with Kubernetes' role edit or admin, and what he tries with
the ledger. RBAC refuses most; what it lets him do must not move a unit.
"""

import contextlib
import copy
import json
import time

import rights
import standins
from ledger import API, POOL, RESERVATION, with_value
from standins import KSERVE, OBJECTS, SERVICE
from world import GROUP, condition, kept, pool

RBAC = "rbac.authorization.k8s.io"
ROLES = ("edit", "admin")
FORBIDDEN = "is forbidden"
TAKES_PART = {  # what a platform gives its users beside the role
    "apiGroups": ["modelplane.ai"], "resources": ["modeldeployments", "models"],
    "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}


class Tenant:
    """A user with a certificate of his own, and one of Kubernetes' roles in one namespace."""

    def __init__(self, world, role, namespace=None):
        self.plane, self.role = world.plane, role
        self.namespace = namespace or world.new_namespace(f"-{role}")
        self.name = f"{self.namespace}-user"
        self.kubeconfig = self.plane.kubeconfig_of(self.name, f"/O=tenants/CN={self.name}")
        subjects = [{"kind": "User", "name": self.name, "apiGroup": RBAC}]
        self.plane.kubectl("apply", "-f", "-", stdin=[
            self.made("Role", "takes-part", rules=[TAKES_PART]),
            self.binding("Role", "takes-part", subjects),
            self.binding("ClusterRole", role, subjects)])
        world.until(f"{self.name} may", lambda: self.may("create", "modeldeployments.modelplane.ai"))

    def made(self, kind, name, **more):
        return {"apiVersion": f"{RBAC}/v1", "kind": kind,
                "metadata": {"namespace": self.namespace, "name": name}, **more}

    def binding(self, kind, name, subjects):
        return self.made("RoleBinding", name, subjects=subjects,
                         roleRef={"apiGroup": RBAC, "kind": kind, "name": name})

    def kubectl(self, *arguments, **more):
        return self.plane.kubectl(*arguments, kubeconfig=self.kubeconfig, may_fail=True, **more)

    def may(self, verb, resource):
        done = self.kubectl("auth", "can-i", verb, resource, "-n", self.namespace)
        return done.stdout.strip() == "yes"

    def tries(self, title, *arguments, **more):
        """What must be forbidden."""
        done = self.kubectl(*arguments, **more)
        said = done.stdout + done.stderr
        assert done.returncode != 0 and FORBIDDEN in said, f"{self.role}: {title}: {said!r}"

    def does(self, *arguments, **more):
        """What he may do."""
        done = self.kubectl(*arguments, **more)
        assert done.returncode == 0, f"{self.role}: {arguments}: {done.stderr}"
        return done.stdout

    def deployment(self, world, name, replicas=1, annotations=None, **spec):
        return {"apiVersion": GROUP, "kind": "ModelDeployment",
                "metadata": {"namespace": self.namespace, "name": name,
                             "annotations": annotations or {}},
                "spec": {"modelRef": {"kind": "ClusterModel", "name": world.name},
                         "environmentSelector": {"matchLabels": {"case": world.name}},
                         "scaling": {"signal": "Fixed", "fixed": {"replicas": replicas}}, **spec}}


def placed_at(thing, namespace, name):
    changed = with_value(thing, "metadata.namespace", namespace)
    changed["metadata"]["name"] = name
    return changed


# ---- by RBAC alone -------------------------------------------------------------------------------

def may_read_only(world):
    """edit and admin read the reservations of their namespace; they write none, nor give themselves
    the right, nor act as somebody who has it."""
    plane = world.plane
    for role in ROLES:
        tenant = Tenant(world, role)
        there = placed_at(RESERVATION, tenant.namespace, "there")
        mine = placed_at(RESERVATION, tenant.namespace, "mine")
        plane.kubectl("apply", "-f", "-", stdin=[there])
        plane.kubectl("apply", "-f", "-", stdin=[POOL])
        before = plane.get("gpur", "-n", tenant.namespace, "there")
        world.until("he may read", lambda t=tenant: t.may("list", "gpureservations"))
        assert "there" in tenant.does("get", "gpur", "-n", tenant.namespace)
        inside = ("-n", tenant.namespace)
        patch = ("-p", json.dumps({"spec": {"reserved": 8, "used": 8}}))
        tenant.tries("makes one", "create", "-f", "-", stdin=[mine])
        tenant.tries("applies one", "apply", "--server-side", "-f", "-", stdin=[mine])
        tenant.tries("makes a pool", "create", "-f", "-", stdin=[with_value(
            POOL, "metadata.name", f"{role}-pool")])
        tenant.tries("edits it", "patch", *inside, "gpur", "there", "--type=merge", *patch)
        tenant.tries("edits its status", "patch", *inside, "gpur", "there", "--type=merge",
                     "--subresource=status", *patch)
        tenant.tries("labels it", "label", *inside, "gpur", "there", "modelplane.ai/environment=x",
                     "--overwrite")
        tenant.tries("takes its owner", "patch", *inside, "gpur", "there", "--type=merge", "-p",
                     json.dumps({"metadata": {"ownerReferences": []}}))
        tenant.tries("deletes it", "delete", *inside, "gpur", "there")
        tenant.tries("deletes all", "delete", *inside, "gpur", "--all")
        tenant.tries("deletes the pool", "delete", "gpupool", POOL["metadata"]["name"])
        tenant.tries("edits the pool", "patch", "gpupool", POOL["metadata"]["name"],
                     "--type=merge", "-p", json.dumps({"spec": {"free": 0}}))
        tenant.tries("reads another namespace's", "get", "gpur", "-n", world.namespace)
        tenant.tries("acts as Crossplane", "get", *inside, "gpur",
                     "--as=system:serviceaccount:crossplane-system:crossplane")
        rights = tenant.made("Role", "ledger", rules=[
            {"apiGroups": ["gpuplacement.fn.crossplane.io"], "resources": ["*"], "verbs": ["*"]}])
        tenant.tries("gives himself the right", "create", "-f", "-", stdin=[rights])
        tenant.tries("binds Crossplane's role", "create", "-f", "-", stdin=[tenant.binding(
            "ClusterRole", "function-gpu-placement:aggregate-to-crossplane",
            [{"kind": "User", "name": tenant.name, "apiGroup": RBAC}])])
        tenant.tries("deletes the kind", "delete", "crd", "gpureservations.gpuplacement.fn.crossplane.io")
        after = plane.get("gpur", "-n", tenant.namespace, "there")
        assert after == before, (before, after)
        plane.kubectl("delete", "-f", "-", stdin=[there, POOL])


def loosened(world):
    """The cases notice a role that lets a tenant write."""
    plane = world.plane
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {
        "name": "loosened", "labels": {f"{RBAC}/aggregate-to-edit": "true"}},
        "rules": [{"apiGroups": ["gpuplacement.fn.crossplane.io"], "resources": ["gpureservations"],
                   "verbs": ["create"]}]}
    plane.kubectl("apply", "-f", "-", stdin=[role])
    try:
        tenant = Tenant(world, "edit", world.new_namespace("-loosened"))
        world.until("it is aggregated", lambda: tenant.may("create", "gpureservations"))
        mine = placed_at(RESERVATION, tenant.namespace, "mine")
        with contextlib.suppress(AssertionError):
            tenant.tries("makes one", "create", "-f", "-", stdin=[mine])
            raise RuntimeError("a role that lets a tenant write is not noticed")
        plane.kubectl("delete", "-n", tenant.namespace, "gpur", "mine")
    finally:
        plane.kubectl("delete", "clusterrole", "loosened")


# ---- by what RBAC lets him do ----------------------------------------------------------------------

UNITS = 8  # of the environments below: four nodes of two slices
PAUSED = "crossplane.io/paused"
DEPLOYMENTS = "modeldeployments.modelplane.ai"  # another case leaves the kind of another group
SETTLE_SECONDS = 4  # what core would have done by then, it will not do later


def eight_units(world, **more):
    world.model()
    return world.environment(pool("mig", nodeCount=UNITS // 2), **more)


def run_at_most(world, *namespaces):
    """The replicas that services may start, which must never be more than there are units, nor more
    than is reserved."""
    services = [each for namespace in namespaces
                for each in world.api.list(KSERVE, SERVICE, namespace)]
    replicas = sum(each["spec"]["replicas"] for each in services)
    units = sum(each["spec"]["units"] for each in world.reservations(*namespaces).values())
    assert replicas <= UNITS, f"{replicas} replicas on {UNITS} units"
    assert replicas <= units, f"{replicas} replicas, {units} units are reserved"
    return replicas


def starting(world, name, replicas):
    """A deployment that loads its model: granted, with replicas that may run, never Ready so far."""
    world.kserve.held.add(f"{world.namespace}/{name}-{world.name}")
    victim = world.deployment(name, replicas=replicas)
    world.until_condition(victim, "Scheduled", "AllScheduled")
    world.until("its replicas may run", lambda: [
        each["spec"]["used"] for each in world.reservations(world.namespace).values()] == [replicas])
    return victim


def still_there(world, victim, before, replicas, what):
    kept(before, world.uids(), what)
    name = f"{victim['metadata']['name']}-{world.name}"
    assert world.services()[name]["spec"]["replicas"] == replicas, (what, world.services()[name])
    assert condition(world.get(victim), "Scheduled")["reason"] == "AllScheduled", what


def owned_by(thing):
    meta = thing["metadata"]
    return [{"apiVersion": thing["apiVersion"], "kind": thing["kind"], "name": meta["name"],
             "uid": meta["uid"], "controller": True, "blockOwnerDeletion": True}]


def forged(world, tenant, owner):
    """A ConfigMap that says of itself what a reservation would, for all that the tenant may write."""
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"namespace": tenant.namespace, "name": "innocent",
                         "ownerReferences": owned_by(owner),
                         "labels": {"crossplane.io/composite": owner["metadata"]["name"],
                                    "modelplane.ai/environment": world.name},
                         "annotations": {"crossplane.io/composition-resource-name":
                                         f"reservation-{world.name}"}},
            "data": {"environment": world.name, "pool": "mig", "migProfile": "3g.40gb",
                     "servingProfile": "one-unit", "model": f"ClusterModel/{world.name}",
                     "nodes": "1", "unitsPerNode": "1", "replicas": "8", "admitted": "8",
                     "reserved": "8", "used": "8", "served": "true", "units": "8", "order": "0"}}


def forged_service(world, tenant, owner):
    """A ConfigMap that says of itself what a service would whose reservation was lost."""
    made = forged(world, tenant, owner)
    told = {"model": {"kind": "ClusterModel", "name": world.name}, "environment": world.name,
            "pool": "mig", "migProfile": "3g.40gb", "servingProfile": "one-unit",
            "resourceName": "nvidia.com/mig-3g.40gb", "nodes": 1, "order": 0, "surge": UNITS,
            "unitsPerNode": 1}
    made["metadata"]["name"] = "harmless"
    made["metadata"]["annotations"] = {
        "crossplane.io/composition-resource-name": f"serving-{world.name}",
        "gpuplacement.fn.crossplane.io/assignment": json.dumps(told, separators=(",", ":"))}
    return made


def adopts(world):
    """A deployment that says it has composed what it has not: ConfigMaps of its tenant's, the
    reservation of another deployment, a pool."""
    for role in ROLES:
        tenant = Tenant(world, role)
        eight_units(world)
        victim = starting(world, "victim", 4)
        before = world.uids()
        tenant.does("apply", "-f", "-", stdin=[tenant.deployment(world, "other")])
        other = f"other-{world.name}"
        world.until("the other one is placed", lambda t=tenant, o=other: f"{t.namespace}/{o}" in
                    world.reservations(t.namespace))
        uids = world.uids(tenant.namespace)
        pools = [{"apiVersion": API, "kind": "GPUPool", "name": each["metadata"]["name"]}
                 for each in world.api.list(API, "GPUPool")]
        thief = tenant.deployment(world, "thief", UNITS, {PAUSED: "true"}, crossplane={
            "resourceRefs": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "innocent"},
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "harmless"},
                {"apiVersion": API, "kind": "GPUReservation", "name": other}, *pools]})
        tenant.does("create", "-f", "-", stdin=[thief])
        made = world.get(thief)
        tenant.does("create", "-f", "-", stdin=[forged(world, tenant, made),
                                                forged_service(world, tenant, made)])
        tenant.does("annotate", DEPLOYMENTS, "-n", tenant.namespace, "thief", f"{PAUSED}-")
        world.until_condition(thief, "Scheduled", "InsufficientCapacity")
        time.sleep(SETTLE_SECONDS)
        still_there(world, victim, before, 4, f"{role} has adopted a reservation")
        kept(uids, world.uids(tenant.namespace), f"{role} has adopted another's")
        assert run_at_most(world, world.namespace, tenant.namespace) == 5
        assert condition(world.environment_now(), "CapacityValid")["reason"] == "Valid"
        for name in ("thief", "other"):
            tenant.does("delete", DEPLOYMENTS, "-n", tenant.namespace, name)
        world.api.delete(victim)
        world.until("all units are free", lambda t=tenant: not world.reservations(
            world.namespace, t.namespace))


def hides(world):
    """What serves of a deployment that is paused, being deleted, or without its references holds
    its units all the same."""
    eight_units(world)
    tenant = Tenant(world, "edit")
    own = tenant.deployment(world, "own", UNITS)
    tenant.does("apply", "-f", "-", stdin=[own])
    world.until_ready(own)
    before = world.uids(tenant.namespace)
    inside = ("-n", tenant.namespace)

    def nobody_is_granted(name, what):
        honest = world.deployment(name)
        world.until_condition(honest, "Scheduled", "InsufficientCapacity", message="1 NoCapacity")
        time.sleep(SETTLE_SECONDS)
        assert not world.services(), what
        assert run_at_most(world, world.namespace, tenant.namespace) == UNITS, what
        kept(before, world.uids(tenant.namespace), what)
        world.api.delete(honest)
        world.until("the honest one is gone", lambda: world.get(honest) is None)

    tenant.does("annotate", DEPLOYMENTS, *inside, "own", f"{PAUSED}=true")
    tenant.tries("deletes it", "delete", *inside, "gpur", "--all")
    nobody_is_granted("beside-a-paused-one", "paused")
    tenant.does("patch", DEPLOYMENTS, *inside, "own", "--type=merge", "-p",
                json.dumps({"spec": {"crossplane": {"resourceRefs": []}}}))
    nobody_is_granted("beside-one-without-references", "its references are gone")
    tenant.does("annotate", DEPLOYMENTS, *inside, "own", f"{PAUSED}-")
    world.until("it has its references back", lambda: len(
        world.get(own)["spec"]["crossplane"]["resourceRefs"]) == 2)
    nobody_is_granted("beside-one-that-forgot", "unpaused without references")
    tenant.does("patch", DEPLOYMENTS, *inside, "own", "--type=merge", "-p",
                json.dumps({"metadata": {"finalizers": ["example.org/stay"]}}))
    tenant.does("delete", DEPLOYMENTS, *inside, "own", "--wait=false")
    nobody_is_granted("beside-one-being-deleted", "being deleted")
    tenant.does("patch", DEPLOYMENTS, *inside, "own", "--type=merge", "-p",
                json.dumps({"metadata": {"finalizers": []}}))
    world.until("it is gone", lambda: not world.reservations(tenant.namespace))


def orphans(world):
    """A deployment that is deleted without what it has composed: the environment names the
    reservation, who makes it again takes both back, and package/no-orphans.yaml refuses it."""
    plane = world.plane
    eight_units(world)
    tenant = Tenant(world, "edit")
    own = tenant.deployment(world, "own", UNITS)
    inside = ("-n", tenant.namespace)
    tenant.does("apply", "-f", "-", stdin=[own])
    world.until_ready(own)
    before = world.uids(tenant.namespace)
    tenant.does("delete", DEPLOYMENTS, *inside, "own", "--cascade=orphan")

    def said():
        pools = world.environment_now()["status"]["capacity"]["pools"]
        return [each for pool in pools for each in pool.get("messages", [])
                if f"{tenant.namespace}/own-{world.name} counts nowhere" in each]
    world.until("the environment names it", said)
    kept(before, world.uids(tenant.namespace), "its deployment is gone")
    tenant.does("apply", "-f", "-", stdin=[own])
    world.until_ready(own)
    world.until("it counts again", lambda: not said())
    kept(before, world.uids(tenant.namespace), "it was made again")
    assert run_at_most(world, tenant.namespace) == UNITS

    plane.kubectl("apply", "-f", str(rights.PACKAGE / "no-orphans.yaml"))
    try:
        orphan = ("delete", DEPLOYMENTS, *inside, "own", "--cascade=orphan")
        world.until("the policy holds", lambda: FORBIDDEN in tenant.kubectl(
            *orphan, "--dry-run=server").stderr)
        tenant.tries("leaves it behind", *orphan)
        tenant.tries("leaves all behind", "delete", DEPLOYMENTS, *inside, "--all",
                     "--cascade=orphan")
        tenant.tries("asks for it himself", "patch", DEPLOYMENTS, *inside, "own",
                     "--type=merge", "-p", json.dumps({"metadata": {"finalizers": ["orphan"]}}))
        kept(before, world.uids(tenant.namespace), "refused")
        tenant.does("delete", DEPLOYMENTS, *inside, "own")
        world.until("it is gone", lambda: not world.reservations(tenant.namespace))
    finally:
        plane.kubectl("delete", "-f", str(rights.PACKAGE / "no-orphans.yaml"))


def takes_by_priority(world):
    """The highest priority there is takes nothing from one that loads its model, and decides between
    those who ask at the same moment."""
    eight_units(world)
    victim = starting(world, "victim", 4)
    before = world.uids()
    tenant = Tenant(world, "edit")
    thieves = [tenant.deployment(world, f"thief-{i}", 4, priority=2**31 - 1) for i in range(2)]
    # What is Ready before it is used never yields; a model takes longer than that.
    world.kserve.held |= {f"{tenant.namespace}/thief-{i}-{world.name}" for i in range(2)}
    tenant.does("create", "-f", "-", stdin=thieves)

    def decided():
        return sorted(condition(world.get(each), "Scheduled").get("reason", "")
                      for each in thieves) == ["AllScheduled", "InsufficientCapacity"]
    world.until("one of them is placed", decided)
    time.sleep(SETTLE_SECONDS)
    assert decided()
    still_there(world, victim, before, 4, "two of the highest priority came")
    assert run_at_most(world, world.namespace, tenant.namespace) == UNITS
    tenant.does("patch", DEPLOYMENTS, "-n", tenant.namespace, "thief-0", "--type=merge", "-p",
                json.dumps({"spec": {"scaling": {"fixed": {"replicas": UNITS}}}}))
    time.sleep(SETTLE_SECONDS)
    still_there(world, victim, before, 4, "one of the highest priority grew")
    assert run_at_most(world, world.namespace, tenant.namespace) <= UNITS


def drains_in_turn(world):
    """A maintenance that rolls over pools: while replacements load, what serves stays."""
    world.model()
    world.environment(pool("mig"), name=f"{world.name}-o")
    world.environment(pool("mig"), name=f"{world.name}-a")
    model = world.deployment("d", environments=2)
    world.until_ready(model)
    before = world.uids()
    world.kserve.held |= {f"{world.namespace}/d-{world.name}-{letter}" for letter in "bz"}
    for new, drained in (("b", "a"), ("z", "b")):
        world.environment(pool("mig"), name=f"{world.name}-{new}")
        world.environment(pool("mig", schedulable="Drain"), name=f"{world.name}-{drained}")
        world.until(f"{new} is being made",
                    lambda n=new: f"d-{world.name}-{n}" in world.services())
        time.sleep(SETTLE_SECONDS)
        kept(before, world.uids(), f"{drained} is drained, and {new} still loads")


COLLIDING = (  # two that had one name while names ended in 32 bits of FNV
    ("team-b", "gemma-3-27b-production-chat-eu"),
    ("team-a", "gemma-3-27b-production-chat-e76820jca"))


def collides(world):
    """Under remoteNamespace deployments of all namespaces meet: no tenant's has another's name."""
    plane = world.plane
    standins.install_provider(plane)
    composition = plane.get("composition", "modeldeployments.modelplane.ai")
    composition["metadata"] = {"name": "in-one-namespace"}
    for step in composition["spec"]["pipeline"]:
        step["input"]["remoteNamespace"] = "models"
    plane.api.apply(composition)
    world.model()
    world.environment(pool("mig", nodeCount=2), cluster={"source": "Existing", "existing": {
        "secretRef": {"namespace": "default", "name": "far", "key": "kubeconfig"}}})
    names = {}
    for namespace, name in COLLIDING:
        plane.kubectl("create", "namespace", namespace)
        world.deployment(name, namespace=namespace, crossplane={
            "compositionRef": {"name": "in-one-namespace"}})
        found = world.until(f"{namespace}/{name} is composed",
                            lambda n=namespace: world.api.list(OBJECTS, "Object", n))
        manifests = [copy.deepcopy(each["spec"]["forProvider"]["manifest"]["metadata"])
                     for each in found]
        names[namespace] = {(meta["namespace"], meta["name"]) for meta in manifests}
    assert all(where == "models" for found in names.values() for where, _ in found), names
    assert not names["team-a"] & names["team-b"], names
    for namespace, name in COLLIDING:
        plane.kubectl("delete", DEPLOYMENTS, "-n", namespace, name)
    world.until("nothing is left of them", lambda: not any(
        world.api.list(OBJECTS, "Object", namespace) for namespace in names))
    plane.kubectl("delete", "composition", "in-one-namespace")
    plane.kubectl("delete", "namespace", "--wait=false", *names)
    world.until("the environment may go", lambda: "crossplane.io/in-use" not in (
        world.environment_now()["metadata"].get("labels", {})), 60)


CASES = [may_read_only, loosened, adopts, hides, orphans, takes_by_priority, drains_in_turn, collides]
