# SPDX-License-Identifier: Apache-2.0
"""What kubectl apply refuses already: a manifest with one mistake each, and what is said."""

import copy

POOL = "spec.nodePools.0"
PROFILE = "spec.serving.0"

ENVIRONMENT = {
    "apiVersion": "modelplane.ai/v1alpha1",
    "kind": "InferenceEnvironment",
    "metadata": {"name": "refused"},
    "spec": {"nodePools": [{
        "name": "slices",
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": 8,
        "nodeCount": 4,
        "migConfiguration": {"profile": "3g.40gb"},
    }]},
}
MODEL = {
    "apiVersion": "modelplane.ai/v1alpha1",
    "kind": "ClusterModel",
    "metadata": {"name": "refused"},
    "spec": {
        "model": {"name": "google/gemma-3-27b-it"},
        "huggingFace": {"repo": "google/gemma-3-27b-it"},
        "serving": [{"name": "fp8", "replicaTopology": {"requires": {"memoryPerGpu": "40Gi"}}}],
    },
}
DEPLOYMENT = {
    "apiVersion": "modelplane.ai/v1alpha1",
    "kind": "ModelDeployment",
    "metadata": {"name": "refused", "namespace": "default"},
    "spec": {"modelRef": {"name": "gemma-3-27b"}},
}
GONE = object()  # a member that is taken out

