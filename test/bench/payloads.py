#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The requests that are measured, made with a seed: the same bytes every time.

payloads.py FOLDER [NAME]...    writes FOLDER/NAME.request for all, or for those named

S, L and D place a new deployment: S among 70 environments, L with much observed
and desired by others beside it, D with nearly nothing else. S-all is S without a
selector. T is the call of a settled deployment. The fleets are S, larger.
"""

import os
import random
import sys

import wire

API = "modelplane.ai/v1alpha1"
LEDGER = "gpuplacement.fn.crossplane.io/v1alpha1"
POOLS_PER_ENVIRONMENT = 8
REVISION = "q7rilhxsvgrwsjzo"  # of T's pods: as `render` writes it when nothing is observed

# name: (environments, reservations, observed by others, desired by others)
FRESH = {
    "S": (70, 12, 0, 0),
    "S-all": (70, 12, 0, 0),
    "L": (70, 12, 430, 430),
    "D": (8, 4, 0, 1000),
    "fleet-100": (100, 500, 0, 0),
    "fleet-300": (300, 1500, 0, 0),
    "fleet-1000": (1000, 5000, 0, 0),
}
NAMES = ["S", "S-all", "L", "D", "T", "fleet-100", "fleet-300", "fleet-1000"]

# name, accelerator, GPUs per node, memory of a unit, interconnect, formats, MIG profile, shares
POOLS = [
    ("h100-whole", "nvidia-h100-80gb", 8, "80Gi", "nvswitch", ["fp16", "bf16", "fp8"], None, 1),
    ("h100-large", "nvidia-h100-80gb", 8, "40Gi", "pcie", ["fp16", "bf16", "fp8"], "3g.40gb", 1),
    ("h100-small", "nvidia-h100-80gb", 8, "10Gi", "pcie", ["fp16", "bf16", "fp8"], "1g.10gb", 1),
    ("a100-whole", "nvidia-a100-80gb", 8, "80Gi", "nvlink", ["fp16", "bf16"], None, 1),
    ("a100-large", "nvidia-tesla-a100", 8, "20Gi", "pcie", ["fp16", "bf16"], "3g.20gb", 1),
    ("a100-small", "nvidia-tesla-a100", 8, "5Gi", "pcie", ["fp16", "bf16"], "1g.5gb", 1),
    ("l4-whole", "nvidia-l4", 4, "24Gi", "pcie", ["fp16", "bf16", "fp8"], None, 1),
    ("l4-shared", "nvidia-l4", 4, "6Gi", "pcie", ["fp16", "bf16", "fp8"], None, 4),
]


def fields_of(value):
    """What managedFields tell of an object; most lists of custom resources are atomic."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        key = next((k for k in ("uid", "type") if k in value[0]), None)
        return {'k:{"%s":"%s"}' % (key, v[key]): {".": {}, **fields_of(v)} for v in value} if key else {}
    return {f"f:{key}": fields_of(v) for key, v in value.items()} if isinstance(value, dict) else {}


def uid(rng):
    digits = "%032x" % rng.getrandbits(128)
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def stamp(rng):
    return "2026-%02d-%02dT%02d:%02d:%02dZ" % tuple(
        rng.randrange(low, high) for low, high in [(1, 11), (1, 29), (0, 24), (0, 60), (0, 60)]
    )


