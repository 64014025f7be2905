# SPDX-License-Identifier: Apache-2.0
"""What one case declares, sees and cleans up: pools, models, deployments and their services."""

import copy

from plane import wait_until
from standins import KSERVE, SERVICE

GROUP = "modelplane.ai/v1alpha1"
LEDGER = "gpuplacement.fn.crossplane.io/v1alpha1"
RESERVATION = "GPUReservation"


def pool(name, **members):
    """A pool of H100s cut in two, on one node; members replace or add."""
    return {"name": name, "acceleratorType": "nvidia-h100-80gb", "acceleratorCount": 1,
            "nodeCount": 1, "nodeSelector": {"pool": name},
            "capabilities": {"memoryPerGpu": "40Gi", "precisionSupport": ["fp8"]},
            "migConfiguration": {"profile": "3g.40gb"}, **members}


def condition(thing, kind):
    for found in (thing or {}).get("status", {}).get("conditions", []):
        if found["type"] == kind:
            return found
    return {}


def kept(before, after, what):
    """Nothing of before was made anew or taken away."""
    lost = {key for key in before if after.get(key) != before[key]}
    assert not lost, f"{what}: made anew or gone: {sorted(lost)}"


class World:
    """One case's namespace, and environments that only its own deployments select."""

    def __init__(self, plane, kserve, name):
        self.plane, self.api, self.kserve, self.name = plane, plane.api, kserve, name
        if kserve:
            kserve.settling = 0  # what another case has set
        self.group = GROUP
        self.made = []
        self.namespace = self.new_namespace("")

    def new_namespace(self, suffix):
        name = f"{self.name}{suffix}"
        self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def apply(self, manifest):
        made = self.api.apply(manifest)
        if not any(same(manifest, other) for other in self.made):
            self.made.append(copy.deepcopy(manifest))
        return made

    def clean(self):
        """Takes everything away, deployments first, and waits until it is gone."""
        for manifest in sorted(self.made, key=lambda m: m["kind"] != "ModelDeployment"):
            self.api.delete(manifest)
            if manifest["kind"] == "ModelDeployment":
                continue
            wait_until(f"{manifest['kind']} {manifest['metadata']['name']} is gone", 60,
                       lambda m=manifest: self.api.again(m) is None)

    # ---- declaring -----------------------------------------------------------------------------

    def environment(self, *pools, name="", labels=None, **spec):
        return self.apply({
            "apiVersion": self.group, "kind": "InferenceEnvironment",
            "metadata": {"name": name or self.name, "labels": labels or {"case": self.name}},
            "spec": {"nodePools": list(pools), **spec}})

    def model(self, memory="40Gi", name="", **serving):
        return self.apply({
            "apiVersion": self.group, "kind": "ClusterModel", "metadata": {"name": name or self.name},
            "spec": {"model": {"name": "google/gemma-3-27b-it"}, "source": "HuggingFace",
                     "huggingFace": {"repo": "google/gemma-3-27b-it"},
                     "serving": [{
                         "name": "one-unit",
                         "engine": {"name": "vLLM", "image": "vllm/vllm-openai:v0.20.1"},
                         "replicaTopology": {"nodes": 1, "gpusPerNode": 1,
                                             "requires": {"memoryPerGpu": memory}},
                         **serving}]}})

    def deployment(self, name, replicas=1, namespace=None, api_version=None, **spec):
        return self.apply({
            "apiVersion": api_version or self.group, "kind": "ModelDeployment",
            "metadata": {"namespace": namespace or self.namespace, "name": name},
            "spec": {"modelRef": {"kind": "ClusterModel", "name": self.name},
                     "environmentSelector": {"matchLabels": {"case": self.name}},
                     "scaling": {"signal": "Fixed", "fixed": {"replicas": replicas}}, **spec}})

    # ---- looking -------------------------------------------------------------------------------

    def get(self, deployment):
        return self.api.again(deployment)

    def environment_now(self, name=""):
        return self.api.get(self.group, "InferenceEnvironment", None, name or self.name)

    def services(self, namespace=None):
        """By name."""
        found = self.api.list(KSERVE, SERVICE, namespace or self.namespace)
        return {s["metadata"]["name"]: s for s in found}

    def reservations(self, *namespaces):
        """By namespace/name."""
        return {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each
                for namespace in namespaces or (self.namespace,)
                for each in self.api.list(LEDGER, RESERVATION, namespace or self.namespace)}

    def uids(self, namespace=None):
        """Of every composed object, to see that nothing was made anew."""
        namespace = namespace or self.namespace
        things = [(SERVICE, each) for each in self.services(namespace).values()]
        things += [(RESERVATION, each) for each in self.reservations(namespace).values()]
        return {(kind, each["metadata"]["name"]): each["metadata"]["uid"] for kind, each in things}

    # ---- waiting -------------------------------------------------------------------------------

    def until(self, what, true, seconds=30):
        try:
            return wait_until(what, seconds, true)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.tell()}") from None

    def until_condition(self, thing, kind, reason, seconds=30, message=""):
        """Waits for the reason, and that the message holds the text; gives the object."""
        last = {}

        def there():
            last["seen"] = found = condition(now := self.api.again(thing), kind)
            return now if found.get("reason") == reason and message in found.get(
                "message", "") else None
        try:
            return wait_until(f"{kind} {reason} {message}", seconds, there)
        except AssertionError as late:
            raise AssertionError(f"{late}: {last['seen']}\n{self.tell()}") from None

    def until_ready(self, *deployments, seconds=30):
        for deployment in deployments:
            self.until(f"{deployment['metadata']['name']} is Ready", lambda d=deployment:
                       condition(self.get(d), "Ready").get("status") == "True", seconds)
        return [self.get(deployment) for deployment in deployments]

    def tell(self):
        """The conditions of everything that the case made, for a failure."""
        lines = []
        for manifest in self.made:
            now = self.api.again(manifest)
            for found in (now or {}).get("status", {}).get("conditions", []):
                lines.append(f"  {manifest['kind']} {manifest['metadata']['name']}: "
                             f"{found['type']} {found['status']} {found.get('reason')}: "
                             f"{found.get('message', '')}")
        return "\n".join(lines)


def same(a, b):
    return (a["kind"], a["metadata"].get("namespace"), a["metadata"]["name"]) == (
        b["kind"], b["metadata"].get("namespace"), b["metadata"]["name"])
