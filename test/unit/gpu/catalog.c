/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "gpu/catalog.h"
#include "gpu/profile.h"

static void test_find(void **state) {
        static const struct {
                const char *alias;
                size_t n;
                const char *first;
                const char *reason;
        } rows[] = {
                { "nvidia-h100-80gb", 1, "H100-80GB", "GKE's name" },
                { "NVIDIA-H100-80gb", 1, "H100-80GB", "case does not count" },
                { "nvidia-h100-mega-80gb", 1, "H100-80GB", "GKE's a3-megagpu" },
                { "NVIDIA-H100-80GB-HBM3", 1, "H100-80GB", "a node's label" },
                { "NVIDIA H100 80GB HBM3", 1, "H100-80GB", "nvidia-smi's name" },
                { "H100-80GB", 1, "H100-80GB", "our own key" },
                { "h100.80gb", 1, "H100-80GB", "Bottlerocket's key" },
                { "nvidia-tesla-a100", 1, "A100-40GB", "GKE means the 40 GB part" },
                { "nvidia-a100", 2, "A100-40GB", "said of both sizes" },
                { "nvidia-a100-80gb", 1, "A100-80GB", "" },
                { "NVIDIA-A100-SXM4-80GB", 1, "A100-80GB", "" },
                { "NVIDIA-H200", 1, "H200-141GB", "" },
                { "NVIDIA-A30", 1, "A30-24GB", "" },
                { "NVIDIA A30X", 1, "A30-24GB", "nvidia-smi's name" },
                { "nvidia-h100", 3, "H100-80GB", "said of 80, 94 and 96 GB" },
                { "nvidia-gb200", 2, "GB200-186GB", "the boards of today" },
                { "rtxpro6000.96gb", 1, "RTX-PRO-6000-96GB", "Bottlerocket" },
                { "NVIDIA RTX PRO 6000 Blackwell Server Edition", 1, "RTX-PRO-6000-96GB", "" },
                { "RTX-PRO-5000-48GB", 2, "RTX-PRO-5000-48GB", "two editions" },
                { "H100_NVLINK_80GB", 1, "H100-80GB", "CoreWeave's class" },
                { "A100_NVLINK", 1, "A100-40GB", "the same" },
                { "A100_PCIE_80GB", 1, "A100-80GB", "the same" },
                { "p5", 1, "H100-80GB", "a family of machines" },
                { "P5.48xlarge", 1, "H100-80GB", "a machine" },
                { "p5e.48xlarge", 1, "H200-141GB", "no p5" },
                { "p5f.48xlarge", 0, NULL, "neither" },
                { "p6-b200.48xlarge", 1, "B200-180GB", "" },
                { "a2-highgpu-1g", 1, "A100-40GB", "Google Cloud" },
                { "a3-ultragpu-8g", 1, "H200-141GB", "" },
                { "Standard_ND96asr_v4", 1, "A100-40GB", "Azure" },
                { "ND96asr_v4", 1, "A100-40GB", "" },
                { "gpua30.small", 1, "A30-24GB", "Exoscale" },
                { "Standard_", 0, NULL, "" },
                { "nvidia-a100-40gb", 1, "A100-40GB", "as a cloud would write our key" },
                { "nvidia-", 0, NULL, "" },
                { "nvidia-nvidia-l4", 0, NULL, "" },
                { "A30", 1, "A30-24GB", "as everybody says it" },
                { "h200", 1, "H200-141GB", "no GH200" },
                { "B200", 1, "B200-180GB", "no GB200" },
                { "a100", 2, "A100-40GB", "as nvidia-a100" },
                { "H100", 3, "H100-80GB", "as nvidia-h100" },
                { "RTX PRO 6000", 1, "RTX-PRO-6000-96GB", "" },
                { "nvidia-h100.80gb", 1, "H100-80GB", "Bottlerocket's key with the maker" },
                { "nvidia-l4", 1, "L4-24GB", "no MIG there" },
                { "NVIDIA-L40S", 1, "L40S-48GB", "" },
                { "Tesla-T4", 1, "T4-16GB", "a node's label" },
                { "nvidia-tesla-t4", 1, "T4-16GB", "GKE" },
                { "T4", 1, "T4-16GB", "" },
                { "T4G", 1, "T4G-16GB", "another GPU" },
                { "nvidia-tesla-v100", 1, "V100-16GB", "GKE means that one" },
                { "V100", 2, "V100-16GB", "said of both sizes" },
                { "Tesla-V100-SXM2-32GB", 1, "V100-32GB", "" },
                { "Tesla P100-PCIE-16GB", 1, "P100-16GB", "nvidia-smi's name" },
                { "A10", 1, "A10-24GB", "no A10G" },
                { "NVIDIA-A10G", 1, "A10G-24GB", "" },
                { "a6000", 1, "RTX-A6000-48GB", "" },
                { "NVIDIA RTX 6000 Ada Generation", 1, "RTX-6000-Ada-48GB", "" },
                { "rtx-6000", 2, "Quadro-RTX-6000-24GB", "said of Turing and Ada" },
                { "AMD_Instinct_MI300X_OAM", 1, "MI300X-192GB", "AMD's labeller" },
                { "amd-instinct-mi300x", 1, "MI300X-192GB", "" },
                { "mi355x", 1, "MI355X-288GB", "" },
                { "nvidia-mi300x", 0, NULL, "NVIDIA does not make it" },
                { "amd-h100-80gb", 0, NULL, "nor AMD that" },
                { "intel-gaudi3", 1, "Gaudi3-128GB", "" },
                { "H20-3e", 1, "H20-141GB", "" },
                { "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", 1, "A100-40GB", "a node in slices" },
                { "NVIDIA-A100-80GB-PCIe-MIG-INVALID", 1, "A100-80GB", "one in unlike slices" },
                { "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb-SHARED", 1, "A100-80GB", "in shared ones" },
                { "NVIDIA-L4-SHARED", 1, "L4-24GB", "a node with shares" },
                { "-SHARED", 0, NULL, "" },
                { "-MIG-1g.5gb", 0, NULL, "" },
                { "0x233010DE", 1, "H100-80GB", "a PCI id" },
                { "0x233010de", 1, "H100-80GB", "" },
                { "0x233B", 1, "H200-141GB", "without the vendor" },
                { "0x25B6", 2, "A2-16GB", "A16 too" },
                { "0x74A11002", 1, "MI300X-192GB", "AMD's" },
                { "0x233010DF", 0, NULL, "of no vendor that is known" },
                { "0x23", 0, NULL, "" },
                { "0x", 0, NULL, "" },
                { "g6.12xlarge", 1, "L4-24GB", "" },
                { "ml.p5.48xlarge", 1, "H100-80GB", "SageMaker" },
                { "Standard_ND96isr_H200_v5", 1, "H200-141GB", "" },
                { "standard_nc80adis_h100_v5", 1, "H100-94GB", "" },
                { "a4x-highgpu-4g", 2, "GB200-186GB", "" },
                { "BM.GPU.H100.8", 1, "H100-80GB", "OCI" },
                { "bm.gpu.a100-v2.8", 1, "A100-80GB", "" },
                { "gd-8xh200ib-i128", 1, "H200-141GB", "CoreWeave" },
                { "gpu_8x_a100_80gb_sxm4", 1, "A100-80GB", "Lambda" },
                { "GPU-8xCPU-64GB-1xL40S", 1, "L40S-48GB", "UpCloud" },
                { "GPU-8xCPU-64GB-1xWOOD", 0, NULL, "" },
                { "gpua5000.small", 1, "RTX-A5000-24GB", "Exoscale" },
                { "", 0, NULL, "" },
                { "nvidia-h100-80gb ", 0, NULL, "a blank" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct gpu_product *products[4];
                size_t n = catalog_find(text_from(rows[i].alias), products, 4);

                print_message("\"%s\" %s\n", rows[i].alias, rows[i].reason);
                assert_int_equal(n, rows[i].n);
                if (n > 0)
                        assert_true(text_equal(products[0]->name, text_from(rows[i].first)));
        }
}

static void test_find_counts_beyond_max(void **state) {
        const struct gpu_product *product = NULL;

        (void)state;
        assert_int_equal(catalog_find(TEXT("nvidia-a100"), &product, 1), 2);
        assert_true(text_equal(product->name, TEXT("A100-40GB")));
        assert_int_equal(catalog_find(TEXT("nvidia-a100"), NULL, 0), 2);
}

static void test_nearest(void **state) {
        static const struct {
                const char *alias, *nearest;
        } rows[] = {
                { "nvidia-h101-80gb", "nvidia-h100-80gb" },
                { "nvidia_h100_80gbb", "nvidia_h100-80gb" },
                { "nvida-h100-80gb", "nvidia-h100-80gb" },
                { "h100-80g", "h100.80gb" },
                { "nvidia-h100-80-gb", "nvidia-h100-80gb" },
                { "nvidia-rtxpro-6000", "nvidia-rtx-pro-6000" },
                { "NVIDIA-Thro", "" }, /* a letter of few may be another GPU's */
                { "THOR-IGUP", "THOR-IGPU" },
                { "l40-s", "NVIDIA-L40S" }, /* the separators are elsewhere */
                { "h-100", "nvidia-h100" },
                { "nvidia-a10-g", "NVIDIA-A10G" },
                { "nvidia-a11", "" },
                { "nvidia-l41s", "" },
                { "Tesla-T44", "Tesla-T4" },
                { "NVIDIA-RTX-A2000", "" }, /* GPUs that there are, and others than the nearest */
                { "nvidia-tesla-k80", "" },
                { "NVIDIA-GeForce-RTX-4080", "" },
                { "AMD-Instinct-MI100", "" },
                { "nvidia-h100-96gbb", "" },
                { "h200-80gb", "" },
                { "nvidia-a100-64gb", "" },
                { "nvidia-h100-81gb", "nvidia-h100-80gb" },
                { "AMD-Instinct-MI30X", "AMD-Instinct-MI300X" },
                { "NVIDIA-L40S-SHARD", "" },
                { "NVIDIA-A100-SXM4-80G-SHARED", "NVIDIA-A100-SXM4-80GB" },
                { "", "" },
                { "nvidia-", "" },
        };
        struct arena arena;

        (void)state;
        arena_init(&arena, 1 << 20);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct text nearest = catalog_nearest(text_from(rows[i].alias), &arena);

                print_message("%s: %.*s\n", rows[i].alias, TEXT_ARG(nearest));
                assert_true(text_equal(nearest, text_from(rows[i].nearest)));
                assert_int_equal(catalog_find(nearest, NULL, 0) > 0, nearest.len > 0);
        }
        arena_release(&arena);
}