# (base, {path: value}, what kubectl says)
MISTAKES = [
    (ENVIRONMENT, {f"{POOL}.maxNodeCount": 3}, "maxNodeCount must not be below nodeCount"),
    (ENVIRONMENT, {f"{POOL}.migConfiguration.config": "all-balanced"},
     "exactly one of profile, layout and config must be written, not more"),
    (ENVIRONMENT, {f"{POOL}.migConfiguration": {"enabled": True}},
     "enabled, but none of profile, layout and config is written"),
    (ENVIRONMENT, {f"{POOL}.migConfiguration": {"layout": {"3g.40gb": 2}, "slicesPerGpu": 2}},
     "slicesPerGpu belongs to a profile, and none is written"),
    (ENVIRONMENT, {f"{POOL}.migConfiguration": {"layout": {"3g.40gb": 0}}},
     "should be greater than or equal to 1"),
    (ENVIRONMENT, {f"{POOL}.capabilities": {"migConfiguration": {"profile": "a", "config": "b"}}},
     "exactly one of profile, layout and config must be written, not more"),
    (ENVIRONMENT, {f"{POOL}.migConfiguration.strategy": "both"},
     'Unsupported value: "both": supported values: "mixed", "single"'),
    (ENVIRONMENT, {f"{POOL}.sharing": {"strategy": "MPS", "replicas": 4}},
     "MPS does not share MIG slices, but TimeSlicing does"),
    (ENVIRONMENT, {f"{POOL}.sharing": {"strategy": "TimeSlicing"}}, "sharing.replicas: Required value"),
    (ENVIRONMENT, {f"{POOL}.name": GONE}, "spec.nodePools[0].name: Required value"),
    (ENVIRONMENT, {"spec.nodePools.1": {"name": "slices"}},
     'spec.nodePools[1]: Duplicate value: {"name":"slices"}'),
    (ENVIRONMENT, {"spec.cluster": {"source": "GKE", "gke": {"nodePools": [
        {"name": "a", "nodeCount": 2, "maxNodeCount": 1}]}}},
     "spec.cluster.gke.nodePools[0].maxNodeCount: Invalid value"),
    (ENVIRONMENT, {f"{POOL}.acceleratorCount": 1025}, "should be less than or equal to 1024"),
    (ENVIRONMENT, {f"{POOL}.acceleratorCount": "8"}, "must be of type integer"),
    (ENVIRONMENT, {f"{POOL}.nodeCount": -1}, "should be greater than or equal to 0"),
    (ENVIRONMENT, {f"{POOL}.capabilities": {"memoryPerGpu": "40GB"}},
     "40GB is not a quantity above 0, such as 40Gi"),
    (ENVIRONMENT, {f"{POOL}.capabilities": {"memoryPerGpu": 0}},
     "0 is not a quantity above 0, such as 40Gi"),
    (ENVIRONMENT, {f"{POOL}.capabilities": {"nvlinkDomainSize": 0}},
     "should be greater than or equal to 1"),
    (ENVIRONMENT, {f"{POOL}.capabilites": {}}, 'unknown field "spec.nodePools[0].capabilites"'),
    (ENVIRONMENT, {f"{POOL}.schedulable": "Never"},
     'supported values: "Always", "NoNew", "Drain"'),
    (ENVIRONMENT, {f"{POOL}.allocation": "CSI"}, 'supported values: "DevicePlugin", "DRA"'),
    (ENVIRONMENT, {f"{POOL}.costPerUnitHour": "$1.10"}, "$1.10 is not a decimal number, such as 1.10"),
    (ENVIRONMENT, {f"{POOL}.nodeSelector": {"zone": "a b"}}, "nodeSelector.zone in body should match"),
    (ENVIRONMENT, {f"{POOL}.nodeSelector": {"gpu": True}}, "must be of type string"),
    (ENVIRONMENT, {f"{POOL}.tolerations": [{"value": "x"}]},
     "a toleration without a key needs the operator Exists"),
    (ENVIRONMENT, {f"{POOL}.tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]},
     "the operator Exists takes no value"),
    (ENVIRONMENT, {f"{POOL}.tolerations": [{"key": "a", "tolerationSeconds": 5}]},
     "tolerationSeconds needs the effect NoExecute"),
    (ENVIRONMENT, {f"{POOL}.affinity": {"nodeAfinity": {}}},
     'unknown field "spec.nodePools[0].affinity.nodeAfinity"'),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"env": [{"name": "CUDA_VISIBLE_DEVICES", "value": "0"}]}},
     "CUDA_VISIBLE_DEVICES is set by the device plugin"),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"env": [{"name": "A"}, {"name": "A"}]}},
     'Duplicate value: {"name":"A"}'),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"env": [{"name": "A", "value": "x", "valueFrom": {
        "fieldRef": {"fieldPath": "status.hostIP"}}}]}}, "value and valueFrom are both written"),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"args": ["--x={{ .y }}"]}},
     'must hold no "{{", "$", backquote or line break'),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"cpuPerUnit": "three"}},
     "three is not a quantity above 0, such as 40Gi"),
    (ENVIRONMENT, {"spec.cluster": {"source": "EKS"}},
     'supported values: "InCluster", "Existing", "GKE"'),
    (ENVIRONMENT, {"spec.cluster": {"existing": {}}},
     "source must say which cluster is meant: Existing or GKE"),
    (ENVIRONMENT, {"spec.cluster": {"source": "InCluster", "existing": {}}},
     "the source InCluster has no other cluster"),
    (ENVIRONMENT, {"spec.cluster": {"source": "Existing"}}, "the source Existing needs existing"),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"baseRefs": [{}]}}, "baseRefs[0].name: Required value"),
    (ENVIRONMENT, {f"{POOL}.podDefaults": {"hostIPC": "yes"}}, "must be of type boolean"),
    (ENVIRONMENT, {"spec.cluster": {"source": "Existing", "existing": {"secretRef": {"key": "k"}}}},
     "spec.cluster.existing.secretRef.name: Required value"),
    (MODEL, {"spec.model": GONE}, "spec.model: Required value"),
    (MODEL, {"spec.huggingFace.repo": GONE}, "weights on the Hugging Face hub need huggingFace.repo"),
    (MODEL, {"spec.source": "URI"}, "the source URI needs uri"),
    (MODEL, {"spec.uri": "pvc://weights/gemma"},
     "huggingFace and uri are both written, so source must say which one counts"),
    (MODEL, {"spec.source": "URI", "spec.uri": "gs://weights/gemma"}, "spec.uri in body should match"),
    (MODEL, {"spec.huggingFace.repo": "https://huggingface.co/google/gemma"},
     "spec.huggingFace.repo in body should match"),
    (MODEL, {"spec.source": "S3"}, 'Unsupported value: "S3": supported values: "HuggingFace", "URI"'),
    (MODEL, {"spec.resources": {"vram": "much"}}, "much is not a quantity above 0, such as 40Gi"),
    (MODEL, {"spec.serving.1": {"name": "fp8"}}, 'spec.serving[1]: Duplicate value: {"name":"fp8"}'),
    (MODEL, {f"{PROFILE}.engine": {"name": "TGI"}}, "TGI is not an engine that can be served, but vLLM is"),
    (MODEL, {f"{PROFILE}.engine": {"args": ["--x=$HOME"]}},
     'must hold no "{{", "$", backquote or line break'),
    (MODEL, {f"{PROFILE}.replicaTopology": {"gpusPerNode": 2, "parallelism": {"tensor": 4}}},
     "gpusPerNode must be a multiple of tensor x data"),
    (MODEL, {f"{PROFILE}.replicaTopology": {"gpusPerNode": 8, "parallelism": {"data": 3}}},
     "gpusPerNode must be a multiple of tensor x data"),
    (MODEL, {f"{PROFILE}.replicaTopology": {"nodes": 2, "gpusPerNode": 8, "parallelism": {"data": 2}}},
     "data parallelism needs a replica on one node"),
    (MODEL, {f"{PROFILE}.replicaTopology": {"nodes": 2, "parallelism": {"pipeline": 4}}},
     "on several nodes the pipeline has a stage on each"),
    (MODEL, {f"{PROFILE}.replicaTopology": {"gpusPerNode": 0}}, "should be greater than or equal to 1"),
    (MODEL, {f"{PROFILE}.replicaTopology.requires.precisionSupport": "fp8"}, "must be of type array"),
    (MODEL, {f"{PROFILE}.replicaTopolgy": {}}, 'unknown field "spec.serving[0].replicaTopolgy"'),
    (DEPLOYMENT, {"spec.modelRef": GONE}, "spec.modelRef: Required value"),
    (DEPLOYMENT, {"spec.modelRef.kind": "LLM"}, 'supported values: "ClusterModel", "Model"'),
    (DEPLOYMENT, {"spec.environments": 11}, "should be less than or equal to 10"),
    (DEPLOYMENT, {"spec.scaling": {"signal": "Concurrency"}},
     "the signal Concurrency needs scaling.concurrency"),
    (DEPLOYMENT, {"spec.scaling": {"signal": "Concurrency", "concurrency": {"minReplicas": 1}}},
     "spec.scaling.concurrency.maxReplicas: Required value"),
    (DEPLOYMENT, {"spec.scaling": {"signal": "Concurrency",
                                   "concurrency": {"minReplicas": 3, "maxReplicas": 2}}},
     "maxReplicas must not be below minReplicas"),
    (DEPLOYMENT, {"spec.scaling": {"fixed": {"replicas": -1}}}, "should be greater than or equal to 0"),
    (DEPLOYMENT, {"spec.replicas": 3}, 'unknown field "spec.replicas"'),
    (DEPLOYMENT, {"spec.tolerations": [{"key": "a", "effect": "Never"}]},
     'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'),
]


