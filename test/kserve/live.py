#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Applies goldens to a live KServe and looks on which nodes their pods land.

live.py PROGRAMS KSERVE     the folder of programs, and that of KServe's module

Real: etcd, the API server, the scheduler, the controller manager, KServe's controller with its
webhooks, conversion and presets. Played: kubelets (kwok) and what accepts routes (this program).
Closes with "N passed, N failed"; exit 1 on any failure.
"""

import json
import pathlib
import sys
import tempfile
import time

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "cluster"))

import plane  # noqa: E402

CASES = HERE.parent / "golden" / "cases"
# The golden, and the only node of nodes.yaml where its pods may run.
PLACES = {
    "mig-pool": "small-mig",
    "gke-partition": "gke-half",
    "whole-gpu-tensor-parallel": "whole",
    "cloud-h200-bare-metal": "datacenter",
    "dra-slice": "dra",
}
PROGRAMS = ("etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubectl", "kwok", "llmisvc")
CRDS = (
    "config/crd/full/llmisvc/serving.kserve.io_llminferenceservices.yaml",
    "config/crd/full/llmisvc/serving.kserve.io_llminferenceserviceconfigs.yaml",
    "test/crds/leaderworkerset.x-k8s.io_leaderworkersets.yaml",
    "test/crds/gateway-inference-extension.yaml",
    "test/crds/gateway-inference-extension-v1alpha2pool.yaml",
    "test/crds/gatewayapi_gateway.yaml",
    "test/crds/gatewayapi_gatewayclasses.yaml",
    "test/crds/gatewayapi_httproute.yaml",
)
SETTLE_SECONDS = 120


def load(path):
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def condition(name):
    return {"type": name, "status": "True", "reason": name, "message": "",
            "lastTransitionTime": "2026-11-01T08:00:00Z"}


class KServe:
    """A cluster with KServe in it."""

    def __init__(self, cluster, module):
        self.cluster = cluster
        self.module = pathlib.Path(module)
        [self.webhook_port] = plane.free_ports(1)

    def apply(self, objects, *flags):
        self.cluster.kubectl("apply", "--server-side", "--force-conflicts", *flags, "-f", "-", stdin=objects)

    def start(self):
        self.apply([each for name in CRDS for each in load(self.module / name)])
        self.cluster.kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
        self.cluster.kubectl("create", "namespace", "kserve")
        [settings] = load(self.module / "config/configmap/inferenceservice.yaml")
        settings["metadata"] = {"name": "inferenceservice-config", "namespace": "kserve"}
        del settings["data"]["_example"]
        self.apply([settings])
        self.start_controller()
        self.apply(self.webhooks())
        for name in ("llminferenceservices", "llminferenceserviceconfigs"):
            self.cluster.kubectl("patch", "crd", f"{name}.serving.kserve.io", "--type=merge", "-p",
                                 json.dumps({"spec": {"conversion": {
                                     "strategy": "Webhook",
                                     "webhook": {"clientConfig": self.dialled("/convert"),
                                                 "conversionReviewVersions": ["v1"]}}}}))
        presets = [each for file in sorted((self.module / "config/llmisvcconfig").glob("config-*.yaml"))
                   for each in load(file)]
        for each in presets:
            each["metadata"]["namespace"] = "kserve"
        self.eventually(lambda: self.apply(presets))
        self.start_gateway()

    def start_controller(self):
        """It has no flag for its certificate: it looks below the temporary folder."""
        folder = self.cluster.folder / "tmp" / "k8s-webhook-server" / "serving-certs"
        folder.mkdir(parents=True)
        certificates = self.cluster.certificates
        certificates.leaf("kserve", "/CN=kserve",
                          "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        for end in ("crt", "key"):
            (folder / f"tls.{end}").symlink_to(certificates.path(f"kserve.{end}"))
        self.cluster.start("llmisvc", [
            self.cluster.programs / "llmisvc", f"--webhook-port={self.webhook_port}",
            "--metrics-addr=0", "--health-probe-addr=0"], {
                "KUBECONFIG": str(self.cluster.kubeconfig), "POD_NAMESPACE": "kserve",
                "TMPDIR": str(self.cluster.folder / "tmp")})
        self.cluster.wait("llmisvc", lambda: plane.is_open(self.webhook_port))

    def dialled(self, path):
        return {"url": f"https://127.0.0.1:{self.webhook_port}{path}",
                "caBundle": self.cluster.certificates.encoded("ca.crt")}

    def webhooks(self):
        """KServe's own, dialled here and not through a Service."""
        for each in load(self.module / "config/webhook/llmisvc/manifests.yaml"):
            for webhook in each["webhooks"]:
                webhook["clientConfig"] = self.dialled(webhook["clientConfig"]["service"]["path"])
            yield each

    def start_gateway(self):
        """The Gateway that KServe's settings name, programmed by nobody."""
        api = "gateway.networking.k8s.io/v1"
        self.apply([
            {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": "test"},
             "spec": {"controllerName": "example.org/test"}},
            {"apiVersion": api, "kind": "Gateway",
             "metadata": {"name": "kserve-ingress-gateway", "namespace": "kserve"},
             "spec": {"gatewayClassName": "test", "listeners": [
                 {"name": "http", "port": 80, "protocol": "HTTP",
                  "allowedRoutes": {"namespaces": {"from": "All"}}}]}}])
        self.patch_status("gateway", "kserve", "kserve-ingress-gateway", {
            "addresses": [{"value": "192.0.2.1"}],
            "conditions": [condition("Accepted"), condition("Programmed")]})

    def patch_status(self, kind, namespace, name, status):
        self.cluster.kubectl("-n", namespace, "patch", kind, name, "--subresource=status",
                             "--type=merge", "-p", json.dumps({"status": status}))

    def accept_routes(self):
        for route in self.cluster.get("httproutes", "-A")["items"]:
            if not route.get("status", {}).get("parents"):
                conditions = [{**condition(name), "observedGeneration": route["metadata"]["generation"]}
                              for name in ("Accepted", "ResolvedRefs")]
                self.patch_status("httproute", route["metadata"]["namespace"], route["metadata"]["name"], {
                    "parents": [{"parentRef": parent, "controllerName": "example.org/test",
                                 "conditions": conditions} for parent in route["spec"]["parentRefs"]]})

    def eventually(self, action):
        ends = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                return action()
            except plane.PlaneError:
                if time.monotonic() > ends:
                    raise
                time.sleep(1)


