/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVIDIA documents about H100, H800, H20, H200 and GH200.
 */
#include "gpu/catalog_tables.h"

/* clang-format off */

/*
 * NVIDIA H100 SXM5 64 GB: the geometry of an H100-80GB is assumed.
 * Source: NVIDIA vGPU types reference (H100 SXM5 64GB).
 */
static const struct gpu_profile h100_64gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.8gb"),            1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.8gb+me"),         1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.16gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.16gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.32gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.32gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.64gb"),           7,     8,   1,      0, AT_ZERO },
};

static const struct text h100_64gb_aliases[] = {
        TEXT_INIT("NVIDIA-H100-SXM5-64GB"),
};

static const struct text h100_64gb_pci_ids[] = {
        TEXT_INIT("0x233710DE"),
};

/*
 * NVIDIA H100 80 GB.
 * Source: MIG User Guide, Supported MIG Profiles (525.85.12 and later); listings of
 * PCIe and SXM boards; memory as listed on SXM. The label of GPU feature discovery
 * says 40320 for 3g.40gb on 550.54.15.
 */
static const struct gpu_profile h100_80gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.10gb"),           1,     1,   7,   9984, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb+me"),        1,     1,   1,   9984, ANY_OF_SEVEN },
        { TEXT_INIT("1g.20gb"),           1,     2,   4,  20096, EVERY_SECOND },
        { TEXT_INIT("2g.20gb"),           2,     2,   3,  20096, FIRST_THREE },
        { TEXT_INIT("3g.40gb"),           3,     4,   2,  40448, EITHER_HALF },
        { TEXT_INIT("4g.40gb"),           4,     4,   1,  40448, AT_ZERO },
        { TEXT_INIT("7g.80gb"),           7,     8,   1,  81152, AT_ZERO },
};

static const struct text h100_80gb_aliases[] = {
        TEXT_INIT("nvidia-h100-80gb"),
        TEXT_INIT("nvidia-h100-mega-80gb"),
        TEXT_INIT("nvidia-h100"),           /* said of 80, 94 and 96 GB */
        TEXT_INIT("h100.80gb"),
        TEXT_INIT("NVIDIA-H100-80GB-HBM3"),
        TEXT_INIT("NVIDIA-H100-PCIe"),
        TEXT_INIT("H100_NVLINK_80GB"),      /* CoreWeave's gpu.nvidia.com/class */
};

static const struct text h100_80gb_pci_ids[] = {
        TEXT_INIT("0x233010DE"), /* SXM */
        TEXT_INIT("0x233110DE"), /* PCIe */
        TEXT_INIT("0x233610DE"),
};

/*
 * NVIDIA H800 80 GB: the geometry of an H100-80GB is assumed.
 * Source: NVIDIA vGPU types reference (H800 PCIe and SXM); mig-parted, default
 * configuration.
 */
static const struct gpu_profile h800_80gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.10gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.10gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.20gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.20gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.40gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.40gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.80gb"),           7,     8,   1,      0, AT_ZERO },
};

static const struct text h800_80gb_aliases[] = {
        TEXT_INIT("NVIDIA-H800"),
        TEXT_INIT("NVIDIA-H800-PCIe"),
};

static const struct text h800_80gb_pci_ids[] = {
        TEXT_INIT("0x232410DE"), /* SXM */
        TEXT_INIT("0x232210DE"), /* PCIe */
};

/*
 * NVIDIA H100 94 GB: NVL, and an SXM5 board.
 * Source: MIG User Guide, Supported MIG Profiles; mig-parted, pull request 101
 * (listing); listing of an H100 NVL. Newer drivers list slightly less: 10880, 22016,
 * 47232, 94848.
 */
static const struct gpu_profile h100_94gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.12gb"),           1,     1,   7,  11008, ANY_OF_SEVEN },
        { TEXT_INIT("1g.12gb+me"),        1,     1,   1,  11008, ANY_OF_SEVEN },
        { TEXT_INIT("1g.24gb"),           1,     2,   4,  22144, EVERY_SECOND },
        { TEXT_INIT("2g.24gb"),           2,     2,   3,  22144, FIRST_THREE },
        { TEXT_INIT("3g.47gb"),           3,     4,   2,  47488, EITHER_HALF },
        { TEXT_INIT("4g.47gb"),           4,     4,   1,  47488, AT_ZERO },
        { TEXT_INIT("7g.94gb"),           7,     8,   1,  95360, AT_ZERO },
};

