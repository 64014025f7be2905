/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPUs of NVIDIA that have no MIG.
 *
 * Source: NVIDIA's data sheets (memory); open-gpu-kernel-modules, README, and the PCI ID
 * Repository (device ids, names that the driver says); GKE, GPU types (nvidia-tesla-*);
 * listings of nvidia-smi (reported MiB; 0: none was seen): modal-labs/modal-client pull
 * request 2797 for T4, L4, A10 and L40S; A40 and L40 with ECC, which they are sold with,
 * have what an L40S has, and RTX A6000 without 49140. Two boards of one id, such as
 * A2 and A16, differ in their name only.
 */
#include "gpu/catalog_tables.h"

/* clang-format off */

/* NVIDIA of before Volta. P100 of 12 GB is not rented and not here. */
static const struct text p4_aliases[] = {
        TEXT_INIT("Tesla-P4"),
        TEXT_INIT("nvidia-tesla-p4"),
        TEXT_INIT("P4"),
};
static const struct text p4_pci_ids[] = { TEXT_INIT("0x1BB310DE") };
static const struct text p40_aliases[] = {
        TEXT_INIT("Tesla-P40"),
        TEXT_INIT("nvidia-tesla-p40"),
        TEXT_INIT("P40"),
};
static const struct text p40_pci_ids[] = { TEXT_INIT("0x1B3810DE") };
static const struct text p100_aliases[] = {
        TEXT_INIT("Tesla-P100-PCIE-16GB"),
        TEXT_INIT("Tesla-P100-SXM2-16GB"),
        TEXT_INIT("nvidia-tesla-p100"),
        TEXT_INIT("P100"),
};
static const struct text p100_pci_ids[] = { TEXT_INIT("0x15F810DE"), TEXT_INIT("0x15F910DE") };

/* Volta and Turing. */
static const struct text v100_16_aliases[] = {
        TEXT_INIT("Tesla-V100-SXM2-16GB"),
        TEXT_INIT("Tesla-V100-PCIE-16GB"),
        TEXT_INIT("nvidia-tesla-v100"),
        TEXT_INIT("V100"),
};
static const struct text v100_16_pci_ids[] = { TEXT_INIT("0x1DB110DE"), TEXT_INIT("0x1DB310DE"), TEXT_INIT("0x1DB410DE"), TEXT_INIT("0x1DF510DE") };
static const struct text v100_32_aliases[] = {
        TEXT_INIT("Tesla-V100-SXM2-32GB"),
        TEXT_INIT("Tesla-V100-PCIE-32GB"),
        TEXT_INIT("Tesla-V100-SXM3-32GB"),
        TEXT_INIT("Tesla-V100S-PCIE-32GB"),
        TEXT_INIT("V100S"),
        TEXT_INIT("V100"),
};
static const struct text v100_32_pci_ids[] = { TEXT_INIT("0x1DB510DE"), TEXT_INIT("0x1DB610DE"), TEXT_INIT("0x1DB810DE"), TEXT_INIT("0x1DF610DE") };
static const struct text t4_aliases[] = {
        TEXT_INIT("Tesla-T4"),
        TEXT_INIT("nvidia-tesla-t4"),
        TEXT_INIT("T4"),
};
static const struct text t4_pci_ids[] = { TEXT_INIT("0x1EB810DE") };
static const struct text t4g_aliases[] = {
        TEXT_INIT("NVIDIA-T4G"),
};
static const struct text t4g_pci_ids[] = { TEXT_INIT("0x1EB410DE") };
static const struct text quadro_rtx_6000_aliases[] = {
        TEXT_INIT("Quadro-RTX-6000"),
        TEXT_INIT("RTX-6000"),
};
static const struct text quadro_rtx_6000_pci_ids[] = { TEXT_INIT("0x1E3610DE") };
static const struct text quadro_rtx_8000_aliases[] = {
        TEXT_INIT("Quadro-RTX-8000"),
        TEXT_INIT("RTX-8000"),
};
static const struct text quadro_rtx_8000_pci_ids[] = { TEXT_INIT("0x1E7810DE") };