def changed(base, changes):
    """A copy of base with the values at their paths; a number is a place in a list."""
    thing = copy.deepcopy(base)
    for path, value in changes.items():
        *above, last = path.split(".")
        at = thing
        for name in above:
            at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
        if value is GONE:
            del at[last]
        elif isinstance(at, list):
            at.append(value)
        else:
            at[last] = value
    return thing


def check_all(plane):
    """(title, check) pairs; a check returns complaints."""
    for base in (ENVIRONMENT, MODEL, DEPLOYMENT):
        yield f"{base['kind']} without a mistake", lambda: list(accepted(plane, base))
    for base, changes, sentence in MISTAKES:
        title = f"{base['kind']} with {changes} is refused".replace(repr(GONE), "nothing")
        yield title, lambda: list(refused(plane, changed(base, changes), sentence))


def dry_run(plane, thing):
    return plane.kubectl("apply", "--dry-run=server", "-f", "-", stdin=[thing], may_fail=True)


def accepted(plane, thing):
    done = dry_run(plane, thing)
    if done.returncode != 0:
        yield done.stderr.strip()


def refused(plane, thing, sentence):
    done = dry_run(plane, thing)
    if done.returncode == 0:
        yield "was accepted"
    elif sentence not in done.stderr:
        yield f"says {done.stderr.strip()!r}, not {sentence!r}"
