# SPDX-License-Identifier: Apache-2.0
"""What has to hold on a real control plane. Each case is a function of its own World.

A case returns a sentence of what it measured, or nothing.
"""

import copy
import json
import signal
import ssl
import threading
import time

import yaml

from manifests import CONFIGURATION
from plane import wait_until
from world import GROUP, condition, kept, pool

ASSIGNMENT = {"model", "environment", "pool", "migProfile", "servingProfile", "resourceName",
              "nodes", "unitsPerNode", "replicas", "units", "ready"}
CAPACITY = {"name", "migProfile", "resourceName", "memoryPerUnit", "unitsPerNode", "nodes", "total"}


def demo(world):
    """A model is placed and Ready, with no status prepared by anybody."""
    began = time.monotonic()
    world.model()
    world.environment(pool("mig", acceleratorCount=8, nodeCount=0, maxNodeCount=4))
    gemma = world.deployment("gemma")
    placed, = world.until_ready(gemma)
    took = time.monotonic() - began
    service, = world.services().values()
    container = service["spec"]["template"]["containers"][0]
    assert container["resources"]["limits"] == {"nvidia.com/mig-3g.40gb": "1"}, container
    assert service["spec"]["template"]["nodeSelector"] == {"pool": "mig"}, service["spec"]
    assert placed["status"]["endpoint"]["url"] == service["status"]["url"], placed["status"]
    return f"Ready {took:.1f} s after kubectl apply"


def status_survives(world):
    """Every member of status that the function writes is in the XRD's schema."""
    world.model()
    world.environment(pool("mig"))
    placed, = world.until_ready(world.deployment("gemma"))
    assert condition(placed, "Synced")["status"] == "True", condition(placed, "Synced")
    assert ASSIGNMENT <= set(placed["status"]["assignments"][0]), placed["status"]
    assert placed["status"]["placements"] == {"total": 1, "ready": 1}, placed["status"]
    refused = world.until_condition(world.deployment("large", replicas=9), "Scheduled",
                                    "InsufficientCapacity", message="1 NoCapacity")
    assert set(refused["status"]["rejections"][0]) == {
        "environment", "pool", "migProfile", "servingProfile", "reason", "message"}, refused
    environment = world.environment_now()
    assert CAPACITY <= set(environment["status"]["capacity"]["pools"][0]), environment["status"]
    assert environment["status"]["capacity"]["total"] == 2, environment["status"]
    model = world.api.get(GROUP, "ClusterModel", None, world.name)
    assert condition(model, "ModelValid")["status"] == "True", model


def columns(world):
    """kubectl get says where a model is and what an environment holds."""
    world.model()
    world.environment(pool("mig"))
    world.until_ready(world.deployment("gemma"))
    kubectl = world.plane.kubectl
    deployments = kubectl("get", "modeldeployments", "-n", world.namespace).stdout
    environments = kubectl("get", "inferenceenvironments", world.name).stdout
    for column in ("PLACED", "POOL", "READY"):
        assert column in deployments.splitlines()[0], deployments
    for column in ("UNITS", "CAPACITY"):
        assert column in environments.splitlines()[0], environments
    assert " mig " in deployments and " 2 " in environments, deployments + environments


def scale(world):
    """kubectl scale writes spec, and /scale shows what runs and by which labels it is found."""
    world.model()
    world.environment(pool("mig", nodeCount=2))
    gemma = world.deployment("gemma")
    world.until_ready(gemma)
    world.plane.kubectl("scale", "-n", world.namespace, "modeldeployment/gemma", "--replicas=3")
    world.until("the service has 3 replicas",
                lambda: [s["spec"]["replicas"] for s in world.services().values()] == [3])
    (name,) = world.services()
    path = f"/apis/{GROUP}/namespaces/{world.namespace}/modeldeployments/gemma/scale"

    def shown():
        found = json.loads(world.plane.kubectl("get", "--raw", path).stdout)
        return found["spec"]["replicas"] == 3 and found["status"]["replicas"] >= 1 and \
            found["status"]["selector"] == \
            f"app.kubernetes.io/name in ({name}),kserve.io/component=workload"

    world.until("the scale subresource says so", shown)


def shrink(world):
    """A pool that shrinks under what serves drops nothing and grants nothing."""
    world.model()
    environment = world.environment(pool("mig", nodeCount=2))
    served = [world.deployment(f"d{i}") for i in range(4)]
    world.until_ready(*served)
    before = world.uids()
    world.environment(pool("mig"))
    world.until_condition(environment, "CapacityValid", "OverCommitted")
    late = world.until_condition(world.deployment("late"), "Scheduled", "InsufficientCapacity")
    kept(before, world.uids(), "the pool shrank")
    world.environment(pool("mig", nodeCount=3))
    world.until_condition(environment, "CapacityValid", "Valid")
    world.until_ready(late)
    kept(before, world.uids(), "the pool grew again")


