/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_tables - what the parts of the catalogue are written with
 *
 * Only for gpu/catalog*.c: a part for each architecture, in its own file. A
 * memory of 0 MiB was never seen in a listing: nothing is computed from another
 * number.
 */
#ifndef GPU_CATALOG_TABLES_H
#define GPU_CATALOG_TABLES_H

#include "base/count.h"
#include "gpu/catalog.h"

struct catalog_part {
        const struct gpu_product *products;
        size_t n_products;
};

extern const struct catalog_part catalog_ampere, catalog_hopper, catalog_blackwell, catalog_whole,
        catalog_other;

/*
 * Where an instance may start. Seven-slice parts have eight memory slices, and
 * the eighth can start nothing: only an instance that began earlier covers it.
 */
/* clang-format off */
#define ANY_OF_SEVEN  7, { 0, 1, 2, 3, 4, 5, 6 }
#define ANY_OF_FOUR   4, { 0, 1, 2, 3 }
#define EVERY_SECOND  4, { 0, 2, 4, 6 }
#define EVERY_THIRD   4, { 0, 3, 6, 9 }
#define FIRST_THREE   3, { 0, 2, 4 }
#define EITHER_OF_TWO 2, { 0, 1 }
#define EITHER_PAIR   2, { 0, 2 }
#define EITHER_HALF   2, { 0, 4 }
#define EITHER_SIX    2, { 0, 6 }
#define AT_ZERO       1, { 0 }
#define AT_ONE        1, { 1 }
#define AT_TWO        1, { 2 }

/* The columns of a product that are tables of their own. */
#define ALIASES(name)  name##_aliases, COUNT_OF(name##_aliases)
#define PCI_IDS(name)  name##_pci_ids, COUNT_OF(name##_pci_ids)
#define PROFILES(name) name##_profiles, COUNT_OF(name##_profiles)
#define NONE           NULL, 0

/* A product that has no MIG. */
#define WHOLE(id, name, gib, reported_mib, generation)                                             \
        { TEXT_INIT(name), 0, 0, gib, reported_mib, GPU_WITHOUT_MIG, &generation_##generation,     \
          ALIASES(id), PCI_IDS(id), NONE }
/* clang-format on */

#endif
