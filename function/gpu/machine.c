/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/machine.h"

#include "base/count.h"

/* clang-format off */

/*
 * Source: the providers' lists of machine types, named at each block. A type of its
 * own stands before its family, which is any size of it.
 */
static const struct {
        struct text type, gpu;
        int32_t count; /* 0: sizes of the family differ */
} machines[] = {
        /* AWS: EC2, accelerated computing instances. g6f and gr6f have a part of a GPU. */
        { TEXT_INIT("p3.2xlarge"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 1 },
        { TEXT_INIT("p3.8xlarge"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 4 },
        { TEXT_INIT("p3.16xlarge"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 8 },
        { TEXT_INIT("p3"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 0 },
        { TEXT_INIT("p3dn.24xlarge"), TEXT_INIT("Tesla-V100-SXM2-32GB"), 8 },
        { TEXT_INIT("p3dn"), TEXT_INIT("Tesla-V100-SXM2-32GB"), 8 },
        { TEXT_INIT("p4d"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 8 },
        { TEXT_INIT("p4de"), TEXT_INIT("NVIDIA-A100-SXM4-80GB"), 8 },
        { TEXT_INIT("p5.4xlarge"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 1 },
        { TEXT_INIT("p5.48xlarge"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("p5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 0 },
        { TEXT_INIT("p5e"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("p5en.48xlarge"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("p5en"), TEXT_INIT("NVIDIA-H200"), 0 },
        { TEXT_INIT("p6-b200"), TEXT_INIT("NVIDIA-B200"), 8 },
        { TEXT_INIT("p6-b300"), TEXT_INIT("NVIDIA-B300-SXM6-AC"), 8 },
        { TEXT_INIT("p6e-gb200.36xlarge"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("p6e-gb200"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("p6e-gb300"), TEXT_INIT("NVIDIA-GB300"), 4 },
        { TEXT_INIT("g4dn.xlarge"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("g4dn.2xlarge"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("g4dn.4xlarge"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("g4dn.8xlarge"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("g4dn.16xlarge"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("g4dn.12xlarge"), TEXT_INIT("Tesla-T4"), 4 },
        { TEXT_INIT("g4dn.metal"), TEXT_INIT("Tesla-T4"), 8 },
        { TEXT_INIT("g4dn"), TEXT_INIT("Tesla-T4"), 0 },
        { TEXT_INIT("g5.xlarge"), TEXT_INIT("NVIDIA-A10G"), 1 },
        { TEXT_INIT("g5.2xlarge"), TEXT_INIT("NVIDIA-A10G"), 1 },
        { TEXT_INIT("g5.4xlarge"), TEXT_INIT("NVIDIA-A10G"), 1 },
        { TEXT_INIT("g5.8xlarge"), TEXT_INIT("NVIDIA-A10G"), 1 },
        { TEXT_INIT("g5.16xlarge"), TEXT_INIT("NVIDIA-A10G"), 1 },
        { TEXT_INIT("g5.12xlarge"), TEXT_INIT("NVIDIA-A10G"), 4 },
        { TEXT_INIT("g5.24xlarge"), TEXT_INIT("NVIDIA-A10G"), 4 },
        { TEXT_INIT("g5.48xlarge"), TEXT_INIT("NVIDIA-A10G"), 8 },
        { TEXT_INIT("g5"), TEXT_INIT("NVIDIA-A10G"), 0 },
        { TEXT_INIT("g5g.xlarge"), TEXT_INIT("NVIDIA-T4G"), 1 },
        { TEXT_INIT("g5g.2xlarge"), TEXT_INIT("NVIDIA-T4G"), 1 },
        { TEXT_INIT("g5g.4xlarge"), TEXT_INIT("NVIDIA-T4G"), 1 },
        { TEXT_INIT("g5g.8xlarge"), TEXT_INIT("NVIDIA-T4G"), 1 },
        { TEXT_INIT("g5g.16xlarge"), TEXT_INIT("NVIDIA-T4G"), 2 },
        { TEXT_INIT("g5g.metal"), TEXT_INIT("NVIDIA-T4G"), 2 },
        { TEXT_INIT("g5g"), TEXT_INIT("NVIDIA-T4G"), 0 },
        { TEXT_INIT("g6.xlarge"), TEXT_INIT("NVIDIA-L4"), 1 },
        { TEXT_INIT("g6.2xlarge"), TEXT_INIT("NVIDIA-L4"), 1 },
        { TEXT_INIT("g6.4xlarge"), TEXT_INIT("NVIDIA-L4"), 1 },
        { TEXT_INIT("g6.8xlarge"), TEXT_INIT("NVIDIA-L4"), 1 },
        { TEXT_INIT("g6.16xlarge"), TEXT_INIT("NVIDIA-L4"), 1 },
        { TEXT_INIT("g6.12xlarge"), TEXT_INIT("NVIDIA-L4"), 4 },
        { TEXT_INIT("g6.24xlarge"), TEXT_INIT("NVIDIA-L4"), 4 },
        { TEXT_INIT("g6.48xlarge"), TEXT_INIT("NVIDIA-L4"), 8 },
        { TEXT_INIT("g6"), TEXT_INIT("NVIDIA-L4"), 0 },
        { TEXT_INIT("gr6"), TEXT_INIT("NVIDIA-L4"), 1 },
        { TEXT_INIT("g6e.xlarge"), TEXT_INIT("NVIDIA-L40S"), 1 },
        { TEXT_INIT("g6e.2xlarge"), TEXT_INIT("NVIDIA-L40S"), 1 },
        { TEXT_INIT("g6e.4xlarge"), TEXT_INIT("NVIDIA-L40S"), 1 },
        { TEXT_INIT("g6e.8xlarge"), TEXT_INIT("NVIDIA-L40S"), 1 },
        { TEXT_INIT("g6e.16xlarge"), TEXT_INIT("NVIDIA-L40S"), 1 },
        { TEXT_INIT("g6e.12xlarge"), TEXT_INIT("NVIDIA-L40S"), 4 },
        { TEXT_INIT("g6e.24xlarge"), TEXT_INIT("NVIDIA-L40S"), 4 },
        { TEXT_INIT("g6e.48xlarge"), TEXT_INIT("NVIDIA-L40S"), 8 },
        { TEXT_INIT("g6e"), TEXT_INIT("NVIDIA-L40S"), 0 },
        /* AWS: sizes of G7, as kubernetes/autoscaler issue 9854 lists them; of g7.8xlarge accounts differ. */
        { TEXT_INIT("g7.2xlarge"), TEXT_INIT("RTX-PRO-4500-32GB"), 1 },
        { TEXT_INIT("g7.4xlarge"), TEXT_INIT("RTX-PRO-4500-32GB"), 1 },
        { TEXT_INIT("g7.12xlarge"), TEXT_INIT("RTX-PRO-4500-32GB"), 4 },
        { TEXT_INIT("g7.24xlarge"), TEXT_INIT("RTX-PRO-4500-32GB"), 4 },
        { TEXT_INIT("g7.48xlarge"), TEXT_INIT("RTX-PRO-4500-32GB"), 8 },
        { TEXT_INIT("g7"), TEXT_INIT("RTX-PRO-4500-32GB"), 0 },
        { TEXT_INIT("g7e.2xlarge"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 1 },
        { TEXT_INIT("g7e.4xlarge"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 1 },
        { TEXT_INIT("g7e.8xlarge"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 1 },
        { TEXT_INIT("g7e.12xlarge"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 2 },
        { TEXT_INIT("g7e.24xlarge"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 4 },
        { TEXT_INIT("g7e.48xlarge"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 8 },
        { TEXT_INIT("g7e"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 0 },
        /* Google Cloud: GPU machine types. g4-standard-6 to -24 have a part of a GPU. */
        { TEXT_INIT("a2-highgpu-1g"), TEXT_INIT("nvidia-tesla-a100"), 1 },
        { TEXT_INIT("a2-highgpu-2g"), TEXT_INIT("nvidia-tesla-a100"), 2 },
        { TEXT_INIT("a2-highgpu-4g"), TEXT_INIT("nvidia-tesla-a100"), 4 },
        { TEXT_INIT("a2-highgpu-8g"), TEXT_INIT("nvidia-tesla-a100"), 8 },
        { TEXT_INIT("a2-highgpu"), TEXT_INIT("nvidia-tesla-a100"), 0 },
        { TEXT_INIT("a2-megagpu-16g"), TEXT_INIT("nvidia-tesla-a100"), 16 },
        { TEXT_INIT("a2-megagpu"), TEXT_INIT("nvidia-tesla-a100"), 16 },
        { TEXT_INIT("a2-ultragpu-1g"), TEXT_INIT("nvidia-a100-80gb"), 1 },
        { TEXT_INIT("a2-ultragpu-2g"), TEXT_INIT("nvidia-a100-80gb"), 2 },
        { TEXT_INIT("a2-ultragpu-4g"), TEXT_INIT("nvidia-a100-80gb"), 4 },
        { TEXT_INIT("a2-ultragpu-8g"), TEXT_INIT("nvidia-a100-80gb"), 8 },
        { TEXT_INIT("a2-ultragpu"), TEXT_INIT("nvidia-a100-80gb"), 0 },
        { TEXT_INIT("a3-highgpu-1g"), TEXT_INIT("nvidia-h100-80gb"), 1 },
        { TEXT_INIT("a3-highgpu-2g"), TEXT_INIT("nvidia-h100-80gb"), 2 },
        { TEXT_INIT("a3-highgpu-4g"), TEXT_INIT("nvidia-h100-80gb"), 4 },
        { TEXT_INIT("a3-highgpu-8g"), TEXT_INIT("nvidia-h100-80gb"), 8 },
        { TEXT_INIT("a3-highgpu"), TEXT_INIT("nvidia-h100-80gb"), 0 },
        { TEXT_INIT("a3-edgegpu"), TEXT_INIT("nvidia-h100-80gb"), 8 },
        { TEXT_INIT("a3-megagpu"), TEXT_INIT("nvidia-h100-mega-80gb"), 8 },
        { TEXT_INIT("a3-ultragpu"), TEXT_INIT("nvidia-h200-141gb"), 8 },
        { TEXT_INIT("a4-highgpu"), TEXT_INIT("nvidia-b200"), 8 },
        { TEXT_INIT("a4x-highgpu"), TEXT_INIT("nvidia-gb200"), 4 },
        { TEXT_INIT("a4x-maxgpu"), TEXT_INIT("nvidia-gb300"), 4 },
        { TEXT_INIT("g2-standard-4"), TEXT_INIT("nvidia-l4"), 1 },
        { TEXT_INIT("g2-standard-8"), TEXT_INIT("nvidia-l4"), 1 },
        { TEXT_INIT("g2-standard-12"), TEXT_INIT("nvidia-l4"), 1 },
        { TEXT_INIT("g2-standard-16"), TEXT_INIT("nvidia-l4"), 1 },
        { TEXT_INIT("g2-standard-32"), TEXT_INIT("nvidia-l4"), 1 },
        { TEXT_INIT("g2-standard-24"), TEXT_INIT("nvidia-l4"), 2 },
        { TEXT_INIT("g2-standard-48"), TEXT_INIT("nvidia-l4"), 4 },
        { TEXT_INIT("g2-standard-96"), TEXT_INIT("nvidia-l4"), 8 },
        { TEXT_INIT("g2-standard"), TEXT_INIT("nvidia-l4"), 0 },
        { TEXT_INIT("g4-standard-48"), TEXT_INIT("nvidia-rtx-pro-6000"), 1 },
        { TEXT_INIT("g4-standard-96"), TEXT_INIT("nvidia-rtx-pro-6000"), 2 },
        { TEXT_INIT("g4-standard-192"), TEXT_INIT("nvidia-rtx-pro-6000"), 4 },
        { TEXT_INIT("g4-standard-384"), TEXT_INIT("nvidia-rtx-pro-6000"), 8 },
        /* Azure: GPU accelerated sizes, without "Standard_". Sizes of NVadsA10 v5 and NCRTXPRO6000BSE
         * v6 with a part of a GPU are left out. */
        { TEXT_INIT("NC6s_v3"), TEXT_INIT("Tesla-V100-PCIE-16GB"), 1 },
        { TEXT_INIT("NC12s_v3"), TEXT_INIT("Tesla-V100-PCIE-16GB"), 2 },
        { TEXT_INIT("NC24s_v3"), TEXT_INIT("Tesla-V100-PCIE-16GB"), 4 },
        { TEXT_INIT("NC24rs_v3"), TEXT_INIT("Tesla-V100-PCIE-16GB"), 4 },
        { TEXT_INIT("ND40s_v2"), TEXT_INIT("Tesla-V100-SXM2-32GB"), 8 },
        { TEXT_INIT("ND40rs_v2"), TEXT_INIT("Tesla-V100-SXM2-32GB"), 8 },
        { TEXT_INIT("NC4as_T4_v3"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("NC8as_T4_v3"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("NC16as_T4_v3"), TEXT_INIT("Tesla-T4"), 1 },
        { TEXT_INIT("NC64as_T4_v3"), TEXT_INIT("Tesla-T4"), 4 },
        { TEXT_INIT("NV36ads_A10_v5"), TEXT_INIT("NVIDIA-A10"), 1 },
        { TEXT_INIT("NV36adms_A10_v5"), TEXT_INIT("NVIDIA-A10"), 1 },
        { TEXT_INIT("NV72ads_A10_v5"), TEXT_INIT("NVIDIA-A10"), 2 },
        { TEXT_INIT("ND96asr_v4"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 8 },
        { TEXT_INIT("ND96asr_A100_v4"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 8 },
        { TEXT_INIT("ND96ams_A100_v4"), TEXT_INIT("NVIDIA-A100-SXM4-80GB"), 8 },
        { TEXT_INIT("ND96amsr_A100_v4"), TEXT_INIT("NVIDIA-A100-SXM4-80GB"), 8 },
        { TEXT_INIT("NC24ads_A100_v4"), TEXT_INIT("NVIDIA-A100-80GB-PCIe"), 1 },
        { TEXT_INIT("NC48ads_A100_v4"), TEXT_INIT("NVIDIA-A100-80GB-PCIe"), 2 },
        { TEXT_INIT("NC96ads_A100_v4"), TEXT_INIT("NVIDIA-A100-80GB-PCIe"), 4 },
        { TEXT_INIT("NC40ads_H100_v5"), TEXT_INIT("NVIDIA-H100-NVL"), 1 },
        { TEXT_INIT("NC80adis_H100_v5"), TEXT_INIT("NVIDIA-H100-NVL"), 2 },
        { TEXT_INIT("NCC40ads_H100_v5"), TEXT_INIT("NVIDIA-H100-NVL"), 1 },
        { TEXT_INIT("ND96is_H100_v5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("ND96isr_H100_v5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("ND96isf_H100_v5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("ND96isrf_H100_v5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("ND96is_flex_H100_v5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("ND96is_noIB_H100_v5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("ND96is_H200_v5"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("ND96isr_H200_v5"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("ND96isrf_H200_v5"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("ND128isr_NDR_GB200_v6"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("ND128isrf_NDR_GB200_v6"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("ND128isr_GB300_v6"), TEXT_INIT("NVIDIA-GB300"), 4 },
        { TEXT_INIT("NC144ds_xl_RTXPRO6000BSE_v6"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 1 },
        { TEXT_INIT("NC288ds_xl_RTXPRO6000BSE_v6"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 2 },
        { TEXT_INIT("NC144lds_xl_RTXPRO6000BSE_v6"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 1 },
        { TEXT_INIT("NC288lds_xl_RTXPRO6000BSE_v6"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 2 },
        { TEXT_INIT("ND96is_MI300X_v5"), TEXT_INIT("MI300X"), 8 },
        { TEXT_INIT("ND96isr_MI300X_v5"), TEXT_INIT("MI300X"), 8 },
        /* OCI: compute shapes, GPU. */
        { TEXT_INIT("VM.GPU2.1"), TEXT_INIT("Tesla-P100-SXM2-16GB"), 1 },
        { TEXT_INIT("BM.GPU2.2"), TEXT_INIT("Tesla-P100-SXM2-16GB"), 2 },
        { TEXT_INIT("VM.GPU3.1"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 1 },
        { TEXT_INIT("VM.GPU3.2"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 2 },
        { TEXT_INIT("VM.GPU3.4"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 4 },
        { TEXT_INIT("BM.GPU3.8"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 8 },
        { TEXT_INIT("VM.GPU.A10.1"), TEXT_INIT("NVIDIA-A10"), 1 },
        { TEXT_INIT("VM.GPU.A10.2"), TEXT_INIT("NVIDIA-A10"), 2 },
        { TEXT_INIT("VM.GPU.A10.4"), TEXT_INIT("NVIDIA-A10"), 4 },
        { TEXT_INIT("BM.GPU.A10.4"), TEXT_INIT("NVIDIA-A10"), 4 },
        { TEXT_INIT("BM.GPU4.8"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 8 },
        { TEXT_INIT("BM.GPU.B4.8"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 8 },
        { TEXT_INIT("BM.GPU.A100-v2.8"), TEXT_INIT("NVIDIA-A100-SXM4-80GB"), 8 },
        { TEXT_INIT("BM.GPU.L40S.4"), TEXT_INIT("NVIDIA-L40S"), 4 },
        { TEXT_INIT("BM.GPU.L40S-NC.4"), TEXT_INIT("NVIDIA-L40S"), 4 },
        { TEXT_INIT("BM.GPU.H100.8"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("BM.GPU.H100-NC.8"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("BM.GPU.H200.8"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("BM.GPU.H200-NC.8"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("BM.GPU.B200.8"), TEXT_INIT("NVIDIA-B200"), 8 },
        { TEXT_INIT("BM.GPU.B300.8"), TEXT_INIT("NVIDIA-B300-SXM6-AC"), 8 },
        { TEXT_INIT("BM.GPU.B300.HS.8"), TEXT_INIT("NVIDIA-B300-SXM6-AC"), 8 },
        { TEXT_INIT("BM.GPU.GB200.4"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("BM.GPU.GB200-v2.4"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("BM.GPU.GB200-v3.4"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("BM.GPU.GB300.4"), TEXT_INIT("NVIDIA-GB300"), 4 },
        { TEXT_INIT("BM.GPU.RTXPRO.8"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 8 },
        { TEXT_INIT("BM.GPU.MI300X.8"), TEXT_INIT("MI300X"), 8 },
        { TEXT_INIT("BM.GPU.MI355X.8"), TEXT_INIT("MI355X"), 8 },
        { TEXT_INIT("BM.GPU.MI355X-v0.8"), TEXT_INIT("MI355X"), 8 },
        { TEXT_INIT("BM.GPU.MI355X-v1.8"), TEXT_INIT("MI355X"), 8 },
        /* Exoscale: instance types, GPU. How many GPUs each size has was not found. */
        { TEXT_INIT("gpu2"), TEXT_INIT("V100-16GB"), 0 },
        { TEXT_INIT("gpu3"), TEXT_INIT("NVIDIA-A40"), 0 },
        { TEXT_INIT("gpua30"), TEXT_INIT("NVIDIA-A30"), 0 },
        { TEXT_INIT("gpua5000"), TEXT_INIT("NVIDIA-RTX-A5000"), 0 },
        { TEXT_INIT("gpu3080ti"), TEXT_INIT("RTX-3080-Ti"), 0 },
        { TEXT_INIT("gpub300"), TEXT_INIT("nvidia-b300"), 0 },
        { TEXT_INIT("gpurtx6000pro"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 0 },
        /* CoreWeave: GPU instances. */
        { TEXT_INIT("gd-8xa100-i128"), TEXT_INIT("NVIDIA-A100-SXM4-80GB"), 8 },
        { TEXT_INIT("gd-8xh100ib-i128"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("gd-8xh200ib-i128"), TEXT_INIT("NVIDIA-H200"), 8 },
        { TEXT_INIT("gd-8xl40-i128"), TEXT_INIT("NVIDIA-L40"), 8 },
        { TEXT_INIT("gd-8xl40s-i128"), TEXT_INIT("NVIDIA-L40S"), 8 },
        { TEXT_INIT("gd-1xgh200"), TEXT_INIT("H100-96GB"), 1 },
        { TEXT_INIT("b200-8x"), TEXT_INIT("NVIDIA-B200"), 8 },
        { TEXT_INIT("b300-8x"), TEXT_INIT("NVIDIA-B300-SXM6-AC"), 8 },
        { TEXT_INIT("gb200-4x"), TEXT_INIT("NVIDIA-GB200"), 4 },
        { TEXT_INIT("gb300-4x"), TEXT_INIT("NVIDIA-GB300"), 4 },
        { TEXT_INIT("rtxp6000-8x"), TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"), 8 },
        /* Lambda: instance types. */
        { TEXT_INIT("gpu_1x_a10"), TEXT_INIT("NVIDIA-A10"), 1 },
        { TEXT_INIT("gpu_1x_rtx6000"), TEXT_INIT("Quadro-RTX-6000"), 1 },
        { TEXT_INIT("gpu_1x_a6000"), TEXT_INIT("NVIDIA-RTX-A6000"), 1 },
        { TEXT_INIT("gpu_2x_a6000"), TEXT_INIT("NVIDIA-RTX-A6000"), 2 },
        { TEXT_INIT("gpu_4x_a6000"), TEXT_INIT("NVIDIA-RTX-A6000"), 4 },
        { TEXT_INIT("gpu_1x_a100"), TEXT_INIT("NVIDIA-A100-PCIE-40GB"), 1 },
        { TEXT_INIT("gpu_2x_a100"), TEXT_INIT("NVIDIA-A100-PCIE-40GB"), 2 },
        { TEXT_INIT("gpu_4x_a100"), TEXT_INIT("NVIDIA-A100-PCIE-40GB"), 4 },
        { TEXT_INIT("gpu_1x_a100_sxm4"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 1 },
        { TEXT_INIT("gpu_8x_a100"), TEXT_INIT("NVIDIA-A100-SXM4-40GB"), 8 },
        { TEXT_INIT("gpu_8x_a100_80gb_sxm4"), TEXT_INIT("NVIDIA-A100-SXM4-80GB"), 8 },
        { TEXT_INIT("gpu_8x_v100"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 8 },
        { TEXT_INIT("gpu_8x_v100_n"), TEXT_INIT("Tesla-V100-SXM2-16GB"), 8 },
        { TEXT_INIT("gpu_1x_h100_pcie"), TEXT_INIT("NVIDIA-H100-PCIe"), 1 },
        { TEXT_INIT("gpu_1x_h100_sxm5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 1 },
        { TEXT_INIT("gpu_2x_h100_sxm5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 2 },
        { TEXT_INIT("gpu_4x_h100_sxm5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 4 },
        { TEXT_INIT("gpu_8x_h100_sxm5"), TEXT_INIT("NVIDIA-H100-80GB-HBM3"), 8 },
        { TEXT_INIT("gpu_1x_gh200"), TEXT_INIT("H100-96GB"), 1 },
        { TEXT_INIT("gpu_1x_b200_sxm6"), TEXT_INIT("NVIDIA-B200"), 1 },
        { TEXT_INIT("gpu_2x_b200_sxm6"), TEXT_INIT("NVIDIA-B200"), 2 },
        { TEXT_INIT("gpu_4x_b200_sxm6"), TEXT_INIT("NVIDIA-B200"), 4 },
        { TEXT_INIT("gpu_8x_b200_sxm6"), TEXT_INIT("NVIDIA-B200"), 8 },
};

/* clang-format on */

/* "p5" is in "p5" and "p5.48xlarge", and not in "p5e". */
static bool is_of_family(struct text type, struct text family) {
        if (type.len < family.len || (type.data[0] ^ family.data[0]) & ~('a' ^ 'A'))
                return false; /* most differ in the first letter already */
        if (!text_equal_fold(text_slice(type, 0, family.len), family))
                return false;
        return type.len == family.len || type.data[family.len] == '.' ||
               type.data[family.len] == '-';
}

static struct text without(struct text type, struct text prefix) {
        if (text_equal_fold(text_slice(type, 0, prefix.len), prefix))
                return text_slice(type, prefix.len, type.len);
        return type;
}

/*
 * UpCloud's plans say it themselves: "GPU-8xCPU-64GB-1xL40S" ends in number and GPU.
 * Source: UpCloud, GPU server plans (L4, L40S, H100, B200, RTXPRO6000).
 */
static bool read_plan(struct text type, struct gpu_machine *ret) {
        struct text last = type;
        uint64_t count;
        size_t x;

        if (!text_equal_fold(text_slice(type, 0, 4), TEXT("GPU-")) ||
            (!text_contains(type, TEXT("xCPU-")) && !text_contains(type, TEXT("xcpu-"))))
                return false;
        for (size_t dash; (dash = text_index(last, '-')) < last.len;)
                last = text_slice(last, dash + 1, last.len);
        x = text_index(last, 'x');
        if (!text_to_u64(text_slice(last, 0, x), &count) || count < 1 || count > 64 ||
            x + 1 >= last.len)
                return false;
        *ret = (struct gpu_machine) { text_slice(last, x + 1, last.len), (int32_t)count };
        return true;
}

bool machine_find(struct text type, struct gpu_machine *ret) {
        type = without(without(type, TEXT("Standard_")), TEXT("ml.")); /* Azure, SageMaker */
        if (type.len == 0)
                return false;
        for (size_t i = 0; i < COUNT_OF(machines); i++) {
                if (!is_of_family(type, machines[i].type))
                        continue;
                *ret = (struct gpu_machine) { machines[i].gpu, machines[i].count };
                return true;
        }
        return read_plan(type, ret);
}