def stored(rng, object_, manager):
    """An object as the API server hands it out."""
    mine = {
        "f:metadata": fields_of({k: v for k, v in object_["metadata"].items() if k != "name"}),
        **fields_of({k: v for k, v in object_.items() if k in ("spec", "data")}),
    }
    managed = [{"apiVersion": object_["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": mine,
                "manager": manager, "operation": "Apply", "time": stamp(rng)}]
    if "status" in object_:
        managed.append({**managed[0], "fieldsV1": {"f:status": fields_of(object_["status"])},
                        "subresource": "status"})
    object_["metadata"].update(
        uid=uid(rng), resourceVersion=str(rng.randrange(10**8)), creationTimestamp=stamp(rng),
        generation=rng.randrange(1, 9), managedFields=managed)
    return object_


def ready(rng, reason):
    return {"type": "Ready", "status": "True", "reason": reason, "lastTransitionTime": stamp(rng)}


# ---- what users declare -----------------------------------------------------------------------------


def pool(rng, kind):
    name, accelerator, gpus, memory, interconnect, formats, profile, shares = kind
    made = {
        "name": name,
        "acceleratorType": accelerator,
        "acceleratorCount": gpus,
        "maxNodeCount": rng.randrange(1, 5),
        "nodeSelector": {"modelplane.ai/pool": name},
        "capabilities": {"memoryPerGpu": memory, "interconnect": interconnect, "precisionSupport": formats},
        "costPerUnitHour": "%.2f" % (rng.randrange(50, 900) / 100),
    }
    if profile:
        made["migConfiguration"] = {"profile": profile}
    if shares > 1:
        made["sharing"] = {"strategy": "TimeSlicing", "replicas": shares}
    return made


def environment(rng, index):
    return stored(rng, {
        "apiVersion": API,
        "kind": "InferenceEnvironment",
        "metadata": {"name": "environment-%04d" % index,
                     "labels": {"modelplane.ai/region": rng.choice(["eu", "us", "asia"])}},
        "spec": {"cluster": {"source": "InCluster"}, "nodePools": [pool(rng, kind) for kind in POOLS]},
        "status": {"conditions": [ready(rng, "Available")]},
    }, "platform-team")


def reservation_spec(environment_, pool_, reserved, used, **numbers):
    profile = pool_.get("migConfiguration", {}).get("profile")
    return {
        "model": {"kind": "ClusterModel", "name": "gemma-3-27b"},
        "environment": environment_["metadata"]["name"],
        "pool": pool_["name"],
        **({"migProfile": profile} if profile else {}),
        "resourceName": "nvidia.com/mig-" + profile if profile else "nvidia.com/gpu",
        "servingProfile": "fp8-one-unit",
        "nodes": 1,
        "order": 0,
        "reserved": reserved,
        "used": used,
        "served": used > 0,
        "units": numbers["unitsPerNode"] * reserved,
        "state": "Serving" if used > 0 else "Reserved",
        **numbers,
    }


def reservation_of(rng, owner, spec):
    name, namespace, owner_uid = owner
    return stored(rng, {
        "apiVersion": LEDGER,
        "kind": "GPUReservation",
        "metadata": {
            "name": f"{name}-{spec['environment']}",
            "namespace": namespace,
            "annotations": {"crossplane.io/composition-resource-name": "reservation-" + spec["environment"]},
            "labels": {"crossplane.io/composite": name, "modelplane.ai/deployment": name,
                       "modelplane.ai/environment": spec["environment"]},
            "ownerReferences": [{"apiVersion": API, "kind": "ModelDeployment", "name": name, "uid": owner_uid,
                                 "controller": True, "blockOwnerDeletion": True}],
        },
        "spec": spec,
    }, "apiextensions.crossplane.io/composed")


def reservation(rng, index, environments):
    """Somebody's, on any pool; one in ten has not served yet."""
    where = rng.choice(environments)
    pool_ = rng.choice(where["spec"]["nodePools"])
    whole = "migConfiguration" not in pool_ and "sharing" not in pool_
    replicas = rng.randrange(1, 9)
    spec = reservation_spec(
        where, pool_, reserved=replicas, used=replicas if rng.random() < 0.9 else 0,
        unitsPerNode=rng.choice([1, 1, 2, 4]) if whole else 1, priority=rng.choice([0, 0, 0, 10]))
    return reservation_of(rng, ("deployment-%04d" % index, "team-%02d" % (index % 40), uid(rng)), spec)


def model(rng):
    return stored(rng, {
        "apiVersion": API,
        "kind": "ClusterModel",
        "metadata": {"name": "gemma-3-27b"},
        "spec": {
            "model": {"name": "google/gemma-3-27b-it"},
            "source": "HuggingFace",
            "huggingFace": {"repo": "google/gemma-3-27b-it", "revision": "main"},
            "resources": {"cpu": "8", "memory": "64Gi"},
            "serving": [
                {"name": "fp8-one-unit",
                 "engine": {"name": "vLLM", "image": "vllm/vllm-openai:v0.20.1", "args": ["--max-model-len=16384"]},
                 "replicaTopology": {"nodes": 1, "gpusPerNode": 1,
                                     "requires": {"memoryPerGpu": "40Gi", "precisionSupport": ["fp8"]}}},
                {"name": "bf16-two-gpus",
                 "engine": {"name": "vLLM", "image": "vllm/vllm-openai:v0.20.1", "args": ["--max-model-len=32768"]},
                 "replicaTopology": {"nodes": 1, "gpusPerNode": 2,
                                     "requires": {"memoryPerGpu": "80Gi", "interconnect": "nvlink",
                                                  "precisionSupport": ["bf16"]}}},
            ],
        },
        "status": {"conditions": [ready(rng, "Available")]},
    }, "platform-team")


def deployment(rng, status=None, selects=True):
    made = {
        "apiVersion": API,
        "kind": "ModelDeployment",
        "metadata": {"name": "gemma", "namespace": "team-a", "labels": {"crossplane.io/composite": "gemma"}},
        "spec": {
            "modelRef": {"kind": "ClusterModel", "name": "gemma-3-27b"},
            "environments": 1,
            **({"environmentSelector": {"matchLabels": {"modelplane.ai/region": "eu"}}} if selects else {}),
            "scaling": {"signal": "Fixed", "fixed": {"replicas": 2}},
        },
    }
    if status:
        made["status"] = status
    return stored(rng, made, "ml-team")


# ---- what others compose ----------------------------------------------------------------------------


def foreign(rng, index):
    """A Deployment as another step of the pipeline composes it, about 4 kB stored."""
    name = "exporter-%04d" % index
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "observability"}
    env = [{"name": "SETTING_%02d" % i, "value": "%016x" % rng.getrandbits(64)} for i in range(42)]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "team-a", "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": "exporter", "image": "registry.example.com/exporter:v1.7.0", "env": env,
                    "args": ["--listen=:9400", "--interval=30s", "--path=/metrics"],
                    "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                    "volumeMounts": [{"name": "config", "mountPath": "/etc/exporter"}],
                }], "volumes": [{"name": "config", "configMap": {"name": name}}]},
            },
        },
    }


