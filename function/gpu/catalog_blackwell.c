/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVIDIA documents about B200, GB200, B300, GB300, RTX PRO and Thor.
 */
#include "gpu/catalog_tables.h"

/* clang-format off */

/*
 * NVIDIA B200 180 GB.
 * Source: MIG User Guide, Supported MIG Profiles (570.133.20); GPU Operator, pull
 * requests 1242 and 1351, and mig-parted, 166 and 187 (listings); GKE,
 * partition_gpu.go. An earlier driver listed 22528 MiB for 1g.23gb.
 */
static const struct gpu_profile b200_180gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.23gb"),           1,     1,   7,  20992, ANY_OF_SEVEN },
        { TEXT_INIT("1g.23gb+me"),        1,     1,   1,  20992, ANY_OF_SEVEN },
        { TEXT_INIT("1g.45gb"),           1,     2,   4,  45312, EVERY_SECOND },
        { TEXT_INIT("2g.45gb"),           2,     2,   3,  45312, FIRST_THREE },
        { TEXT_INIT("3g.90gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.90gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.180gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text b200_180gb_aliases[] = {
        TEXT_INIT("nvidia-b200"),
        TEXT_INIT("b200.180gb"),
};

static const struct text b200_180gb_pci_ids[] = {
        TEXT_INIT("0x290110DE"),
};

/*
 * NVIDIA GB200, boards of today.
 * Source: mig-parted, issue 227 and pull request 228 (listings, 570.133.20); GKE,
 * partition_gpu.go.
 */
static const struct gpu_profile gb200_186gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.23gb"),           1,     1,   7,  22528, ANY_OF_SEVEN },
        { TEXT_INIT("1g.23gb+me"),        1,     1,   1,  22528, ANY_OF_SEVEN },
        { TEXT_INIT("1g.47gb"),           1,     2,   4,  46592, EVERY_SECOND },
        { TEXT_INIT("2g.47gb"),           2,     2,   3,  46592, FIRST_THREE },
        { TEXT_INIT("3g.93gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.93gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.186gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text gb200_186gb_aliases[] = {
        TEXT_INIT("nvidia-gb200"), /* said of both boards */
};

static const struct text gb200_186gb_pci_ids[] = {
        TEXT_INIT("0x294110DE"),
};

/*
 * NVIDIA GB200, early boards: PCI id and label are those of today, the names are not.
 * Source: GPU Operator, pull request 1303 (listing) and notes of release 25.3.
 */
static const struct gpu_profile gb200_189gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.24gb"),           1,     1,   7,  20480, ANY_OF_SEVEN },
        { TEXT_INIT("1g.24gb+me"),        1,     1,   1,  20480, ANY_OF_SEVEN },
        { TEXT_INIT("1g.47gb"),           1,     2,   4,  46592, EVERY_SECOND },
        { TEXT_INIT("2g.47gb"),           2,     2,   3,  46592, FIRST_THREE },
        { TEXT_INIT("3g.95gb"),           3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.95gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.189gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text gb200_189gb_aliases[] = {
        TEXT_INIT("nvidia-gb200"), /* said of both boards */
};

static const struct text gb200_189gb_pci_ids[] = {
        TEXT_INIT("0x294110DE"),
};

/*
 * NVIDIA B300, sold as 288 GB.
 * Source: mig-parted, default configuration; notes of GPU Operator 25.10;
 * Bottlerocket, list of profiles (580.82.07). No listing was published.
 */
static const struct gpu_profile b300_269gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.34gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.34gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.67gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.67gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.135gb"),          3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.135gb"),          4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.269gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text b300_269gb_aliases[] = {
        TEXT_INIT("b300.269gb"),
        TEXT_INIT("nvidia-b300"),
        TEXT_INIT("NVIDIA-B300-SXM6-AC"),
};

static const struct text b300_269gb_pci_ids[] = {
        TEXT_INIT("0x318210DE"),
};

/*
 * NVIDIA GB300 of an NVL72, sold as 288 GB.
 * Source: mig-parted, default configuration; notes of GPU Operator 25.10. Memory in
 * published tables is computed, so none is given here.
 */
static const struct gpu_profile gb300_278gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.35gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.35gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.70gb"),           1,     2,   4,      0, EVERY_SECOND },
        { TEXT_INIT("2g.70gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.139gb"),          3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.139gb"),          4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.278gb"),          7,     8,   1,      0, AT_ZERO },
};