def start_nodes(cluster):
    """The scheduler, and nodes that say they are ready."""
    [port] = plane.free_ports(1)
    cluster.start("kube-scheduler", [
        cluster.programs / "kube-scheduler", "--kubeconfig", cluster.kubeconfig, "--leader-elect=false",
        "--bind-address", "127.0.0.1", "--secure-port", port, "--authentication-skip-lookup"])
    [port] = plane.free_ports(1)
    cluster.start("kwok", [
        cluster.programs / "kwok", "--kubeconfig", cluster.kubeconfig, "--manage-all-nodes",
        "--server-address", f"127.0.0.1:{port}",
        *(f"--config={stage}" for stage in sorted((cluster.programs / "stages").glob("*.yaml")))])
    objects = load(HERE / "nodes.yaml")
    for node in objects:
        if node["kind"] == "Node":
            node["metadata"]["labels"]["kubernetes.io/hostname"] = node["metadata"]["name"]
            taints = node.setdefault("spec", {}).setdefault("taints", [])
            taints.append({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"})
            capacity = node.setdefault("status", {}).setdefault("capacity", {})
            capacity.update({"cpu": "192", "memory": "2000Gi", "pods": "110"})
            node["status"]["allocatable"] = capacity
    cluster.kubectl("create", "-f", "-", stdin=objects)
    cluster.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=60s")


def manifests(case):
    """What a golden composes for KServe, in a namespace of its own, without Crossplane's marks."""
    for each in load(next(CASES.glob(f"*/{case}/want.yaml"))):
        if each["kind"] == "Object":
            each = each["spec"]["forProvider"]["manifest"]
        if each["kind"] in ("LLMInferenceService", "ResourceClaimTemplate"):
            each["metadata"].pop("ownerReferences", None)
            each["metadata"]["namespace"] = case
            yield each


def complaints(kserve, case, node):
    """What a deployment's service and pods lack, once they had time."""
    cluster, ends = kserve.cluster, time.monotonic() + SETTLE_SECONDS
    objects = [*manifests(case)]
    cluster.kubectl("create", "namespace", case)
    kserve.apply(objects, "--validate=strict")
    while True:
        kserve.accept_routes()
        [service] = cluster.get("-n", case, "llminferenceservices")["items"]
        pods = cluster.get("-n", case, "pods")["items"]
        current = service.get("status", {}).get("observedGeneration") == service["metadata"]["generation"]
        ready = plane.is_true(service, "Ready") and current
        if ready or time.monotonic() > ends:
            break
        time.sleep(1)
    nodes = [pod["spec"].get("nodeName") for pod in pods]
    print(f"{case}: Ready={ready}, pods on {nodes}, url {service.get('status', {}).get('url')}")
    if not ready:
        yield json.dumps(service.get("status", {}).get("conditions"), indent=1)
    if not service.get("status", {}).get("url"):
        yield "it has no url"
    if nodes != [node] * service["spec"]["replicas"]:
        yield f"pods run on {nodes}, wanted was {node}"
    kserve.apply(objects, "--validate=strict")
    [again] = cluster.get("-n", case, "llminferenceservices")["items"]
    if again["metadata"]["generation"] != service["metadata"]["generation"]:
        yield "applying the same again is a change"


def main(programs, module):
    absent = plane.missing(programs, PROGRAMS)
    if absent:
        sys.exit(f"live.py: not in {programs}: {', '.join(absent)}")
    n_failed = 0
    with tempfile.TemporaryDirectory() as folder, plane.Plane(programs, folder) as cluster:
        cluster.start_controllers()
        start_nodes(cluster)
        kserve = KServe(cluster, module)
        kserve.start()
        for case, node in PLACES.items():
            found = [*complaints(kserve, case, node)]
            n_failed += bool(found)
            for each in found:
                print(f"    {each}")
    print(f"{len(PLACES) - n_failed} passed, {n_failed} failed")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
