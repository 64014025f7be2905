# SPDX-License-Identifier: Apache-2.0
"""KServe as far as Crossplane sees it: the kind, and a controller that says Ready.

The real controller is another test's business (script/test kserve): here it would only cost
time. With pods=True each service gets a Deployment with its template, which Kubernetes' own
controllers roll and its scheduler places, and is Ready as KServe says it: as long as the
Deployment is Available, whichever pods it has.
"""

import contextlib
import threading

import chart
from api import Refused
from plane import wait_until

KSERVE = "serving.kserve.io/v1alpha2"
OBJECTS = "kubernetes.m.crossplane.io/v1alpha1"
SERVICE = "LLMInferenceService"


def definition(group, version, kind, scope="Namespaced"):
    """A CustomResourceDefinition that takes anything."""
    plural = kind.lower() + "s"
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": scope,
                 "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                 "versions": [{
                     "name": version, "served": True, "storage": True,
                     "subresources": {"status": {}},
                     "schema": {"openAPIV3Schema": {
                         "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


def until_served(api, api_version, kind):
    def served():
        with contextlib.suppress(Refused):
            return api.resource(api_version, kind)
    wait_until(f"{kind} is served", 20, served)


def install(api):
    group, version = KSERVE.split("/")
    api.apply(definition(group, version, SERVICE))
    until_served(api, KSERVE, SERVICE)


def install_provider(plane):
    """provider-kubernetes: its kinds, and what Crossplane's RBAC manager grants for them."""
    group, version = OBJECTS.split("/")
    for kind, scope in (("Object", "Namespaced"), ("ClusterProviderConfig", "Cluster")):
        plane.api.apply(definition(group, version, kind, scope))
        until_served(plane.api, OBJECTS, kind)
    plane.api.apply(chart.role(f"crossplane:provider:{group}:aggregate-to-crossplane",
                               (([group], ["*"], ["*"]),), chart.COLLECTED))


class KServe:
    """Says Ready of every service, or with pods=True what its Deployment says."""

    def __init__(self, api, pods=False):
        self.api, self.pods = api, pods
        self.stopping = False
        self.held = set()  # namespace/name of services that must not become Ready
        self.loading = 0  # seconds until a service that is new becomes Ready
        self.settling = 0  # with pods: seconds until a pod that is Ready counts as available
        kinds = [(KSERVE, SERVICE, self.service_changed)]
        if pods:
            kinds.append(("apps/v1", "Deployment", self.deployment_changed))
        self.threads = [threading.Thread(target=self.follow, args=kind, daemon=True)
                        for kind in kinds]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True

    def follow(self, api_version, kind, changed):
        for event in self.api.watch(api_version, kind, lambda: self.stopping):
            if event["type"] in ("ADDED", "MODIFIED"):
                with contextlib.suppress(Refused):  # gone in the meantime, or changed: told again
                    changed(event["object"])

    def release(self, name):
        """Lets a held service become Ready."""
        self.held.discard(name)
        namespace, name = name.split("/")
        service = self.api.get(KSERVE, SERVICE, namespace, name)
        if service:
            self.service_changed(service)

    def service_changed(self, service):
        meta = service["metadata"]
        if "deletionTimestamp" in meta or f"{meta['namespace']}/{meta['name']}" in self.held:
            return
        if self.pods:
            self.api.apply(deployment_of(service, self.settling))
        elif self.loading and "status" not in service:
            self.load(f"{meta['namespace']}/{meta['name']}")
        else:
            self.tell(service, service["spec"].get("replicas", 1))

    def load(self, name):
        """Has a new service become Ready later, once."""
        if name in self.held:
            return

        def loaded():
            self.held.discard(name)
            service = self.api.get(KSERVE, SERVICE, *name.split("/"))
            with contextlib.suppress(Refused):
                if service:
                    self.tell(service, service["spec"].get("replicas", 1))
        self.held.add(name)
        timer = threading.Timer(self.loading, loaded)
        timer.daemon = True
        timer.start()

    def deployment_changed(self, deployment):
        meta, status = deployment["metadata"], deployment.get("status", {})
        owner, = meta.get("ownerReferences") or [{}]
        service = self.api.get(KSERVE, SERVICE, meta["namespace"], owner.get("name", ""))
        if service and status.get("observedGeneration") == meta["generation"]:
            available = [each["status"] for each in status.get("conditions", [])
                         if each["type"] == "Available"]
            self.tell(service, status.get("readyReplicas", 0), available == ["True"])

    def tell(self, service, ready, available=None):
        wanted = service["spec"].get("replicas", 1)
        if available is None:
            available = ready == wanted
        status = {
            "observedGeneration": service["metadata"]["generation"],
            "url": f"http://{service['metadata']['name']}.example.org",
            "workloads": {"primary": {"readyReplicas": ready}},
            "conditions": [
                {"type": kind, "status": status, "reason": "StandIn", "message": message,
                 "lastTransitionTime": "2026-01-01T00:00:00Z"}
                for kind, status, message in (
                    ("PresetsCombined", "True", ""),
                    ("Ready", "True" if available else "False", f"{ready} of {wanted}"))]}
        if service.get("status") != status:
            self.api.patch(service, {"status": status}, "status")


@contextlib.contextmanager
def installed(api):
    """The kind, and who says Ready, on a plane that has neither."""
    install(api)
    with KServe(api) as kserve:
        yield kserve


def deployment_of(service, settling):
    """What KServe makes of a service on one node. It sets a strategy where the service has one, and
    leaves it to Kubernetes else: a quarter more, a quarter less."""
    meta, spec = service["metadata"], service["spec"]
    labels = {"app": meta["name"]}
    template = dict(spec["template"])
    template["containers"] = [
        {**container, "image": container.get("image", "example.org/vllm")}
        for container in template["containers"]]
    template["initContainers"] = []
    quarter = {"maxSurge": "25%", "maxUnavailable": "25%"}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": meta["namespace"], "name": f"{meta['name']}-kserve",
                     "ownerReferences": [{"apiVersion": service["apiVersion"], "kind": SERVICE,
                                          "name": meta["name"], "uid": meta["uid"],
                                          "controller": True}]},
        "spec": {"replicas": spec.get("replicas", 1), "minReadySeconds": settling,
                 "strategy": {"type": "RollingUpdate",
                              "rollingUpdate": spec.get("rolloutStrategy", quarter)},
                 "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": template}}}