static const struct text gb300_278gb_aliases[] = {
        TEXT_INIT("nvidia-gb300"),
};

static const struct text gb300_278gb_pci_ids[] = {
        TEXT_INIT("0x31C210DE"),
        TEXT_INIT("0x31C310DE"),
};

/*
 * NVIDIA GB300 of a DGX Station, 252 GB.
 * Source: NVIDIA, DGX playbooks (595.58.03), with names that a public script
 * confirms but for 2g.63gb. A test there could not place 3g + 2g + 2g, and three 1g
 * only beside a 3g.
 */
static const struct gpu_profile gb300_251gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.31gb"),           1,     1,   7,      0, ANY_OF_SEVEN },
        { TEXT_INIT("1g.31gb+me"),        1,     1,   1,      0, ANY_OF_SEVEN },
        { TEXT_INIT("2g.63gb"),           2,     2,   3,      0, FIRST_THREE },
        { TEXT_INIT("3g.126gb"),          3,     4,   2,      0, EITHER_HALF },
        { TEXT_INIT("4g.126gb"),          4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("7g.251gb"),          7,     8,   1,      0, AT_ZERO },
};

/*
 * NVIDIA RTX PRO 6000 Blackwell: four compute and twelve memory slices.
 * Source: MIG User Guide, Supported MIG Profiles (575.51.03); listings; GKE, pull
 * request 564. 1g.24gb is listed with 23680 MiB and 2g.48gb with 47616 on one
 * virtual host.
 */
static const struct gpu_profile rtx_pro_6000_96gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.24gb"),           1,     3,   4,  24192, EVERY_THIRD },
        { TEXT_INIT("1g.24gb+me"),        1,     3,   1,  24192, EVERY_THIRD },
        { TEXT_INIT("1g.24gb+gfx"),       1,     3,   4,  24192, EVERY_THIRD },
        { TEXT_INIT("1g.24gb+me.all"),    1,     3,   1,  24192, EVERY_THIRD },
        { TEXT_INIT("1g.24gb-me"),        1,     3,   4,  24192, EVERY_THIRD },
        { TEXT_INIT("2g.48gb"),           2,     6,   2,  48512, EITHER_SIX },
        { TEXT_INIT("2g.48gb+gfx"),       2,     6,   2,  48512, EITHER_SIX },
        { TEXT_INIT("2g.48gb+me.all"),    2,     6,   1,  48512, EITHER_SIX },
        { TEXT_INIT("2g.48gb-me"),        2,     6,   2,  48512, EITHER_SIX },
        { TEXT_INIT("4g.96gb"),           4,    12,   1,  97280, AT_ZERO },
        { TEXT_INIT("4g.96gb+gfx"),       4,    12,   1,  97280, AT_ZERO },
};

static const struct text rtx_pro_6000_96gb_aliases[] = {
        TEXT_INIT("nvidia-rtx-pro-6000"),
        TEXT_INIT("rtxpro6000.96gb"),
        TEXT_INIT("RTXPRO6000"),
        TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"),
        TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Workstation-Edition"),
        TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition"),
};

static const struct text rtx_pro_6000_96gb_pci_ids[] = {
        TEXT_INIT("0x2BB510DE"), /* Server */
        TEXT_INIT("0x2BB110DE"), /* Workstation */
        TEXT_INIT("0x2BB410DE"), /* Max-Q */
};

/*
 * NVIDIA RTX PRO 5000 Blackwell 48 GB. The two editions of the guide name other slices,
 * and one machine has either the one or the other: nvidia-smi mig -lgip tells. Where
 * slices start is not published.
 * Source: MIG User Guide, Supported MIG Profiles (edition for driver 610; 575.57.08).
 */
