# SPDX-License-Identifier: Apache-2.0
"""The clusters of test/discover/cases, made of nodes.py: clusters.py FOLDER writes them."""

import pathlib
import sys

import yaml

import nodes as n


def many(first, count, make):
    return [make(f"{first}-{i}") for i in range(count)]


def gpu_operator():
    """Whole, uniform, balanced and a custom layout, all of the mixed strategy."""
    def machine(name):
        return n.kubelet(name, "p5.48xlarge")
    balanced = {"1g.10gb": 16, "2g.20gb": 8, "3g.40gb": 8}
    return [
        *many("plain", 2, n.plain),
        *many("whole", 2, lambda name: n.mig_config(n.whole(machine(name), "H100", 8),
                                                    "all-disabled")),
        *many("small", 3, lambda name: n.mig_mixed(machine(name), "H100", 8, {"1g.10gb": 56},
                                                   "all-1g.10gb")),
        *many("balanced", 2, lambda name: n.mig_mixed(machine(name), "H100", 8, balanced,
                                                      "all-balanced")),
        *many("custom", 1, lambda name: n.mig_mixed(
            machine(name), "H100", 8, {"1g.10gb+me": 8, "1g.20gb": 8, "3g.40gb": 8}, "team-a")),
    ]


def single_strategy():
    return [
        *many("quarter", 2, lambda name: n.mig_single(n.kubelet(name, "bare"), "A30", 2, "1g.6gb",
                                                      4, "all-1g.6gb")),
        *many("halves", 2, lambda name: n.mig_single(n.kubelet(name, "bare"), "A100-80", 8,
                                                     "3g.40gb", 2, "all-3g.40gb")),
        # The slices do not agree: such a node offers nothing.
        n.offer(n.gfd(n.kubelet("broken", "bare"), "A100-80", 8, "single",
                      "NVIDIA-A100-SXM4-80GB-MIG-INVALID", count=0), **{"nvidia.com/gpu": 0}),
    ]


def shared():
    """Time-slicing under both names, MPS, and slices that are shared."""
    return [
        *many("sliced", 2, lambda name: n.shared(n.kubelet(name, "g4dn.12xlarge"), "T4", 4, 4)),
        *many("renamed", 1, lambda name: n.shared(n.kubelet(name, "g6.12xlarge"), "L4", 4, 2,
                                                  renamed=True)),
        *many("mps", 1, lambda name: n.shared(n.kubelet(name, "g6e.12xlarge"), "L40S", 4, 8,
                                              mps=True)),
        *many("slices", 1, lambda name: n.mig_mixed(n.kubelet(name, "p4d.24xlarge"), "A100-40", 8,
                                                    {"3g.20gb": 16}, "all-3g.20gb", replicas=2)),
    ]


def gke():
    h100 = ("nvidia-h100-80gb", 8, "a3-highgpu-8g")
    return [
        *many("gke-default", 2, lambda name: n.plain(
            name, "e2-standard-8", **{"cloud.google.com/gke-nodepool": "default-pool"})),
        *many("gke-halves", 2, lambda name: n.gke(name, "halves", *h100, "3g.40gb", 2)),
        *many("gke-small", 1, lambda name: n.gke(name, "small", *h100, "1g.10gb", 7)),
        *many("gke-whole", 1, lambda name: n.gke(name, "whole", *h100)),
        *many("gke-shared", 2, lambda name: n.gke(name, "shared", "nvidia-a100-80gb", 1,
                                                  "a2-ultragpu-1g", clients=3)),
        *many("gke-mps", 1, lambda name: n.gke(name, "mps", "nvidia-l4", 2, "g2-standard-24",
                                               clients=4, mps=True)),
        # A partition that is shared in time as well.
        *many("gke-both", 1, lambda name: n.gke(name, "both", "nvidia-tesla-a100", 2,
                                                "a2-highgpu-2g", "1g.5gb", 7, clients=2)),
    ]


