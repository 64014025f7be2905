# SPDX-License-Identifier: Apache-2.0
"""Nodes as clusters have them: labels, taints and what is allocatable, as their makers document.

Sources: kubelet's well-known labels (kubernetes.io/docs/reference/labels-annotations-taints); GPU
feature discovery and the device plugin (NVIDIA/k8s-device-plugin, docs and internal/lm); MIG manager
(GPU Operator with MIG); GKE, EKS, AKS, OKE, SKS and Karpenter documentation of node labels;
Bottlerocket's settings of the device plugin; the DRA driver's ResourceSlices
(dra-driver-nvidia-gpu, cmd/gpu-kubelet-plugin).
"""

# Product label, memory in MiB, as feature discovery has them.
CARDS = {
    "H100": ("NVIDIA-H100-80GB-HBM3", 81559, "hopper"),
    "H200": ("NVIDIA-H200", 143771, "hopper"),
    "A100-40": ("NVIDIA-A100-SXM4-40GB", 40960, "ampere"),
    "A100-80": ("NVIDIA-A100-SXM4-80GB", 81920, "ampere"),
    "A100-PCIE": ("NVIDIA-A100-80GB-PCIe", 81920, "ampere"),
    "A30": ("NVIDIA-A30", 24576, "ampere"),
    "T4": ("Tesla-T4", 15360, "turing"),
    "L4": ("NVIDIA-L4", 23034, "ada-lovelace"),
    "L40S": ("NVIDIA-L40S", 46068, "ada-lovelace"),
    "B200": ("NVIDIA-B200", 183359, "blackwell"),
}


