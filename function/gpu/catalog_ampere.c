/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVIDIA documents about A30, A100 and A800.
 */
#include "gpu/catalog_tables.h"

/* clang-format off */

/*
 * NVIDIA A30 24 GB: four compute and four memory slices.
 * Source: MIG User Guide, Supported MIG Profiles (driver 460.73.01, which wrote
 * 1g.3gb and 2g.6gb; +me from the R470 and R525 generations); three listings.
 */
static const struct gpu_profile a30_24gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.6gb"),            1,     1,   4,   5952, ANY_OF_FOUR, TEXT_INIT("1g.3gb") },
        { TEXT_INIT("1g.6gb+me"),         1,     1,   1,   5952, ANY_OF_FOUR },
        { TEXT_INIT("2g.12gb"),           2,     2,   2,  11968, EITHER_PAIR, TEXT_INIT("2g.6gb") },
        { TEXT_INIT("2g.12gb+me"),        2,     2,   1,  11968, EITHER_PAIR },
        { TEXT_INIT("4g.24gb"),           4,     4,   1,  24000, AT_ZERO },
};

static const struct text a30_24gb_aliases[] = {
        TEXT_INIT("a30.24gb"),
        TEXT_INIT("nvidia-a30"),
        TEXT_INIT("NVIDIA-A30X"),
};

static const struct text a30_24gb_pci_ids[] = {
        TEXT_INIT("0x20B710DE"),
        TEXT_INIT("0x20B910DE"), /* A30X */
};

/*
 * NVIDIA A100 40 GB.
 * Source: MIG User Guide, Supported MIG Profiles (450.80.02; 1g.5gb+me from the
 * R470, 1g.10gb from the R525 generation); listings. 3g.20gb next to 4g.20gb needs
 * R510 or later.
 */
static const struct gpu_profile a100_40gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.5gb"),            1,     1,   7,   4864, ANY_OF_SEVEN },
        { TEXT_INIT("1g.5gb+me"),         1,     1,   1,   4864, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb"),           1,     2,   4,   9856, EVERY_SECOND },
        { TEXT_INIT("2g.10gb"),           2,     2,   3,   9856, FIRST_THREE },
        { TEXT_INIT("3g.20gb"),           3,     4,   2,  19968, EITHER_HALF },
        { TEXT_INIT("4g.20gb"),           4,     4,   1,  19968, AT_ZERO },
        { TEXT_INIT("7g.40gb"),           7,     8,   1,  40192, AT_ZERO },
};

static const struct text a100_40gb_aliases[] = {
        TEXT_INIT("nvidia-tesla-a100"),     /* GKE means this one */
        TEXT_INIT("nvidia-a100"),           /* said of both sizes */
        TEXT_INIT("a100.40gb"),
        TEXT_INIT("NVIDIA-A100-SXM4-40GB"),
        TEXT_INIT("NVIDIA-A100-PCIE-40GB"),
        TEXT_INIT("A100_NVLINK"),           /* CoreWeave's gpu.nvidia.com/class */
        TEXT_INIT("A100_PCIE_40GB"),
};

static const struct text a100_40gb_pci_ids[] = {
        TEXT_INIT("0x20B010DE"),
        TEXT_INIT("0x20B110DE"),
        TEXT_INIT("0x20F110DE"),
};

/*
 * NVIDIA A800 40 GB: the names of the vGPU types, on the geometry of an A100.
 * Source: NVIDIA vGPU types reference (A800 PCIe 40GB); mig-parted, default
 * configuration.
 */
static const struct gpu_profile a800_40gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.5gb"),            1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.5gb+me"),         1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.10gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.20gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.20gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.40gb"),           7,     8,   1,      0, AT_ZERO },
};

static const struct text a800_40gb_aliases[] = {
        TEXT_INIT("NVIDIA-A800-40GB-Active"),
        TEXT_INIT("A800-PCIe-40GB"),
        TEXT_INIT("NVIDIA-A800-SXM4-40GB"),
        TEXT_INIT("nvidia-a800"),           /* said of both sizes */
};

static const struct text a800_40gb_pci_ids[] = {
        TEXT_INIT("0x20F610DE"),
        TEXT_INIT("0x20BD10DE"), /* SXM4 */
};

/*
 * NVIDIA A100 80 GB.
 * Source: MIG User Guide, Supported MIG Profiles (as the 40 GB part); listings. Old
 * drivers and A100 80GB PCIe wrote 7g.79gb for 7g.80gb.
 */
