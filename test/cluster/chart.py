# SPDX-License-Identifier: Apache-2.0
"""Who Crossplane is on a cluster, and what it may: as its Helm chart installs it, v2.4.

core runs as one service account, its RBAC manager as another. What core may, a label collects:
the chart's own part, what the RBAC manager adds for each XRD and provider, and what users add. The
manager itself insists on port 8080, so a stand-in makes the roles of XRDs; rights.py compares.
"""

import contextlib
import threading

from api import Refused

NAMESPACE = "crossplane-system"
COLLECTED = {"rbac.crossplane.io/aggregate-to-crossplane": "true"}
RBAC = "rbac.authorization.k8s.io"
LEDGER = "gpuplacement.fn.crossplane.io"  # not the chart's, but of package/crds.yaml
READ = ("get", "list", "watch")
WRITE = (*READ, "create", "update", "patch", "delete")
CORE, MANAGER = "crossplane", "rbac-manager"
MANAGERS_PORT = 8080
OF_XRDS = "crossplane:composite:"
PROVIDERS_MAY = "crossplane:allowed-provider-permissions"

# (API groups, resources, verbs)
CORE_MAY = (
    ([""], ["events"], ["create", "update", "patch", "delete"]),
    (["apiextensions.k8s.io"],
     ["customresourcedefinitions", "customresourcedefinitions/status"], ["*"]),
    ([""], ["secrets"], WRITE),
    ([""], ["serviceaccounts", "services"], ["*"]),
    (["apiextensions.crossplane.io", "ops.crossplane.io", "pkg.crossplane.io",
      "protection.crossplane.io"], ["*"], ["*"]),
    (["extensions", "apps"], ["deployments"], WRITE),
    (["", "coordination.k8s.io"], ["configmaps", "leases"], WRITE),
    (["admissionregistration.k8s.io"],
     ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"], WRITE),
)
MANAGER_MAY = (
    ([""], ["events"], ["create", "update", "patch", "delete"]),
    ([""], ["namespaces"], READ),
    (["apps"], ["deployments"], READ),
    ([""], ["namespaces/finalizers"], ["update"]),
    (["apiextensions.crossplane.io"], ["compositeresourcedefinitions"], READ),
    (["apiextensions.crossplane.io"], ["compositeresourcedefinitions/finalizers"], ["update"]),
    (["pkg.crossplane.io"], ["providerrevisions"], READ),
    (["pkg.crossplane.io"], ["providerrevisions/finalizers"], ["update"]),
    (["apiextensions.k8s.io"], ["customresourcedefinitions"], READ),
    ([RBAC], ["clusterroles", "roles"], (*READ, "create", "update", "patch", "escalate")),
    ([RBAC], ["clusterroles"], ["bind"]),
    ([RBAC], ["clusterrolebindings"], ["*"]),
    (["", "coordination.k8s.io"], ["configmaps", "leases"], WRITE),
)


def role(name, may=(), labels=None, collects=None):
    made = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels or {}}}
    if collects:
        made["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": collects}]}
    else:
        made["rules"] = [{"apiGroups": list(groups), "resources": list(resources),
                          "verbs": list(verbs)} for groups, resources, verbs in may]
    return made


def binding(name, account, namespace):
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]}


def objects(namespace=NAMESPACE):
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    for account in (CORE, MANAGER):
        yield {"apiVersion": "v1", "kind": "ServiceAccount",
               "metadata": {"namespace": namespace, "name": account}}
    yield role("crossplane", collects=COLLECTED)
    yield role("crossplane:system:aggregate-to-crossplane", CORE_MAY, COLLECTED)
    yield binding("crossplane", CORE, namespace)
    yield role("crossplane-rbac-manager", MANAGER_MAY)
    yield binding("crossplane-rbac-manager", MANAGER, namespace)
    yield role(PROVIDERS_MAY, collects={
        "rbac.crossplane.io/aggregate-to-allowed-provider-permissions": "true"})


def no_usages(url, authority):
    """The webhook that refuses to delete what a Usage protects; authority is base64."""
    return {"apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "crossplane-no-usages"},
            "webhooks": [{
                "name": "nousages.protection.crossplane.io",
                "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
                "clientConfig": {"url": f"{url}/validate-no-usages", "caBundle": authority},
                "objectSelector": {"matchLabels": {"crossplane.io/in-use": "true"}},
                "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"],
                           "operations": ["DELETE"]}]}]}


# ---- the RBAC manager ----------------------------------------------------------------------------

def role_of_xrd(definition):
    """What core may because of an XRD."""
    spec = definition["spec"]
    plural, name = spec["names"]["plural"], definition["metadata"]["name"]
    made = role(f"{OF_XRDS}{name}:aggregate-to-crossplane", (
        ([spec["group"]], [plural, f"{plural}/status"], ["*"]),
        ([spec["group"]], [f"{plural}/finalizers"], ["update"])), COLLECTED)
    made["metadata"]["ownerReferences"] = [{
        "apiVersion": definition["apiVersion"], "kind": definition["kind"], "name": name,
        "uid": definition["metadata"]["uid"], "controller": True}]
    return made


class Manager(threading.Thread):
    """Makes the role of each XRD that appears."""

    def __init__(self, api):
        super().__init__(daemon=True)
        self.api, self.stopping = api, False
        self.start()

    def run(self):
        for event in self.api.watch("apiextensions.crossplane.io/v2",
                                    "CompositeResourceDefinition", lambda: self.stopping):
            if event["type"] in ("ADDED", "MODIFIED"):
                with contextlib.suppress(Refused, OSError):  # when the API server stops
                    self.api.apply(role_of_xrd(event["object"]))

    def stop(self):
        self.stopping = True