def kubelet(name, instance_type, zone="a", **labels):
    """A Node as a kubelet registers it."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
            "creationTimestamp": "2026-11-01T10:00:00Z",
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": instance_type,
                "topology.kubernetes.io/region": "r1",
                "topology.kubernetes.io/zone": f"r1-{zone}",
                **labels,
            },
            "name": name,
            "resourceVersion": "4711",
            "uid": f"00000000-0000-4000-8000-{sum(map(ord, name)):012d}",
        },
        "spec": {"podCIDR": "10.0.0.0/24", "providerID": f"cloud:///{name}"},
        "status": {
            "addresses": [{"address": "10.0.0.1", "type": "InternalIP"},
                          {"address": name, "type": "Hostname"}],
            "allocatable": {"cpu": "191450m", "ephemeral-storage": "27356033509",
                            "hugepages-1Gi": "0", "memory": "2096464960Ki", "pods": "110"},
            "capacity": {"cpu": "192", "memory": "2097116224Ki", "pods": "110"},
            "conditions": [
                {"status": "False", "type": "MemoryPressure", "reason": "KubeletHasSufficientMemory"},
                {"status": "True", "type": "Ready", "reason": "KubeletReady"},
            ],
            "images": [{"names": [f"registry.example/{name}@sha256:{'0' * 64}"],
                        "sizeBytes": 123456789}],
            "nodeInfo": {"architecture": "amd64", "kubeletVersion": "v1.34.4"},
        },
    }


def offer(node, **resources):
    """What device plugins register."""
    for name, count in resources.items():
        node["status"]["allocatable"][name] = str(count)
        node["status"]["capacity"][name] = str(count)
    return node


def taint(node, key, value="", effect="NoSchedule"):
    node["spec"].setdefault("taints", []).append(
        {"effect": effect, "key": key, **({"value": value} if value else {})})
    return node


def label(node, /, **labels):
    node["metadata"]["labels"].update(labels)
    return node


def gfd(node, card, gpus, strategy="mixed", product=None, replicas=1, count=None, memory=None,
        sharing="none"):
    """The labels of GPU feature discovery and of the operator, of a node with that number of GPUs."""
    name, mib, family = CARDS[card]
    for k in range(3):
        node["metadata"]["labels"][f"feature.node.kubernetes.io/cpu-cpuid.AVX{k}"] = "true"
    return label(node, **{
        "nvidia.com/cuda.driver.major": "580",
        "nvidia.com/gfd.timestamp": str(1760000000 + len(node["metadata"]["name"])),
        "nvidia.com/gpu.compute.major": "9",
        "nvidia.com/gpu.count": str(gpus if count is None else count),
        "nvidia.com/gpu.deploy.device-plugin": "true",
        "nvidia.com/gpu.family": family,
        "nvidia.com/gpu.machine": "Server",
        "nvidia.com/gpu.memory": str(memory or mib),
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": product or name,
        "nvidia.com/gpu.replicas": str(replicas),
        "nvidia.com/gpu.sharing-strategy": sharing,
        "nvidia.com/mig.capable": str(card[0] in "HB" or card[:2] in ("A1", "A3")).lower(),
        "nvidia.com/mig.strategy": strategy,
    })


def whole(node, card, gpus):
    """GPUs of which MIG is off."""
    return offer(gfd(node, card, gpus), **{"nvidia.com/gpu": gpus})


def mig_config(node, name):
    return label(node, **{"nvidia.com/mig.config": name, "nvidia.com/mig.config.state": "success"})


def mig_mixed(node, card, gpus, slices, config, replicas=1, left=0):
    """Slices that the device plugin names by their profile: {profile: how many on the node}."""
    gfd(node, card, gpus)
    mig_config(node, config)
    offer(node, **{"nvidia.com/gpu": left})
    for profile, count in slices.items():
        name = "nvidia.com/mig-" + profile.replace("+", ".")
        memory = int(profile.split("g.")[1].split("gb")[0]) * 1008
        label(node, **{
            f"{name}.count": str(count),
            f"{name}.memory": str(memory),
            f"{name}.product": f"{CARDS[card][0]}-MIG-{profile.replace('+', '.')}",
            f"{name}.replicas": str(replicas),
        })
        offer(node, **{name + (".shared" if replicas > 1 else ""): count * replicas})
    return node


def mig_single(node, card, gpus, profile, per_gpu, config):
    """Slices under the name of whole GPUs: the labels describe a slice."""
    count = gpus * per_gpu
    memory = int(profile.split("g.")[1].split("gb")[0]) * 1008
    gfd(node, card, gpus, "single", f"{CARDS[card][0]}-MIG-{profile}", count=count, memory=memory)
    return offer(mig_config(node, config), **{"nvidia.com/gpu": count})


def shared(node, card, gpus, replicas, renamed=False, mps=False):
    """GPUs shared in time, or by MPS."""
    product = CARDS[card][0] + ("" if renamed else "-SHARED")
    gfd(node, card, gpus, "none", product, replicas, sharing="mps" if mps else "time-slicing")
    return offer(node, **{"nvidia.com/gpu" + (".shared" if renamed else ""): gpus * replicas})


def gke(name, pool, accelerator, gpus, machine, partition=None, per_gpu=1, clients=1, mps=False):
    """GKE's own labels, plugin and taint; there is no feature discovery."""
    node = kubelet(name, machine, **{
        "cloud.google.com/gke-nodepool": pool,
        "cloud.google.com/gke-accelerator": accelerator,
        "cloud.google.com/gke-gpu-driver-version": "default",
        "cloud.google.com/machine-family": machine.split("-")[0],
        "cloud.google.com/gke-boot-disk": "pd-balanced",
    })
    if partition:
        label(node, **{"cloud.google.com/gke-gpu-partition-size": partition})
    if clients > 1:
        label(node, **{
            "cloud.google.com/gke-gpu-sharing-strategy": "mps" if mps else "time-sharing",
            "cloud.google.com/gke-max-shared-clients-per-gpu": str(clients),
        })
    taint(node, "nvidia.com/gpu", "present")
    return offer(node, **{"nvidia.com/gpu": gpus * per_gpu * clients})