/* clang-format off */

/* Slices of one GPU as NVIDIA's tables give them, by product and profile; 0 MiB: never listed. */
static const struct {
        const char *product, *profile;
        int slices;
        int32_t memory_mib;
} slices[] = {
        { "A30-24GB",           "1g.6gb",          4,   5952 },
        { "A30-24GB",           "1g.6gb+me",       1,   5952 },
        { "A30-24GB",           "2g.12gb",         2,  11968 },
        { "A30-24GB",           "2g.12gb+me",      1,  11968 },
        { "A30-24GB",           "4g.24gb",         1,  24000 },
        { "A100-40GB",          "1g.5gb",          7,   4864 },
        { "A100-40GB",          "1g.5gb+me",       1,   4864 },
        { "A100-40GB",          "1g.10gb",         4,   9856 },
        { "A100-40GB",          "2g.10gb",         3,   9856 },
        { "A100-40GB",          "3g.20gb",         2,  19968 },
        { "A100-40GB",          "4g.20gb",         1,  19968 },
        { "A100-40GB",          "7g.40gb",         1,  40192 },
        { "A800-40GB",          "1g.5gb",          7,      0 },
        { "A800-40GB",          "1g.5gb+me",       1,      0 },
        { "A800-40GB",          "1g.10gb",         4,      0 },
        { "A800-40GB",          "2g.10gb",         3,      0 },
        { "A800-40GB",          "3g.20gb",         2,      0 },
        { "A800-40GB",          "4g.20gb",         1,      0 },
        { "A800-40GB",          "7g.40gb",         1,      0 },
        { "A100-80GB",          "1g.10gb",         7,   9728 },
        { "A100-80GB",          "1g.10gb+me",      1,   9728 },
        { "A100-80GB",          "1g.20gb",         4,  19968 },
        { "A100-80GB",          "2g.20gb",         3,  19968 },
        { "A100-80GB",          "3g.40gb",         2,  40192 },
        { "A100-80GB",          "4g.40gb",         1,  40192 },
        { "A100-80GB",          "7g.80gb",         1,  80640 },
        { "A800-80GB",          "1g.10gb",         7,      0 },
        { "A800-80GB",          "1g.10gb+me",      1,      0 },
        { "A800-80GB",          "1g.20gb",         4,      0 },
        { "A800-80GB",          "2g.20gb",         3,      0 },
        { "A800-80GB",          "3g.40gb",         2,      0 },
        { "A800-80GB",          "4g.40gb",         1,      0 },
        { "A800-80GB",          "7g.80gb",         1,      0 },
        { "H100-64GB",          "1g.8gb",          7,      0 },
        { "H100-64GB",          "1g.8gb+me",       1,      0 },
        { "H100-64GB",          "1g.16gb",         4,      0 },
        { "H100-64GB",          "2g.16gb",         3,      0 },
        { "H100-64GB",          "3g.32gb",         2,      0 },
        { "H100-64GB",          "4g.32gb",         1,      0 },
        { "H100-64GB",          "7g.64gb",         1,      0 },
        { "H100-80GB",          "1g.10gb",         7,   9984 },
        { "H100-80GB",          "1g.10gb+me",      1,   9984 },
        { "H100-80GB",          "1g.20gb",         4,  20096 },
        { "H100-80GB",          "2g.20gb",         3,  20096 },
        { "H100-80GB",          "3g.40gb",         2,  40448 },
        { "H100-80GB",          "4g.40gb",         1,  40448 },
        { "H100-80GB",          "7g.80gb",         1,  81152 },
        { "H800-80GB",          "1g.10gb",         7,      0 },
        { "H800-80GB",          "1g.10gb+me",      1,      0 },
        { "H800-80GB",          "1g.20gb",         4,      0 },
        { "H800-80GB",          "2g.20gb",         3,      0 },
        { "H800-80GB",          "3g.40gb",         2,      0 },
        { "H800-80GB",          "4g.40gb",         1,      0 },
        { "H800-80GB",          "7g.80gb",         1,      0 },
        { "H100-94GB",          "1g.12gb",         7,  11008 },
        { "H100-94GB",          "1g.12gb+me",      1,  11008 },
        { "H100-94GB",          "1g.24gb",         4,  22144 },
        { "H100-94GB",          "2g.24gb",         3,  22144 },
        { "H100-94GB",          "3g.47gb",         2,  47488 },
        { "H100-94GB",          "4g.47gb",         1,  47488 },
        { "H100-94GB",          "7g.94gb",         1,  95360 },
        { "H800-94GB",          "1g.12gb",         7,      0 },
        { "H800-94GB",          "1g.12gb+me",      1,      0 },
        { "H800-94GB",          "1g.24gb",         4,      0 },
        { "H800-94GB",          "2g.24gb",         3,      0 },
        { "H800-94GB",          "3g.47gb",         2,      0 },
        { "H800-94GB",          "4g.47gb",         1,      0 },
        { "H800-94GB",          "7g.94gb",         1,      0 },
        { "H100-96GB",          "1g.12gb",         7,  11264 },
        { "H100-96GB",          "1g.12gb+me",      1,  11264 },
        { "H100-96GB",          "1g.24gb",         4,  23552 },
        { "H100-96GB",          "2g.24gb",         3,  23552 },
        { "H100-96GB",          "3g.48gb",         2,  47616 },
        { "H100-96GB",          "4g.48gb",         1,  47616 },
        { "H100-96GB",          "7g.96gb",         1,  95232 },
        { "H20-96GB",           "1g.12gb",         7,      0 },
        { "H20-96GB",           "1g.12gb+me",      1,      0 },
        { "H20-96GB",           "1g.24gb",         4,      0 },
        { "H20-96GB",           "2g.24gb",         3,      0 },
        { "H20-96GB",           "3g.48gb",         2,      0 },
        { "H20-96GB",           "4g.48gb",         1,      0 },
        { "H20-96GB",           "7g.96gb",         1,      0 },
        { "H20-141GB",          "1g.18gb",         7,      0 },
        { "H20-141GB",          "1g.18gb+me",      1,      0 },
        { "H20-141GB",          "1g.35gb",         4,      0 },
        { "H20-141GB",          "2g.35gb",         3,      0 },
        { "H20-141GB",          "3g.71gb",         2,      0 },
        { "H20-141GB",          "4g.71gb",         1,      0 },
        { "H20-141GB",          "7g.141gb",        1,      0 },
        { "H200-141GB",         "1g.18gb",         7,  16384 },
        { "H200-141GB",         "1g.18gb+me",      1,  16384 },
        { "H200-141GB",         "1g.35gb",         4,  33024 },
        { "H200-141GB",         "2g.35gb",         3,  33024 },
        { "H200-141GB",         "3g.71gb",         2,  71168 },
        { "H200-141GB",         "4g.71gb",         1,  71168 },
        { "H200-141GB",         "7g.141gb",        1, 143104 },
        { "GH200-144GB",        "1g.18gb",         7,  17920 },
        { "GH200-144GB",        "1g.18gb+me",      1,  17920 },
        { "GH200-144GB",        "1g.36gb",         4,  36096 },
        { "GH200-144GB",        "2g.36gb",         3,  36096 },
        { "GH200-144GB",        "3g.72gb",         2,      0 },
        { "GH200-144GB",        "4g.72gb",         1,      0 },
        { "GH200-144GB",        "7g.144gb",        1,      0 },
        { "B200-180GB",         "1g.23gb",         7,  20992 },
        { "B200-180GB",         "1g.23gb+me",      1,  20992 },
        { "B200-180GB",         "1g.45gb",         4,  45312 },
        { "B200-180GB",         "2g.45gb",         3,  45312 },
        { "B200-180GB",         "3g.90gb",         2,      0 },
        { "B200-180GB",         "4g.90gb",         1,      0 },
        { "B200-180GB",         "7g.180gb",        1,      0 },
        { "GB200-186GB",        "1g.23gb",         7,  22528 },
        { "GB200-186GB",        "1g.23gb+me",      1,  22528 },
        { "GB200-186GB",        "1g.47gb",         4,  46592 },
        { "GB200-186GB",        "2g.47gb",         3,  46592 },
        { "GB200-186GB",        "3g.93gb",         2,      0 },
        { "GB200-186GB",        "4g.93gb",         1,      0 },
        { "GB200-186GB",        "7g.186gb",        1,      0 },
        { "GB200-189GB",        "1g.24gb",         7,  20480 },
        { "GB200-189GB",        "1g.24gb+me",      1,  20480 },
        { "GB200-189GB",        "1g.47gb",         4,  46592 },
        { "GB200-189GB",        "2g.47gb",         3,  46592 },
        { "GB200-189GB",        "3g.95gb",         2,      0 },
        { "GB200-189GB",        "4g.95gb",         1,      0 },
        { "GB200-189GB",        "7g.189gb",        1,      0 },
        { "B300-269GB",         "1g.34gb",         7,      0 },
        { "B300-269GB",         "1g.34gb+me",      1,      0 },
        { "B300-269GB",         "1g.67gb",         4,      0 },
        { "B300-269GB",         "2g.67gb",         3,      0 },
        { "B300-269GB",         "3g.135gb",        2,      0 },
        { "B300-269GB",         "4g.135gb",        1,      0 },
        { "B300-269GB",         "7g.269gb",        1,      0 },
        { "GB300-278GB",        "1g.35gb",         7,      0 },
        { "GB300-278GB",        "1g.35gb+me",      1,      0 },
        { "GB300-278GB",        "1g.70gb",         4,      0 },
        { "GB300-278GB",        "2g.70gb",         3,      0 },
        { "GB300-278GB",        "3g.139gb",        2,      0 },
        { "GB300-278GB",        "4g.139gb",        1,      0 },
        { "GB300-278GB",        "7g.278gb",        1,      0 },
        { "GB300-251GB",        "1g.31gb",         7,      0 },
        { "GB300-251GB",        "1g.31gb+me",      1,      0 },
        { "GB300-251GB",        "2g.63gb",         3,      0 },
        { "GB300-251GB",        "3g.126gb",        2,      0 },
        { "GB300-251GB",        "4g.126gb",        1,      0 },
        { "GB300-251GB",        "7g.251gb",        1,      0 },
        { "RTX-PRO-6000-96GB",  "1g.24gb",         4,  24192 },
        { "RTX-PRO-6000-96GB",  "1g.24gb+me",      1,  24192 },
        { "RTX-PRO-6000-96GB",  "1g.24gb+gfx",     4,  24192 },
        { "RTX-PRO-6000-96GB",  "1g.24gb+me.all",  1,  24192 },
        { "RTX-PRO-6000-96GB",  "1g.24gb-me",      4,  24192 },
        { "RTX-PRO-6000-96GB",  "2g.48gb",         2,  48512 },
        { "RTX-PRO-6000-96GB",  "2g.48gb+gfx",     2,  48512 },
        { "RTX-PRO-6000-96GB",  "2g.48gb+me.all",  1,  48512 },
        { "RTX-PRO-6000-96GB",  "2g.48gb-me",      2,  48512 },
        { "RTX-PRO-6000-96GB",  "4g.96gb",         1,  97280 },
        { "RTX-PRO-6000-96GB",  "4g.96gb+gfx",     1,  97280 },
        { "RTX-PRO-5000-48GB",  "1g.24gb",         2,      0 },
        { "RTX-PRO-5000-48GB",  "1g.24gb+me",      1,      0 },
        { "RTX-PRO-5000-48GB",  "1g.24gb+gfx",     2,      0 },
        { "RTX-PRO-5000-48GB",  "1g.24gb+me.all",  1,      0 },
        { "RTX-PRO-5000-48GB",  "1g.24gb-me",      2,      0 },
        { "RTX-PRO-5000-48GB",  "2g.48gb",         1,      0 },
        { "RTX-PRO-5000-48GB",  "2g.48gb+gfx",     1,      0 },
        { "RTX-PRO-5000-48GB",  "1g.12gb",         1,      0 },
        { "RTX-PRO-5000-48GB",  "1g.12gb+me",      1,      0 },
        { "RTX-PRO-5000-48GB",  "1g.12gb+gfx",     1,      0 },
        { "RTX-PRO-5000-48GB",  "1g.12gb-me",      3,      0 },
        { "RTX-PRO-5000-48GB",  "2g.24gb-me",      1,      0 },
        { "RTX-PRO-5000-48GB",  "4g.48gb",         1,      0 },
        { "RTX-PRO-5000-48GB",  "4g.48gb+gfx",     1,      0 },
        { "RTX-PRO-4500-32GB",  "1g.16gb",         2,      0 },
        { "RTX-PRO-4500-32GB",  "1g.16gb+gfx",     2,      0 },
        { "RTX-PRO-4500-32GB",  "1g.16gb+me.all",  1,      0 },
        { "RTX-PRO-4500-32GB",  "1g.16gb-me",      2,      0 },
        { "RTX-PRO-4500-32GB",  "2g.32gb",         1,      0 },
        { "RTX-PRO-4500-32GB",  "2g.32gb+gfx",     1,      0 },
        { "THOR-IGPU",          "1g.0gb+me",       1,      0 },
        { "THOR-IGPU",          "1g.0gb",          1,      0 },
        { "THOR-IGPU",          "1g.0gb+gfx",      1,      0 },
        { "THOR-IGPU",          "2g.0gb",          1,      0 },
        { "THOR-IGPU",          "2g.0gb+gfx",      1,      0 },
        { "THOR-IGPU",          "3g.0gb",          1,      0 },
        { "THOR-IGPU",          "3g.0gb+gfx",      1,      0 },
};

