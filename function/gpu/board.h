/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board - which of a product's boards a name means
 *
 * An H200 is sold as an SXM module and as NVL: one product, two boards with PCI ids
 * of their own, which mig-parted's device-filter tells apart.
 */
#ifndef GPU_BOARD_H
#define GPU_BOARD_H

#include "gpu/catalog.h"

enum { BOARD_IDS_MAX = 4 };

struct gpu_board {
        const struct text *pci_ids; /* of that board; of the whole product when it is not known */
        size_t n_pci_ids;
        bool is_known; /* the name says which board it is */
};

/*
 * board_named() - the board that an accelerator type means
 * @product: one of those that catalog_find() gave for it
 * @alias:   the accelerator type; also a PCI id, or a machine type
 */
struct gpu_board board_named(const struct gpu_product *product, struct text alias);

/* board_has() - is the PCI id, "0x233010DE", one of the board's? */
bool board_has(const struct gpu_board *board, struct text pci_id);

#endif