static const struct gpu_profile a100_80gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.10gb"),           1,     1,   7,   9728, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb+me"),        1,     1,   1,   9728, ANY_OF_SEVEN },
        { TEXT_INIT("1g.20gb"),           1,     2,   4,  19968, EVERY_SECOND },
        { TEXT_INIT("2g.20gb"),           2,     2,   3,  19968, FIRST_THREE },
        { TEXT_INIT("3g.40gb"),           3,     4,   2,  40192, EITHER_HALF },
        { TEXT_INIT("4g.40gb"),           4,     4,   1,  40192, AT_ZERO },
        { TEXT_INIT("7g.80gb"),           7,     8,   1,  80640, AT_ZERO, TEXT_INIT("7g.79gb") },
};

static const struct text a100_80gb_aliases[] = {
        TEXT_INIT("nvidia-a100-80gb"),
        TEXT_INIT("a100.80gb"),
        TEXT_INIT("nvidia-a100"),           /* said of both sizes */
        TEXT_INIT("NVIDIA-A100-SXM4-80GB"),
        TEXT_INIT("NVIDIA-A100-80GB-PCIe"),
        TEXT_INIT("NVIDIA-A100X"),
        TEXT_INIT("A100_NVLINK_80GB"),      /* CoreWeave's gpu.nvidia.com/class */
        TEXT_INIT("A100_PCIE_80GB"),
};

static const struct text a100_80gb_pci_ids[] = {
        TEXT_INIT("0x20B210DE"),
        TEXT_INIT("0x20B510DE"),
        TEXT_INIT("0x20B810DE"), /* A100X */
};

/*
 * NVIDIA A800 80 GB: the names of the vGPU types, on the geometry of an A100.
 * Source: NVIDIA vGPU types reference (A800 PCIe, HGX A800, AX800); mig-parted,
 * default configuration.
 */
static const struct gpu_profile a800_80gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.10gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.20gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.20gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.40gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.40gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.80gb"),           7,     8,   1,      0, AT_ZERO },
};

static const struct text a800_80gb_aliases[] = {
        TEXT_INIT("NVIDIA-A800-SXM4-80GB"),
        TEXT_INIT("NVIDIA-A800-80GB-PCIe"),
        TEXT_INIT("NVIDIA-AX800"),
        TEXT_INIT("nvidia-a800"),           /* said of both sizes */
};

static const struct text a800_80gb_pci_ids[] = {
        TEXT_INIT("0x20F310DE"),
        TEXT_INIT("0x20F510DE"),
        TEXT_INIT("0x20FD10DE"), /* AX800 */
};

/* A board that mig-parted's default configuration names; its profiles are not documented. */
static const struct text pg506_96gb_pci_ids[] = {
        TEXT_INIT("0x20B610DE"),
};

static const struct gpu_product products[] = {
        /* name                 compute memory  GiB reported MiB, starts are */
        { TEXT_INIT("A30-24GB"),        4,     4,    24,       0, GPU_LISTED, &generation_ampere,
          ALIASES(a30_24gb), PCI_IDS(a30_24gb), PROFILES(a30_24gb) },
        { TEXT_INIT("A100-40GB"),       7,     8,    40,   40960, GPU_LISTED, &generation_ampere,
          ALIASES(a100_40gb), PCI_IDS(a100_40gb), PROFILES(a100_40gb) },
        { TEXT_INIT("A800-40GB"),       7,     8,    40,       0, GPU_ASSUMED, &generation_ampere,
          ALIASES(a800_40gb), PCI_IDS(a800_40gb), PROFILES(a800_40gb) },
        { TEXT_INIT("A100-80GB"),       7,     8,    80,       0, GPU_LISTED, &generation_ampere,
          ALIASES(a100_80gb), PCI_IDS(a100_80gb), PROFILES(a100_80gb) },
        { TEXT_INIT("A800-80GB"),       7,     8,    80,       0, GPU_ASSUMED, &generation_ampere,
          ALIASES(a800_80gb), PCI_IDS(a800_80gb), PROFILES(a800_80gb) },
        { TEXT_INIT("PG506-96GB"),      7,     8,    96,       0, GPU_UNDOCUMENTED, &generation_ampere,
          NONE, PCI_IDS(pg506_96gb), NONE },
};

/* clang-format on */

const struct catalog_part catalog_ampere = { products, COUNT_OF(products) };
