/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What AMD and Intel document about their accelerators, each counted whole.
 *
 * Source: AMD, ROCm documentation, AMD GPU specifications (memory); AMD device plugin for
 * Kubernetes, node labeller (names); Intel, Gaudi documentation (memory); the PCI ID
 * Repository (device ids).
 */
#include "gpu/catalog_tables.h"

/* clang-format off */

/* AMD Instinct. A pod gets one of the two dies of an MI250 or MI250X, with 64 GB of its own. */
static const struct text mi210_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI210"),
        TEXT_INIT("AMD-MI210"),
        TEXT_INIT("MI210"),
};
static const struct text mi210_pci_ids[] = { TEXT_INIT("0x740F1002") };
static const struct text mi250_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI250"),
        TEXT_INIT("AMD-Instinct-MI250X"),
        TEXT_INIT("AMD-Instinct-MI250X-MI250"),
        TEXT_INIT("AMD-MI250"),
        TEXT_INIT("AMD-MI250X"),
        TEXT_INIT("MI250"),
        TEXT_INIT("MI250X"),
};
static const struct text mi250_pci_ids[] = { TEXT_INIT("0x740C1002"), TEXT_INIT("0x74081002") };
static const struct text mi300a_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI300A"),
        TEXT_INIT("AMD-MI300A"),
        TEXT_INIT("MI300A"),
};
static const struct text mi300a_pci_ids[] = { TEXT_INIT("0x74A01002") };
static const struct text mi300x_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI300X-OAM"),
        TEXT_INIT("AMD-Instinct-MI300X"),
        TEXT_INIT("AMD-MI300X-192G"),
        TEXT_INIT("AMD-MI300X"),
        TEXT_INIT("MI300X"),
};
static const struct text mi300x_pci_ids[] = { TEXT_INIT("0x74A11002"), TEXT_INIT("0x74A91002"), TEXT_INIT("0x74B51002"), TEXT_INIT("0x74BD1002") };
static const struct text mi308x_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI308X"),
        TEXT_INIT("AMD-MI308X"),
        TEXT_INIT("MI308X"),
};
static const struct text mi308x_pci_ids[] = { TEXT_INIT("0x74A21002") };
static const struct text mi325x_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI325X-OAM"),
        TEXT_INIT("AMD-Instinct-MI325-OAM"),
        TEXT_INIT("AMD-Instinct-MI325X"),
        TEXT_INIT("AMD-MI325X"),
        TEXT_INIT("MI325X"),
};
static const struct text mi325x_pci_ids[] = { TEXT_INIT("0x74A51002"), TEXT_INIT("0x74B91002") };
static const struct text mi350x_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI350X-OAM"),
        TEXT_INIT("AMD-Instinct-MI350X"),
        TEXT_INIT("AMD-MI350X"),
        TEXT_INIT("MI350X"),
};
static const struct text mi350x_pci_ids[] = { TEXT_INIT("0x75A01002") };
static const struct text mi355x_aliases[] = {
        TEXT_INIT("AMD-Instinct-MI355X-OAM"),
        TEXT_INIT("AMD-Instinct-MI355X"),
        TEXT_INIT("AMD-MI355X"),
        TEXT_INIT("MI355X"),
};
static const struct text mi355x_pci_ids[] = { TEXT_INIT("0x75A31002") };

/* Intel Gaudi. */
static const struct text gaudi2_aliases[] = {
        TEXT_INIT("Intel-Gaudi2"),
        TEXT_INIT("Intel-Gaudi-2"),
        TEXT_INIT("Habana-Gaudi2"),
        TEXT_INIT("Gaudi-2"),
        TEXT_INIT("Gaudi2"),
};
static const struct text gaudi2_pci_ids[] = { TEXT_INIT("0x10201DA3") };
static const struct text gaudi3_aliases[] = {
        TEXT_INIT("Intel-Gaudi3"),
        TEXT_INIT("Intel-Gaudi-3"),
        TEXT_INIT("Habana-Gaudi3"),
        TEXT_INIT("Gaudi-3"),
        TEXT_INIT("Gaudi3"),
};
static const struct text gaudi3_pci_ids[] = { TEXT_INIT("0x10601DA3"), TEXT_INIT("0x10631DA3") };

static const struct gpu_product products[] = {
        /* table, name, GiB, reported MiB, generation */
        WHOLE(mi210, "MI210-64GB", 64, 0, cdna2),
        WHOLE(mi250, "MI250-64GB", 64, 0, cdna2),
        WHOLE(mi300a, "MI300A-128GB", 128, 0, cdna3),
        WHOLE(mi300x, "MI300X-192GB", 192, 0, cdna3),
        WHOLE(mi308x, "MI308X-192GB", 192, 0, cdna3),
        WHOLE(mi325x, "MI325X-256GB", 256, 0, cdna3),
        WHOLE(mi350x, "MI350X-288GB", 288, 0, cdna4),
        WHOLE(mi355x, "MI355X-288GB", 288, 0, cdna4),
        WHOLE(gaudi2, "Gaudi2-96GB", 96, 0, gaudi),
        WHOLE(gaudi3, "Gaudi3-128GB", 128, 0, gaudi),
};

/* clang-format on */

const struct catalog_part catalog_other = { products, COUNT_OF(products) };
