/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu/board.h"
#include "gpu/machine.h"
#include "gpu/names.h"

static void test_counts(void **state) {
        static const struct {
                const char *type;
                int32_t count;
                const char *gpu;
        } rows[] = {
                { "p5.48xlarge", 8, "H100-80GB" },
                { "P5.48XLARGE", 8, "H100-80GB" },
                { "p5.4xlarge", 1, "H100-80GB" },
                { "p5", 0, "H100-80GB" },
                { "p5.97xlarge", 0, "H100-80GB" }, /* a size of tomorrow */
                { "p4d.24xlarge", 8, "A100-40GB" },
                { "g6.12xlarge", 4, "L4-24GB" },
                { "g6.xlarge", 1, "L4-24GB" },
                { "g6e.48xlarge", 8, "L40S-48GB" },
                { "g5g.16xlarge", 2, "T4G-16GB" },
                { "g7.48xlarge", 8, "RTX-PRO-4500-32GB" },
                { "g7.8xlarge", 0, "RTX-PRO-4500-32GB" },
                { "g7e.12xlarge", 2, "RTX-PRO-6000-96GB" },
                { "p6e-gb200.36xlarge", 4, "GB200-186GB" },
                { "ml.g5.12xlarge", 4, "A10G-24GB" },
                { "a2-megagpu-16g", 16, "A100-40GB" },
                { "a3-highgpu-2g", 2, "H100-80GB" },
                { "a3-edgegpu-8g", 8, "H100-80GB" },
                { "a4x-highgpu-4g", 4, "GB200-186GB" },
                { "g2-standard-48", 4, "L4-24GB" },
                { "g4-standard-384", 8, "RTX-PRO-6000-96GB" },
                { "Standard_ND96isr_H200_v5", 8, "H200-141GB" },
                { "Standard_NC80adis_H100_v5", 2, "H100-94GB" },
                { "standard_nc24ads_a100_v4", 1, "A100-80GB" },
                { "Standard_ND96isr_MI300X_v5", 8, "MI300X-192GB" },
                { "BM.GPU.H100.8", 8, "H100-80GB" },
                { "VM.GPU.A10.2", 2, "A10-24GB" },
                { "BM.GPU4.8", 8, "A100-40GB" },
                { "gpua30.small", 0, "A30-24GB" },
                { "gd-8xl40-i128", 8, "L40-48GB" },
                { "rtxp6000-8x-v2", 8, "RTX-PRO-6000-96GB" },
                { "gpu_4x_a6000", 4, "RTX-A6000-48GB" },
                { "GPU-16xCPU-192GB-3xL40S", 3, "L40S-48GB" },
                { "GPU-SPOT-8xCPU-64GB-1xL40S", 1, "L40S-48GB" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct gpu_product *product;
                struct gpu_machine machine;

                print_message("%s\n", rows[i].type);
                assert_true(machine_find(text_from(rows[i].type), &machine));
                assert_int_equal(machine.count, rows[i].count);
                assert_true(catalog_find(machine.gpu, &product, 1) > 0);
                assert_true(text_equal(product->name, text_from(rows[i].gpu)));
        }
}

static void test_no_machines(void **state) {
        static const char *const types[] = { "",
                                             "Standard_",
                                             "m5.xlarge",
                                             "p5f.48xlarge",
                                             "g4-standard-24",
                                             "gpu-h100-sxm",
                                             "GPU-8xCPU-64GB-0xL40S",
                                             "GPU-8xCPU-64GB",
                                             "GPU-8xCPU-64GB-1x",
                                             "NVIDIA-H100-PCIe" };

        (void)state;
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                struct gpu_machine machine;

                print_message("\"%s\"\n", types[i]);
                assert_false(machine_find(text_from(types[i]), &machine));
        }
}

static void test_boards(void **state) {
        static const struct {
                const char *alias;
                bool is_known;
                const char *has, *lacks;
        } rows[] = {
                { "NVIDIA-H200", true, "0x233510DE", "0x233B10DE" },
                { "nvidia-h200-141gb", false, "0x233B10DE", "0x290110DE" },
                { "NVIDIA H200 NVL", true, "0x233b10de", "0x233510DE" },
                { "NVIDIA-H200-NVL-MIG-1g.18gb", true, "0x233B10DE", "0x233510DE" },
                { "H200-141GB", false, "0x233510DE", "0x290110DE" },
                { "h200.141gb", false, "0x233B10DE", "0x290110DE" },
                { "p5en.48xlarge", true, "0x233510DE", "0x233B10DE" },
                { "0x233B", true, "0x233B10DE", "0x233510DE" },
                { "nvidia-a100", false, "0x20B010DE", "0x233B10DE" },
                { "A100-PCIE-40GB", true, "0x20F110DE", "0x20B010DE" },
                { "NVIDIA-H100-80GB-HBM3", true, "0x233010DE", "0x233110DE" },
                { "NVIDIA-B200", true, "0x290110DE", "0x290210DE" }, /* there is but one */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text alias = text_from(rows[i].alias);
                const struct gpu_product *product;
                struct gpu_board board;

                print_message("%s\n", rows[i].alias);
                assert_true(catalog_find(alias, &product, 1) > 0);
                board = board_named(product, alias);
                assert_int_equal(board.is_known, rows[i].is_known);
                assert_true(board_has(&board, text_from(rows[i].has)));
                assert_false(board_has(&board, text_from(rows[i].lacks)));
        }
}

static void test_labels(void **state) {
        static const struct {
                const char *label, *card, *slices;
                bool is_shared;
        } rows[] = {
                { "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb", "NVIDIA-H100-80GB-HBM3", "1g.10gb", false },
                { "NVIDIA-L4-SHARED", "NVIDIA-L4", "", true },
                { "NVIDIA-L4-MIG-1g.6gb-SHARED", "NVIDIA-L4", "1g.6gb", true },
                { "NVIDIA-A30-MIG-INVALID", "NVIDIA-A30", "INVALID", false },
                { "NVIDIA-A30-MIG-", "NVIDIA-A30-MIG-", "", false },
                { "NVIDIA-A30", "NVIDIA-A30", "", false },
                { "-SHARED", "-SHARED", "", false },
                { "", "", "", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text label = text_from(rows[i].label);

                print_message("\"%s\"\n", rows[i].label);
                assert_true(text_equal(names_of_card(label), text_from(rows[i].card)));
                assert_true(text_equal(names_slices(label), text_from(rows[i].slices)));
                assert_int_equal(names_is_shared(label), rows[i].is_shared);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_no_machines),
                cmocka_unit_test(test_boards),
                cmocka_unit_test(test_labels),
        };

        return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