/* Ampere without MIG. A board of A16 has four GPUs of 16 GB each. */
static const struct text a2_aliases[] = {
        TEXT_INIT("NVIDIA-A2"),
};
static const struct text a2_pci_ids[] = { TEXT_INIT("0x25B610DE") };
static const struct text a10_aliases[] = {
        TEXT_INIT("NVIDIA-A10"),
};
static const struct text a10_pci_ids[] = { TEXT_INIT("0x223610DE") };
static const struct text a10g_aliases[] = {
        TEXT_INIT("NVIDIA-A10G"),
};
static const struct text a10g_pci_ids[] = { TEXT_INIT("0x223710DE") };
static const struct text a16_aliases[] = {
        TEXT_INIT("NVIDIA-A16"),
};
static const struct text a16_pci_ids[] = { TEXT_INIT("0x25B610DE") };
static const struct text a40_aliases[] = {
        TEXT_INIT("NVIDIA-A40"),
};
static const struct text a40_pci_ids[] = { TEXT_INIT("0x223510DE") };
static const struct text rtx_a4000_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-A4000"),
        TEXT_INIT("A4000"),
};
static const struct text rtx_a4000_pci_ids[] = { TEXT_INIT("0x24B010DE") };
static const struct text rtx_a4500_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-A4500"),
        TEXT_INIT("A4500"),
};
static const struct text rtx_a4500_pci_ids[] = { TEXT_INIT("0x223210DE") };
static const struct text rtx_a5000_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-A5000"),
        TEXT_INIT("A5000"),
};
static const struct text rtx_a5000_pci_ids[] = { TEXT_INIT("0x223110DE") };
static const struct text rtx_a5500_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-A5500"),
        TEXT_INIT("A5500"),
};
static const struct text rtx_a5500_pci_ids[] = { TEXT_INIT("0x223310DE") };
static const struct text rtx_a6000_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-A6000"),
        TEXT_INIT("A6000"),
};
static const struct text rtx_a6000_pci_ids[] = { TEXT_INIT("0x223010DE") };
static const struct text rtx_3080_ti_aliases[] = {
        TEXT_INIT("NVIDIA-GeForce-RTX-3080-Ti"),
        TEXT_INIT("RTX-3080-Ti"),
};
static const struct text rtx_3080_ti_pci_ids[] = { TEXT_INIT("0x220810DE") };
static const struct text rtx_3090_aliases[] = {
        TEXT_INIT("NVIDIA-GeForce-RTX-3090"),
        TEXT_INIT("RTX-3090"),
};
static const struct text rtx_3090_pci_ids[] = { TEXT_INIT("0x220410DE") };

/* Ada. */
static const struct text l4_aliases[] = {
        TEXT_INIT("NVIDIA-L4"),
};
static const struct text l4_pci_ids[] = { TEXT_INIT("0x27B810DE") };
static const struct text l2_aliases[] = {
        TEXT_INIT("NVIDIA-L2"),
};
static const struct text l2_pci_ids[] = { TEXT_INIT("0x27B610DE") };
static const struct text l20_aliases[] = {
        TEXT_INIT("NVIDIA-L20"),
};
static const struct text l20_pci_ids[] = { TEXT_INIT("0x26B710DE"), TEXT_INIT("0x26BA10DE") };
static const struct text l40_aliases[] = {
        TEXT_INIT("NVIDIA-L40"),
};
static const struct text l40_pci_ids[] = { TEXT_INIT("0x26B510DE") };
static const struct text l40s_aliases[] = {
        TEXT_INIT("NVIDIA-L40S"),
};
static const struct text l40s_pci_ids[] = { TEXT_INIT("0x26B910DE") };
static const struct text rtx_4000_ada_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-4000-Ada-Generation"),
        TEXT_INIT("NVIDIA-RTX-4000-SFF-Ada-Generation"),
        TEXT_INIT("RTX-4000-Ada"),
};
static const struct text rtx_4000_ada_pci_ids[] = { TEXT_INIT("0x27B210DE"), TEXT_INIT("0x27B010DE") };
static const struct text rtx_4500_ada_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-4500-Ada-Generation"),
        TEXT_INIT("RTX-4500-Ada"),
};
static const struct text rtx_4500_ada_pci_ids[] = { TEXT_INIT("0x27B110DE") };
static const struct text rtx_5000_ada_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-5000-Ada-Generation"),
        TEXT_INIT("RTX-5000-Ada"),
};
static const struct text rtx_5000_ada_pci_ids[] = { TEXT_INIT("0x26B210DE") };
static const struct text rtx_5880_ada_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-5880-Ada-Generation"),
        TEXT_INIT("RTX-5880-Ada"),
};
static const struct text rtx_5880_ada_pci_ids[] = { TEXT_INIT("0x26B310DE") };
static const struct text rtx_6000_ada_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-6000-Ada-Generation"),
        TEXT_INIT("RTX-6000-Ada"),
        TEXT_INIT("RTX-6000"),
};
static const struct text rtx_6000_ada_pci_ids[] = { TEXT_INIT("0x26B110DE") };
static const struct text rtx_4090_aliases[] = {
        TEXT_INIT("NVIDIA-GeForce-RTX-4090"),
        TEXT_INIT("RTX-4090"),
};
static const struct text rtx_4090_pci_ids[] = { TEXT_INIT("0x268410DE") };

