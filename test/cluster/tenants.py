# SPDX-License-Identifier: Apache-2.0
"""Somebody whom a namespace was given, with Kubernetes' role edit or admin, and what he tries with
the ledger. RBAC refuses most; what it lets him do must not move a unit.
"""

import contextlib
import json

from ledger import POOL, RESERVATION, with_value
from world import GROUP

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


CASES = [may_read_only, loosened]