static const struct gpu_profile rtx_pro_5000_48gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.24gb"),           1,     1,   2,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.24gb+me"),        1,     1,   1,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.24gb+gfx"),       1,     1,   2,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.24gb+me.all"),    1,     1,   1,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.24gb-me"),        1,     1,   2,      0, EITHER_OF_TWO },
        { TEXT_INIT("2g.48gb"),           2,     2,   1,      0, AT_ZERO },
        { TEXT_INIT("2g.48gb+gfx"),       2,     2,   1,      0, AT_ZERO },
};

/* Source: the same, edition for driver 580; mig-parted, a table of its tests. */
static const struct gpu_profile rtx_pro_5000_48gb_r580_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.12gb"),           1,     1,   1,      0, ANY_OF_FOUR },
        { TEXT_INIT("1g.12gb+me"),        1,     1,   1,      0, ANY_OF_FOUR },
        { TEXT_INIT("1g.12gb+gfx"),       1,     1,   1,      0, ANY_OF_FOUR },
        { TEXT_INIT("1g.12gb-me"),        1,     1,   3,      0, ANY_OF_FOUR },
        { TEXT_INIT("2g.24gb-me"),        2,     2,   1,      0, EITHER_PAIR },
        { TEXT_INIT("4g.48gb"),           4,     4,   1,      0, AT_ZERO },
        { TEXT_INIT("4g.48gb+gfx"),       4,     4,   1,      0, AT_ZERO },
};

static const struct text rtx_pro_5000_48gb_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-PRO-5000-Blackwell"),
};

static const struct text rtx_pro_5000_48gb_r580_aliases[] = {
        TEXT_INIT("RTX-PRO-5000-48GB"),
        TEXT_INIT("NVIDIA-RTX-PRO-5000-Blackwell"),
};

/* NVIDIA RTX PRO 5000 Blackwell 72 GB: no MIG profile is documented. */
static const struct text rtx_pro_5000_72gb_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-PRO-5000-72GB-Blackwell"),
};

/*
 * NVIDIA RTX PRO 4500 Blackwell; where slices start is not published.
 * Source: MIG User Guide, Supported MIG Profiles (edition for driver 610; 575.64);
 * two public reports of 1g.16gb x 2 and 2g.32gb x 1.
 */
static const struct gpu_profile rtx_pro_4500_32gb_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.16gb"),           1,     1,   2,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.16gb+gfx"),       1,     1,   2,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.16gb+me.all"),    1,     1,   1,      0, EITHER_OF_TWO },
        { TEXT_INIT("1g.16gb-me"),        1,     1,   2,      0, EITHER_OF_TWO },
        { TEXT_INIT("2g.32gb"),           2,     2,   1,      0, AT_ZERO },
        { TEXT_INIT("2g.32gb+gfx"),       2,     2,   1,      0, AT_ZERO },
};

static const struct text rtx_pro_4500_32gb_aliases[] = {
        TEXT_INIT("NVIDIA-RTX-PRO-4500-Blackwell"),
        TEXT_INIT("NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition"),
};

static const struct text rtx_pro_4500_32gb_pci_ids[] = {
        TEXT_INIT("0x2C3A10DE"), /* Server, as vGPU types have it */
        TEXT_INIT("0x2C3110DE"),
};

/*
 * NVIDIA Thor, the GPU of a Jetson: its memory is the CPU's too, so every name says 0gb.
 * Two instances at most, one for compute and one for graphics. Where they start is not
 * published; these starts say just that rule.
 * Source: MIG User Guide, Supported MIG Profiles (Thor iGPU, driver 595); Jetson
 * Linux Developer Guide r39.2.
 */