/* clang-format on */

static void test_slices(void **state) {
        size_t n_profiles = 0;

        (void)state;
        for (size_t i = 0; catalog_product(i); i++)
                n_profiles += catalog_product(i)->n_profiles;
        assert_int_equal(n_profiles, sizeof(slices) / sizeof(slices[0]));
        for (size_t i = 0; i < n_profiles; i++) {
                const struct gpu_product *found[4];
                const struct gpu_profile *profile = NULL;
                size_t n = catalog_find(text_from(slices[i].product), found, 4);

                print_message("%s %s\n", slices[i].product, slices[i].profile);
                for (size_t j = 0; j < n && !profile; j++)
                        profile = catalog_profile(found[j], text_from(slices[i].profile));
                assert_non_null(profile);
                assert_int_equal(profile->max_instances, slices[i].slices);
                assert_int_equal(profile->memory_mib, slices[i].memory_mib);
        }
}

/* What platform engineers count on: units of one node, by any name of its GPUs. */
static void test_units_of_a_node(void **state) {
        static const struct {
                int gpus;
                const char *gpu, *profile;
                int units;
        } nodes[] = {
                { 8, "nvidia-h100-80gb", "3g.40gb", 16 },
                { 8, "nvidia-h100-80gb", "1g.10gb", 56 },
                { 1, "nvidia-tesla-a100", "1g.10gb", 4 },
                { 1, "a100.80gb", "1g.10gb", 7 },
                { 1, "nvidia-a30", "1g.6gb", 4 },
                { 8, "NVIDIA-H200", "1g.18gb", 56 },
                { 8, "nvidia-b200", "1g.23gb", 56 },
                { 8, "nvidia-b200", "2g.45gb", 24 },
                { 1, "nvidia-rtx-pro-6000", "1g.24gb", 4 },
                { 1, "nvidia-rtx-pro-6000", "1g.24gb+gfx", 4 },
                { 1, "nvidia-rtx-pro-6000", "1g.24gb-me", 4 },
                { 1, "nvidia-rtx-pro-6000", "1g.24gb+me", 1 },
                { 1, "nvidia-rtx-pro-6000", "1g.24gb+me.all", 1 },
                { 1, "nvidia-rtx-pro-6000", "2g.48gb", 2 },
                { 1, "nvidia-rtx-pro-6000", "2g.48gb+gfx", 2 },
                { 1, "nvidia-rtx-pro-6000", "2g.48gb-me", 2 },
                { 1, "nvidia-rtx-pro-6000", "2g.48gb+me.all", 1 },
                { 1, "nvidia-rtx-pro-6000", "4g.96gb", 1 },
                { 1, "nvidia-rtx-pro-6000", "4g.96gb+gfx", 1 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
                const struct gpu_product *found[4];
                const struct gpu_profile *profile;

                print_message("%d x %s %s\n", nodes[i].gpus, nodes[i].gpu, nodes[i].profile);
                assert_int_equal(catalog_find(text_from(nodes[i].gpu), found, 4), 1);
                profile = catalog_profile(found[0], text_from(nodes[i].profile));
                assert_non_null(profile);
                assert_int_equal(nodes[i].gpus * profile->max_instances, nodes[i].units);
        }
}

static void test_profile_names(void **state) {
        const struct gpu_product *product;

        (void)state;
        assert_int_equal(catalog_find(TEXT("H100-80GB"), &product, 1), 1);
        assert_true(text_equal(catalog_profile(product, TEXT("3G.40GB"))->name, TEXT("3g.40gb")));
        assert_null(catalog_profile(product, TEXT("3g.41gb")));
        assert_null(catalog_profile(product, TEXT("1g.5gb")));
        assert_null(catalog_profile(product, TEXT("")));
}

/* Names that the driver once had, of the slices that they were. */
static void test_former_names(void **state) {
        static const struct {
                const char *product, *former, *now;
        } rows[] = {
                { "A100-80GB", "7g.79gb", "7g.80gb" },
                { "A30-24GB", "1g.3gb", "1g.6gb" },
                { "A30-24GB", "2g.6gb", "2g.12gb" },
                { "A30-24GB", "2G.6GB", "2g.12gb" },
                { "A100-40GB", "7g.79gb", NULL },
                { "GB200-186GB", "4g.95gb", NULL }, /* an early board's: another GPU */
                { "GB200-189GB", "4g.95gb", "4g.95gb" },
                { "RTX-PRO-5000-48GB", "1g.12gb-me", NULL }, /* another edition's geometry */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct gpu_product *product;
                const struct gpu_profile *profile;

                print_message("%s %s\n", rows[i].product, rows[i].former);
                assert_in_range(catalog_find(text_from(rows[i].product), &product, 1), 1, 2);
                profile = catalog_profile(product, text_from(rows[i].former));
                assert_int_equal(profile != NULL, rows[i].now != NULL);
                if (profile)
                        assert_true(text_equal(profile->name, text_from(rows[i].now)));
        }
}

static void test_spelling(void **state) {
        const struct gpu_product *product;
        const struct gpu_profile *profile;

        (void)state;
        assert_int_equal(catalog_find(TEXT("A100-80GB"), &product, 1), 1);
        profile = catalog_profile(product, TEXT("7G.79GB"));
        assert_true(text_equal(catalog_spelling(profile, TEXT("7G.79GB")), TEXT("7g.79gb")));
        assert_true(text_equal(catalog_spelling(profile, TEXT("7G.80GB")), TEXT("7g.80gb")));
}

/* NVIDIA's order: compute slices, then memory, then attributes. */
static int rank(const struct gpu_profile *profile) {
        static const char *const attributes[] = { "", "+me", "+gfx", "+me.all", "-me" };
        struct profile_name name;

        assert_true(profile_parse(profile->name, &name));
        for (int i = 0; i < 5; i++) {
                if (text_equal(name.attributes, text_from(attributes[i])))
                        return (profile->compute_slices * 100 + profile->memory_slices) * 10 + i;
        }
        fail_msg("%.*s has attributes of no known order", TEXT_ARG(profile->name));
        return 0;
}

static void check_profile(const struct gpu_product *product, const struct gpu_profile *p) {
        struct profile_name name;
        int32_t named_mib;

        print_message("%.*s %.*s\n", TEXT_ARG(product->name), TEXT_ARG(p->name));
        assert_true(profile_parse(p->name, &name));
        named_mib = name.memory_gib * 1024;
        assert_int_equal(name.gpu_slices, p->compute_slices);
        assert_int_equal(name.compute_slices, p->compute_slices);
        assert_in_range(p->compute_slices, 1, product->compute_slices);
        assert_in_range(p->memory_slices, 1, product->memory_slices);
        assert_in_range(p->n_placements, p->max_instances, GPU_PLACEMENTS_MAX);
        assert_true(name.media == MEDIA_SHARED || name.media == MEDIA_NONE ||
                    p->max_instances == 1);
        assert_true(p->memory_mib == 0 ||
                    (p->memory_mib < named_mib + 1024 && p->memory_mib > named_mib * 83 / 100));
        for (size_t k = 0; k < p->n_placements; k++) {
                assert_true(p->placements[k] + p->memory_slices <= product->memory_slices);
                assert_true(k == 0 || p->placements[k - 1] < p->placements[k]);
        }
}

static struct text vendor_of(const struct gpu_product *product) {
        if (text_equal(product->generation->maker, TEXT("NVIDIA")))
                return TEXT("10DE");
        return text_equal(product->generation->maker, TEXT("AMD")) ? TEXT("1002") : TEXT("1DA3");
}

/* Rows that contradict themselves would promise slices that are not there. */
static void test_tables_are_consistent(void **state) {
        const struct gpu_product *product;

        (void)state;
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                assert_int_equal(product->n_profiles == 0,
                                 product->basis == GPU_UNDOCUMENTED ||
                                         product->basis == GPU_WITHOUT_MIG);
                assert_non_null(product->generation);
                assert_true(product->generation->n_precisions > 0);
                assert_true(product->reported_mib <= product->memory_gib * 1024);
                for (size_t j = 0; j < product->n_profiles; j++) {
                        const struct gpu_profile *p = &product->profiles[j];

                        check_profile(product, p);
                        assert_true(j == 0 || rank(&p[-1]) < rank(p));
                        assert_ptr_equal(catalog_profile(product, p->name), p);
                        if (p->former.len)
                                assert_ptr_equal(catalog_profile(product, p->former), p);
                }
                for (size_t j = 0; j < product->n_pci_ids; j++) {
                        assert_int_equal(product->pci_ids[j].len, 10);
                        assert_true(text_starts_with(product->pci_ids[j], TEXT("0x")));
                        assert_true(text_ends_with(product->pci_ids[j], vendor_of(product)));
                }
        }
}