static const struct text h100_94gb_aliases[] = {
        TEXT_INIT("nvidia-h100-nvl"),
        TEXT_INIT("nvidia-h100"),     /* said of 80, 94 and 96 GB */
        TEXT_INIT("H100-SXM5-94GB"),
};

static const struct text h100_94gb_pci_ids[] = {
        TEXT_INIT("0x232110DE"), /* NVL */
        TEXT_INIT("0x233910DE"), /* SXM5 94GB */
};

/*
 * NVIDIA H800 NVL: the geometry of an H100-94GB is assumed.
 * Source: NVIDIA vGPU types reference (H800 NVL); mig-parted, default configuration.
 */
static const struct gpu_profile h800_94gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.12gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.12gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.24gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.24gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.47gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.47gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.94gb"),           7,     8,   1,      0, AT_ZERO },
};

static const struct text h800_94gb_aliases[] = {
        TEXT_INIT("NVIDIA-H800-NVL"),
};

static const struct text h800_94gb_pci_ids[] = {
        TEXT_INIT("0x233A10DE"),
};

/*
 * NVIDIA H100 96 GB, the GPU of a GH200. 480GB in its name is the memory of the CPU.
 * Source: MIG User Guide, Supported MIG Profiles (H100 on GH200); a listing of
 * memory, none of starts; mig-parted, default configuration.
 */
static const struct gpu_profile h100_96gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.12gb"),           1,     1,   7,  11264, ANY_OF_SEVEN },
        { TEXT_INIT("1g.12gb+me"),        1,     1,   1,  11264, ANY_OF_SEVEN },
        { TEXT_INIT("1g.24gb"),           1,     2,   4,  23552, EVERY_SECOND },
        { TEXT_INIT("2g.24gb"),           2,     2,   3,  23552, FIRST_THREE },
        { TEXT_INIT("3g.48gb"),           3,     4,   2,  47616, EITHER_HALF },
        { TEXT_INIT("4g.48gb"),           4,     4,   1,  47616, AT_ZERO },
        { TEXT_INIT("7g.96gb"),           7,     8,   1,  95232, AT_ZERO },
};

static const struct text h100_96gb_aliases[] = {
        TEXT_INIT("nvidia-gh200"),           /* said of both sizes */
        TEXT_INIT("nvidia-h100"),            /* said of 80, 94 and 96 GB */
        TEXT_INIT("NVIDIA-GH200-96GB-HBM3"),
        TEXT_INIT("NVIDIA-GH200-480GB"),
};

static const struct text h100_96gb_pci_ids[] = {
        TEXT_INIT("0x234210DE"),
        TEXT_INIT("0x233D10DE"),
};

/*
 * NVIDIA H20 96 GB.
 * Source: NVIDIA vGPU types reference (H20 SXM5 96GB); mig-parted, default
 * configuration (535.161.07).
 */
static const struct gpu_profile h20_96gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.12gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.12gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.24gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.24gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.48gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.48gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.96gb"),           7,     8,   1,      0, AT_ZERO },
};

static const struct text h20_96gb_aliases[] = {
        TEXT_INIT("nvidia-h20"), /* said of both sizes */
};

static const struct text h20_96gb_pci_ids[] = {
        TEXT_INIT("0x232910DE"),
};

/*
 * NVIDIA H20 141 GB.
 * Source: NVIDIA vGPU types reference (H20 SXM5 141GB).
 */
static const struct gpu_profile h20_141gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.18gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.18gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.35gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.35gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.71gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.71gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.141gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text h20_141gb_aliases[] = {
        TEXT_INIT("nvidia-h20"), /* said of both sizes */
        TEXT_INIT("NVIDIA-H20-3e"),
};

static const struct text h20_141gb_pci_ids[] = {
        TEXT_INIT("0x232C10DE"),
};

/*
 * NVIDIA H200 141 GB.
 * Source: MIG User Guide, Supported MIG Profiles (550.90.07); memory from mig-
 * parted, issue 120 (listing); starts from published placement tables. Later drivers
 * list 33280 MiB for 1g.35gb and 2g.35gb and 143360 for 7g.141gb.
 */