/* Blackwell without MIG. */
static const struct text rtx_pro_4000_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-PRO-4000-Blackwell"),
        TEXT_INIT("NVIDIA-RTX-PRO-4000-Blackwell-SFF-Edition"),
        TEXT_INIT("RTX-PRO-4000"),
};
static const struct text rtx_pro_4000_pci_ids[] = { TEXT_INIT("0x2C3410DE"), TEXT_INIT("0x2C3310DE") };
static const struct text rtx_5090_aliases[] = {
        TEXT_INIT("NVIDIA-GeForce-RTX-5090"),
        TEXT_INIT("RTX-5090"),
};
static const struct text rtx_5090_pci_ids[] = { TEXT_INIT("0x2B8510DE") };

static const struct gpu_product products[] = {
        /* table, name, GiB, reported MiB, generation */
        WHOLE(p4, "P4-8GB", 8, 0, pascal),
        WHOLE(p40, "P40-24GB", 24, 0, pascal),
        WHOLE(p100, "P100-16GB", 16, 0, pascal_gp100),
        WHOLE(v100_16, "V100-16GB", 16, 0, volta),
        WHOLE(v100_32, "V100-32GB", 32, 0, volta),
        WHOLE(t4, "T4-16GB", 16, 15360, turing),
        WHOLE(t4g, "T4G-16GB", 16, 0, turing),
        WHOLE(quadro_rtx_6000, "Quadro-RTX-6000-24GB", 24, 0, turing),
        WHOLE(quadro_rtx_8000, "Quadro-RTX-8000-48GB", 48, 0, turing),
        WHOLE(a2, "A2-16GB", 16, 0, ampere),
        WHOLE(a10, "A10-24GB", 24, 23028, ampere),
        WHOLE(a10g, "A10G-24GB", 24, 23028, ampere),
        WHOLE(a16, "A16-16GB", 16, 0, ampere),
        WHOLE(a40, "A40-48GB", 48, 46068, ampere),
        WHOLE(rtx_a4000, "RTX-A4000-16GB", 16, 0, ampere),
        WHOLE(rtx_a4500, "RTX-A4500-20GB", 20, 0, ampere),
        WHOLE(rtx_a5000, "RTX-A5000-24GB", 24, 0, ampere),
        WHOLE(rtx_a5500, "RTX-A5500-24GB", 24, 0, ampere),
        WHOLE(rtx_a6000, "RTX-A6000-48GB", 48, 49140, ampere),
        WHOLE(rtx_3080_ti, "RTX-3080-Ti-12GB", 12, 0, ampere),
        WHOLE(rtx_3090, "RTX-3090-24GB", 24, 0, ampere),
        WHOLE(l4, "L4-24GB", 24, 23034, ada),
        WHOLE(l2, "L2-24GB", 24, 0, ada),
        WHOLE(l20, "L20-48GB", 48, 0, ada),
        WHOLE(l40, "L40-48GB", 48, 46068, ada),
        WHOLE(l40s, "L40S-48GB", 48, 46068, ada),
        WHOLE(rtx_4000_ada, "RTX-4000-Ada-20GB", 20, 0, ada),
        WHOLE(rtx_4500_ada, "RTX-4500-Ada-24GB", 24, 0, ada),
        WHOLE(rtx_5000_ada, "RTX-5000-Ada-32GB", 32, 0, ada),
        WHOLE(rtx_5880_ada, "RTX-5880-Ada-48GB", 48, 0, ada),
        WHOLE(rtx_6000_ada, "RTX-6000-Ada-48GB", 48, 49140, ada),
        WHOLE(rtx_4090, "RTX-4090-24GB", 24, 24564, ada),
        WHOLE(rtx_pro_4000, "RTX-PRO-4000-24GB", 24, 0, blackwell_rtx),
        WHOLE(rtx_5090, "RTX-5090-32GB", 32, 32607, blackwell_rtx),
};

/* clang-format on */

const struct catalog_part catalog_whole = { products, COUNT_OF(products) };