# ---- requests ---------------------------------------------------------------------------------------


def tag(rng):
    return "%064x" % rng.getrandbits(256)


def step_input():
    return {"apiVersion": "gpuplacement.fn.crossplane.io/v1alpha1", "kind": "Input", "stages": ["Deploy", "Place"]}


def fresh(rng, n_environments, n_reservations, n_observed, n_desired, selects=True):
    environments = [environment(rng, i) for i in range(n_environments)]
    reservations = [reservation(rng, i, environments) for i in range(n_reservations)]
    observed = {"exporter-%04d" % i: stored(rng, foreign(rng, i), "apiextensions.crossplane.io/composed")
                for i in range(n_observed)}
    desired = {"exporter-%04d" % i: foreign(rng, i) for i in range(n_desired)}
    required = {"model": [model(rng)], "environments": environments, "reservations": reservations,
                "watch-anchor": [], "watch-anchor-pools": []}
    return wire.request(tag(rng), (deployment(rng, selects=selects), observed), (None, desired), step_input(), required)


def settled(rng):
    where = environment(rng, 0)
    where["metadata"]["labels"]["modelplane.ai/region"] = "eu"
    name = where["metadata"]["name"]
    spec = reservation_spec(where, where["spec"]["nodePools"][1], reserved=2, used=2, unitsPerNode=1, priority=0)
    spec["revision"] = REVISION
    status = {
        "model": {"name": "google/gemma-3-27b-it"},
        "placements": {"total": 1, "ready": 1},
        "endpoint": {"url": "http://gemma.team-a.example.com"},
        "assignments": [{"environment": name, "pool": "h100-large", "migProfile": "3g.40gb", "replicas": 2,
                         "surge": 0, "served": True, "units": 2, "nodes": 1, "unitsPerNode": 1, "ready": True,
                         "resourceName": "nvidia.com/mig-3g.40gb", "servingProfile": "fp8-one-unit",
                         "model": {"kind": "ClusterModel", "name": "gemma-3-27b"}}],
        "conditions": [ready(rng, "Available"),
                       {**ready(rng, "AllScheduled"), "type": "Scheduled"},
                       {**ready(rng, "Serving"), "type": "Serving"}],
    }
    xr = deployment(rng, status)
    owner = ("gemma", "team-a", xr["metadata"]["uid"])
    observed = {"reservation-" + name: reservation_of(rng, owner, spec), "serving-" + name: service(rng, owner, spec)}
    required = {"model": [model(rng)], "environment-" + name: [where], "watch-anchor": [], "watch-anchor-pools": []}
    return wire.request(tag(rng), (xr, observed), (None, {}), step_input(), required)