static const struct gpu_profile thor_igpu_profiles[] = {
        /* name                     compute memory most     MiB  starts */
        { TEXT_INIT("1g.0gb"),            1,     1,   1,      0, AT_ZERO },
        { TEXT_INIT("1g.0gb+me"),         1,     1,   1,      0, AT_ZERO },
        { TEXT_INIT("1g.0gb+gfx"),        1,     1,   1,      0, AT_TWO },
        { TEXT_INIT("2g.0gb"),            2,     2,   1,      0, AT_ZERO },
        { TEXT_INIT("2g.0gb+gfx"),        2,     2,   1,      0, AT_ONE },
        { TEXT_INIT("3g.0gb"),            3,     3,   1,      0, AT_ZERO },
        { TEXT_INIT("3g.0gb+gfx"),        3,     3,   1,      0, AT_ZERO },
};

static const struct text thor_igpu_aliases[] = {
        TEXT_INIT("NVIDIA-Thor"),
};

static const struct gpu_product products[] = {
        /* name                 compute memory  GiB reported MiB, starts are */
        { TEXT_INIT("B200-180GB"),      7,     8,   180,  183359, GPU_PUBLISHED, &generation_blackwell,
          ALIASES(b200_180gb), PCI_IDS(b200_180gb), PROFILES(b200_180gb) },
        { TEXT_INIT("GB200-186GB"),     7,     8,   186,  189471, GPU_PUBLISHED, &generation_blackwell,
          ALIASES(gb200_186gb), PCI_IDS(gb200_186gb), PROFILES(gb200_186gb) },
        { TEXT_INIT("GB200-189GB"),     7,     8,   189,       0, GPU_ASSUMED, &generation_blackwell,
          ALIASES(gb200_189gb), PCI_IDS(gb200_189gb), PROFILES(gb200_189gb) },
        { TEXT_INIT("B300-269GB"),      7,     8,   269,       0, GPU_ASSUMED, &generation_blackwell,
          ALIASES(b300_269gb), PCI_IDS(b300_269gb), PROFILES(b300_269gb) },
        { TEXT_INIT("GB300-278GB"),     7,     8,   278,  284208, GPU_PUBLISHED, &generation_blackwell,
          ALIASES(gb300_278gb), PCI_IDS(gb300_278gb), PROFILES(gb300_278gb) },
        { TEXT_INIT("GB300-251GB"),     7,     8,   251,       0, GPU_GUESSED, &generation_blackwell,
          NONE, NONE, PROFILES(gb300_251gb) },
        { TEXT_INIT("RTX-PRO-6000-96GB"),    4,    12,    96,       0, GPU_LISTED, &generation_blackwell_rtx,
          ALIASES(rtx_pro_6000_96gb), PCI_IDS(rtx_pro_6000_96gb), PROFILES(rtx_pro_6000_96gb) },
        { TEXT_INIT("RTX-PRO-5000-48GB"),      2,     2,    48,       0, GPU_GUESSED, &generation_blackwell_rtx,
          ALIASES(rtx_pro_5000_48gb), NONE, PROFILES(rtx_pro_5000_48gb) },
        { TEXT_INIT("RTX-PRO-5000-48GB-R580"), 4,     4,    48,       0, GPU_GUESSED, &generation_blackwell_rtx,
          ALIASES(rtx_pro_5000_48gb_r580), NONE, PROFILES(rtx_pro_5000_48gb_r580) },
        { TEXT_INIT("RTX-PRO-5000-72GB"),    0,     0,    72,       0, GPU_UNDOCUMENTED, &generation_blackwell_rtx,
          ALIASES(rtx_pro_5000_72gb), NONE, NONE },
        { TEXT_INIT("RTX-PRO-4500-32GB"),    2,     2,    32,       0, GPU_GUESSED, &generation_blackwell_rtx,
          ALIASES(rtx_pro_4500_32gb), PCI_IDS(rtx_pro_4500_32gb), PROFILES(rtx_pro_4500_32gb) },
        { TEXT_INIT("THOR-IGPU"),       3,     3,     0,       0, GPU_GUESSED, &generation_blackwell,
          ALIASES(thor_igpu), NONE, PROFILES(thor_igpu) },
};

/* clang-format on */

const struct catalog_part catalog_blackwell = { products, COUNT_OF(products) };