def drain(world):
    """What a drained pool has stays until its replacement in the other pool serves."""
    world.model()
    world.environment(pool("old"), pool("new"))
    gemma, = world.until_ready(world.deployment("gemma"))
    first = gemma["status"]["assignments"][0]["pool"]
    other = {"old": "new", "new": "old"}[first]
    replacement = f"gemma-{world.name}-m2"
    world.kserve.held.add(f"{world.namespace}/{replacement}")
    before = world.uids()
    world.environment(pool(first, schedulable="Drain"), pool(other))
    world.until("the replacement is there", lambda: replacement in world.services())
    time.sleep(2)  # long enough for core to take the old one away, if it were told to
    kept(before, world.uids(), "while the replacement starts")
    world.kserve.release(f"{world.namespace}/{replacement}")
    world.until("the old one is gone", lambda: list(world.services()) == [replacement])
    service = world.services()[replacement]
    assert service["spec"]["template"]["nodeSelector"] == {"pool": other}, service["spec"]
    gemma, = world.until_ready(gemma)
    assert [a["pool"] for a in gemma["status"]["assignments"]] == [other], gemma["status"]


def drain_across(world):
    """Between two environments the old service stays until its replacement is Ready."""
    world.model()
    world.environment(pool("mig"), name=world.name + "-a")
    gemma, = world.until_ready(world.deployment("gemma"))
    world.environment(pool("mig"), name=world.name + "-b")
    replacement = f"gemma-{world.name}-b"
    world.kserve.held.add(f"{world.namespace}/{replacement}")
    before = world.uids()
    world.environment(pool("mig", schedulable="Drain"), name=world.name + "-a")
    world.until("the replacement is there", lambda: replacement in world.services())
    time.sleep(2)  # long enough for core to take the old one away, if it were told to
    kept(before, world.uids(), "while the replacement starts")
    world.kserve.release(f"{world.namespace}/{replacement}")
    world.until("the old one is gone", lambda: list(world.services()) == [replacement])
    world.until_ready(gemma)


def mistyped(world):
    """A typo in a pool stops nobody: what serves there stays, and the other pool is used."""
    world.model()
    environment = world.environment(pool("mig"))
    gemma, = world.until_ready(world.deployment("gemma"))
    before = world.uids()
    world.environment(pool("mig", acceleratorType="nvidia-h1000"))
    told = world.until_condition(environment, "CapacityValid", "InvalidPool")
    assert "nvidia-h1000" in condition(told, "CapacityValid")["message"], told["status"]
    time.sleep(2)
    kept(before, world.uids(), "the pool is mistyped")
    world.environment(pool("mig"))
    world.until_condition(environment, "CapacityValid", "Valid")
    world.until_condition(gemma, "Scheduled", "AllScheduled")
    kept(before, world.uids(), "the pool is mended")


def environment_deleted(world):
    """An environment that is deleted takes no service with it; declared again, all is as it was."""
    world.model()
    world.environment(pool("mig"), name=world.name + "-other", labels={"case": "nobody"})
    environment = world.environment(pool("mig"))
    gemma, = world.until_ready(world.deployment("gemma"))
    before = world.uids()
    world.api.delete(environment)
    world.until("the environment is gone", lambda: world.environment_now() is None)
    world.until("Scheduled says so", lambda: condition(
        world.get(gemma), "Scheduled").get("status") == "False")
    kept(before, world.uids(), "the environment is gone")
    world.environment(pool("mig"))
    world.until_condition(gemma, "Scheduled", "AllScheduled")
    kept(before, world.uids(), "the environment is back")


def model_deleted(world):
    """A model that is deleted stops nothing that serves."""
    model = world.model()
    world.environment(pool("mig"))
    gemma, = world.until_ready(world.deployment("gemma"))
    before = world.uids()
    world.api.delete(model)
    world.until_condition(gemma, "Scheduled", "ModelNotFound")
    kept(before, world.uids(), "the model is gone")
    world.model()
    world.until_condition(gemma, "Scheduled", "AllScheduled")
    kept(before, world.uids(), "the model is back")


def equal_names(world):
    """Equal names in two namespaces, each in two environments, share nothing."""
    other = world.new_namespace("-other")
    world.model()
    for letter in "ab":
        world.environment(pool("mig"), name=f"{world.name}-{letter}")
    here = world.deployment("gemma", environments=2)
    there = world.deployment("gemma", environments=2, namespace=other)
    world.until_ready(here, there)
    before = world.uids(other)
    assert len(world.uids()) == len(before) == 4, (world.uids(), before)
    assert not set(world.uids().values()) & set(before.values())
    late = world.until_condition(world.deployment("late"), "Scheduled", "InsufficientCapacity")
    world.api.delete(here)
    world.until_ready(late)
    kept(before, world.uids(other), "its namesake was deleted")


