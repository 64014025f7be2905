/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/board.h"

#include "base/count.h"
#include "gpu/machine.h"
#include "gpu/names.h"

/* clang-format off */

/*
 * Names that say which board it is, of products that have several: what the driver says,
 * while names of clouds, such as GKE's nvidia-h100-80gb, are used for any board.
 * Source: open-gpu-kernel-modules, README (device ids by the driver's names); the PCI
 * ID Repository; vGPU types reference.
 */
static const struct {
        struct text name, pci_ids[BOARD_IDS_MAX];
} boards[] = {
        { TEXT_INIT("NVIDIA-A30"),             { TEXT_INIT("0x20B710DE") } },
        { TEXT_INIT("NVIDIA-A30X"),            { TEXT_INIT("0x20B910DE") } },
        { TEXT_INIT("NVIDIA-A100-SXM4-40GB"),  { TEXT_INIT("0x20B010DE") } },
        { TEXT_INIT("NVIDIA-A100-PCIE-40GB"),  { TEXT_INIT("0x20B110DE"), TEXT_INIT("0x20F110DE") } },
        { TEXT_INIT("NVIDIA-A100-SXM4-80GB"),  { TEXT_INIT("0x20B210DE") } },
        { TEXT_INIT("NVIDIA-A100-80GB-PCIe"),  { TEXT_INIT("0x20B510DE") } },
        { TEXT_INIT("NVIDIA-A100X"),           { TEXT_INIT("0x20B810DE") } },
        { TEXT_INIT("NVIDIA-A800-40GB-Active"),{ TEXT_INIT("0x20F610DE") } },
        { TEXT_INIT("A800-PCIe-40GB"),         { TEXT_INIT("0x20F610DE") } },
        { TEXT_INIT("NVIDIA-A800-SXM4-40GB"),  { TEXT_INIT("0x20BD10DE") } },
        { TEXT_INIT("NVIDIA-A800-SXM4-80GB"),  { TEXT_INIT("0x20F310DE") } },
        { TEXT_INIT("NVIDIA-A800-80GB-PCIe"),  { TEXT_INIT("0x20F510DE") } },
        { TEXT_INIT("NVIDIA-AX800"),           { TEXT_INIT("0x20FD10DE") } },
        { TEXT_INIT("NVIDIA-H100-80GB-HBM3"),  { TEXT_INIT("0x233010DE") } },
        { TEXT_INIT("NVIDIA-H100-PCIe"),       { TEXT_INIT("0x233110DE") } },
        { TEXT_INIT("NVIDIA-H800"),            { TEXT_INIT("0x232410DE") } },
        { TEXT_INIT("NVIDIA-H800-PCIe"),       { TEXT_INIT("0x232210DE") } },
        { TEXT_INIT("nvidia-h100-nvl"),        { TEXT_INIT("0x232110DE") } },
        { TEXT_INIT("H100-SXM5-94GB"),         { TEXT_INIT("0x233910DE") } },
        { TEXT_INIT("NVIDIA-GH200-480GB"),     { TEXT_INIT("0x234210DE") } },
        { TEXT_INIT("NVIDIA-H200"),            { TEXT_INIT("0x233510DE") } },
        { TEXT_INIT("NVIDIA-H200-NVL"),        { TEXT_INIT("0x233B10DE") } },
        { TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"),
          { TEXT_INIT("0x2BB510DE") } },
        { TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Workstation-Edition"),
          { TEXT_INIT("0x2BB110DE") } },
        { TEXT_INIT("NVIDIA-RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition"),
          { TEXT_INIT("0x2BB410DE") } },
        { TEXT_INIT("NVIDIA-RTX-PRO-4500-Blackwell"), { TEXT_INIT("0x2C3110DE") } },
        { TEXT_INIT("NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition"),
          { TEXT_INIT("0x2C3A10DE") } },
};

/* clang-format on */

static size_t count_ids(const struct text *ids) {
        size_t n = 0;

        while (n < BOARD_IDS_MAX && ids[n].len > 0)
                n++;
        return n;
}

struct gpu_board board_named(const struct gpu_product *product, struct text alias) {
        struct gpu_board whole = { product->pci_ids, product->n_pci_ids, false };
        struct gpu_machine machine;

        if (machine_find(alias, &machine))
                alias = machine.gpu;
        alias = names_of_card(alias);
        for (size_t i = 0; i < product->n_pci_ids; i++) {
                if (names_is_pci_id(alias, product->pci_ids[i]))
                        return (struct gpu_board) { &product->pci_ids[i], 1, true };
        }
        for (size_t i = 0; i < COUNT_OF(boards); i++) {
                struct gpu_board board = { boards[i].pci_ids, count_ids(boards[i].pci_ids), true };

                if (names_are_same(names_bare(boards[i].name), names_bare(alias)) &&
                    board_has(&whole, board.pci_ids[0]))
                        return board;
        }
        whole.is_known = product->n_pci_ids == 1;
        return whole;
}

bool board_has(const struct gpu_board *board, struct text pci_id) {
        for (size_t i = 0; i < board->n_pci_ids; i++) {
                if (text_equal_fold(board->pci_ids[i], pci_id))
                        return true;
        }
        return false;
}