static const struct gpu_profile h200_141gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.18gb"),           1,     1,   7,  16384, ANY_OF_SEVEN },
        { TEXT_INIT("1g.18gb+me"),        1,     1,   1,  16384, ANY_OF_SEVEN },
        { TEXT_INIT("1g.35gb"),           1,     2,   4,  33024, EVERY_SECOND },
        { TEXT_INIT("2g.35gb"),           2,     2,   3,  33024, FIRST_THREE },
        { TEXT_INIT("3g.71gb"),           3,     4,   2,  71168, EITHER_HALF },
        { TEXT_INIT("4g.71gb"),           4,     4,   1,  71168, AT_ZERO },
        { TEXT_INIT("7g.141gb"),          7,     8,   1, 143104, AT_ZERO },
};

static const struct text h200_141gb_aliases[] = {
        TEXT_INIT("nvidia-h200-141gb"),
        TEXT_INIT("nvidia-h200"),
        TEXT_INIT("h200.141gb"),
        TEXT_INIT("NVIDIA-H200-NVL"),
};

static const struct text h200_141gb_pci_ids[] = {
        TEXT_INIT("0x233510DE"), /* SXM */
        TEXT_INIT("0x233B10DE"), /* NVL */
};

/*
 * NVIDIA GH200 144 GB.
 * Source: mig-parted, pull request 139 (listing) and default configuration; GPU
 * Operator release notes.
 */
static const struct gpu_profile gh200_144gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.18gb"),           1,     1,   7,  17920, ANY_OF_SEVEN },
        { TEXT_INIT("1g.18gb+me"),        1,     1,   1,  17920, ANY_OF_SEVEN },
        { TEXT_INIT("1g.36gb"),           1,     2,   4,  36096, EVERY_SECOND },
        { TEXT_INIT("2g.36gb"),           2,     2,   3,  36096, FIRST_THREE },
        { TEXT_INIT("3g.72gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.72gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.144gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text gh200_144gb_aliases[] = {
        TEXT_INIT("nvidia-gh200"),            /* said of both sizes */
        TEXT_INIT("NVIDIA-GH200-144G-HBM3e"),
};

static const struct text gh200_144gb_pci_ids[] = {
        TEXT_INIT("0x234810DE"),
};

static const struct gpu_product products[] = {
        /* name                 compute memory  GiB reported MiB, starts are */
        { TEXT_INIT("H100-64GB"),       7,     8,    64,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(h100_64gb), PCI_IDS(h100_64gb), PROFILES(h100_64gb) },
        { TEXT_INIT("H100-80GB"),       7,     8,    80,   81559, GPU_LISTED, &generation_hopper,
          ALIASES(h100_80gb), PCI_IDS(h100_80gb), PROFILES(h100_80gb) },
        { TEXT_INIT("H800-80GB"),       7,     8,    80,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(h800_80gb), PCI_IDS(h800_80gb), PROFILES(h800_80gb) },
        { TEXT_INIT("H100-94GB"),       7,     8,    94,       0, GPU_LISTED, &generation_hopper,
          ALIASES(h100_94gb), PCI_IDS(h100_94gb), PROFILES(h100_94gb) },
        { TEXT_INIT("H800-94GB"),       7,     8,    94,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(h800_94gb), PCI_IDS(h800_94gb), PROFILES(h800_94gb) },
        { TEXT_INIT("H100-96GB"),       7,     8,    96,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(h100_96gb), PCI_IDS(h100_96gb), PROFILES(h100_96gb) },
        { TEXT_INIT("H20-96GB"),        7,     8,    96,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(h20_96gb), PCI_IDS(h20_96gb), PROFILES(h20_96gb) },
        { TEXT_INIT("H20-141GB"),       7,     8,   141,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(h20_141gb), PCI_IDS(h20_141gb), PROFILES(h20_141gb) },
        { TEXT_INIT("H200-141GB"),      7,     8,   141,       0, GPU_PUBLISHED, &generation_hopper,
          ALIASES(h200_141gb), PCI_IDS(h200_141gb), PROFILES(h200_141gb) },
        { TEXT_INIT("GH200-144GB"),     7,     8,   144,       0, GPU_ASSUMED, &generation_hopper,
          ALIASES(gh200_144gb), PCI_IDS(gh200_144gb), PROFILES(gh200_144gb) },
};

/* clang-format on */

const struct catalog_part catalog_hopper = { products, COUNT_OF(products) };