def eks(name, group, machine, gpus, capacity="ON_DEMAND"):
    """A managed node group with NVIDIA's plain device plugin."""
    node = kubelet(name, machine, **{
        "eks.amazonaws.com/capacityType": capacity,
        "eks.amazonaws.com/nodegroup": group,
        "eks.amazonaws.com/nodegroup-image": "ami-0123456789abcdef0",
        "k8s.io/cloud-provider-aws": "a94967527effcefb5f5829f529c0a1b9",
    })
    return offer(node, **{"nvidia.com/gpu": gpus})


def karpenter(name, pool, machine, gpu, gpus, memory):
    node = kubelet(name, machine, **{
        "karpenter.sh/capacity-type": "spot",
        "karpenter.sh/initialized": "true",
        "karpenter.sh/nodepool": pool,
        "karpenter.sh/registered": "true",
        "karpenter.k8s.aws/instance-category": machine[0],
        "karpenter.k8s.aws/instance-family": machine.split(".")[0],
        "karpenter.k8s.aws/instance-gpu-count": str(gpus),
        "karpenter.k8s.aws/instance-gpu-manufacturer": "nvidia",
        "karpenter.k8s.aws/instance-gpu-memory": str(memory),
        "karpenter.k8s.aws/instance-gpu-name": gpu,
        "karpenter.k8s.aws/instance-size": machine.split(".")[1],
    })
    return offer(node, **{"nvidia.com/gpu": gpus})


def aks(name, pool, machine):
    node = kubelet(name, machine, **{
        "agentpool": pool,
        "kubernetes.azure.com/accelerator": "nvidia",
        "kubernetes.azure.com/agentpool": pool,
        "kubernetes.azure.com/cluster": "MC_rg_cluster_westeurope",
        "kubernetes.azure.com/mode": "user",
        "kubernetes.azure.com/os-sku": "Ubuntu",
    })
    return taint(node, "sku", "gpu")


def oke(name, pool, shape):
    return label(kubelet(name, shape), **{
        "displayName": name,
        "hostname": name,
        "internal_addr": "10.0.0.1",
        "name": pool,
        "oci.oraclecloud.com/fault-domain": "FAULT-DOMAIN-1",
        "node.info.ds_proxymux_client": "true",
    })


def exoscale(name, pool, machine):
    return kubelet(name, machine, **{
        "node.exoscale.net/nodepool-id": f"pool-{pool}",
        "node.exoscale.net/nodepool-name": pool,
    })


def bottlerocket(name, group, machine, gpus):
    """Bottlerocket cuts GPUs by its settings and runs the single strategy, without discovery."""
    return label(eks(name, group, machine, gpus),
                 **{"bottlerocket.aws/updater-interface-version": "2.0.0"})


def device(name, kind, card, profile=None):
    product, mib, _ = CARDS[card]
    attributes = {
        "architecture": {"string": CARDS[card][2].capitalize()},
        "driverVersion": {"version": "580.95.5"},
        "productName": {"string": product.replace("-", " ")},
        "type": {"string": kind},
        "uuid": {"string": f"{kind.upper()}-{name}"},
    }
    if profile:
        attributes["profile"] = {"string": profile}
        mib = int(profile.split("g.")[1].split("gb")[0]) * 1008
    return {"name": name, "attributes": attributes, "capacity": {"memory": {"value": f"{mib}Mi"}}}


def resource_slice(node, devices, generation=1):
    name = node["metadata"]["name"]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": f"{name}-gpu.nvidia.com-{generation}"},
        "spec": {
            "devices": devices,
            "driver": "gpu.nvidia.com",
            "nodeName": name,
            "pool": {"generation": generation, "name": name, "resourceSliceCount": 1},
        },
    }


def plain(name, machine="m7i.2xlarge", **labels):
    """A node without GPUs."""
    return kubelet(name, machine, **labels)