/* Do two products count any profile of one name differently? */
static bool counts_differ(const struct gpu_product *a, const struct gpu_product *b) {
        for (size_t i = 0; i < a->n_profiles; i++) {
                const struct gpu_profile *p = &a->profiles[i], *q = catalog_profile(b, p->name);

                if (q && q->max_instances != p->max_instances)
                        return true;
        }
        return false;
}

/* Names that are said of several products, on purpose; those that count differently are marked. */
static const struct {
        const char *name;
        size_t n;
        bool counts_differ;
} ambiguous[] = {
        { "nvidia-a100", 2, true },
        { "nvidia-h100", 3, false },
        { "nvidia-a800", 2, true },
        { "nvidia-h20", 2, false },
        { "V100", 2, false },
        { "RTX-6000", 2, false },
        { "nvidia-gh200", 2, false },
        { "nvidia-gb200", 2, false },
        { "RTX-PRO-5000-48GB", 2, false },
        { "NVIDIA-RTX-PRO-5000-Blackwell", 2, false },
};

static bool is_ambiguous(struct text name, const struct gpu_product **found, size_t n) {
        for (size_t i = 0; i < sizeof(ambiguous) / sizeof(ambiguous[0]); i++) {
                bool differ = false;

                if (!text_equal_fold(name, text_from(ambiguous[i].name)))
                        continue;
                for (size_t j = 1; j < n; j++) {
                        differ |= counts_differ(found[0], found[j]);
                        assert_true(found[j - 1]->memory_gib <= found[j]->memory_gib);
                }
                assert_int_equal(n, ambiguous[i].n);
                assert_int_equal(differ, ambiguous[i].counts_differ);
                return true;
        }
        return false;
}