def eks():
    return [
        *many("system", 2, n.plain),
        *many("p5", 2, lambda name: n.taint(n.eks(name, "p5", "p5.48xlarge", 8), "dedicated",
                                            "gpu")),
        *many("p4de", 1, lambda name: n.eks(name, "p4de", "p4de.24xlarge", 8)),
        *many("p4de-spot", 1, lambda name: n.taint(
            n.eks(name, "p4de-spot", "p4de.24xlarge", 8, "SPOT"), "spot", "true", "NoExecute")),
    ]


def aks():
    return [
        *many("aks-system", 2, lambda name: n.plain(name, "Standard_D8s_v5",
                                                    **{"agentpool": "system"})),
        *many("aks-a100", 2, lambda name: n.whole(
            n.aks(name, "a100", "Standard_NC24ads_A100_v4"), "A100-PCIE", 1)),
        # gpuInstanceProfile MIG3g, with the plugin's mixed strategy.
        *many("aks-mig3g", 2, lambda name: n.offer(n.gfd(
            n.aks(name, "mig3g", "Standard_NC24ads_A100_v4"), "A100-PCIE", 1),
            **{"nvidia.com/mig-3g.40gb": 2, "nvidia.com/gpu": 0})),
        # and with the single strategy.
        *many("aks-mig1g", 1, lambda name: n.offer(n.gfd(
            n.aks(name, "mig1g", "Standard_NC24ads_A100_v4"), "A100-PCIE", 1, "single",
            "NVIDIA-A100-80GB-PCIe-MIG-1g.10gb", count=7, memory=9728),
            **{"nvidia.com/gpu": 7})),
    ]


def oke():
    return [
        *many("oke-cpu", 1, lambda name: n.oke(name, "cpu", "VM.Standard.E5.Flex")),
        *many("oke-h100", 2, lambda name: n.taint(n.whole(
            n.oke(name, "h100", "BM.GPU.H100.8"), "H100", 8), "nvidia.com/gpu", "present")),
        *many("oke-a100", 1, lambda name: n.taint(n.mig_mixed(
            n.oke(name, "a100", "BM.GPU.A100-v2.8"), "A100-80", 8, {"2g.20gb": 24},
            "all-2g.20gb"), "nvidia.com/gpu", "present")),
    ]


def exoscale():
    return [
        *many("sks-cpu", 1, lambda name: n.exoscale(name, "cpu", "standard.large")),
        *many("sks-a30", 3, lambda name: n.label(n.mig_single(
            n.exoscale(name, "a30", "gpua30.small"), "A30", 1, "1g.6gb", 4, "all-1g.6gb"),
            **{"modelplane.ai/pool": "a30-quarter"})),
    ]


def eks_gpu_operator():
    return [
        *many("ip-10-0-0", 1, n.plain),
        *many("ip-10-0-1", 2, lambda name: n.mig_mixed(
            n.eks(name, "p5-mig", "p5.48xlarge", 0), "H100", 8, {"3g.40gb": 16}, "all-3g.40gb")),
    ]


def bare_metal():
    return [
        *many("rack-1", 2, n.plain),
        *many("rack-2", 2, lambda name: n.taint(n.label(n.mig_mixed(
            n.kubelet(name, "metal"), "H200", 8, {"1g.18gb": 56}, "all-1g.18gb"),
            **{"modelplane.ai/pool": "h200-seventh"}), "dedicated", "inference")),
    ]


def upcloud():
    return [
        *many("uks-small", 1, lambda name: n.mig_mixed(
            n.kubelet(name, "GPU-8xB200"), "B200", 8, {"1g.23gb": 56}, "all-1g.23gb")),
        *many("uks-medium", 1, lambda name: n.mig_mixed(
            n.kubelet(name, "GPU-8xB200"), "B200", 8, {"2g.45gb": 24}, "all-2g.45gb")),
    ]