def service(rng, owner, spec):
    """The composed LLMInferenceService, serving."""
    name, namespace, owner_uid = owner
    labels = {"deployment": name, "environment": spec["environment"], "pool": spec["pool"],
              "mig-profile": spec["migProfile"], "serving-profile": spec["servingProfile"]}
    conditions = ["HTTPRoutesReady", "MainWorkloadReady", "PresetsCombined", "Ready", "RouterReady", "WorkloadsReady"]
    made = stored(rng, {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {
            "name": f"{name}-{spec['environment']}",
            "namespace": namespace,
            "annotations": {"crossplane.io/composition-resource-name": "serving-" + spec["environment"]},
            "labels": {"crossplane.io/composite": name, **{"modelplane.ai/" + k: v for k, v in labels.items()}},
            "ownerReferences": [{"apiVersion": API, "kind": "ModelDeployment", "name": name, "uid": owner_uid,
                                 "controller": True, "blockOwnerDeletion": True}],
        },
        "spec": {
            "model": {"name": "google/gemma-3-27b-it", "uri": "hf://google/gemma-3-27b-it:main"},
            "replicas": 2,
            "router": {"gateway": {}, "route": {}},
            "template": {
                "nodeSelector": {"modelplane.ai/pool": spec["pool"]},
                "containers": [{"name": "main", "image": "vllm/vllm-openai:v0.20.1", "args": ["--max-model-len=16384"],
                                "env": [{"name": "GPU_PLACEMENT_REVISION", "value": REVISION}],
                                "resources": {"limits": {spec["resourceName"]: "1"},
                                              "requests": {"cpu": "8", "memory": "64Gi"}},
                                "securityContext": {"runAsNonRoot": False, "runAsUser": 0}}],
                "tolerations": [{"key": key, "operator": "Exists", "effect": "NoSchedule"}
                                for key in ("nvidia.com/gpu", spec["resourceName"])],
            },
        },
        "status": {
            "url": "http://gemma.team-a.example.com",
            "addresses": [{"name": "gateway-external", "url": "http://gemma.team-a.example.com"}],
            "replicas": 2,
            "readyReplicas": 2,
            "conditions": [{**ready(rng, "Available"), "type": type_} for type_ in conditions],
        },
    }, "apiextensions.crossplane.io/composed")
    made["status"]["observedGeneration"] = made["metadata"]["generation"]
    return made


def make(name):
    rng = random.Random("function-gpu-placement " + name.removesuffix("-all"))
    return settled(rng) if name == "T" else fresh(rng, *FRESH[name], selects=not name.endswith("-all"))


def is_current(path):
    sources = (__file__, wire.__file__)
    return os.path.exists(path) and all(os.path.getmtime(path) > os.path.getmtime(s) for s in sources)


def write(folder, names):
    """Those that are not there yet."""
    os.makedirs(folder, exist_ok=True)
    for name in names:
        path = os.path.join(folder, name + ".request")
        if not is_current(path):
            body = make(name)
            with open(path + ".new", "wb") as f:
                f.write(body)
            os.rename(path + ".new", path)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] and sys.argv[1] in ("-h", "--help") else 2)
    write(sys.argv[1], sys.argv[2:] or NAMES)
