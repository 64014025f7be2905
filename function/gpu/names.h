/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names - the many ways to write one GPU's name
 *
 * nvidia-smi says "NVIDIA H100 80GB HBM3", a label of GPU feature discovery
 * "NVIDIA-H100-80GB-HBM3", one of a node in slices "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
 * AMD's labeller "AMD_Instinct_MI300X_OAM", and people "h100-80gb".
 */
#ifndef GPU_NAMES_H
#define GPU_NAMES_H

#include "base/text.h"

/* names_are_same() - equal without case, a blank and a "_" being a "-". */
bool names_are_same(struct text a, struct text b);

/* names_bare() - the name without its maker before it, "nvidia-", "amd-" or "intel-". */
struct text names_bare(struct text name);

/* names_is_called() - is it that name, with or without a maker before it?
 * @bare: without one */
bool names_is_called(struct text name, struct text bare);

/* names_of_card() - the name without what a label adds for slices and shares: "-MIG-1g.10gb",
 * "-SHARED". */
struct text names_of_card(struct text label);

/*
 * names_slices() - what stands behind "-MIG-" in a label, without "-SHARED": "1g.10gb", or
 * "INVALID" where the slices of a node differ; empty when there is none
 */
struct text names_slices(struct text label);

/* names_is_shared() - does the label end in "-SHARED"? */
bool names_is_shared(struct text label);

/* names_is_pci_id() - "0x233010DE" and "0x2330" are the id "0x233010DE". */
bool names_is_pci_id(struct text name, struct text pci_id);

#endif