def openshift():
    """The certified operator's single strategy, on nodes of a machine set."""
    def worker(name, machine, role="worker"):
        return n.kubelet(name, machine, **{
            "node.openshift.io/os_id": "rhel", f"node-role.kubernetes.io/{role}": ""})
    return [
        *many("ocp-worker", 2, lambda name: worker(name, "m6i.2xlarge")),
        *many("ocp-gpu", 2, lambda name: n.taint(n.mig_single(
            worker(name, "p4d.24xlarge", "gpu"), "A100-40", 8, "2g.10gb", 3, "all-2g.10gb"),
            "nvidia.com/gpu")),
    ]


def bottlerocket():
    """No label says that the 16 are halves of eight GPUs."""
    return [
        *many("br-cpu", 1, n.plain),
        *many("br-h100", 2, lambda name: n.bottlerocket(name, "h100-half", "p5.48xlarge", 16)),
    ]


def karpenter():
    """One node pool with machines of two kinds."""
    return [
        *many("k-cpu", 1, lambda name: n.plain(name, **{"karpenter.sh/nodepool": "default"})),
        *many("k-p5", 2, lambda name: n.karpenter(name, "gpu", "p5.48xlarge", "h100", 8, 81559)),
        *many("k-p4d", 1, lambda name: n.karpenter(name, "gpu", "p4d.24xlarge", "a100", 8, 40960)),
        n.taint(n.karpenter("k-going", "gpu", "p4d.24xlarge", "a100", 8, 40960),
                "karpenter.sh/disrupted"),
    ]


def dra():
    """No device plugin: what ResourceSlices have."""
    slices = [n.device(f"gpu-0-mig-{i}", "mig", "H100", "1g.10gb") for i in range(7)]
    slices += [n.device(f"gpu-1-mig-{i}", "mig", "H100", "1g.10gb") for i in range(7)]
    gpus = [n.device(f"gpu-{i}", "gpu", "H100") for i in range(8)]
    cut = n.kubelet("dra-cut", "metal", pool="cut")
    whole = n.kubelet("dra-whole", "metal", pool="whole")
    return [
        n.plain("dra-cpu"), cut, whole,
        n.resource_slice(cut, [n.device("gpu-0", "gpu", "H100")]),  # before it was cut
        n.resource_slice(cut, slices, generation=2),
        n.resource_slice(whole, gpus),
    ]


def unlike():
    """What one pool cannot say, or no label."""
    half = n.mig_mixed(n.kubelet("half", "p4d.24xlarge"), "A100-40", 8, {"1g.5gb": 28}, "half",
                       left=4)
    like = [n.whole(n.kubelet(f"like-{i}", "h200"), "H200", 8) for i in range(3)]
    like[1]["status"]["allocatable"]["nvidia.com/gpu"] = "7"  # one has fallen off the bus
    like[2]["spec"]["unschedulable"] = True
    n.taint(like[2], "node.kubernetes.io/unschedulable")
    starting = n.gfd(n.kubelet("starting", "h200"), "H200", 8)
    return [half, *like, starting]


def others():
    """GPUs of other vendors, and one that is not known."""
    mi300x = n.kubelet("mi300x", "bare", **{
        "amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM", "amd.com/gpu.vram": "192G"})
    gaudi = n.kubelet("gaudi", "dl1.24xlarge")
    unknown = n.whole(n.kubelet("unknown", "bare"), "T4", 2)
    n.label(unknown, **{"nvidia.com/gpu.product": "NVIDIA-GB999", "nvidia.com/gpu.memory": "400000"})
    return [
        n.offer(mi300x, **{"amd.com/gpu": 8}),
        n.offer(gaudi, **{"habana.ai/gaudi": 8}),
        unknown,
    ]


ALL = (gpu_operator, single_strategy, shared, gke, eks, eks_gpu_operator, aks, oke, exoscale, upcloud,
       openshift, bare_metal, bottlerocket, karpenter, dra, unlike, others)


def main(folder):
    for make in ALL:
        case = pathlib.Path(folder) / make.__name__.replace("_", "-")
        case.mkdir(parents=True, exist_ok=True)
        whole = {"apiVersion": "v1", "kind": "List", "items": make()}
        (case / "nodes.yaml").write_text(yaml.safe_dump(whole, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