/* Every name means one product, but for those of the list; and the smallest is meant first. */
static void test_names_are_unique(void **state) {
        const struct gpu_product *product;

        (void)state;
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                for (size_t j = 0; j <= product->n_aliases; j++) {
                        struct text name = j > 0 ? product->aliases[j - 1] : product->name;
                        const struct gpu_product *found[8];
                        size_t n = catalog_find(name, found, 8);

                        print_message("%.*s\n", TEXT_ARG(name));
                        for (size_t k = 0; k < j; k++)
                                assert_false(text_equal_fold(name, k > 0 ? product->aliases[k - 1]
                                                                         : product->name));
                        if (!is_ambiguous(name, found, n)) {
                                assert_int_equal(n, 1);
                                assert_ptr_equal(found[0], product);
                        }
                }
        }
}

static void test_memory_from_name(void **state) {
        static const struct {
                const char *name;
                int32_t gib;
        } rows[] = {
                { "3g.40gb", 40 },
                { "1g.10gb+me", 10 },
                { "1c.3g.40gb", 40 },
                { "1g.24gb-me", 24 },
                { "1g.24gb+me.all", 24 },
                { "1g.24gb+gfx", 24 },
                { "2g.48gb+me,gfx", 48 },
                { "1g.24gb+gfx-me", 24 },
                { "7g.141gb", 141 },
                { "3G.40GB", 40 },
                { "", 0 },
                { "3g", 0 },
                { "3g.40", 0 },
                { "3g.40gbx", 0 },
                { "g.40gb", 0 },
                { "3g.gb", 0 },
                { "3g.40gb+", 0 },
                { "3g.40gb-", 0 },
                { "3g.40gb+me,", 0 },
                { "3g.99999gb", 0 },
                { "3g.40gb+m e", 0 },
                { "3.40gb", 0 },
                { "all-balanced", 0 },
                { "3g.40gb+.me", 0 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                print_message("\"%s\"\n", rows[i].name);
                assert_int_equal(catalog_memory_from_name(text_from(rows[i].name)), rows[i].gib);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_find),
                cmocka_unit_test(test_find_counts_beyond_max),
                cmocka_unit_test(test_nearest),
                cmocka_unit_test(test_slices),
                cmocka_unit_test(test_units_of_a_node),
                cmocka_unit_test(test_profile_names),
                cmocka_unit_test(test_former_names),
                cmocka_unit_test(test_spelling),
                cmocka_unit_test(test_tables_are_consistent),
                cmocka_unit_test(test_names_are_unique),
                cmocka_unit_test(test_memory_from_name),
        };

        return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