def function_killed(world):
    """The function is killed and started again under load; every change is made in the end."""
    world.model()
    world.environment(pool("mig", acceleratorCount=8, nodeCount=8))
    many = [world.deployment(f"d{i}") for i in range(10)]
    world.until_ready(*many)
    before = world.uids()
    stopped = threading.Event()

    def load():
        replicas = 1
        while not stopped.is_set():
            replicas = 3 - replicas
            for deployment in many:
                world.api.patch(deployment,
                                {"spec": {"scaling": {"fixed": {"replicas": replicas}}}})
                time.sleep(0.05)
    thread = threading.Thread(target=load)
    thread.start()
    try:
        for _ in range(3):
            time.sleep(1)
            world.function.end(signal.SIGKILL)
            time.sleep(1)
            world.function.start()
    finally:
        stopped.set()
        thread.join()
    began = time.monotonic()
    for i, deployment in enumerate(many):
        world.deployment(f"d{i}", replicas=2)

    def done():
        return all(s["spec"]["replicas"] == 2 for s in world.services().values())
    world.until("every service has its replicas", done, 90)
    world.until_ready(*many, seconds=90)
    kept(before, world.uids(), "the function was killed")
    return f"all as wanted {time.monotonic() - began:.1f} s after the last kill"


def served_certificate(port):
    """What the function presents, whether or not it would have us."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=5)


def certificates_rotated(world):
    """New leaves, then a new authority: the function follows without a restart."""
    plane, function = world.plane, world.function
    world.model()
    world.environment(pool("mig", acceleratorCount=8))
    world.until_ready(world.deployment("before"))
    before, pid = world.uids(), function.process.pid
    took = []
    for number, secrets in enumerate((["localhost-tls-server", "crossplane-tls-client"],
                                      ["localhost-tls-server", "crossplane-tls-client",
                                       "crossplane-root-ca"])):
        old = served_certificate(function.port)
        for name in secrets:
            plane.api.delete({"apiVersion": "v1", "kind": "Secret", "metadata": {
                "namespace": "crossplane-system", "name": name}})
        plane.issue_certificates()
        began = time.monotonic()
        world.until("the function presents the new one",
                    lambda o=old: served_certificate(function.port) != o, 60)
        took.append(time.monotonic() - began)
        plane.stop_one("crossplane-core")  # it reads its own certificate once, when it starts
        plane.start_core()
        world.until_ready(world.deployment(f"after-{number}"), seconds=60)
        kept(before, world.uids(), "certificates were rotated")
    assert function.process.pid == pid and function.process.poll() is None
    return f"presented {took[0]:.1f} and {took[1]:.1f} s after the files changed"


def copied(kind, group):
    """Our XRD and Composition of a kind, for the same kind of another group."""
    definition, composition = [
        yaml.safe_load((CONFIGURATION / f"{kind.lower()}s-{part}.yaml").read_text())
        for part in ("xrd", "composition")]
    ours = definition["spec"]["group"]
    definition["spec"]["group"] = group
    definition["metadata"]["name"] = definition["metadata"]["name"].replace(ours, group)
    reference = composition["spec"]["compositeTypeRef"]
    reference["apiVersion"] = reference["apiVersion"].replace(ours, group)
    composition["metadata"]["name"] += "-copy"
    definition["spec"].pop("defaultCompositionRef", None)
    return definition, composition


def schema_without_status(world):
    """An XRD that lacks our status costs nothing that serves, and an event says what is missing."""
    plane = world.plane
    world.model()
    world.environment(pool("mig", acceleratorCount=4))
    full, composition = copied("ModelDeployment", "bare.example.org")
    bare = copy.deepcopy(full)
    for version in bare["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["properties"].pop("status")
    for manifest in (full, composition):
        plane.api.apply(manifest)
    plane.wait_for_xrds()
    gemma = world.deployment("gemma", api_version="bare.example.org/v1alpha1")
    world.until_ready(gemma)
    before = world.uids()

    def looked_at(true):
        """Core looks again only when something changes."""
        if not true():
            world.api.patch(gemma, again())
        return true()

    def complaint():
        told = [event["message"] for event in world.api.list("v1", "Event", world.namespace)
                if "field not declared in schema" in event["message"]]
        return told and told[0]
    plane.api.apply(bare)
    message = world.until("an event says what is missing", lambda: looked_at(complaint), 60)
    assert ".status." in message, message
    kept(before, world.uids(), "the schema lost its status")
    plane.api.apply(full)
    world.until("the status is back", lambda: looked_at(
        lambda: "assignments" in world.get(gemma)["status"]), 60)
    world.until_ready(gemma)
    kept(before, world.uids(), "the schema is whole again")
    return f"the event: {message[message.index('.status'):]}"


def again():
    """A change that means nothing, so that core looks again now."""
    return {"metadata": {"annotations": {"example.org/again": str(time.monotonic())}}}


CASES = [demo, status_survives, columns, scale, shrink, drain, drain_across, mistyped,
         environment_deleted, model_deleted, equal_names, function_killed, schema_without_status,
         certificates_rotated]
